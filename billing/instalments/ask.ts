/**
 * Asks the payer for one part, or for all that is left at once. The payment is made under a key of the plan's, then bound to the plan
 * in a transaction, with the notice where the payer is not there; a crash in between finds the same payment again. While all that is left is offered, no part is asked
 * for, and a part's payment is withdrawn first: whatever is paid on it nevertheless goes back.
 */
import type { PoolClient } from 'pg';
import { AppError } from '../../core/errors.js';
import { advance } from '../../core/state.js';
import { inTransaction } from '../../core/transaction.js';
import { postNotice } from '../notices/post.js';
import { cancelPayment, cancelWithin } from '../payments/cancel.js';
import { createPayment } from '../payments/create.js';
import type { CreateDeps, NewPaymentBody } from '../payments/create.js';
import { readPayment } from '../payments/payment.js';
import type { PaymentView } from '../payments/payment.js';
import { leftPaise, lockPlan, requireActive } from './plan.js';
import type { Instalment, Plan } from './plan.js';
import { INSTALMENT } from './states.js';
import type { InstalmentEvent, InstalmentStatus } from './states.js';

const HOUR_MS = 3_600_000;
/** How long the whole rest is offered; the parts' days go on meanwhile. */
const OFFERED_FOR_MS = 72 * HOUR_MS;

/** What is known of the payer when the payer is there. */
export type PayerSays = Pick<NewPaymentBody, 'collect' | 'customer' | 'context'>;

/**
 * Answers the payment that is there when it was asked for, also when it is paid.
 * @throws AppError `instalment-not-found`, `instalment-plan-over`, `instalment-over`, `settlement-offered`, and as `createPayment`.
 */
export async function askInstalment(
  deps: CreateDeps,
  planId: string,
  number: number,
  told: PayerSays | null = null,
): Promise<PaymentView> {
  // Asked with and without the payer there, it is two payments for one reference: money is kept once.
  return askPart(deps, planId, number, { ...told, way: told === null ? '' : ':payer' });
}

/** The payer is not there: gets a link, and a notice with it, once for each time that it is asked for. @throws as `askInstalment`. */
export async function sendInstalment(deps: CreateDeps, planId: string, number: number): Promise<PaymentView> {
  return askPart(deps, planId, number, { collect: 'link', way: ':sent' });
}

async function askPart(
  deps: CreateDeps,
  planId: string,
  number: number,
  { way, ...told }: PayerSays & { readonly way: '' | ':payer' | ':sent' },
): Promise<PaymentView> {
  const { plan, part } = await inTransaction(deps.pool, async (client) => {
    const locked = await lockPlan(client, planId);
    return { plan: locked, part: requirePart(locked, number) };
  });
  if (part.paymentId !== null) return readPayment(deps.pool, part.paymentId);
  const asked = part.asked + 1;
  const body = paymentBody(plan, `${number}.${asked}`, part.amountPaise);
  const key = `${planId}:${number}:${asked}${way}`;
  const made = await createPayment(deps, { ...body, ...told }, key);
  const isBound = await inTransaction(deps.pool, async (client) => {
    const now = await lockPlan(client, planId);
    const same = now.instalments.find((one) => one.number === number);
    if (now.status !== 'active' || now.settlementPaymentId !== null) return false;
    if (same?.paymentId === made.paymentId) return true;
    if (same?.status !== 'waiting' || same.asked !== part.asked) return false;
    await client.query(
      `UPDATE instalments SET status = 'asked', asked = $3, payment_id = $4 WHERE plan_id = $1 AND number = $2`,
      [planId, number, asked, made.paymentId],
    );
    if (way === ':sent') await tellPayer(client, now, { ...part, asked }, made.linkUrl, deps.clock.now());
    return true;
  });
  return isBound ? readPayment(deps.pool, made.paymentId) : withdrawMade(deps, made);
}

async function tellPayer(
  client: PoolClient,
  { planId, payerId, currency }: Plan,
  { number, asked, amountPaise, dueOn }: Instalment,
  payUrl: string | null,
  now: number,
): Promise<void> {
  await postNotice(
    client,
    {
      key: `instalment:${planId}:${number}:${asked}`,
      payerId,
      channel: 'email',
      topic: 'payments',
      template: 'instalment-due',
      values: { amountPaise, currency, number, dueOn, payUrl },
    },
    now,
  );
}

