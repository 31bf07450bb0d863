/**
 * What a payer's past payments say: how debits went, when the money was short, and which salary day explains both. Computed once for each
 * `past`, which nobody changes. The newest payments count, because accounts change.
 */
import type { PastPayment } from './moment.js';
import { daysSinceSalaries, SALARY_DAYS } from './salary-days.js';

export interface PayerHistory {
  readonly debits: number;
  readonly capturedDebits: number;
  readonly fundsFailures: number;
  readonly technicalFailures: number;
  /** Of payments at the screen, from an account that salaries reach. */
  readonly attended: number;
  readonly attendedShort: number;
  /** NaN where there is none. Epoch ms, paise. */
  readonly shortAtMs: number;
  readonly paidAtMs: number;
  readonly paidPaise: number;
  readonly debitPaidAtMs: number;
  readonly mostDebitPaise: number;
  readonly meanPaidPaise: number;
  /** P(salary day) of each kind (5), from nothing but when payments were short and when not. */
  readonly salaryDays: Float64Array;
}

const NEWEST = 60;
/** Days in which a salary is spent to a third, for telling salary days apart; only their order of likelihood matters. */
const SPENDING_DAYS = 12;
/** P(short) right after a salary and long after it, of a payer who is short at times. */
const SHORT = { least: 0.05, most: 0.6 } as const;
/** Payers at the screen look at the balance first, so that what they pay says less. */
const ATTENDED_WEIGHT = 0.3;

const histories = new WeakMap<readonly PastPayment[], Summary>();

/** @param imagined failures after `past`. */
export function historyOf(past: readonly PastPayment[], imagined: readonly PastPayment[] = []): PayerHistory {
  const known = histories.get(past) ?? summarise(empty(), past.slice(-NEWEST));
  histories.set(past, known);
  return imagined.length === 0 ? known : summarise(known, imagined);
}

interface Summary extends PayerHistory {
  /** Log-likelihood of each kind of salary day (5). */
  readonly evidence: Float64Array;
  readonly paid: number;
}

function empty(): Summary {
  return {
    debits: 0,
    capturedDebits: 0,
    fundsFailures: 0,
    technicalFailures: 0,
    attended: 0,
    attendedShort: 0,
    shortAtMs: NaN,
    paidAtMs: NaN,
    paidPaise: NaN,
    debitPaidAtMs: NaN,
    mostDebitPaise: NaN,
    meanPaidPaise: NaN,
    paid: 0,
    evidence: new Float64Array(SALARY_DAYS.length),
    salaryDays: new Float64Array(SALARY_DAYS.length),
  };
}

function summarise(before: Summary, payments: readonly PastPayment[]): Summary {
  const sum = { ...before, evidence: before.evidence.slice() };
  for (const payment of payments) {
    const isShort = payment.class === 'funds';
    if (payment.class === 'technical') sum.technicalFailures++;
    if (payment.method === 'wallet') continue; // Filled by hand: salaries do not reach it.
    if (isShort) sum.shortAtMs = payment.atMs;
    if (payment.class === null) addPaid(sum, payment);
    if (payment.attended) {
      sum.attended++;
      if (isShort) sum.attendedShort++;
    } else {
      sum.debits++;
      if (isShort) sum.fundsFailures++;
    }
    if (isShort || payment.class === null) weigh(sum.evidence, payment, isShort);
  }
  return { ...sum, salaryDays: toShares(sum.evidence) };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function addPaid(sum: Mutable<Summary>, { atMs, amountPaise, attended }: PastPayment): void {
  const amount = Number(amountPaise);
  sum.paidAtMs = atMs;
  sum.paidPaise = amount;
  sum.meanPaidPaise =
    sum.paid === 0 ? amount : sum.meanPaidPaise + (amount - sum.meanPaidPaise) / (sum.paid + 1);
  sum.paid++;
  if (attended) return;
  sum.capturedDebits++;
  sum.debitPaidAtMs = atMs;
  sum.mostDebitPaise = Math.max(Number.isNaN(sum.mostDebitPaise) ? 0 : sum.mostDebitPaise, amount);
}

const since = new Float64Array(SALARY_DAYS.length);

/** Adds the log-likelihood of one payment under each kind of salary day. */
function weigh(evidence: Float64Array, { atMs, attended }: PastPayment, isShort: boolean): void {
  daysSinceSalaries(atMs, since);
  for (let kind = 0; kind < evidence.length; kind++) {
    const short = SHORT.least + (SHORT.most - SHORT.least) * (1 - Math.exp(-since[kind]! / SPENDING_DAYS));
    evidence[kind]! += (attended ? ATTENDED_WEIGHT : 1) * Math.log(isShort ? short : 1 - short);
  }
}

function toShares(evidence: Float64Array): Float64Array {
  const most = Math.max(...evidence);
  const shares = new Float64Array(evidence.length);
  let sum = 0;
  for (let kind = 0; kind < evidence.length; kind++) sum += shares[kind] = Math.exp(evidence[kind]! - most);
  for (let kind = 0; kind < evidence.length; kind++) shares[kind]! /= sum;
  return shares;
}
