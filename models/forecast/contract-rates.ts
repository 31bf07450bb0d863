/**
 * What became of contracts that fell due, as rates by day: paid, paused or left, at which price, how late; and how pauses ended.
 * A rate for a day ahead is that of the same fortnight a year earlier, drawn to the last quarter's by how little was due then. Only
 * what was settled by the day of the forecast counts, so that rehearsals know no more than was known.
 */
import type { Contracts } from '../../features/churn/contracts.js';

/** A renewal is settled so many days after it was due. */
export const SETTLED_DAYS = 30;
/** Whole weeks, so that days of the week meet. */
const YEAR_DAYS = 364;
/** To each side of the same day a year earlier. */
const AROUND_DAYS = 7;
/** A quarter says how things are now. */
const RECENT_DAYS = 91;
/** Lateness changes slowly and needs many payments. */
const LAG_DAYS = 182;
/** Pauses end together on a few days: to each side. */
const PAUSE_AROUND_DAYS = 3;
/** Of what is usually paused. */
const LEAST_STOCK = 0.02;
/** Of what was paused when a week began, in that week: new pauses end in it as well. */
const MOST_RESUMED = 0.99;
/** Shares of a day's usual amount that the last quarter counts for beside the fortnight a year ago. */
const RECENT_TRUST = 2;

/** Sums up to each day of what fell due then and was settled since: those before `day` are at `day - first`. */
interface Sums {
  readonly due: Float64Array;
  readonly paid: Float64Array;
  readonly paidNext: Float64Array;
  readonly paused: Float64Array;
}

export interface ContractRates {
  /** Rates on a day ahead, seen from `originDay`. */
  on(day: number): { readonly paid: number; readonly price: number; readonly paused: number };
  /** Share of what was still open so many days after it was due that is paid then (0 to `SETTLED_DAYS`). */
  readonly late: Float64Array;
  /** Share of payments that come so many days after the due day (0 to `SETTLED_DAYS`). */
  readonly lag: Float64Array;
  /** Share of what is paused that pays again on that day. */
  resumed(day: number): number;
}

/** Of contracts of one term, which `rows` names; sums are made once and read as of any day. */
export function contractRates(contracts: Contracts, rows: Int32Array): (originDay: number) => ContractRates {
  const { first, days } = spanOf(contracts, rows);
  const sums = sumDues(contracts, rows, first, days);
  const pauses = sumPauses(contracts, rows, first, days);
  return (originDay) => {
    const settled = originDay - SETTLED_DAYS;
    const between = (of: Float64Array, from: number, until: number): number => {
      const at = (day: number): number => of[Math.max(0, Math.min(days, day - first))]!;
      return at(until) - at(Math.min(from, until));
    };
    const mixed = (
      part: Float64Array,
      whole: Float64Array,
      day: number,
      known: number,
      usual: number,
    ): number => {
      const middle = day - YEAR_DAYS;
      const [from, until] = [middle - AROUND_DAYS, Math.min(known, middle + AROUND_DAYS + 1)];
      const recent = between(whole, known - RECENT_DAYS, known);
      const trust = (RECENT_TRUST * recent) / RECENT_DAYS;
      const rate = recent > 0 ? between(part, known - RECENT_DAYS, known) / recent : usual;
      const seen = between(whole, from, until);
      return seen + trust > 0 ? (between(part, from, until) + trust * rate) / (seen + trust) : usual;
    };
    const { late, lag } = lateness(contracts, rows, settled);
    return {
      on: (day) => ({
        paid: mixed(sums.paid, sums.due, day, settled, 1),
        price: mixed(sums.paidNext, sums.paid, day, settled, 1),
        paused: mixed(sums.paused, sums.due, day, settled, 0),
      }),
      late,
      lag,
      resumed: (day) => {
        const from = day - YEAR_DAYS - PAUSE_AROUND_DAYS;
        const until = from + 2 * PAUSE_AROUND_DAYS + 1;
        const usual = between(pauses.paid, originDay - RECENT_DAYS, originDay);
        const open = between(pauses.open, originDay - RECENT_DAYS, originDay);
        const ended = between(pauses.paid, from, until);
        const stock = between(pauses.open, from, from + 1);
        // Days ago with hardly a pause say nothing.
        if (stock <= LEAST_STOCK * (open / RECENT_DAYS)) return open > 0 ? usual / open : 0;
        return 1 - (1 - Math.min(MOST_RESUMED, ended / stock)) ** (1 / (until - from));
      },
    };
  };
}

