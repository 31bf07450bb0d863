/**
 * A merchant that is lived through once for its debits: what every payer paid and when that was known, and each failed first debit with
 * the latent state of its payer. The facts are what a lake would hold; the latent state is for the oracle and the fates alone.
 */
import { openMerchant } from '../../ingest/simulate/merchant.js';
import type { SimulateSettings } from '../../ingest/simulate/settings.js';
import type { FailedDebit } from '../../ingest/simulate/truth.js';
import { rowsOfPayer, type RetryRow, type TriedPayment } from '../../features/retry/rows.js';

export interface RetryWorld {
  readonly failures: readonly FailedDebit[];
  /** By payer, in the order of the attempts. */
  readonly payments: ReadonlyMap<string, readonly TriedPayment[]>;
}

export function simulateRetryWorld(settings: SimulateSettings, seed: number): RetryWorld {
  const failures: FailedDebit[] = [];
  const payments = new Map<string, TriedPayment[]>();
  const byId = new Map<string, TriedPayment>();
  const merchant = openMerchant(settings, seed, {
    payment: () => undefined,
    subscription: () => undefined,
    failedDebit: (debit) => failures.push(debit),
  });
  for (const fact of merchant.history()) {
    if (fact.fact === 'payment') {
      const { paymentId, kind, retryOf, method, amountPaise, occurredAt: atMs, knownAt: knownAtMs } = fact;
      const attended = fact.deviceId !== null || fact.ip !== null;
      const results = [{ status: fact.status, reason: fact.failureReason, knownAtMs }];
      const payment = {
        paymentId,
        kind,
        retryOf,
        method,
        issuer: null,
        amountPaise,
        attended,
        atMs,
        results,
      };
      byId.set(paymentId, payment);
      const ofPayer = payments.get(fact.payerId) ?? [];
      payments.set(fact.payerId, ofPayer);
      ofPayer.push(payment);
    } else if (fact.fact === 'outcome') {
      const { status, failureReason: reason, knownAt: knownAtMs } = fact;
      byId.get(fact.paymentId)?.results.push({ status, reason, knownAtMs });
    }
  }
  for (const ofPayer of payments.values()) ofPayer.sort((a, b) => a.atMs - b.atMs);
  return { failures, payments };
}

/** The debits of the merchant's own schedule. */
export function rowsOfWorld({ payments }: RetryWorld): RetryRow[] {
  return [...payments].flatMap(([payer, ofPayer]) => rowsOfPayer(payer, ofPayer));
}
