/**
 * Tells the payer before a debit. The intention is written, then the order with its notice is asked for under the debit's own receipt,
 * so that asking again finds the same one; what the gateway says of the notice comes by webhook or is asked for. The debit follows
 * the delivery by the rail's lead; a notice that failed is no notice, and the debit is planned anew with another one (India rules
 * E4, U3, U4).
 */
import { MINUTE_MS } from '../../core/days.js';
import type { DebitNotice } from '../../core/ports/gateway-entities.js';
import type { Decline } from '../../core/decline-reasons.js';
import { inTransaction } from '../../core/transaction.js';
import { askToken } from '../mandates/refresh.js';
import { postNotice } from '../notices/post.js';
import { applySightings } from '../payments/apply.js';
import { earliestAfterNotice, noticeLeadMs } from '../retry/notice.js';
import { payByLink } from './by-link.js';
import { DEBITS } from './calendar.js';
import { lockDebit, moveDebit, postponeDebit } from './debit.js';
import type { Debit } from './debit.js';
import { replan } from './hand-over.js';
import type { DebitDeps } from './hand-over.js';
import { planOf } from './plan-first.js';
import { DEBIT_PURPOSE } from './plan.js';
import { needsPayer, obstacle, standingOf } from './standing.js';
import type { Standing } from './standing.js';

const AGAIN_MS = MINUTE_MS;
/** Delivered within minutes, as a rule; the webhook wakes the debit sooner. */
const LISTEN_MS = 15 * MINUTE_MS;
/** The gateway was too busy, or was certainly not asked: the same may be asked again. */
const TRANSIENT = new Set(['too_many_requests', 'operation_in_progress', 'gateway_unavailable']);

export function isTransient({ reason }: Decline): boolean {
  return TRANSIENT.has(reason);
}

type Ready = { readonly debit: Debit; readonly standing: Standing; readonly by: 'notice' | 'link' } | null;

/** A planned debit whose notice is due. */
export async function announceDebit(deps: DebitDeps, debitId: string): Promise<void> {
  const ready = await inTransaction(deps.pool, async (client): Promise<Ready> => {
    const now = deps.clock.now();
    const debit = await lockDebit(client, debitId);
    if (debit.status !== 'planned') return null;
    const standing = await standingOf(client, debit);
    const inTheWay = obstacle(standing);
    if (inTheWay !== null) {
      await moveDebit(client, debit, 'withdraw', now, { note: inTheWay });
      return null;
    }
    if (standing.owedPaise !== debit.amountPaise) {
      await replan(client, deps, debit, 'another amount is owed', now);
      return null;
    }
    if (needsPayer(standing, debit.amountPaise, debit.slotAt)) return { debit, standing, by: 'link' };
    const slotAt = slotStillPossible(debit, standing, now);
    if (slotAt === null) {
      await replan(client, deps, debit, 'too late for its notice', now);
      return null;
    }
    const announcing = await moveDebit(client, debit, 'announce', now, { slotAt, dueAt: now + AGAIN_MS });
    return announcing === null ? null : { debit: announcing, standing, by: 'notice' };
  });
  if (ready?.by === 'link')
    await payByLink(deps, ready.debit, ready.standing, 'above what may be debited unasked');
  if (ready?.by === 'notice') await askForNotice(deps, ready.debit, ready.standing);
}

/** A late turn moves a first debit, of which nobody has been told; a retry's slot was chosen among others, and is chosen again. */
function slotStillPossible(debit: Debit, standing: Standing, now: number): number | null {
  if (now + (noticeLeadMs(standing.method) ?? DEBITS.ownNoticeMs) <= debit.slotAt) return debit.slotAt;
  const first = debit.attempt === 1 ? planOf(standing, now) : null;
  return first === null || typeof first === 'string' ? null : first.slotAt;
}

/** A debit whose order, or whose notice, has no known outcome yet. */
export async function followNotice(deps: DebitDeps, debit: Debit): Promise<void> {
  const standing = await inTransaction(deps.pool, (client) => standingOf(client, debit));
  if (debit.orderId === null) await askForNotice(deps, debit, standing);
  else await hearOfNotice(deps, debit, standing, debit.orderId);
}

