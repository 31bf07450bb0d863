/**
 * Situations of debits for tests: an ordinary one that stands everywhere on lawful ground, and random ones of which each field is
 * lawful most of the time, so that rules meet in every combination and many slots are left.
 */
import fc from 'fast-check';
import type { DebitSituation, PresentedAttempt } from '../../billing/retry/situation.js';
import { DAY_MS, MINUTE_MS } from '../../core/days.js';

/** `2026-03-02 14:30` in Kolkata. */
export function ist(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}:00+05:30`);
}

type Changes = Partial<Omit<DebitSituation, 'mandate'>> & {
  readonly mandate?: Partial<DebitSituation['mandate']>;
};

/** ₹600 on a UPI mandate in March 2026, tried once on 2 March at 08:00 and declined for want of funds at 08:20. */
export function debitSituation({ mandate, ...changes }: Changes = {}): DebitSituation {
  return {
    method: 'upi',
    purpose: 'general',
    amountPaise: 600_00n,
    duePaise: 600_00n,
    attempts: [failedAttempt('2026-03-02 08:00')],
    cycle: { startAt: ist('2026-03-01 00:00'), endAt: ist('2026-04-01 00:00') },
    noticedAt: null,
    downtimes: [],
    hasUnresolved: false,
    isSkipped: false,
    chainBlocked: false,
    ...changes,
    mandate: {
      status: 'active',
      frequency: 'as_presented',
      maxPaise: 5_000_00n,
      startsAt: null,
      expiresAt: ist('2035-01-01 00:00'),
      confirmedAt: ist('2026-01-10 12:00'),
      debitedAt: [],
      ...mandate,
    },
  };
}

/** Its result is known twenty minutes later. */
export function failedAttempt(at: string, reason: string | null = 'insufficient_funds'): PresentedAttempt {
  return { slotAt: ist(at), status: 'failed', reason, resolvedAt: ist(at) + 20 * MINUTE_MS };
}

export interface RandomState {
  readonly situation: DebitSituation;
  readonly nowMs: number;
}

const START = ist('2025-08-01 00:00');
const YEARS_MS = 3 * 365 * DAY_MS;

const mostly = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>, weight = 12): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: usual, weight }, { arbitrary: rare, weight: 1 });
const minutes = (from: number, to: number): fc.Arbitrary<number> =>
  fc.integer({ min: from, max: to }).map((n) => n * MINUTE_MS);
const DAY = 24 * 60;

const reason = mostly<string | null>(
  fc.constantFrom(
    'insufficient_funds',
    'insufficient_funds',
    'bank_not_available',
    'psp_timeout',
    'transaction_limit_exceeded',
  ),
  fc.constantFrom(
    'card_declined',
    'mandate_cancelled',
    'debit_instrument_blocked',
    'payment_pending',
    'a_new_reason',
    null,
  ),
  6,
);

const tried = fc.record({ backMs: minutes(10, 8 * DAY), resultMs: minutes(0, 36 * 60), reason });

const attempts = (nowMs: number): fc.Arbitrary<PresentedAttempt[]> =>
  fc
    .tuple(
      mostly(fc.array(tried, { maxLength: 3 }), fc.array(tried, { minLength: 4, maxLength: 5 })),
      mostly<'unresolved' | 'succeeded' | null>(
        fc.constant(null),
        fc.constantFrom('unresolved', 'succeeded'),
        25,
      ),
    )
    .map(([list, last]) =>
      list
        .map((entry) => {
          const slotAt = nowMs - entry.backMs;
          return {
            slotAt,
            status: 'failed' as const,
            reason: entry.reason,
            resolvedAt: Math.min(nowMs, slotAt + entry.resultMs),
          };
        })
        .sort((a, b) => a.slotAt - b.slotAt)
        .map((attempt, i) =>
          last === null || i < list.length - 1
            ? attempt
            : { ...attempt, status: last, reason: null, resolvedAt: null },
        ),
    );

const instantNear = (nowMs: number, back: number, ahead: number): fc.Arbitrary<number> =>
  minutes(-back, ahead).map((offset) => nowMs + offset);

const stateAt = (nowMs: number): fc.Arbitrary<DebitSituation> =>
  fc.record({
    method: fc.constantFrom(
      'upi' as const,
      'upi' as const,
      'card' as const,
      'emandate' as const,
      'nach' as const,
    ),
    purpose: mostly<DebitSituation['purpose']>(
      fc.constant('general'),
      fc.constantFrom('insurance', 'mutual-fund', 'card-bill'),
    ),
    amountPaise: mostly(fc.bigInt(1n, 15_000_00n), fc.bigInt(14_999_99n, 15_000_01n)),
    duePaise: mostly(fc.constant(20_000_00n), fc.bigInt(0n, 20_000_00n)),
    mandate: fc.record({
      status: mostly<DebitSituation['mandate']['status']>(
        fc.constant('active'),
        fc.constantFrom('created', 'pending', 'paused', 'rejected', 'cancelled', 'expired'),
        25,
      ),
      frequency: mostly<DebitSituation['mandate']['frequency']>(
        fc.constant('as_presented'),
        fc.constantFrom('daily', 'weekly', 'monthly', 'quarterly', 'yearly'),
        3,
      ),
      maxPaise: mostly(fc.constant(15_000_01n), fc.bigInt(1n, 15_000_00n)),
      startsAt: mostly<number | null>(fc.constant(null), instantNear(nowMs, 30 * DAY, 5 * DAY)),
      expiresAt: mostly(fc.constant(nowMs + 365 * DAY_MS), instantNear(nowMs, DAY, 10 * DAY)),
      confirmedAt: mostly<number | null>(
        minutes(DAY, 300 * DAY).map((back) => nowMs - back),
        fc.constant(null),
        25,
      ),
      debitedAt: mostly<number[]>(
        fc.constant([]),
        fc.array(instantNear(nowMs, 40 * DAY, 0), { maxLength: 3 }),
        1,
      ),
    }),
    attempts: attempts(nowMs),
    cycle: fc
      .tuple(minutes(0, 40 * DAY), minutes(60, 45 * DAY))
      .map(([back, ahead]) => ({ startAt: nowMs - back, endAt: nowMs + ahead })),
    noticedAt: mostly<number | null>(fc.constant(null), instantNear(nowMs, 4 * DAY, 0), 2),
    downtimes: mostly<DebitSituation['downtimes']>(
      fc.constant([]),
      fc
        .array(
          fc.record({
            startsAt: instantNear(nowMs, DAY, 5 * DAY),
            lastsMs: mostly<number | null>(minutes(1, 2 * DAY), fc.constant(null), 3),
          }),
          { minLength: 1, maxLength: 3 },
        )
        .map((list) =>
          list.map(({ startsAt, lastsMs }) => ({
            startsAt,
            endsAt: lastsMs === null ? null : startsAt + lastsMs,
          })),
        ),
      2,
    ),
    hasUnresolved: mostly(fc.constant(false), fc.constant(true), 25),
    isSkipped: mostly(fc.constant(false), fc.constant(true), 25),
    chainBlocked: mostly(fc.constant(false), fc.constant(true), 25),
  });

export const randomState: fc.Arbitrary<RandomState> = fc
  .integer({ min: 0, max: YEARS_MS / 1000 })
  .chain((second) =>
    stateAt(START + second * 1000).map((situation) => ({ situation, nowMs: START + second * 1000 })),
  );
