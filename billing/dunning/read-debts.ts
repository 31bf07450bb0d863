/**
 * What payers owe that is overdue, with what became of the newest try to collect each invoice. An invoice that a person holds is not
 * dunned; one that a payment plan holds is a debt still, so that its episode goes on. Money that has come but is not yet applied, and
 * a try whose outcome the gateway has not told, count as unresolved (India rules, U13).
 */
import type { Pool, PoolClient } from 'pg';
import { DAY_MS } from '../../core/days.js';
import type { Debt } from './situation.js';

/** `held_reason` of invoices that a plan pays in parts. */
export const PLAN_HOLD = 'payment plan';

/** A try that stays without an answer is polled for so long (U13). */
const POLLED_DAYS = 3;

export interface DebtRow extends Omit<Debt, 'decline'> {
  readonly payerId: string;
  readonly currency: string;
  readonly declineReason: string | null;
  readonly declinedAt: number | null;
  readonly declineMethod: string | null;
  /** The failure was of a debit on a mandate: nobody was there to act. */
  readonly isDebited: boolean;
}

/** Oldest first. */
export async function readDebts(
  db: Pool | PoolClient,
  payerIds: readonly string[],
  now: number,
): Promise<DebtRow[]> {
  const { rows } = await db.query<DebtRow>(DEBTS, [payerIds, now, now - POLLED_DAYS * DAY_MS, PLAN_HOLD]);
  return rows;
}

const DEBTS = `
  SELECT i.invoice_id AS "invoiceId", i.payer_id AS "payerId", i.currency, i.subscription_id AS "subscriptionId",
    coalesce(s.status IN ('active', 'past_due'), false) AS "isRunning",
    i.total_paise - i.paid_paise AS "owedPaise", i.due_at AS "dueAt",
    CASE WHEN hand.is_open OR coming.paise > i.paid_paise OR d.status IN ('charging', 'unresolved') THEN 'unresolved'
         WHEN d.status IN ('planned', 'announcing', 'announced') THEN 'planned'
         WHEN d.status = 'skipped' THEN 'skipped'
         WHEN d.status = 'failed' OR hand.reason IS NOT NULL THEN 'failed'
         ELSE 'none' END AS "lastTry",
    failure.reason AS "declineReason", failure.at AS "declinedAt", failure.method AS "declineMethod",
    coalesce(failure.is_debited, false) AS "isDebited",
    CASE m.status WHEN 'paused' THEN 'paused' WHEN 'cancelled' THEN 'ended' WHEN 'expired' THEN 'ended'
      WHEN 'active' THEN 'active' END AS mandate,
    CASE WHEN d.status IN ('planned', 'announcing', 'announced') THEN d.slot_at END AS "nextDebitAt",
    coalesce(
      (SELECT debit_id FROM debits WHERE invoice_id = i.invoice_id ORDER BY created_at, attempt LIMIT 1),
      (SELECT payment_id FROM payments WHERE reference = i.invoice_id ORDER BY created_at, payment_id LIMIT 1)
    ) AS "firstPaymentId"
  FROM invoices i
  LEFT JOIN subscriptions s USING (subscription_id)
  LEFT JOIN mandates m ON m.mandate_id = s.mandate_id
  LEFT JOIN LATERAL (SELECT status, slot_at FROM debits WHERE invoice_id = i.invoice_id
    ORDER BY created_at DESC, attempt DESC LIMIT 1) AS d ON true
  -- Tries of the payer: at a checkout or by a link.
  LEFT JOIN LATERAL (SELECT max(a.failure_reason) AS reason,
      bool_or(a.status = 'authorized' OR a.status = 'created' AND a.created_at > to_timestamp($3 / 1000.0)) AS is_open
    FROM payments p JOIN payment_attempts a USING (payment_id) WHERE p.reference = i.invoice_id) AS hand ON true
  LEFT JOIN LATERAL (SELECT sum(captured_paise - refunded_paise) AS paise FROM payments
    WHERE reference = i.invoice_id) AS coming ON true
  LEFT JOIN LATERAL (
    SELECT reason, at, method, is_debited FROM (
      SELECT b.decline_reason AS reason, coalesce(b.resolved_at, b.changed_at) AS at, n.method, true AS is_debited
      FROM debits b JOIN mandates n USING (mandate_id)
      WHERE b.invoice_id = i.invoice_id AND b.status = 'failed' AND b.decline_reason IS NOT NULL
      UNION ALL
      SELECT a.failure_reason, a.created_at, a.method, false FROM payments p JOIN payment_attempts a USING (payment_id)
      WHERE p.reference = i.invoice_id AND a.status = 'failed' AND a.failure_reason IS NOT NULL
        AND NOT EXISTS (SELECT FROM debits WHERE debit_id = p.payment_id)) AS failures
    ORDER BY at DESC LIMIT 1) AS failure ON true
  WHERE i.payer_id = ANY($1) AND i.status = 'open' AND i.due_at <= to_timestamp($2 / 1000.0)
    AND i.total_paise > i.paid_paise AND (i.held_reason IS NULL OR i.held_reason = $4)
  ORDER BY i.due_at, i.invoice_id`;
