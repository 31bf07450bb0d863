/**
 * What webhooks may not have told of mandates, and what follows from what they told: registrations without a result are asked about,
 * less and less often; a bank mandate waits here for its bank (India rules U11); what has run out expires; a new mandate takes over
 * its subscription; one that was ended here is ended at the gateway; and the rupee of an authorisation that paid nothing goes back,
 * since the facility is free (E7).
 */
import { errorText } from '../../core/error-text.js';
import type { Pool } from 'pg';
import type { Log } from '../../core/log.js';
import { inTransaction } from '../../core/transaction.js';
import { TOKEN_EVENTS } from '../../ingest/webhooks/sighting.js';
import type { SeenToken, TokenEvent } from '../../ingest/webhooks/sighting.js';
import type { GatewayToken } from '../../core/ports/gateway-entities.js';
import { applySightings } from '../payments/apply.js';
import type { PaymentDeps } from '../payments/place.js';
import { askWholeRefund, sendRefund } from '../payments/refund.js';
import { moveMandate } from './move.js';
import { AUTHORISATION } from './registration.js';

interface RefreshDeps extends PaymentDeps {
  readonly log: Log;
}

const BATCH = 100;
/** What is older was given up by its payer, or by its bank. */
const RECENT = "interval '10 days'";

/** Answers how many mandates were looked at. */
export async function refreshMandates(deps: RefreshDeps): Promise<number> {
  const now = deps.clock.now();
  const unanswered = await takeUnanswered(deps.pool, now);
  for (const one of unanswered) await attempt(deps, one.mandate_id, () => ask(deps, one));
  const expired = await expiring(deps.pool, now);
  for (const id of expired)
    await inTransaction(deps.pool, (client) => moveMandate(client, id, 'expire', deps.clock.now()));
  await attach(deps.pool, now);
  const unended = await takeUnended(deps.pool, now);
  for (const one of unended) await attempt(deps, one.mandate_id, () => end(deps, one));
  const authorised = await unneeded(deps.pool, now);
  for (const one of authorised) await attempt(deps, one.paymentId, () => giveBack(deps, one));
  return unanswered.length + expired.length + unended.length + authorised.length;
}

/** One that fails waits for its next look and holds up nobody. */
async function attempt({ log }: RefreshDeps, subject: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.warn({
      event: 'mandate-not-refreshed',
      subject,
      reason: errorText(error),
    });
  }
}

interface Asked {
  mandate_id: string;
  customer_id: string | null;
  token_id: string | null;
  order_id: string | null;
}

/** The next look at each is as far away again as it is old. */
const IS_TIME = `to_timestamp($1::float8 / 1000) - coalesce(m.asked_at, m.changed_at)
  >= greatest(interval '1 minute', m.asked_at - m.created_at)`;

async function takeUnanswered(pool: Pool, now: number): Promise<Asked[]> {
  const { rows } = await pool.query<Asked>(
    `UPDATE mandates o SET asked_at = to_timestamp($1::float8 / 1000) WHERE o.mandate_id IN (
       SELECT m.mandate_id FROM mandates m WHERE m.status IN ('created', 'pending')
         AND m.created_at > to_timestamp($1::float8 / 1000) - ${RECENT} AND ${IS_TIME}
       ORDER BY m.created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING o.mandate_id, o.customer_id, o.token_id,
       (SELECT order_id FROM payments p WHERE p.payment_id = o.payment_id) AS order_id`,
    [now, BATCH],
  );
  return rows;
}

async function ask(deps: RefreshDeps, asked: Asked): Promise<void> {
  const { pool, clock, gateway } = deps;
  const { customer_id: customerId, token_id: tokenId, order_id: orderId } = asked;
  if (tokenId !== null && customerId !== null) {
    await askToken(deps, customerId, tokenId);
    return;
  }
  if (orderId === null) return;
  const payments = await gateway.orders.payments(orderId);
  if (payments.kind !== 'ok') return;
  const now = clock.now();
  const sightings = payments.value.map((payment) => ({ occurredAt: now, payment }));
  await inTransaction(pool, (client) => applySightings(client, sightings, now));
}

/** Whether a mandate still stands, by the gateway itself; what is known already is not written down again. */
export async function askToken(deps: PaymentDeps, customerId: string, tokenId: string): Promise<void> {
  const { pool, clock, gateway } = deps;
  const found = await gateway.tokens.fetch(customerId, tokenId);
  if (found.kind !== 'ok') return;
  const token = seenToken(found.value);
  if (token === null || (await isKnown(pool, token))) return;
  const now = clock.now();
  await inTransaction(pool, (client) => applySightings(client, [{ occurredAt: now, token }], now));
}

