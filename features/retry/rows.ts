/**
 * Debits that were tried, as moments with their results: one row for each unattended attempt, as it looked when its slot was chosen. A retry
 * was chosen when the failure before it was known, a first debit two days ahead, when its notice left; what was known later is not
 * in the row. The slot counters of a row hold results known before its choice.
 */
import { HOUR_MS } from '../../core/days.js';
import { declineCause, type DeclineClass, type PaymentMethod } from '../../core/decline-reasons.js';
import type { Method, PaymentKind, PaymentStatus } from '../../ingest/facts.js';
import type { Frame } from '../frame.js';
import type { PastPayment, RetryContext, RetryMoment } from './moment.js';
import { createSlotCounters, type SlotCounters } from './slot-counters.js';
import { RETRY_CATEGORICAL, RETRY_FEATURES, retryVector } from './vector.js';

/** A payment and what was said of it, in the order in which it was known. */
export interface TriedPayment {
  readonly paymentId: string;
  readonly kind: PaymentKind;
  readonly retryOf: string | null;
  readonly method: Method | null;
  readonly issuer: string | null;
  readonly amountPaise: bigint;
  readonly attended: boolean;
  readonly atMs: number;
  readonly results: Result[];
}

interface Result {
  readonly status: PaymentStatus;
  readonly reason: string | null;
  readonly knownAtMs: number;
}

export interface RetryRow {
  readonly payer: string;
  readonly moment: RetryMoment;
  readonly succeeded: boolean;
  readonly chosenAtMs: number;
  readonly knownAtMs: number;
}

const FIRST_CHOSEN_AHEAD_MS = 48 * HOUR_MS;

/** @param payments of one payer, in the order of their attempts. */
export function rowsOfPayer(payer: string, payments: readonly TriedPayment[]): RetryRow[] {
  const chains = new Map<string, TriedPayment[]>();
  const rows: RetryRow[] = [];
  for (const payment of payments) {
    if (payment.attended || payment.kind === 'dunning') continue;
    const chain = chains.get(payment.retryOf ?? payment.paymentId) ?? [];
    chains.set(payment.retryOf ?? payment.paymentId, chain);
    const row = rowOf(payer, payment, chain, payments);
    chain.push(payment);
    if (row !== null) rows.push(row);
  }
  return rows;
}

function rowOf(
  payer: string,
  payment: TriedPayment,
  chain: readonly TriedPayment[],
  payments: readonly TriedPayment[],
): RetryRow | null {
  const result = resultKnown(payment, Infinity);
  if (result === null) return null;
  const before = chain.at(-1);
  const failure = before === undefined ? null : resultKnown(before, payment.atMs);
  if (before !== undefined && failure?.status !== 'failed') return null;
  const chosenAtMs = failure?.knownAtMs ?? payment.atMs - FIRST_CHOSEN_AHEAD_MS;
  const { method, issuer, amountPaise, atMs } = payment;
  const context: RetryContext = {
    method,
    issuer,
    amountPaise,
    declineClass: failure === null || before === undefined ? null : classOf(before, failure),
    attempt: chain.length + 1,
    failedAtMs: before?.atMs ?? null,
    past: pastKnown(payments, chosenAtMs),
  };
  const succeeded = result.status === 'captured';
  return {
    payer,
    moment: { ...context, slotAtMs: atMs },
    succeeded,
    chosenAtMs,
    knownAtMs: result.knownAtMs,
  };
}

/** What was known of a payer's payments at an instant, in the order of the attempts. */
export function pastKnown(payments: readonly TriedPayment[], knownAtMs: number): PastPayment[] {
  const past: PastPayment[] = [];
  for (const payment of payments) {
    if (payment.atMs > knownAtMs) break;
    const result = resultKnown(payment, knownAtMs);
    if (result === null) continue;
    const { atMs, amountPaise, attended, method } = payment;
    past.push({
      atMs,
      amountPaise,
      attended,
      method,
      class: result.status === 'captured' ? null : classOf(payment, result),
    });
  }
  return past;
}

/** The newest result known by then; null while there is none. */
function resultKnown({ results }: TriedPayment, byMs: number): Result | null {
  return results.findLast(({ status, knownAtMs }) => knownAtMs <= byMs && status !== 'attempted') ?? null;
}

function classOf({ method, attended }: TriedPayment, { reason }: Result): DeclineClass {
  const known: PaymentMethod | 'unknown' = method === null || method === 'other' ? 'unknown' : method;
  return declineCause(reason ?? '', { method: known, isRecurring: !attended }).class;
}

export interface RetryFrame {
  /** In the order of their choices (n). */
  readonly rows: readonly RetryRow[];
  readonly frame: Frame;
  readonly y: Uint8Array;
  /** By the rows' payers (n). */
  readonly cluster: Int32Array;
  /** After all results: what a served model continues from. */
  readonly counters: SlotCounters;
}

/** Each row with the counters of the time of its choice. */
export function retryFrame(made: readonly RetryRow[]): RetryFrame {
  const counters = createSlotCounters();
  const rows = made.toSorted((a, b) => a.chosenAtMs - b.chosenAtMs);
  const results = rows.toSorted((a, b) => a.knownAtMs - b.knownAtMs);
  const columns = RETRY_FEATURES.map(() => new Float32Array(rows.length));
  const vector = new Float32Array(RETRY_FEATURES.length);
  const numbers = new Map<string, number>();
  let known = 0;
  const learn = (untilMs: number): void => {
    for (; known < results.length && results[known]!.knownAtMs < untilMs; known++)
      counters.observe(results[known]!.moment, results[known]!.succeeded);
  };
  rows.forEach(({ moment, chosenAtMs, payer }, row) => {
    learn(chosenAtMs);
    retryVector(moment, counters, vector);
    for (let k = 0; k < columns.length; k++) columns[k]![row] = vector[k]!;
    if (!numbers.has(payer)) numbers.set(payer, numbers.size);
  });
  learn(Infinity);
  return {
    rows,
    frame: { rows: rows.length, names: RETRY_FEATURES, columns, categorical: RETRY_CATEGORICAL },
    y: Uint8Array.from(rows, ({ succeeded }) => Number(succeeded)),
    cluster: Int32Array.from(rows, ({ payer }) => numbers.get(payer)!),
    counters,
  };
}
