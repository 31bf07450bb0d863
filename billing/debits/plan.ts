/**
 * Writes planned debits down, each with the payment that it is. An invoice has at most one live debit and one of each number
 * on a mandate, by unique indexes: planning twice plans once.
 */
import type { PoolClient } from 'pg';
import { newId } from '../../core/ids.js';
import { jsonRows } from '../../core/json-rows.js';
import type { Standing } from './standing.js';

export interface PlannedDebit {
  readonly standing: Standing;
  readonly attempt: number;
  readonly slotAt: number;
  readonly noticeDueAt: number;
  readonly chosenBy: 'first' | 'ladder' | 'model' | 'exploration' | 'person';
  readonly arm: 'model' | 'hold-out';
  readonly successProbability: number | null;
  readonly propensity: number | null;
  readonly modelVersion: string | null;
  /** The ladder's slot and what else was considered; of a person's, whose word it was. */
  readonly choice: object | null;
}

/** What the gate and the payer are told that it is for. */
export const DEBIT_PURPOSE = 'subscription-debit';

/** The ids of those that were written, by invoice. */
export async function insertDebits(
  client: PoolClient,
  planned: readonly PlannedDebit[],
  now: number,
): Promise<Map<string, string>> {
  if (planned.length === 0) return new Map();
  const { rows } = await client.query<{ invoice_id: string; debit_id: string }>({
    name: 'insert-debits',
    text: `WITH wanted AS (
        SELECT * FROM json_to_recordset($2) AS row(debit_id text, invoice_id text, mandate_id text, attempt int, amount bigint,
          currency text, slot float8, notice float8, chosen_by text, arm text, success float8, propensity float8, model text,
          choice jsonb, payer_id text, customer_id text, reference text)),
      made AS (
        INSERT INTO debits (debit_id, invoice_id, mandate_id, attempt, status, amount_paise, currency, slot_at, notice_due_at,
          chosen_by, arm, success_probability, propensity, model_version, choice, due_at, created_at, changed_at)
        SELECT debit_id, invoice_id, mandate_id, attempt, 'planned', amount, currency, to_timestamp(slot / 1000),
          to_timestamp(notice / 1000), chosen_by, arm, success, propensity, model, choice, to_timestamp(notice / 1000),
          to_timestamp($1::float8 / 1000), to_timestamp($1::float8 / 1000)
        FROM wanted ON CONFLICT DO NOTHING RETURNING debit_id, invoice_id),
      paid AS (
        INSERT INTO payments (payment_id, origin, status, amount_paise, currency, payer_id, purpose, reference, customer_id,
          created_at, changed_at)
        SELECT debit_id, 'api', 'created', amount, currency, payer_id, $3, reference, customer_id,
          to_timestamp($1::float8 / 1000), to_timestamp($1::float8 / 1000)
        FROM wanted JOIN made USING (debit_id, invoice_id))
      SELECT invoice_id, debit_id FROM made`,
    values: [now, jsonRows(planned.map((one) => toRow(one, now))), DEBIT_PURPOSE],
  });
  return new Map(rows.map(({ invoice_id, debit_id }) => [invoice_id, debit_id]));
}

function toRow({ standing, ...planned }: PlannedDebit, now: number): object {
  const { invoiceId, paidPaise } = standing;
  return {
    debit_id: newId('deb', { now: () => now }),
    invoice_id: invoiceId,
    mandate_id: standing.mandateId,
    attempt: planned.attempt,
    amount: standing.owedPaise,
    currency: standing.currency,
    slot: planned.slotAt,
    notice: planned.noticeDueAt,
    chosen_by: planned.chosenBy,
    arm: planned.arm,
    success: planned.successProbability,
    propensity: planned.propensity,
    model: planned.modelVersion,
    choice: planned.choice,
    payer_id: standing.payerId,
    customer_id: standing.customerId,
    // Money that comes twice under one reference goes back: the rest of an invoice is another thing than the whole.
    reference: paidPaise === 0n ? invoiceId : `${invoiceId}:from-${paidPaise}`,
  };
}
