/**
 * Revenue expected of subscriptions: living contracts fall due, are paid at some price and some days late, pause and come back, and
 * those that paid fall due again; what starts meanwhile renews too. A recursion over days in expected amounts, for each length of a
 * period apart; the probability to be there at a due day is the product of the rates before it.
 */
import { addMonths } from '../../core/days.js';
import type { Contracts } from '../../features/churn/contracts.js';
import { contractRates, SETTLED_DAYS, type ContractRates } from './contract-rates.js';

export interface ContractFlow {
  /** Payments of contracts that were living, by day ahead (days). */
  readonly renewed: Float64Array;
  /** First payments and renewals of contracts that begin in these days (days). */
  readonly begun: Float64Array;
}

interface Term {
  readonly months: number;
  readonly days: number;
}

interface TermBook {
  readonly term: Term;
  readonly rows: Int32Array;
  readonly ratesAt: (originDay: number) => ContractRates;
}

/** What contracts bring from `originDay` on; `starts` is what is expected of first payments (days). */
export type FlowOf = (originDay: number, starts: Float64Array) => ContractFlow;

export function contractFlow(contracts: Contracts): FlowOf {
  const books = termBooks(contracts);
  return (originDay, starts) => {
    const flow = { renewed: new Float64Array(starts.length), begun: new Float64Array(starts.length) };
    const shares = shareOfStarts(contracts, books, originDay);
    for (const [i, { term, rows, ratesAt }] of books.entries()) {
      const rates = ratesAt(originDay);
      const living = livingAt(contracts, rows, originDay, starts.length, rates);
      add(flow.renewed, run(living, { term, rates, originDay }));
      const first = starts.map((amount) => shares[i]! * amount);
      add(flow.begun, first);
      const renewals = {
        paid: new Float64Array(starts.length),
        due: dueAfter(first, term, originDay),
        paused: 0,
      };
      add(flow.begun, run(renewals, { term, rates, originDay }));
    }
    return flow;
  };
}

function termBooks(contracts: Contracts): TermBook[] {
  const byTerm = new Map<string, number[]>();
  for (const [row, months] of contracts.months.entries()) {
    const key = `${months} ${contracts.days[row]!}`;
    const rows = byTerm.get(key);
    if (rows === undefined) byTerm.set(key, [row]);
    else rows.push(row);
  }
  return Array.from(byTerm.values(), (list) => {
    const rows = Int32Array.from(list);
    const term = { months: contracts.months[rows[0]!]!, days: contracts.days[rows[0]!]! };
    return { term, rows, ratesAt: contractRates(contracts, rows) };
  });
}

interface Living {
  /** Payments that are expected by lateness alone (days). */
  readonly paid: Float64Array;
  readonly due: Float64Array;
  readonly paused: number;
}

/** What was known before the day and had not ended then. */
function livingAt(
  { isPause, knownDay, dueDay, amount, endKnownDay }: Contracts,
  rows: Int32Array,
  originDay: number,
  days: number,
  { late }: ContractRates,
): Living {
  const paid = new Float64Array(days);
  const due = new Float64Array(days);
  let paused = 0;
  for (const row of rows) {
    if (knownDay[row]! >= originDay || endKnownDay[row]! < originDay) continue;
    const ahead = dueDay[row]! - originDay;
    if (isPause[row] === 1) paused += amount[row]!;
    else if (ahead >= days) continue;
    else if (ahead >= 0) due[ahead]! += amount[row]!;
    else payLate(paid, amount[row]!, -ahead, late);
  }
  return { paid, due, paused };
}

/** Of an amount that is overdue by so many days, what comes on each of the next. */
function payLate(paid: Float64Array, amount: number, overdue: number, late: Float64Array): void {
  let open = amount;
  for (let l = overdue, t = 0; l <= SETTLED_DAYS && t < paid.length; l++, t++) {
    const comes = open * late[l]!;
    paid[t]! += comes;
    open -= comes;
  }
}

interface Course {
  readonly term: Term;
  readonly rates: ContractRates;
  readonly originDay: number;
}

function run({ paid, due, paused }: Living, { term, rates, originDay }: Course): Float64Array {
  const revenue = Float64Array.from(paid);
  const owed = Float64Array.from(due);
  for (let t = 0; t < paid.length; t++) if (paid[t]! > 0) renew(owed, t, paid[t]!, term, originDay);
  let stock = paused;
  for (let t = 0; t < owed.length; t++) {
    const on = rates.on(originDay + t);
    const kept = owed[t]! * on.paid * on.price;
    for (let l = 0; l < rates.lag.length && t + l < revenue.length; l++)
      revenue[t + l]! += kept * rates.lag[l]!;
    const returned = stock * rates.resumed(originDay + t);
    revenue[t]! += returned;
    stock += owed[t]! * on.paused - returned;
    renew(owed, t, kept + returned, term, originDay);
  }
  return revenue;
}

/** What was paid for on a day falls due again a term later. */
function renew(
  owed: Float64Array,
  t: number,
  amount: number,
  { months, days }: Term,
  originDay: number,
): void {
  const day = originDay + t;
  const next = (months > 0 ? addMonths(day, months) : day + days) - originDay;
  if (next < owed.length) owed[next]! += amount;
}

function dueAfter(first: Float64Array, term: Term, originDay: number): Float64Array {
  const due = new Float64Array(first.length);
  for (const [t, amount] of first.entries()) renew(due, t, amount, term, originDay);
  return due;
}

/** Days that say which plans are begun. */
const STARTS_DAYS = 182;

/** Of first payments, what each term has (terms); all of it to the first when nothing began lately. */
function shareOfStarts(
  { isFirst, knownDay, amount }: Contracts,
  books: readonly TermBook[],
  originDay: number,
): number[] {
  const sums = books.map(({ rows }) =>
    rows.reduce((sum, row) => {
      const isLately = knownDay[row]! < originDay && knownDay[row]! >= originDay - STARTS_DAYS;
      return isFirst[row] === 1 && isLately ? sum + amount[row]! : sum;
    }, 0),
  );
  const all = sums.reduce((total, value) => total + value, 0);
  return sums.map((sum, i) => (all > 0 ? sum / all : i === 0 ? 1 : 0));
}

function add(to: Float64Array, from: Float64Array): void {
  for (let t = 0; t < to.length; t++) to[t]! += from[t]!;
}