function seenToken({ id, mandateStatus, mandateFailure, bank, card }: GatewayToken): SeenToken | null {
  const status = mandateStatus === 'cancellation_initiated' ? 'cancelled' : mandateStatus;
  const event = TOKEN_EVENTS.find((one) => one === status);
  if (event === undefined) return null;
  return { id, event, failure: mandateFailure, issuer: bank ?? card?.issuer ?? null };
}

async function isKnown(pool: Pool, { id, event }: SeenToken): Promise<boolean> {
  const same: readonly TokenEvent[] = event === 'confirmed' ? ['confirmed', 'resumed'] : [event];
  const { rows } = await pool.query<{ event: TokenEvent }>(
    `SELECT event FROM token_events WHERE token_id = $1 ORDER BY event = 'cancelled' DESC, occurred_at DESC,
       event = 'paused' DESC LIMIT 1`,
    [id],
  );
  return rows[0] !== undefined && same.includes(rows[0].event);
}

async function expiring(pool: Pool, now: number): Promise<string[]> {
  const { rows } = await pool.query<{ mandate_id: string }>(
    `SELECT mandate_id FROM mandates WHERE status IN ('active', 'paused') AND expires_at <= to_timestamp($1::float8 / 1000)
     ORDER BY expires_at LIMIT $2`,
    [now, BATCH],
  );
  return rows.map(({ mandate_id }) => mandate_id);
}

/** The payer approved it for this subscription: its next invoices are debited on it. */
async function attach(pool: Pool, now: number): Promise<void> {
  await pool.query(
    `WITH ready AS (
       UPDATE mandates SET is_attached = true
       WHERE status = 'active' AND subscription_id IS NOT NULL AND NOT is_attached
       RETURNING mandate_id, subscription_id, payer_id)
     UPDATE subscriptions s SET mandate_id = ready.mandate_id, collection = 'mandate',
       changed_at = to_timestamp($1::float8 / 1000)
     FROM ready WHERE s.subscription_id = ready.subscription_id AND s.payer_id = ready.payer_id AND s.ended_at IS NULL`,
    [now],
  );
}

async function takeUnended(pool: Pool, now: number): Promise<Asked[]> {
  const { rows } = await pool.query<Asked>(
    `UPDATE mandates o SET asked_at = to_timestamp($1::float8 / 1000) WHERE o.mandate_id IN (
       SELECT m.mandate_id FROM mandates m WHERE m.status = 'cancelled' AND m.token_id IS NOT NULL
         AND m.changed_at > to_timestamp($1::float8 / 1000) - ${RECENT} AND ${IS_TIME}
         AND NOT EXISTS (SELECT FROM token_events e WHERE e.token_id = m.token_id AND e.event = 'cancelled')
       ORDER BY m.changed_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING o.mandate_id, o.customer_id, o.token_id, NULL AS order_id`,
    [now, BATCH],
  );
  return rows;
}

/** Approved after we had ended it, or the answer to its cancellation was lost. */
async function end(deps: RefreshDeps, { customer_id: customerId, token_id: tokenId }: Asked): Promise<void> {
  if (customerId === null || tokenId === null) return;
  const ended = await deps.gateway.mandates.cancel(customerId, tokenId);
  if (ended.kind === 'ok') await askToken(deps, customerId, tokenId);
}

interface Authorised {
  readonly paymentId: string;
  readonly attemptId: string;
}

async function unneeded(pool: Pool, now: number): Promise<Authorised[]> {
  const { rows } = await pool.query<Authorised>(
    `SELECT p.payment_id AS "paymentId", a.attempt_id AS "attemptId"
     FROM mandates m JOIN payments p ON p.payment_id = m.payment_id JOIN payment_attempts a ON a.payment_id = p.payment_id
     WHERE m.changed_at > to_timestamp($1::float8 / 1000) - ${RECENT} AND p.purpose = $2 AND p.reference IS NULL
       AND p.status = 'paid' AND a.is_captured AND a.refunded_paise = 0
       AND NOT EXISTS (SELECT FROM payment_transactions t WHERE t.attempt_id = a.attempt_id AND t.kind = 'refund')
     LIMIT $3`,
    [now, AUTHORISATION.purpose, BATCH],
  );
  return rows;
}

async function giveBack(deps: RefreshDeps, authorised: Authorised): Promise<void> {
  const asked = await askWholeRefund(deps, authorised, 'authorisation of a mandate');
  if (asked !== null) await sendRefund(deps, asked);
}
