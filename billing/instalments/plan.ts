/**
 * An instalment plan as people and programs see it, and as the commands lock it. A plan's row is the lock of everything about the plan:
 * its parts change only under it.
 */
import type { Pool, PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { AppError } from '../../core/errors.js';
import { nullable } from '../../scoring/request.js';
import { pageOf } from '../page.js';
import type { Page } from '../page.js';
import { INSTALMENT, INSTALMENT_PLAN } from './states.js';
import type { InstalmentStatus, PlanStatus } from './states.js';

const Paise = Type.Integer({ description: 'Minor units of `currency`.' });
const Day = Type.String({ format: 'date' });

export const PlanView = Type.Object({
  planId: Type.String(),
  reference: Type.String(),
  payerId: Type.String(),
  status: Type.Enum(Object.keys(INSTALMENT_PLAN) as PlanStatus[]),
  currency: Type.String(),
  totalPaise: Paise,
  paidPaise: Type.Integer({ description: 'Of the parts that are paid or covered.' }),
  graceDays: Type.Integer(),
  note: nullable(Type.String({ description: 'Why it is no longer active.' })),
  settlementPaymentId: nullable(Type.String({ description: 'Pays all that is left.' })),
  instalments: Type.Array(
    Type.Object({
      number: Type.Integer(),
      dueOn: Day,
      amountPaise: Paise,
      status: Type.Enum(Object.keys(INSTALMENT) as InstalmentStatus[]),
      paymentId: nullable(Type.String()),
    }),
  ),
  createdAt: Type.String({ format: 'date-time' }),
});
export type PlanView = Static<typeof PlanView>;

interface Row {
  view: Omit<PlanView, 'createdAt'>;
  created_at: number;
}

const SELECT = `
  SELECT json_build_object('planId', p.plan_id, 'reference', p.reference, 'payerId', p.payer_id, 'status', p.status,
    'currency', p.currency, 'totalPaise', p.total_paise, 'paidPaise', (SELECT coalesce(sum(amount_paise), 0) FROM instalments i
      WHERE i.plan_id = p.plan_id AND i.status IN ('paid', 'covered')),
    'graceDays', p.grace_days, 'note', p.note, 'settlementPaymentId', p.settlement_payment_id,
    'instalments', (SELECT json_agg(json_build_object('number', i.number, 'dueOn', i.due_on, 'amountPaise', i.amount_paise,
      'status', i.status, 'paymentId', i.payment_id) ORDER BY i.number) FROM instalments i WHERE i.plan_id = p.plan_id)) AS view,
    p.created_at
  FROM instalment_plans p`;

/** @throws AppError `instalment-plan-not-found`. */
export async function readPlan(db: Pool | PoolClient, planId: string): Promise<PlanView> {
  const { rows } = await db.query<Row>(`${SELECT} WHERE p.plan_id = $1`, [planId]);
  if (rows[0] === undefined) throw noPlan(planId);
  return toView(rows[0]);
}

/** Newest first. */
export async function listPlans(
  pool: Pool,
  query: Page & { readonly payerId?: string; readonly reference?: string },
): Promise<PlanView[]> {
  const equal = { 'p.payer_id': query.payerId, 'p.reference': query.reference };
  const { clause, values } = pageOf(query, 'p.plan_id', equal);
  const { rows } = await pool.query<Row>(`${SELECT} WHERE ${clause}`, values);
  return rows.map(toView);
}

function toView({ view, created_at }: Row): PlanView {
  return { ...view, createdAt: new Date(created_at).toISOString() };
}

function noPlan(planId: string): AppError {
  return new AppError('not-found', 'instalment-plan-not-found', `there is no instalment plan ${planId}`);
}

/** Something of it is kept. */
const IS_PAID = `y.status = 'paid' AND y.captured_paise > y.refunded_paise AND y.cancelled_at IS NULL`;

/** A part, with what is known of its payment. */
export interface Instalment {
  readonly number: number;
  readonly dueOn: string;
  readonly amountPaise: bigint;
  readonly status: InstalmentStatus;
  readonly asked: number;
  readonly paymentId: string | null;
  /** Of the payment; null when there is none. */
  readonly isPaid: boolean | null;
  readonly isCancelled: boolean;
}

export interface Plan {
  readonly planId: string;
  readonly reference: string;
  readonly payerId: string;
  readonly purpose: string | null;
  readonly description: string | null;
  readonly currency: string;
  readonly status: PlanStatus;
  readonly graceDays: number;
  readonly settlementPaymentId: string | null;
  readonly settlementUntil: number | null;
  readonly settlements: number;
  /** Of the settlement's payment; null when none is offered. */
  readonly isSettlementPaid: boolean | null;
  readonly instalments: readonly Instalment[];
}

/** Locks the plan. @throws AppError `instalment-plan-not-found`. */
export async function lockPlan(client: PoolClient, planId: string): Promise<Plan> {
  const { rows } = await client.query<Omit<Plan, 'instalments'>>(
    `SELECT plan_id AS "planId", reference, payer_id AS "payerId", purpose, description, currency, status,
       grace_days AS "graceDays", settlement_payment_id AS "settlementPaymentId", settlement_until AS "settlementUntil", settlements,
       (SELECT ${IS_PAID} FROM payments y WHERE y.payment_id = settlement_payment_id) AS "isSettlementPaid"
     FROM instalment_plans WHERE plan_id = $1 FOR UPDATE`,
    [planId],
  );
  if (rows[0] === undefined) throw noPlan(planId);
  const { rows: instalments } = await client.query<Instalment>(
    `SELECT number, due_on AS "dueOn", i.amount_paise AS "amountPaise", i.status, asked, i.payment_id AS "paymentId",
       (SELECT ${IS_PAID} FROM payments y WHERE y.payment_id = i.payment_id) AS "isPaid",
       EXISTS (SELECT FROM payments y WHERE y.payment_id = i.payment_id AND y.cancelled_at IS NOT NULL) AS "isCancelled"
     FROM instalments i WHERE plan_id = $1 ORDER BY number`,
    [planId],
  );
  return { ...rows[0], instalments };
}

export function leftPaise({ instalments }: Pick<Plan, 'instalments'>): bigint {
  return instalments
    .filter(({ status }) => status === 'waiting' || status === 'asked')
    .reduce((sum, { amountPaise }) => sum + amountPaise, 0n);
}

/** @throws AppError `instalment-plan-over`. */
export function requireActive({ planId, status }: Pick<Plan, 'planId' | 'status'>): void {
  if (status === 'active') return;
  const message = `${planId} is ${status}: make another plan for what is left`;
  throw new AppError('conflict', 'instalment-plan-over', message);
}
