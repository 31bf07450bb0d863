/**
 * What became of a debit, from the rows of its payment: webhooks, the sweep and our own questions all end there. Captured is the last
 * word, whenever it comes. A failure counts when the bank has said no; where nobody answered, the money may still be taken for three
 * days, and until then the debit is unresolved: no retry, no other way, no word of a failure (India rules U13). A mandate that the payer
 * has paused or ended is no failure either (U8, E5). A failure goes to the retry engine in the same transaction.
 */
import type { PoolClient } from 'pg';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/days.js';
import { declineCause, PAYMENT_METHODS } from '../../core/decline-reasons.js';
import { inTransaction } from '../../core/transaction.js';
import { publishEvent } from '../notices/publish.js';
import { postNotice } from '../notices/post.js';
import { applySightings } from '../payments/apply.js';
import { lockDebit, moveDebit, postponeDebit } from './debit.js';
import type { Debit } from './debit.js';
import { planRetry } from './hand-over.js';
import type { DebitDeps } from './hand-over.js';
import { DEBIT_PURPOSE } from './plan.js';
import { standingOf } from './standing.js';
import { tellFailure, unsayFailure } from './tell.js';

export const FIRST_ASK_MS = 15 * MINUTE_MS;
const SELDOMEST_ASK_MS = 6 * HOUR_MS;
/** How long the gateway goes on asking a silent bank. */
const LATE_MS = 3 * DAY_MS;
/** After that not even a late yes is heard of. */
const WATCHED_MS = 10 * DAY_MS;
const BATCH = 500;

/** Nobody said no: the bank was asked and did not answer in time. */
const SILENT = new Set([
  'payment_timed_out',
  'request_timed_out',
  'psp_timeout',
  'response_not_received_within_tat',
]);
/** The payer has stopped the mandate, or its time is over. */
export const STOPPED: ReadonlySet<string> = new Set([
  'mandate_paused',
  'mandate_cancelled',
  'mandate_expired',
  'mandate_not_active',
]);

/** Answers how many debits were looked at. */
export async function resolveDebits(deps: DebitDeps): Promise<number> {
  let looked = 0;
  for (let after = ''; ;) {
    const ids = await withResult(deps, after);
    for (const id of ids) await inTransaction(deps.pool, (client) => resolveOne(client, deps, id));
    looked += ids.length;
    if (ids.length < BATCH) return looked;
    after = ids.at(-1) ?? after;
  }
}

async function withResult({ pool, clock }: DebitDeps, after: string): Promise<string[]> {
  const { rows } = await pool.query<{ debit_id: string }>(
    `SELECT d.debit_id FROM debits d JOIN payments p ON p.payment_id = d.debit_id
     WHERE d.debit_id > $6 AND ((d.status IN ('charging', 'unresolved') AND (p.captured_paise > 0 OR EXISTS (
         SELECT FROM payment_attempts a WHERE a.payment_id = p.payment_id HAVING bool_and(a.status = 'failed') AND
           (NOT bool_or(a.failure_reason = ANY($3)) OR d.charged_at < to_timestamp($1::float8 / 1000) - $4 * interval '1 millisecond'))))
       OR (d.status = 'failed' AND d.resolved_at > to_timestamp($1::float8 / 1000) - $5 * interval '1 millisecond'
         AND p.captured_paise > 0))
     ORDER BY d.debit_id LIMIT $2`,
    [clock.now(), BATCH, [...SILENT], LATE_MS, WATCHED_MS, after],
  );
  return rows.map(({ debit_id }) => debit_id);
}

interface Outcome {
  readonly captured: boolean;
  readonly allFailed: boolean;
  readonly reason: string | null;
}

async function resolveOne(client: PoolClient, deps: DebitDeps, debitId: string): Promise<void> {
  const debit = await lockDebit(client, debitId);
  const { rows } = await client.query<Outcome>(
    `SELECT bool_or(is_captured) AS captured, bool_and(status = 'failed') AS "allFailed",
       (array_agg(failure_reason ORDER BY created_at DESC, attempt_id DESC))[1] AS reason
     FROM payment_attempts WHERE payment_id = $1 HAVING count(*) > 0`,
    [debitId],
  );
  const [outcome] = rows;
  if (outcome?.captured === true) await succeed(client, debit, deps.clock.now());
  else if (outcome?.allFailed === true) await fail(client, deps, debit, outcome.reason ?? 'payment_failed');
}

async function succeed(client: PoolClient, debit: Debit, now: number): Promise<void> {
  if ((await moveDebit(client, debit, 'succeed', now)) === null) return;
  const { debitId, invoiceId, mandateId, amountPaise, currency } = debit;
  const { payerId } = await standingOf(client, debit);
  await unsayFailure(client, debitId, now);
  const key = `debit-done:${debitId}`;
  await publishEvent(
    client,
    { key, topic: 'debit.succeeded', payload: { debitId, invoiceId, mandateId, amountPaise, currency } },
    now,
  );
  const values = { amountPaise, currency, debitedAt: now, purpose: DEBIT_PURPOSE, reference: invoiceId };
  const notice = { key, payerId, channel: 'email', template: 'debit-done', values, topic: 'debits' } as const;
  await postNotice(client, notice, now);
}

async function fail(client: PoolClient, deps: DebitDeps, debit: Debit, reason: string): Promise<void> {
  const now = deps.clock.now();
  const { method } = await standingOf(client, debit);
  if (STOPPED.has(reason)) {
    await moveDebit(client, debit, 'withdraw', now, { note: `no failure: ${reason}`, declineReason: reason });
    return;
  }
  const cause = declineCause(reason, {
    method: PAYMENT_METHODS.find((one) => one === method),
    isRecurring: true,
  });
  const mayStillCome = SILENT.has(reason) || cause.class === 'pending';
  if (mayStillCome && debit.orderId !== null && now < (debit.chargedAt ?? now) + LATE_MS) return;
  const failed = await moveDebit(client, debit, 'fail', now, { declineReason: reason });
  if (failed === null) return;
  const { debitId, invoiceId, mandateId, attempt } = failed;
  const retry = await planRetry(client, deps, failed, now);
  const payload = { debitId, invoiceId, mandateId, attempt, reason, class: cause.class, retry };
  await publishEvent(client, { key: `debit-failed:${debitId}`, topic: 'debit.failed', payload }, now);
  await tellFailure(client, { debit: failed, class: cause.class, retryId: retry }, now);
}

/** The gateway has certainly not made it: its word is the result. */
export async function endUnpaid(deps: DebitDeps, debitId: string, reason: string): Promise<void> {
  await inTransaction(deps.pool, async (client) =>
    fail(client, deps, await lockDebit(client, debitId), reason),
  );
}

/** Asks the gateway about a debit that it has accepted, less and less often. What it says resolves the debit at the next turn. */
export async function askForResult(deps: DebitDeps, debit: Debit): Promise<void> {
  const { pool, clock, gateway } = deps;
  const { debitId, orderId, chargedAt } = debit;
  const found = orderId === null ? null : await gateway.orders.payments(orderId);
  await inTransaction(pool, async (client) => {
    const now = clock.now();
    await lockDebit(client, debitId);
    if (found?.kind === 'ok' && found.value.length > 0)
      await applySightings(
        client,
        found.value.map((payment) => ({ occurredAt: now, payment })),
        now,
      );
    const wait = Math.min(SELDOMEST_ASK_MS, Math.max(FIRST_ASK_MS, now - (chargedAt ?? now)));
    await postponeDebit(client, debitId, now + wait);
  });
}
