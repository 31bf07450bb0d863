/** A debit as people and programs see it: where it stands, when it is to be made, who chose that and why. */
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { declineCause } from '../../core/decline-reasons.js';
import { AppError } from '../../core/errors.js';
import { nullable } from '../../scoring/request.js';
import { pageOf } from '../page.js';
import type { Page } from '../page.js';
import { DEBIT_COLUMNS } from './debit.js';
import type { Debit } from './debit.js';
import { DEBIT_STATUSES } from './states.js';
import type { DebitStatus } from './states.js';

const Instant = Type.String({ format: 'date-time' });

export const DebitView = Type.Object({
  debitId: Type.String({ description: 'Also the id of its payment.' }),
  invoiceId: Type.String(),
  mandateId: Type.String(),
  attempt: Type.Integer({ description: '1 is the first of its cycle, 2 to 4 are its retries.' }),
  status: Type.Enum(DEBIT_STATUSES, {
    description:
      '`unresolved`: the bank has been asked and nobody knows yet. `withdrawn` and `skipped` are no failures: `note` says why.',
  }),
  amountPaise: Type.Integer({ description: 'Minor units of `currency`.' }),
  currency: Type.String(),
  slotAt: Instant,
  noticeDueAt: nullable(Instant),
  noticedAt: nullable(Instant),
  chargedAt: nullable(Instant),
  resolvedAt: nullable(Instant),
  failure: nullable(
    Type.Object({
      reason: Type.String(),
      class: Type.String(),
      advice: Type.String({ description: 'For the payer, in plain words.' }),
    }),
  ),
  choice: Type.Object(
    {
      by: Type.String(),
      arm: Type.String(),
      successProbability: nullable(Type.Number()),
      propensity: nullable(Type.Number()),
      modelVersion: nullable(Type.String()),
      considered: Type.Unknown({
        description: "The ladder's slot, the slots weighed and what the rules excluded.",
      }),
    },
    { description: 'Who chose the slot, with what probability, and among what.' },
  ),
  decisionId: nullable(Type.String()),
  note: nullable(Type.String()),
  createdAt: Instant,
});
export type DebitView = Static<typeof DebitView>;

interface Row extends Debit {
  readonly arm: string;
  readonly successProbability: number | null;
  readonly propensity: number | null;
  readonly modelVersion: string | null;
}

const SELECT = `SELECT ${DEBIT_COLUMNS}, d.arm, d.success_probability AS "successProbability",
  d.propensity, d.model_version AS "modelVersion" FROM debits d JOIN invoices i USING (invoice_id)`;

/** @throws AppError `debit-not-found`. */
export async function readDebit(pool: Pool, debitId: string): Promise<DebitView> {
  const { rows } = await pool.query<Row>(`${SELECT} WHERE d.debit_id = $1`, [debitId]);
  if (rows[0] === undefined)
    throw new AppError('not-found', 'debit-not-found', `there is no debit ${debitId}`);
  return toView(rows[0]);
}

interface DebitQuery extends Page {
  readonly invoiceId?: string;
  readonly mandateId?: string;
  readonly payerId?: string;
  readonly status?: DebitStatus;
}

/** Newest first. */
export async function listDebits(pool: Pool, query: DebitQuery): Promise<DebitView[]> {
  const { invoiceId, mandateId, payerId, status } = query;
  const equal = {
    'd.invoice_id': invoiceId,
    'd.mandate_id': mandateId,
    'i.payer_id': payerId,
    'd.status': status,
  };
  const { clause, values } = pageOf(query, 'd.debit_id', equal);
  const { rows } = await pool.query<Row>(`${SELECT} WHERE ${clause}`, values);
  return rows.map(toView);
}

function toView(row: Row): DebitView {
  const { declineReason: reason } = row;
  const cause = reason === null ? null : declineCause(reason, { isRecurring: true });
  return {
    debitId: row.debitId,
    invoiceId: row.invoiceId,
    mandateId: row.mandateId,
    attempt: row.attempt,
    status: row.status,
    amountPaise: Number(row.amountPaise),
    currency: row.currency,
    slotAt: new Date(row.slotAt).toISOString(),
    noticeDueAt: isoOrNull(row.noticeDueAt),
    noticedAt: isoOrNull(row.noticedAt),
    chargedAt: isoOrNull(row.chargedAt),
    resolvedAt: isoOrNull(row.resolvedAt),
    failure:
      reason === null || cause === null || row.status === 'withdrawn'
        ? null
        : { reason, class: cause.class, advice: cause.advice },
    choice: {
      by: row.chosenBy,
      arm: row.arm,
      successProbability: row.successProbability,
      propensity: row.propensity,
      modelVersion: row.modelVersion,
      considered: row.choice,
    },
    decisionId: row.decisionId,
    note: row.note,
    createdAt: new Date(row.createdAt).toISOString(),
  };
}

function isoOrNull(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}