async function askForNotice(deps: DebitDeps, debit: Debit, standing: Standing): Promise<void> {
  const { pool, clock, gateway } = deps;
  const { debitId, amountPaise, slotAt, invoiceId } = debit;
  const { tokenId, method } = standing;
  if (tokenId === null) return;
  const notice = noticeLeadMs(method) === null ? null : { tokenId, payAfter: slotAt };
  const asked = { amountPaise, receipt: debitId, notes: { invoice: invoiceId }, notice };
  const outcome = await gateway.mandates.announce(asked);
  if (outcome.kind === 'declined' && !isTransient(outcome.decline)) {
    await giveUp(deps, debit, standing, outcome.decline);
    return;
  }
  if (outcome.kind !== 'ok') {
    await inTransaction(pool, (client) => postponeDebit(client, debitId, clock.now() + AGAIN_MS));
    return;
  }
  const { id: orderId, notice: answered } = outcome.value;
  await inTransaction(pool, async (client) => {
    const now = clock.now();
    const locked = await lockDebit(client, debitId);
    await applySightings(client, [{ occurredAt: now, order: { id: orderId, receipt: debitId } }], now);
    await client.query(
      `UPDATE debits SET order_id = $2, due_at = to_timestamp($3::float8 / 1000) WHERE debit_id = $1`,
      [debitId, orderId, now + LISTEN_MS],
    );
    if (notice !== null || locked.status !== 'announcing') return;
    await postNotice(
      client,
      {
        key: `debit-notice:${debitId}`,
        payerId: standing.payerId,
        channel: 'email',
        template: 'debit-notice',
        topic: 'debits',
        values: {
          amountPaise,
          currency: debit.currency,
          debitAt: slotAt,
          purpose: DEBIT_PURPOSE,
          reference: invoiceId,
        },
      },
      now,
    );
    await moveDebit(client, locked, 'notice', now, { noticedAt: now, dueAt: slotAt });
  });
  if (notice !== null && answered !== null) await keepNotice(deps, debit, orderId, answered);
}

async function giveUp(deps: DebitDeps, debit: Debit, standing: Standing, decline: Decline): Promise<void> {
  const { pool, clock, log } = deps;
  const { debitId } = debit;
  log.warn({ event: 'debit-not-announced', debitId, reason: decline.reason, said: decline.description });
  await inTransaction(pool, async (client) => {
    const locked = await lockDebit(client, debitId);
    await moveDebit(client, locked, 'withdraw', clock.now(), { note: `not announced: ${decline.reason}` });
  });
  if (standing.customerId !== null && standing.tokenId !== null)
    await askToken(deps, standing.customerId, standing.tokenId);
}

async function hearOfNotice(
  deps: DebitDeps,
  debit: Debit,
  standing: Standing,
  orderId: string,
): Promise<void> {
  const { pool, clock, gateway } = deps;
  if (await followKept(deps, debit, standing, orderId)) return;
  const order = await gateway.orders.fetch(orderId);
  if (order.kind === 'ok' && order.value.notice !== null)
    await keepNotice(deps, debit, orderId, order.value.notice);
  if (await followKept(deps, debit, standing, orderId)) return;
  await inTransaction(pool, async (client) => {
    const now = clock.now();
    const locked = await lockDebit(client, debit.debitId);
    if (locked.status !== 'announcing') return;
    // Nobody knows whether the payer was told: then the payer was not.
    if (now > debit.slotAt + DEBITS.graceMs)
      await replan(client, deps, locked, 'its notice has no result', now);
    else await postponeDebit(client, debit.debitId, now + LISTEN_MS);
  });
}

async function keepNotice(
  { pool, clock }: DebitDeps,
  { debitId }: Debit,
  orderId: string,
  { status, deliveredAt }: DebitNotice,
): Promise<void> {
  if (status === null) return;
  const now = clock.now();
  const notice = { orderId, deliveredAt: status === 'delivered' ? (deliveredAt ?? now) : null };
  await inTransaction(pool, async (client) => {
    await applySightings(client, [{ occurredAt: now, notice }], now);
    await postponeDebit(client, debitId, now);
  });
}

/** False: nothing is known of the notice. */
async function followKept(
  deps: DebitDeps,
  debit: Debit,
  standing: Standing,
  orderId: string,
): Promise<boolean> {
  return inTransaction(deps.pool, async (client) => {
    const now = deps.clock.now();
    const { rows } = await client.query<{ delivered_at: number | null }>(
      'SELECT delivered_at FROM order_notices WHERE order_id = $1',
      [orderId],
    );
    if (rows[0] === undefined) return false;
    const locked = await lockDebit(client, debit.debitId);
    if (locked.status !== 'announcing') return true;
    const { delivered_at: deliveredAt } = rows[0];
    if (deliveredAt === null) {
      await replan(client, deps, locked, 'its notice was not delivered', now);
      return true;
    }
    const slotAt = Math.max(locked.slotAt, earliestAfterNotice(standing.method, deliveredAt));
    await moveDebit(client, locked, 'notice', now, { noticedAt: deliveredAt, slotAt, dueAt: slotAt });
    return true;
  });
}
