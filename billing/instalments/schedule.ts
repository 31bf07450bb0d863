/**
 * When how much is to be paid. Either the caller says so, or equal parts every week or month: what cannot be divided goes a paisa each
 * to the first parts, and the day of the month is kept and clamped to short months. Invariant: the parts add up to the debt.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import { addMonths, formatDay, parseDay } from '../../core/days.js';
import { AppError } from '../../core/errors.js';

const MOST_PARTS = 36;
/** The gateway takes no less. */
const LEAST_PAISE = 100n;
/** Nobody promises further ahead than that. */
const MOST_DAYS_AHEAD = 1100;

export const ScheduleBody = Type.Union(
  [
    Type.Object(
      {
        count: Type.Integer({ minimum: 2, maximum: MOST_PARTS }),
        every: Type.Enum(['week', 'month']),
        firstOn: Type.Optional(
          Type.String({ format: 'date', description: 'Day of the Indian calendar; today if absent.' }),
        ),
      },
      { additionalProperties: false, description: 'Equal parts.' },
    ),
    Type.Object(
      {
        parts: Type.Array(
          Type.Object(
            {
              dueOn: Type.String({ format: 'date' }),
              amountPaise: Type.Integer({ minimum: Number(LEAST_PAISE) }),
            },
            { additionalProperties: false },
          ),
          { minItems: 2, maxItems: MOST_PARTS },
        ),
      },
      { additionalProperties: false, description: 'Parts as agreed, by day.' },
    ),
  ],
  { description: 'When how much is to be paid.' },
);
export type ScheduleBody = Static<typeof ScheduleBody>;

export interface Part {
  readonly dueDay: number;
  readonly amountPaise: bigint;
}

/** @param today as in core/days.ts. @throws AppError `bad-schedule` that says what to change. */
export function scheduleOf(body: ScheduleBody, totalPaise: bigint, today: number): Part[] {
  const parts = 'parts' in body ? body.parts.map(toPart) : equalParts(body, totalPaise, today);
  const sum = parts.reduce((total, { amountPaise }) => total + amountPaise, 0n);
  if (sum !== totalPaise) throw badSchedule(`the parts add up to ${sum}, and ${totalPaise} is owed`);
  if (parts.some(({ amountPaise }) => amountPaise < LEAST_PAISE))
    throw badSchedule(`a part must be at least ${LEAST_PAISE} paise: ask for fewer parts`);
  if (parts.some(({ dueDay }, i) => dueDay <= (parts[i - 1]?.dueDay ?? today - 1)))
    throw badSchedule(`parts must be due today or later, each after the one before`);
  if (parts.some(({ dueDay }) => dueDay > today + MOST_DAYS_AHEAD))
    throw badSchedule(`a part must be due within ${MOST_DAYS_AHEAD} days`);
  return parts;
}

function toPart({ dueOn, amountPaise }: { dueOn: string; amountPaise: number }): Part {
  return { dueDay: dayFrom(dueOn), amountPaise: BigInt(amountPaise) };
}

function equalParts(
  { count, every, firstOn }: Extract<ScheduleBody, { count: number }>,
  totalPaise: bigint,
  today: number,
): Part[] {
  const first = firstOn === undefined ? today : dayFrom(firstOn);
  const share = totalPaise / BigInt(count);
  const left = Number(totalPaise % BigInt(count));
  return Array.from({ length: count }, (_, i) => ({
    dueDay: every === 'week' ? first + 7 * i : addMonths(first, i),
    amountPaise: share + (i < left ? 1n : 0n),
  }));
}

function dayFrom(text: string): number {
  const day = parseDay(text);
  if (day === null) throw badSchedule(`${text} is no day: write for instance ${formatDay(0)}`);
  return day;
}

function badSchedule(message: string): AppError {
  return new AppError('bad-input', 'bad-schedule', message);
}

/** What is owed under one name. */
export interface Debt {
  readonly reference: string;
  readonly owedPaise: bigint;
}

/** Every debt's share of the parts: by debt and by day the sums are as given. Pure; what exceeds the debts is nobody's. */
export function allot(parts: readonly Part[], debts: readonly Debt[]): Map<string, Part[]> {
  const left = parts.map(({ dueDay, amountPaise }) => ({ dueDay, amountPaise }));
  const shares = new Map<string, Part[]>();
  for (const { reference, owedPaise } of debts) {
    let owed = owedPaise;
    const share: Part[] = [];
    for (const part of left) {
      const amountPaise = part.amountPaise < owed ? part.amountPaise : owed;
      if (amountPaise <= 0n) continue;
      share.push({ dueDay: part.dueDay, amountPaise });
      part.amountPaise -= amountPaise;
      owed -= amountPaise;
    }
    shares.set(reference, share);
  }
  return shares;
}
