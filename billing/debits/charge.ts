/**
 * Makes an announced debit: the last look at what it stands on, the gate's decision, and the charge, each durable before the next.
 * `charging` is written before the gateway is called; found there later, the gateway is asked what it has, and only what it does not
 * have is sent again, in an open window (India rules U1, U13). A block ends the chain; a challenge is for the payer, by link; a
 * review is for a person (approve.ts), whose word stands for it afterwards.
 */
import type { PoolClient } from 'pg';
import { MINUTE_MS } from '../../core/days.js';
import type { GatewayCustomer } from '../../core/ports/gateway-entities.js';
import type { Decline } from '../../core/decline-reasons.js';
import { inTransaction } from '../../core/transaction.js';
import type { Action } from '../../scoring/request.js';
import { applySightings } from '../payments/apply.js';
import { nextOpenAt } from '../retry/windows.js';
import { isTransient } from './announce.js';
import { payByLink } from './by-link.js';
import { DEBITS, isLastDay } from './calendar.js';
import { lockDebit, moveDebit, postponeDebit } from './debit.js';
import type { Debit } from './debit.js';
import { replan } from './hand-over.js';
import type { DebitDeps } from './hand-over.js';
import { DEBIT_PURPOSE } from './plan.js';
import { endUnpaid, FIRST_ASK_MS } from './resolve.js';
import { isBankDown } from './situation.js';
import { needsPayer, obstacle, standingOf } from './standing.js';
import type { Standing } from './standing.js';

const AGAIN_MS = MINUTE_MS;
const DOWN_AGAIN_MS = 30 * MINUTE_MS;

type Look =
  | { readonly kind: 'ready' | 'link'; readonly standing: Standing }
  | { readonly kind: 'later'; readonly at: number }
  | { readonly kind: 'withdraw' | 'replan'; readonly note: string };

/** Whether an announced debit may be made at this instant. */
async function look(client: PoolClient, debit: Debit, now: number): Promise<Look> {
  const standing = await standingOf(client, debit);
  const inTheWay = obstacle(standing);
  if (inTheWay !== null) return { kind: 'withdraw', note: inTheWay };
  if (standing.owedPaise !== debit.amountPaise) return { kind: 'replan', note: 'another amount is owed' };
  if (needsPayer(standing, debit.amountPaise, now)) return { kind: 'link', standing };
  if (now >= standing.expiresAt) return { kind: 'withdraw', note: 'the mandate has expired' };
  if (isLastDay(standing.cycle, now)) return { kind: 'withdraw', note: 'the last day of its cycle' };
  if (now > debit.slotAt + DEBITS.graceMs) return { kind: 'replan', note: 'its slot was missed' };
  const openAt = nextOpenAt(standing.method, Math.max(now, debit.slotAt));
  if (openAt > now) return { kind: 'later', at: openAt };
  if (await isBankDown(client, standing, now)) return { kind: 'later', at: now + DOWN_AGAIN_MS };
  return { kind: 'ready', standing };
}

/** An announced debit whose slot has come. */
export async function makeDebit(deps: DebitDeps, debit: Debit): Promise<void> {
  const first = await lookAndAct(deps, debit.debitId, null);
  if (first === null) return;
  if (first.kind === 'link') {
    await payByLink(deps, debit, first.standing, 'above what may be debited unasked');
    return;
  }
  const action = await askGate(deps, debit, first.standing);
  if (action === 'challenge') {
    await payByLink(deps, debit, first.standing, 'the gate asks for the payer');
    return;
  }
  const isReviewed = action === 'review' && debit.chosenBy === 'person';
  if (action !== 'allow' && !isReviewed) {
    const note = action === 'block' ? 'the gate blocks it' : 'a person must review it';
    await inTransaction(deps.pool, async (client) => {
      await moveDebit(client, await lockDebit(client, debit.debitId), 'withdraw', deps.clock.now(), { note });
    });
    return;
  }
  const customer = await deps.gateway.customers.fetch(first.standing.customerId ?? '');
  if (customer.kind !== 'ok') return;
  // The intention, and with it the right to send it.
  const ready = await lookAndAct(deps, debit.debitId, 'charge');
  if (ready?.kind === 'ready') await send(deps, debit, ready.standing, customer.value);
}

