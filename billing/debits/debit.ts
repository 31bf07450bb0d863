/**
 * One debit as a row, and the only place that changes its status. A debit that is given up takes its payment with it, so that money
 * which still comes for it goes back by itself (billing/payments/follow.ts).
 */
import type { PoolClient } from 'pg';
import { AppError } from '../../core/errors.js';
import { advance } from '../../core/state.js';
import { cancelWithin } from '../payments/cancel.js';
import type { PlannedDebit } from './plan.js';
import { DEBIT } from './states.js';
import type { DebitEvent, DebitStatus } from './states.js';

export interface Debit {
  readonly debitId: string;
  readonly invoiceId: string;
  readonly mandateId: string;
  readonly attempt: number;
  readonly chosenBy: PlannedDebit['chosenBy'];
  /** Among what it was chosen, or whose word it was. */
  readonly choice: object | null;
  readonly status: DebitStatus;
  readonly amountPaise: bigint;
  readonly currency: string;
  readonly slotAt: number;
  readonly noticeDueAt: number | null;
  readonly noticedAt: number | null;
  readonly orderId: string | null;
  readonly chargedAt: number | null;
  readonly resolvedAt: number | null;
  readonly declineReason: string | null;
  readonly decisionId: string | null;
  readonly note: string | null;
  readonly createdAt: number;
}

export const DEBIT_COLUMNS = `d.debit_id AS "debitId", d.invoice_id AS "invoiceId", d.mandate_id AS "mandateId", d.attempt,
  d.chosen_by AS "chosenBy", d.choice, d.status,
  d.amount_paise AS "amountPaise", d.currency, d.slot_at AS "slotAt", d.notice_due_at AS "noticeDueAt",
  d.noticed_at AS "noticedAt", d.order_id AS "orderId", d.charged_at AS "chargedAt", d.resolved_at AS "resolvedAt",
  d.decline_reason AS "declineReason", d.decision_id AS "decisionId", d.note, d.created_at AS "createdAt"`;

/** @throws AppError `debit-not-found`. */
export async function lockDebit(client: PoolClient, debitId: string): Promise<Debit> {
  const { rows } = await client.query<Debit>(
    `SELECT ${DEBIT_COLUMNS} FROM debits d WHERE d.debit_id = $1 FOR UPDATE`,
    [debitId],
  );
  if (rows[0] === undefined)
    throw new AppError('not-found', 'debit-not-found', `there is no debit ${debitId}`);
  return rows[0];
}

/** What a step learned. Absent: unchanged. */
export interface Learned {
  readonly slotAt?: number;
  readonly noticedAt?: number;
  readonly orderId?: string;
  readonly declineReason?: string;
  readonly note?: string;
  /** When its next step may be taken; at once when absent. */
  readonly dueAt?: number;
}

/** Null: the state does not take the event, and nothing has changed. The caller holds the debit's lock. */
export async function moveDebit(
  client: PoolClient,
  debit: Debit,
  event: DebitEvent,
  now: number,
  learned: Learned = {},
): Promise<Debit | null> {
  const next = advance<DebitStatus, DebitEvent>(DEBIT, debit.status, event);
  if (next === null) return null;
  const { rows } = await client.query<Debit>(
    `UPDATE debits d SET status = $2, changed_at = to_timestamp($3::float8 / 1000),
       slot_at = coalesce(to_timestamp($4::float8 / 1000), slot_at),
       noticed_at = coalesce(to_timestamp($5::float8 / 1000), noticed_at), order_id = coalesce($6, order_id),
       decline_reason = coalesce($7, decline_reason), note = coalesce($8, note),
       due_at = to_timestamp(coalesce($9::float8, $3::float8) / 1000),
       charged_at = CASE $2 WHEN 'charging' THEN coalesce(charged_at, to_timestamp($3::float8 / 1000)) ELSE charged_at END,
       resolved_at = CASE WHEN $2 IN ('succeeded', 'failed') THEN to_timestamp($3::float8 / 1000) ELSE resolved_at END
     WHERE d.debit_id = $1 RETURNING ${DEBIT_COLUMNS}`,
    [
      debit.debitId,
      next,
      now,
      learned.slotAt ?? null,
      learned.noticedAt ?? null,
      learned.orderId ?? null,
      learned.declineReason ?? null,
      learned.note ?? null,
      learned.dueAt ?? null,
    ],
  );
  if (next === 'withdrawn' || next === 'skipped') await cancelWithin(client, debit.debitId, now);
  return rows[0] ?? null;
}

/** Its next look, without a change of state. */
export async function postponeDebit(client: PoolClient, debitId: string, dueAt: number): Promise<void> {
  await client.query('UPDATE debits SET due_at = to_timestamp($2::float8 / 1000) WHERE debit_id = $1', [
    debitId,
    dueAt,
  ]);
}
