/**
 * What the tables know of a debit that is to be tried again, in the words of the retry engine: the situation decides what is lawful
 * (billing/retry), the context what is likely (features/retry). Only results that are known by now are in either.
 */
import type { PoolClient } from 'pg';
import { declineCause, PAYMENT_METHODS } from '../../core/decline-reasons.js';
import type { DeclineCause } from '../../core/decline-reasons.js';
import type { PastPayment, RetryContext } from '../../features/retry/moment.js';
import { METHODS } from '../../ingest/facts.js';
import type { DebitSituation, PresentedAttempt } from '../retry/situation.js';
import type { Standing } from './standing.js';

export async function situationOf(
  client: PoolClient,
  standing: Standing,
  now: number,
): Promise<DebitSituation> {
  const { invoiceId, mandateId } = standing;
  const flags = await readFlags(client, invoiceId);
  return {
    method: standing.method,
    purpose: standing.purpose,
    amountPaise: standing.owedPaise,
    duePaise: standing.owedPaise,
    mandate: {
      status: standing.mandateStatus,
      frequency: standing.frequency,
      maxPaise: standing.maxPaise,
      startsAt: standing.startsAt,
      expiresAt: standing.expiresAt,
      confirmedAt: standing.confirmedAt,
      debitedAt: standing.frequency === 'as_presented' ? [] : await debitedAt(client, mandateId),
    },
    attempts: await attemptsOf(client, invoiceId, mandateId),
    cycle: standing.cycle,
    // Each debit is announced by an order of its own.
    noticedAt: null,
    downtimes: await downtimesOf(client, standing, now),
    ...flags,
  };
}

async function readFlags(
  client: PoolClient,
  invoiceId: string,
): Promise<Pick<DebitSituation, 'hasUnresolved' | 'isSkipped' | 'chainBlocked'>> {
  const { rows } = await client.query<Pick<DebitSituation, 'hasUnresolved' | 'isSkipped' | 'chainBlocked'>>(
    `SELECT coalesce(bool_or(d.status IN ('planned', 'announcing', 'announced', 'charging', 'unresolved')), false)
         AS "hasUnresolved",
       coalesce(bool_or(d.status = 'skipped'), false) AS "isSkipped",
       coalesce(bool_or(p.action = 'block'), false) AS "chainBlocked"
     FROM debits d LEFT JOIN payments p ON p.payment_id = d.debit_id WHERE d.invoice_id = $1`,
    [invoiceId],
  );
  return rows[0] ?? { hasUnresolved: false, isSkipped: false, chainBlocked: false };
}

async function attemptsOf(
  client: PoolClient,
  invoiceId: string,
  mandateId: string,
): Promise<PresentedAttempt[]> {
  const { rows } = await client.query<PresentedAttempt>(
    `SELECT charged_at AS "slotAt", CASE status WHEN 'charging' THEN 'unresolved' ELSE status END AS status,
       decline_reason AS reason, resolved_at AS "resolvedAt"
     FROM debits WHERE invoice_id = $1 AND mandate_id = $2 AND charged_at IS NOT NULL
       AND status IN ('charging', 'unresolved', 'succeeded', 'failed') ORDER BY attempt`,
    [invoiceId, mandateId],
  );
  return rows.map((attempt) => ({ ...attempt, reason: settledReason(attempt) }));
}

/** A bank that never answered has failed when nothing can come any more (resolve.ts): it no longer waits. */
function settledReason({ status, reason }: PresentedAttempt): string | null {
  if (status !== 'failed' || reason === null) return reason;
  return declineCause(reason, { isRecurring: true }).class === 'pending' ? 'request_timed_out' : reason;
}

async function debitedAt(client: PoolClient, mandateId: string): Promise<number[]> {
  const { rows } = await client.query<{ at: number }>(
    `SELECT charged_at AS at FROM debits WHERE mandate_id = $1 AND status = 'succeeded'
     UNION ALL SELECT a.created_at FROM mandates m JOIN payment_attempts a USING (payment_id)
     WHERE m.mandate_id = $1 AND a.is_captured AND a.amount_paise > 0`,
    [mandateId],
  );
  return rows.map(({ at }) => at);
}

async function downtimesOf(
  client: PoolClient,
  { method, issuer }: Standing,
  now: number,
): Promise<DebitSituation['downtimes']> {
  const { rows } = await client.query<DebitSituation['downtimes'][number]>(
    `SELECT begins_at AS "startsAt", ends_at AS "endsAt" FROM gateway_downtimes
     WHERE method = $1 AND severity <> 'low' AND (instruments = '{}' OR $2 = ANY(instruments))
       AND coalesce(ends_at, heard_at + interval '3 days') > to_timestamp($3::float8 / 1000)`,
    [method, issuer, now],
  );
  return rows;
}

/** Whether the bank is known to have trouble at this instant (India rules U14). */
export async function isBankDown(client: PoolClient, standing: Standing, now: number): Promise<boolean> {
  const spans = await downtimesOf(client, standing, now + 1);
  return spans.some(({ startsAt, endsAt }) => startsAt <= now && (endsAt === null || now < endsAt));
}

/** Enough to know a payer by; a few years of meals. */
const MOST_PAST = 100;

export async function contextOf(
  client: PoolClient,
  standing: Standing,
  { attempts }: DebitSituation,
): Promise<RetryContext> {
  const last = attempts.findLast(({ status }) => status === 'failed');
  const { method, issuer, owedPaise } = standing;
  return {
    method,
    issuer,
    declineClass: last === undefined ? null : causeOf(last.reason ?? '', method, true).class,
    attempt: attempts.length + 1,
    failedAtMs: last?.slotAt ?? null,
    amountPaise: owedPaise,
    past: await pastOf(client, standing.payerId),
  };
}

interface PastRow {
  at: number;
  amount: bigint;
  reason: string | null;
  method: string;
  is_debit: boolean;
}

async function pastOf(client: PoolClient, payerId: string): Promise<PastPayment[]> {
  const { rows } = await client.query<PastRow>(
    `SELECT a.created_at AS at, a.amount_paise AS amount, CASE a.status WHEN 'failed' THEN coalesce(a.failure_reason, '') END
         AS reason, a.method, d.debit_id IS NOT NULL AS is_debit
     FROM payments p JOIN payment_attempts a USING (payment_id) LEFT JOIN debits d ON d.debit_id = p.payment_id
     WHERE p.payer_id = $1 AND p.origin = 'api' AND a.status IN ('failed', 'captured', 'refunded')
     ORDER BY a.created_at DESC, a.attempt_id DESC LIMIT $2`,
    [payerId, MOST_PAST],
  );
  return rows.reverse().map(({ at, amount, reason, method, is_debit }) => ({
    atMs: at,
    amountPaise: amount,
    class: reason === null ? null : causeOf(reason, method, is_debit).class,
    attended: !is_debit,
    method: METHODS.find((known) => known === method) ?? null,
  }));
}

function causeOf(reason: string, method: string, isRecurring: boolean): DeclineCause {
  return declineCause(reason, { method: PAYMENT_METHODS.find((known) => known === method), isRecurring });
}