/** Acts on what stands in the way. Null: nothing more is to be done now. */
async function lookAndAct(
  deps: DebitDeps,
  debitId: string,
  then: 'charge' | null,
): Promise<{ readonly kind: 'ready' | 'link'; readonly standing: Standing } | null> {
  return inTransaction(deps.pool, async (client) => {
    const now = deps.clock.now();
    const debit = await lockDebit(client, debitId);
    if (debit.status !== 'announced') return null;
    const seen = await look(client, debit, now);
    switch (seen.kind) {
      case 'withdraw':
        await moveDebit(client, debit, 'withdraw', now, { note: seen.note });
        return null;
      case 'replan':
        await replan(client, deps, debit, seen.note, now);
        return null;
      case 'later':
        await postponeDebit(client, debitId, seen.at);
        return null;
      case 'link':
        return seen;
      case 'ready':
        if (then === 'charge') await moveDebit(client, debit, 'charge', now, { dueAt: now + AGAIN_MS });
        return seen;
    }
  });
}

/** The debit's id is the gate's key. All debits of an invoice are one chain: a block of one ends the rest. */
async function askGate({ pool, decide }: DebitDeps, debit: Debit, standing: Standing): Promise<Action> {
  const { debitId, invoiceId, mandateId, amountPaise, currency } = debit;
  const { rows } = await pool.query<{ debit_id: string }>(
    `SELECT debit_id FROM debits WHERE invoice_id = $1 AND decision_id IS NOT NULL AND debit_id <> $2
     ORDER BY created_at, debit_id LIMIT 1`,
    [invoiceId, debitId],
  );
  const root = rows[0]?.debit_id;
  const { decisionId, action } = await decide(
    {
      paymentId: debitId,
      ...(root === undefined ? { kind: 'payment' as const } : { kind: 'retry' as const, retryOf: root }),
      payerId: standing.payerId,
      ...(standing.counterpartyId === null ? {} : { counterpartyId: standing.counterpartyId }),
      instrumentId: mandateId,
      method: standing.method,
      category: DEBIT_PURPOSE,
      amountPaise: Number(amountPaise),
      currency,
    },
    null,
  );
  await pool.query(
    `WITH known AS (UPDATE debits SET decision_id = $2 WHERE debit_id = $1)
     UPDATE payments SET decision_id = $2, action = $3 WHERE payment_id = $1`,
    [debitId, decisionId, action],
  );
  return action;
}

async function send(
  deps: DebitDeps,
  debit: Debit,
  standing: Standing,
  { email, contact }: GatewayCustomer,
): Promise<void> {
  const { pool, clock, gateway } = deps;
  const { debitId, orderId, amountPaise, invoiceId } = debit;
  const { customerId, tokenId } = standing;
  if (orderId === null || customerId === null || tokenId === null) return;
  const outcome = await gateway.mandates.charge({
    orderId,
    amountPaise,
    customerId,
    tokenId,
    email: email ?? '',
    contact: contact ?? '',
    notes: { invoice: invoiceId },
  });
  const isFinal = outcome.kind === 'declined' && !isTransient(outcome.decline);
  if (isFinal && outcome.decline.reason !== 'order_already_paid') {
    await refused(deps, debitId, outcome.decline);
    return;
  }
  await inTransaction(pool, async (client) => {
    const now = clock.now();
    const locked = await lockDebit(client, debitId);
    if (outcome.kind === 'ok') await moveDebit(client, locked, 'accept', now, { dueAt: now + FIRST_ASK_MS });
    // Sent or not: at the next turn the gateway is asked.
    else if (locked.status === 'charging') await postponeDebit(client, debitId, now + AGAIN_MS);
  });
}

/** Certainly not made. */
async function refused(deps: DebitDeps, debitId: string, { reason, description }: Decline): Promise<void> {
  deps.log.warn({ event: 'debit-refused', debitId, reason, said: description });
  await endUnpaid(deps, debitId, reason);
}

/** A debit that was being charged when its program stopped, or whose answer was lost. */
export async function findCharge(deps: DebitDeps, debit: Debit): Promise<void> {
  const { pool, clock, gateway } = deps;
  const { debitId, orderId } = debit;
  if (orderId === null) return;
  const found = await gateway.orders.payments(orderId);
  if (found.kind !== 'ok') return;
  if (found.value.length > 0) {
    await inTransaction(pool, async (client) => {
      const now = clock.now();
      const locked = await lockDebit(client, debitId);
      await applySightings(
        client,
        found.value.map((payment) => ({ occurredAt: now, payment })),
        now,
      );
      await moveDebit(client, locked, 'accept', now, { dueAt: now + FIRST_ASK_MS });
    });
    return;
  }
  const standing = await inTransaction(pool, async (client) => {
    const now = clock.now();
    const locked = await lockDebit(client, debitId);
    if (locked.status !== 'charging') return null;
    const seen = await look(client, locked, now);
    if (seen.kind === 'ready') return seen.standing;
    await moveDebit(client, locked, 'postpone', now, { dueAt: now });
    return null;
  });
  if (standing === null) return;
  const customer = await gateway.customers.fetch(standing.customerId ?? '');
  if (customer.kind === 'ok') await send(deps, debit, standing, customer.value);
}
