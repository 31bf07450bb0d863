/**
 * Keeps instalment plans in step with their payments: parts that are paid, offers that ran out, parts to ask for, plans to end. What is to
 * be done is a pure function of the plan as it is (`judge`), so a turn that is repeated, late or run twice does nothing more.
 */
import type { Pool, PoolClient } from 'pg';
import { dayOf, formatDay, parseDay } from '../../core/days.js';
import { AppError } from '../../core/errors.js';
import { inTransaction } from '../../core/transaction.js';
import { releaseInvoice } from '../invoices/commands.js';
import { cancelWithin } from '../payments/cancel.js';
import type { CreateDeps } from '../payments/create.js';
import { movePart, sendInstalment } from './ask.js';
import { holdReason } from './create.js';
import { lockPlan } from './plan.js';
import type { Instalment, Plan } from './plan.js';
import type { InstalmentEvent, PlanStatus } from './states.js';

/** A part is asked for so long before its day. */
const ASKED_DAYS_BEFORE = 7;
/** Plans a turn; the next one goes on. */
const BATCH = 500;

export interface Moment {
  readonly now: number;
  /** The invoice that the plan pays: paid by other money, or void. Null: it is owed, or there is none. */
  readonly debt: 'paid' | 'void' | null;
}

export interface Judgement {
  readonly parts: readonly { readonly part: Instalment; readonly event: InstalmentEvent }[];
  /** Payments that nobody is to make any more. */
  readonly withdraw: readonly string[];
  readonly dropsSettlement: boolean;
  readonly status: PlanStatus;
  readonly note: string | null;
  /** Parts to ask for. */
  readonly ask: readonly number[];
}

/** What a plan needs. Pure. */
export function judge(plan: Plan, { now, debt }: Moment): Judgement {
  const today = dayOf(now);
  const told = plan.instalments.map((part) => ({ part, event: toldBy(part) }));
  const open = told
    .filter(({ part, event }) => event !== 'pay' && (isOpen(part) || event === 'return'))
    .map(({ part }) => part);
  const ends = endOf(plan, open, { now, debt, today });
  const isExpired =
    plan.settlementUntil !== null && plan.settlementUntil <= now && plan.isSettlementPaid !== true;
  const last = ends === null ? [] : open.map((part) => ({ part, event: ends.event }));
  const asked = open.flatMap(({ paymentId, status }) => (status === 'asked' ? (paymentId ?? []) : []));
  const isDropped = (isExpired || ends !== null) && plan.isSettlementPaid !== true;
  const dropped = isDropped && plan.settlementPaymentId !== null ? [plan.settlementPaymentId] : [];
  const isFree = ends === null && (plan.settlementPaymentId === null || isExpired);
  return {
    parts: [
      ...told.flatMap(({ part, event }) =>
        event === null || (ends !== null && event !== 'pay') ? [] : [{ part, event }],
      ),
      ...last,
    ],
    withdraw: [...(ends === null ? [] : asked), ...dropped],
    dropsSettlement: dropped.length > 0,
    status: ends?.status ?? 'active',
    note: ends?.note ?? null,
    ask: isFree
      ? open.filter((part) => part.paymentId === null && isNear(part, today)).map(({ number }) => number)
      : [],
  };
}

function isOpen({ status }: Instalment): boolean {
  return status === 'waiting' || status === 'asked';
}

function isNear({ dueOn }: Instalment, today: number): boolean {
  return (parseDay(dueOn) ?? today) <= today + ASKED_DAYS_BEFORE;
}

/** What the part's payment says. */
function toldBy({ status, isPaid, isCancelled }: Instalment): InstalmentEvent | null {
  if (status === 'asked' && isPaid === true) return 'pay';
  if (status === 'asked' && isCancelled) return 'withdraw';
  if (status === 'paid' && isPaid === false) return 'return';
  return null;
}

interface End {
  readonly status: PlanStatus;
  readonly event: 'cover' | 'void';
  readonly note: string | null;
}

function endOf(
  plan: Plan,
  open: readonly Instalment[],
  { debt, today, now }: Moment & { readonly today: number },
): End | null {
  if (plan.isSettlementPaid === true) return { status: 'settled', event: 'cover', note: 'paid early' };
  if (open.length === 0) return { status: 'settled', event: 'cover', note: null };
  if (debt === 'paid')
    return { status: 'settled', event: 'cover', note: `${plan.reference} was paid otherwise` };
  if (debt === 'void') return { status: 'cancelled', event: 'void', note: `${plan.reference} is void` };
  // The offer of all that is left stands while it lasts.
  if (plan.settlementUntil !== null && plan.settlementUntil > now) return null;
  const late = open.find(({ dueOn }) => (parseDay(dueOn) ?? today) + plan.graceDays < today);
  if (late === undefined) return null;
  return { status: 'broken', event: 'void', note: `part ${late.number} was due on ${late.dueOn}` };
}

/** Answers how many plans were looked at. A part that the gate blocks breaks its plan. */
export async function followInstalments(deps: CreateDeps): Promise<number> {
  const now = deps.clock.now();
  const planIds = await plansToFollow(deps.pool, now);
  for (const planId of planIds) {
    const { ask } = await followPlan(deps, planId);
    for (const number of ask) if (!(await askOrBreak(deps, planId, number))) break;
  }
  await releaseHolds(deps);
  return planIds.length;
}

