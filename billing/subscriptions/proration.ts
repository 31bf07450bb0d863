/**
 * What the rest of a period is worth: a credit for each item that is no longer wanted and a charge for each that is new. The share is
 * days left over days of the whole nominal period, never of a part of it; each line is rounded half up for itself and the
 * net is the sum of the lines. Credits never exceed what stands for the period, nor leave more in the payer's favour than was paid.
 */
import { assert } from '../../core/errors.js';
import { halfUpDivide } from '../../core/money.js';
import type { DayCount } from '../catalogue/serving-days.js';
import type { Terms } from '../catalogue/terms.js';
import type { DraftLine } from '../invoices/draft.js';
import { itemsOf } from './lines.js';
import type { Item } from './lines.js';
import type { Period } from './periods.js';

/** From `fromDay` to the end of the period. */
export interface Rest {
  readonly fromDay: number;
  readonly toDay: number;
  readonly daysLeft: number;
  readonly daysTotal: number;
}

/** A period without a day of serving is counted by the calendar. */
export function restOf(period: Pick<Period, 'startDay' | 'endDay'>, day: number, count: DayCount): Rest {
  const { startDay, endDay: toDay } = period;
  const fromDay = Math.min(Math.max(day, startDay), toDay);
  const served = count(startDay, toDay);
  return served > 0
    ? { fromDay, toDay, daysLeft: count(fromDay, toDay), daysTotal: served }
    : { fromDay, toDay, daysLeft: toDay - fromDay, daysTotal: toDay - startDay };
}

/** Terms, and the part of the period that they are, or would have been, served. */
interface Part {
  readonly terms: Terms;
  readonly rest: Rest;
}

/** What ends and what begins; null: nothing was, or is to be, served. What is in both is left alone. */
export function prorationLines(before: Part | null, after: Part | null): DraftLine[] {
  const old = before === null ? [] : itemsOf(before.terms);
  const wanted = after === null ? [] : itemsOf(after.terms);
  const linesOf = (
    part: Part | null,
    items: readonly Item[],
    others: readonly Item[],
    kind: LineKind,
  ): DraftLine[] =>
    part === null
      ? []
      : items
          .filter((item) => !others.some((other) => isSame(item, other)))
          .map((item) => lineOf(item, kind, part));
  const lines = [
    ...linesOf(before, old, wanted, 'proration-credit'),
    ...linesOf(after, wanted, old, 'proration-charge'),
  ];
  return lines.filter(({ amountPaise }) => amountPaise !== 0n);
}

type LineKind = 'proration-credit' | 'proration-charge';

function isSame(a: Item, b: Item): boolean {
  return a.kind === b.kind && a.id === b.id && a.quantity === b.quantity && a.unitPaise === b.unitPaise;
}

function lineOf(
  { name, quantity, unitPaise }: Item,
  kind: LineKind,
  { terms: { taxClass }, rest: { fromDay, toDay, daysLeft, daysTotal } }: Part,
): DraftLine {
  assert(daysTotal > 0, 'a period has days');
  const worth = halfUpDivide(unitPaise * BigInt(quantity) * BigInt(daysLeft), BigInt(daysTotal));
  const isCredit = kind === 'proration-credit';
  return {
    kind,
    description: isCredit ? `${name}: not used` : `${name}: rest of the period`,
    quantity,
    unitPaise: isCredit ? -unitPaise : unitPaise,
    amountPaise: isCredit ? -worth : worth,
    taxClass,
    fromDay,
    toDay,
  };
}

export interface Caps {
  /** What the period's invoices charge for it, less credits already given. */
  readonly standingPaise: bigint;
  /** What of that has been paid. */
  readonly paidPaise: bigint;
}

/** The same lines with credits cut down to the caps, from the last; `forgonePaise` is what was cut. */
export function capCredits(
  lines: readonly DraftLine[],
  { standingPaise, paidPaise }: Caps,
): { readonly lines: DraftLine[]; readonly forgonePaise: bigint } {
  const charges = sumOf(lines.filter(({ amountPaise }) => amountPaise > 0n));
  const credits = charges - sumOf(lines);
  const most = least(standingPaise, charges + paidPaise);
  const forgonePaise = credits > most ? credits - most : 0n;
  let toCut = forgonePaise;
  const capped = lines
    .toReversed()
    .map((line) => {
      if (line.amountPaise >= 0n || toCut === 0n) return line;
      const cut = least(toCut, -line.amountPaise);
      toCut -= cut;
      return { ...line, amountPaise: line.amountPaise + cut };
    })
    .reverse();
  return { lines: capped.filter(({ amountPaise }) => amountPaise !== 0n), forgonePaise };
}

/** The same charges less so much, from the last. */
export function lowerCharges(lines: readonly DraftLine[], byPaise: bigint): DraftLine[] {
  let toCut = byPaise;
  const lowered = lines
    .toReversed()
    .map((line) => {
      const cut = least(toCut, line.amountPaise);
      toCut -= cut;
      return { ...line, amountPaise: line.amountPaise - cut };
    })
    .reverse();
  return lowered.filter(({ amountPaise }) => amountPaise !== 0n);
}

export function sumOf(lines: readonly DraftLine[]): bigint {
  return lines.reduce((sum, { amountPaise }) => sum + amountPaise, 0n);
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