function spanOf({ knownDay, dueDay, endDay, end }: Contracts, rows: Int32Array) {
  let first = Infinity;
  let last = -Infinity;
  for (const row of rows) {
    first = Math.min(first, knownDay[row]!);
    last = Math.max(last, knownDay[row]!, dueDay[row]!, end[row] === 0 ? -Infinity : endDay[row]!);
  }
  return { first, days: last - first + 2 };
}

function sumDues(contracts: Contracts, rows: Int32Array, first: number, days: number): Sums {
  const { isPause, dueDay, amount, end, endDay, nextAmount } = contracts;
  const [due, paid, paidNext, paused] = [0, 1, 2, 3].map(() => new Float64Array(days + 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const row of rows) {
    const at = dueDay[row]! - first + 1;
    if (isPause[row] === 1 || at < 1 || at > days) continue;
    due[at]! += amount[row]!;
    if (endDay[row]! > dueDay[row]! + SETTLED_DAYS) continue;
    if (end[row] === 1) {
      paid[at]! += amount[row]!;
      paidNext[at]! += nextAmount[row]!;
    } else if (end[row] === 2) paused[at]! += amount[row]!;
  }
  for (const sums of [due, paid, paidNext, paused]) accumulate(sums);
  return { due, paid, paidNext, paused };
}

/** What was paused on each day, and what of it paid again then; sums up to the day. */
function sumPauses(contracts: Contracts, rows: Int32Array, first: number, days: number) {
  const { isPause, dueDay, amount, end, endDay } = contracts;
  const open = new Float64Array(days + 1);
  const paid = new Float64Array(days + 1);
  for (const row of rows) {
    if (isPause[row] === 0) continue;
    const from = dueDay[row]! - first + 1;
    const until = Math.min(days, endDay[row]! - first + 1);
    if (from < 1 || from > days) continue;
    open[from]! += amount[row]!;
    if (until + 1 <= days) open[until + 1]! -= amount[row]!;
    if (end[row] === 1 && until <= days) paid[until]! += amount[row]!;
  }
  accumulate(open);
  for (const sums of [open, paid]) accumulate(sums);
  return { open, paid };
}

function accumulate(sums: Float64Array): void {
  for (let t = 1; t < sums.length; t++) sums[t]! += sums[t - 1]!;
}

/** By how many days late payments came in the last half year. */
function lateness(contracts: Contracts, rows: Int32Array, settled: number) {
  const { isPause, dueDay, amount, end, endDay } = contracts;
  const paid = new Float64Array(SETTLED_DAYS + 1);
  const resolved = new Float64Array(SETTLED_DAYS + 1);
  let all = 0;
  for (const row of rows) {
    if (isPause[row] === 1 || dueDay[row]! >= settled || dueDay[row]! < settled - LAG_DAYS) continue;
    all += amount[row]!;
    const days = Math.max(0, endDay[row]! - dueDay[row]!);
    if (days > SETTLED_DAYS) continue;
    resolved[days]! += amount[row]!;
    if (end[row] === 1) paid[days]! += amount[row]!;
  }
  const sum = paid.reduce((total, value) => total + value, 0);
  const late = new Float64Array(SETTLED_DAYS + 1);
  for (let l = 0, open = all; l <= SETTLED_DAYS; l++) {
    late[l] = open > 0 ? paid[l]! / open : 0;
    open -= resolved[l]!;
  }
  const lag =
    sum > 0 ? paid.map((value) => value / sum) : Float64Array.from(paid, (_, l) => (l === 0 ? 1 : 0));
  return { late, lag };
}