async function plansToFollow(pool: Pool, now: number): Promise<string[]> {
  const { rows } = await pool.query<{ plan_id: string }>(
    `SELECT plan_id FROM instalment_plans p LEFT JOIN payments s ON s.payment_id = p.settlement_payment_id
       LEFT JOIN invoices v ON v.invoice_id = p.reference
     WHERE p.status = 'active' AND (s.status = 'paid' OR p.settlement_until <= to_timestamp($1 / 1000.0)
       OR v.status IN ('paid', 'void') OR EXISTS (
         SELECT FROM instalments i LEFT JOIN payments y ON y.payment_id = i.payment_id WHERE i.plan_id = p.plan_id AND (
           (i.status = 'asked' AND y.status IN ('paid', 'cancelled'))
           OR (i.status = 'paid' AND y.captured_paise <= y.refunded_paise)
           OR (i.status = 'waiting' AND i.due_on <= $2::date + $3::int AND p.settlement_payment_id IS NULL)
           OR (i.status IN ('waiting', 'asked') AND i.due_on + p.grace_days < $2::date))))
     ORDER BY plan_id LIMIT $4`,
    [now, formatDay(dayOf(now)), ASKED_DAYS_BEFORE, BATCH],
  );
  return rows.map(({ plan_id }) => plan_id);
}

async function followPlan({ pool, clock }: CreateDeps, planId: string): Promise<Judgement> {
  return inTransaction(pool, async (client) => {
    const now = clock.now();
    const plan = await lockPlan(client, planId);
    const judgement = judge(plan, { now, debt: await readDebt(client, plan.reference) });
    if (plan.status !== 'active') return { ...judgement, ask: [] };
    // What is paid at this very moment is seen by the next turn.
    for (const paymentId of judgement.withdraw)
      if (!(await cancelWithin(client, paymentId, now))) return { ...judgement, ask: [] };
    for (const { part, event } of judgement.parts) await movePart(client, planId, part, event, now);
    await client.query(
      `UPDATE instalment_plans SET status = $2, note = $3, changed_at = to_timestamp($4 / 1000.0),
         settlement_payment_id = CASE WHEN $5 THEN NULL ELSE settlement_payment_id END,
         settlement_until = CASE WHEN $5 THEN NULL ELSE settlement_until END
       WHERE plan_id = $1`,
      [planId, judgement.status, judgement.note, now, judgement.dropsSettlement],
    );
    return judgement;
  });
}

async function readDebt(client: PoolClient, reference: string): Promise<Moment['debt']> {
  const { rows } = await client.query<{ status: string }>(
    'SELECT status FROM invoices WHERE invoice_id = $1',
    [reference],
  );
  const status = rows[0]?.status;
  return status === 'paid' || status === 'void' ? status : null;
}

/** False: the gate does not let this payer pay, so nothing is to be waited for. */
async function askOrBreak(deps: CreateDeps, planId: string, number: number): Promise<boolean> {
  try {
    await sendInstalment(deps, planId, number);
    return true;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'payment-blocked') throw error;
    await endPlan(deps, planId, 'break', `the gate blocks part ${number}`);
    return false;
  }
}

/** Ends an active plan: no part is asked for any more, and what is left is owed at once. @throws AppError as `lockPlan`. */
export async function endPlan(
  { pool, clock }: Pick<CreateDeps, 'pool' | 'clock'>,
  planId: string,
  event: 'break' | 'cancel',
  note: string,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const now = clock.now();
    const plan = await lockPlan(client, planId);
    if (plan.status !== 'active') return;
    const payments = plan.instalments.flatMap((part) =>
      part.status === 'asked' ? (part.paymentId ?? []) : [],
    );
    for (const paymentId of [...payments, plan.settlementPaymentId ?? []].flat())
      if (!(await cancelWithin(client, paymentId, now))) throw beingPaid(planId, paymentId);
    for (const part of plan.instalments.filter(isOpen)) await movePart(client, planId, part, 'void', now);
    await client.query(
      `UPDATE instalment_plans SET status = $2, note = $3, changed_at = to_timestamp($4 / 1000.0), settlement_payment_id = NULL,
         settlement_until = NULL WHERE plan_id = $1`,
      [planId, event === 'break' ? 'broken' : 'cancelled', note, now],
    );
  });
  await releaseHolds({ pool, clock });
}

function beingPaid(planId: string, paymentId: string): AppError {
  const message = `${planId} is being paid by ${paymentId}: wait for it`;
  return new AppError('conflict', 'instalment-being-paid', message, { retryable: true });
}

/** Invoices whose plan is over are asked for again. Derived, so a crash before it is made good by the next turn. */
async function releaseHolds({ pool, clock }: Pick<CreateDeps, 'pool' | 'clock'>): Promise<void> {
  const { rows } = await pool.query<{ invoice_id: string; plan_id: string; held_reason: string }>(
    `SELECT v.invoice_id, p.plan_id, v.held_reason FROM invoices v JOIN instalment_plans p ON p.reference = v.invoice_id
     WHERE v.status = 'open' AND v.held_reason IS NOT NULL AND p.status IN ('broken', 'cancelled')`,
  );
  for (const { invoice_id: invoiceId, plan_id: planId, held_reason: reason } of rows)
    if (reason === holdReason(planId)) await releaseInvoice({ pool, clock }, invoiceId);
}