function requirePart(plan: Plan, number: number): Instalment {
  const part = plan.instalments.find((one) => one.number === number);
  if (part?.status === 'paid') return part;
  requireActive(plan);
  if (part === undefined)
    throw new AppError('not-found', 'instalment-not-found', `${plan.planId} has no part ${number}`);
  if (part.status !== 'waiting' && part.status !== 'asked')
    throw new AppError('conflict', 'instalment-over', `part ${number} of ${plan.planId} is ${part.status}`);
  if (plan.settlementPaymentId !== null) {
    const message = `all that is left of ${plan.planId} is offered in ${plan.settlementPaymentId}: pay or cancel that`;
    throw new AppError('conflict', 'settlement-offered', message);
  }
  return part;
}

/** The plan has moved on meanwhile. */
async function withdrawMade(deps: CreateDeps, { paymentId }: PaymentView): Promise<PaymentView> {
  await cancelPayment(deps, paymentId);
  throw new AppError('conflict', 'instalment-plan-changed', 'the plan has changed meanwhile: read it again', {
    retryable: true,
  });
}

function paymentBody(plan: Plan, part: string, amountPaise: bigint): NewPaymentBody {
  const { planId, reference, payerId, currency, purpose, description } = plan;
  return {
    amountPaise: Number(amountPaise),
    currency,
    payerId,
    reference: `${reference}:${planId}-${part}`,
    ...(purpose === null ? {} : { purpose }),
    ...(description === null ? {} : { description }),
  };
}

/** All that is left, in one payment. @throws AppError as `askInstalment`, and `instalment-being-paid`. */
export async function offerSettlement(deps: CreateDeps, planId: string): Promise<PaymentView> {
  const plan = await inTransaction(deps.pool, async (client) => {
    const locked = await lockPlan(client, planId);
    requireActive(locked);
    if (locked.settlementPaymentId === null) await withdrawParts(client, locked, deps.clock.now());
    return locked;
  });
  if (plan.settlementPaymentId !== null) return readPayment(deps.pool, plan.settlementPaymentId);
  const left = leftPaise(plan);
  const offer = plan.settlements + 1;
  const body = paymentBody(plan, `rest.${offer}`, left);
  // A crash may have left a payment of another rest: a key stands for one amount for ever.
  const made = await createPayment(deps, body, `${planId}:rest:${offer}:${left}`);
  const isBound = await inTransaction(deps.pool, async (client) => {
    const now = await lockPlan(client, planId);
    if (now.settlementPaymentId === made.paymentId) return true;
    const isSame = now.status === 'active' && now.settlements === plan.settlements && leftPaise(now) === left;
    if (!isSame || now.instalments.some(({ status }) => status === 'asked')) return false;
    await client.query(
      `UPDATE instalment_plans SET settlement_payment_id = $2, settlement_until = to_timestamp($3 / 1000.0), settlements = $4
       WHERE plan_id = $1`,
      [planId, made.paymentId, deps.clock.now() + OFFERED_FOR_MS, offer],
    );
    return true;
  });
  return isBound ? readPayment(deps.pool, made.paymentId) : withdrawMade(deps, made);
}

/** The caller has locked the plan. @throws AppError `instalment-being-paid` when money for a part has come. */
async function withdrawParts(client: PoolClient, plan: Plan, now: number): Promise<void> {
  for (const part of plan.instalments) {
    const { number, status, paymentId } = part;
    if (status !== 'asked' || paymentId === null) continue;
    if (!(await cancelWithin(client, paymentId, now))) {
      const message = `part ${number} of ${plan.planId} is being paid by ${paymentId}: wait for it`;
      throw new AppError('conflict', 'instalment-being-paid', message, { retryable: true });
    }
    await movePart(client, plan.planId, part, 'withdraw', now);
  }
}

/** The caller has locked the plan. A part that waits has no payment; a step that its status does not take changes nothing. */
export async function movePart(
  client: PoolClient,
  planId: string,
  { number, status }: Pick<Instalment, 'number' | 'status'>,
  event: InstalmentEvent,
  now: number,
): Promise<void> {
  const next = advance<InstalmentStatus, InstalmentEvent>(INSTALMENT, status, event);
  if (next === null) return;
  await client.query(
    `UPDATE instalments SET status = $3, payment_id = CASE WHEN $3 = 'waiting' THEN NULL ELSE payment_id END,
       paid_at = CASE WHEN $3 IN ('paid', 'covered') THEN to_timestamp($4 / 1000.0) END
     WHERE plan_id = $1 AND number = $2`,
    [planId, number, next, now],
  );
}
