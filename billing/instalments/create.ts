/**
 * A new instalment plan: the agreement, its parts, and the hold on the invoice that it pays, in one transaction under the caller's key.
 * From then on neither debits nor dunning ask for the invoice; the parts are asked for as they fall due (follow.ts).
 */
import type { Pool, PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import type { Clock } from '../../core/clock.js';
import { dayOf, formatDay } from '../../core/days.js';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { jsonRows } from '../../core/json-rows.js';
import { formatMoney } from '../../core/money.js';
import { inTransaction } from '../../core/transaction.js';
import { bodyHash, idSchema, printable } from '../../scoring/request.js';
import { setHoldWithin } from '../invoices/commands.js';
import { lockInvoices } from '../invoices/settle.js';
import { claimCommand } from '../payments/commands.js';
import { readPlan } from './plan.js';
import type { PlanView } from './plan.js';
import { ScheduleBody, scheduleOf } from './schedule.js';
import type { Part } from './schedule.js';

/** Unless the parties agree otherwise. */
export const GRACE_DAYS = 5;

export const NewPlanBody = Type.Object(
  {
    reference: idSchema('What is owed: an open invoice, or your own name for the debt; no colon in it.'),
    payerId: idSchema('Who pays.'),
    amountPaise: Type.Integer({
      minimum: 200,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'All that is owed, minor units of `currency`.',
    }),
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$', default: 'INR' })),
    purpose: Type.Optional(idSchema('What it is for; a category of the gate.')),
    description: Type.Optional(printable(200, 'For the payer.')),
    schedule: ScheduleBody,
    graceDays: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 90,
        default: GRACE_DAYS,
        description: 'A part that is unpaid for longer breaks the plan: all that is left is owed at once.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type NewPlanBody = Static<typeof NewPlanBody>;

interface PlanDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

/**
 * @throws AppError `bad-schedule`; `instalment-plan-exists` for a debt that has one; `invoice-not-open`, `invoice-held`,
 * `instalments-differ` when the invoice says otherwise; `invoice-being-debited` while a bank decides about it.
 */
export async function createPlan(
  { pool, clock }: PlanDeps,
  body: NewPlanBody,
  key: string,
): Promise<PlanView> {
  const parts = scheduleOf(body.schedule, BigInt(body.amountPaise), dayOf(clock.now()));
  if (body.reference.includes(':'))
    throw new AppError('bad-input', 'invalid-request', 'reference must not contain a colon');
  return inTransaction(pool, async (client) => {
    const now = clock.now();
    const wanted = {
      kind: 'instalment-plan',
      key,
      bodyHash: bodyHash(body),
      subject: newId('ipl', clock),
    } as const;
    const { subject: planId, isNew } = await claimCommand(client, wanted, now);
    if (isNew) {
      await holdDebt(client, body, planId, now);
      await insertPlan(client, { planId, debt: body, parts }, now);
    }
    return readPlan(client, planId);
  });
}

/** Why an invoice with a plan is held; the plan's end takes the hold away. */
export function holdReason(planId: string): string {
  return `paid by ${planId}`;
}

/** An invoice must be as the plan says, and nobody else may be asking for it. */
async function holdDebt(client: PoolClient, body: NewPlanBody, planId: string, now: number): Promise<void> {
  const { reference, payerId, amountPaise, currency = 'INR' } = body;
  await lockInvoices(client, [reference]);
  const { rows } = await client.query<{
    payer_id: string;
    currency: string;
    owed: bigint;
    held_reason: string | null;
    is_at_bank: boolean;
  }>(
    `SELECT payer_id, currency, total_paise - paid_paise AS owed, held_reason, EXISTS (SELECT FROM debits d
       WHERE d.invoice_id = i.invoice_id AND d.status IN ('charging', 'unresolved')) AS is_at_bank
     FROM invoices i WHERE invoice_id = $1`,
    [reference],
  );
  const [invoice] = rows;
  if (invoice === undefined) return;
  if (invoice.payer_id !== payerId || invoice.currency !== currency || invoice.owed !== BigInt(amountPaise)) {
    const owed = formatMoney(invoice.owed, invoice.currency);
    const asked = formatMoney(BigInt(amountPaise), currency);
    const message = `${invoice.payer_id} owes ${owed} for ${reference}, not ${payerId} ${asked}: agree on what is owed`;
    throw new AppError('conflict', 'instalments-differ', message);
  }
  if (invoice.held_reason !== null) {
    const message = `${reference} is held (${invoice.held_reason}): release it first`;
    throw new AppError('conflict', 'invoice-held', message);
  }
  if (invoice.is_at_bank) {
    const message = `a debit for ${reference} is at the bank: wait for its result`;
    throw new AppError('conflict', 'invoice-being-debited', message, { retryable: true });
  }
  await setHoldWithin(client, reference, holdReason(planId), now);
}

/** The agreement and its parts, in the caller's transaction. @throws AppError `instalment-plan-exists`. */
export async function insertPlan(
  client: PoolClient,
  {
    planId,
    debt,
    parts,
  }: {
    readonly planId: string;
    readonly debt: Omit<NewPlanBody, 'schedule'>;
    readonly parts: readonly Part[];
  },
  now: number,
): Promise<void> {
  const { reference, payerId, purpose = null, description = null, currency = 'INR' } = debt;
  const { rowCount } = await client.query(
    `INSERT INTO instalment_plans (plan_id, reference, payer_id, purpose, description, currency, total_paise, status, grace_days,
       created_at, changed_at)
     SELECT $1, $2, $3, $4, $5, $6, $7, 'active', $8, at, at FROM to_timestamp($9 / 1000.0) AS at
     ON CONFLICT (reference) WHERE status = 'active' DO NOTHING`,
    [
      planId,
      reference,
      payerId,
      purpose,
      description,
      currency,
      debt.amountPaise,
      debt.graceDays ?? GRACE_DAYS,
      now,
    ],
  );
  if (rowCount === 0) {
    const message = `${reference} has an instalment plan already: cancel that one first`;
    throw new AppError('conflict', 'instalment-plan-exists', message);
  }
  const rows = parts.map(({ dueDay, amountPaise }, i) => ({
    number: i + 1,
    due_on: formatDay(dueDay),
    amount_paise: amountPaise,
  }));
  await client.query(
    `INSERT INTO instalments (plan_id, number, due_on, amount_paise, status)
     SELECT $1, number, due_on, amount_paise, 'waiting'
     FROM json_to_recordset($2) AS row(number integer, due_on date, amount_paise bigint)`,
    [planId, jsonRows(rows)],
  );
}
