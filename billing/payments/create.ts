/**
 * A new payment: written down, decided by the gate, then put before the payer. Each step is durable before the next and known by the
 * payment's id, so a repeat under the same key goes on where an earlier run stopped. Nothing is asked of the gateway for a payment
 * that the gate blocks; a challenged one is paid with an additional factor, a reviewed one is captured by a person.
 */
import type { PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { inTransaction } from '../../core/transaction.js';
import { METHODS } from '../../ingest/facts.js';
import type { Decide } from '../../scoring/decide.js';
import { bodyHash, idSchema, printable } from '../../scoring/request.js';
import type { Action, DecisionBody } from '../../scoring/request.js';
import { cancelRow } from './cancel.js';
import { claimCommand } from './commands.js';
import { noPayment, readPayment } from './payment.js';
import type { PaymentView } from './payment.js';
import { place } from './place.js';
import type { PaymentDeps } from './place.js';
import type { PaymentStatus } from './states.js';

/** No card number or UPI id has a place here; contact details go to the gateway and are not kept. */
const Customer = Type.Object(
  {
    name: Type.Optional(printable(50, 'As the gateway shows it.')),
    email: Type.Optional(Type.String({ format: 'email', maxLength: 64 })),
    contact: Type.Optional(Type.String({ pattern: '^\\+?[0-9]{8,14}$', description: 'Mobile number.' })),
  },
  { additionalProperties: false, description: 'Where a payment link is sent; not kept.' },
);

const Context = Type.Object(
  {
    ip: Type.Optional(Type.String({ minLength: 2, maxLength: 45 })),
    deviceId: Type.Optional(idSchema('Device fingerprint.')),
    counterpartyId: Type.Optional(idSchema('Who is paid within the merchant.')),
    method: Type.Optional(Type.Enum(METHODS)),
    country: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$' })),
    emailDomain: Type.Optional(Type.String({ maxLength: 253, pattern: '^[A-Za-z0-9.-]+$' })),
  },
  { additionalProperties: false, description: 'What the gate should know of the payer.' },
);

/** The gateway's own bounds. */
const LEAST_PAISE = 100;
const MOST_PAISE = 4_294_967_295;

export const NewPaymentBody = Type.Object(
  {
    amountPaise: Type.Integer({
      minimum: LEAST_PAISE,
      maximum: MOST_PAISE,
      description: 'Minor units of `currency`.',
    }),
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$', default: 'INR' })),
    payerId: idSchema('Who pays, an opaque id.'),
    purpose: Type.Optional(idSchema('What it is for; a category of the gate.')),
    reference: Type.Optional(
      idSchema('What is paid, an invoice or an order of yours: money that comes twice for it goes back.'),
    ),
    description: Type.Optional(printable(255, 'For the payer.')),
    capture: Type.Optional(Type.Enum(['automatic', 'manual'], { default: 'automatic' })),
    collect: Type.Optional(
      Type.Enum(['checkout', 'link'], {
        default: 'checkout',
        description: 'Our page, or a link that is sent.',
      }),
    ),
    customer: Type.Optional(Customer),
    context: Type.Optional(Context),
  },
  { additionalProperties: false },
);
export type NewPaymentBody = Static<typeof NewPaymentBody>;

export interface CreateDeps extends PaymentDeps {
  readonly decide: Decide;
}

/** @throws AppError `payment-blocked`, `already-paid`, `idempotency-key-reused`, and as the gate and the gateway refuse. */
export async function createPayment(
  deps: CreateDeps,
  body: NewPaymentBody,
  key: string,
): Promise<PaymentView> {
  const opened = await inTransaction(deps.pool, (client) => open(deps, client, body, key));
  const { paymentId } = opened;
  const row = await readRow(deps, paymentId);
  const action = row.action ?? (await askGate(deps, paymentId, body));
  if (action === 'block') await refuse(deps, paymentId, body);
  if (row.status === 'created' && !row.is_placed) {
    await place(deps, placementOf(paymentId, body, action), !opened.isNew);
  }
  return readPayment(deps.pool, paymentId);
}

async function open(
  { clock }: CreateDeps,
  client: PoolClient,
  body: NewPaymentBody,
  key: string,
): Promise<{ paymentId: string; isNew: boolean }> {
  const now = clock.now();
  const wanted = { kind: 'payment', key, bodyHash: bodyHash(body), subject: newId('pmt', clock) } as const;
  const { subject: paymentId, isNew } = await claimCommand(client, wanted, now);
  if (!isNew) return { paymentId, isNew };
  if (body.reference !== undefined) await requireUnpaid(client, body.reference);
  await client.query(
    `INSERT INTO payments (payment_id, origin, status, amount_paise, currency, payer_id, purpose, reference, description,
       capture, customer_id, created_at, changed_at)
     VALUES ($1, 'api', 'created', $2, $3, $4, $5, $6, $7, $8, (SELECT customer_id FROM payer_customers WHERE payer_id = $4),
       to_timestamp($9 / 1000.0), to_timestamp($9 / 1000.0))`,
    [
      paymentId,
      body.amountPaise,
      body.currency ?? 'INR',
      body.payerId,
      body.purpose ?? null,
      body.reference ?? null,
      body.description ?? null,
      body.capture ?? 'automatic',
      now,
    ],
  );
  return { paymentId, isNew };
}

async function requireUnpaid(client: PoolClient, reference: string): Promise<void> {
  const { rows } = await client.query<{ payment_id: string }>(
    `SELECT payment_id FROM payments WHERE reference = $1 AND status IN ('authorized', 'paid') LIMIT 1`,
    [reference],
  );
  const [paid] = rows;
  if (paid === undefined) return;
  const message = `${reference} is paid by ${paid.payment_id}: ask for nothing more`;
  throw new AppError('conflict', 'already-paid', message);
}

interface Row {
  status: PaymentStatus;
  action: Action | null;
  is_placed: boolean;
}

async function readRow({ pool }: CreateDeps, paymentId: string): Promise<Row> {
  const { rows } = await pool.query<Row>(
    `SELECT status, action, order_id IS NOT NULL OR link_id IS NOT NULL AS is_placed FROM payments WHERE payment_id = $1`,
    [paymentId],
  );
  if (rows[0] === undefined) throw noPayment(paymentId);
  return rows[0];
}

/** The payment's id is the gate's key: asked again, it answers the same. */
async function askGate(deps: CreateDeps, paymentId: string, body: NewPaymentBody): Promise<Action> {
  const { decisionId, action } = await deps.decide(toDecisionBody(paymentId, body), null);
  await deps.pool.query(
    `UPDATE payments SET decision_id = $2, action = $3, capture = CASE WHEN $3 = 'review' THEN 'manual' ELSE capture END
     WHERE payment_id = $1`,
    [paymentId, decisionId, action],
  );
  return action;
}

function toDecisionBody(paymentId: string, body: NewPaymentBody): DecisionBody {
  const { amountPaise, currency, payerId, purpose, customer, context = {} } = body;
  const emailDomain = context.emailDomain ?? customer?.email?.split('@')[1];
  return {
    paymentId,
    payerId,
    amountPaise,
    ...(currency === undefined ? {} : { currency }),
    ...(purpose === undefined ? {} : { category: purpose }),
    ...context,
    ...(emailDomain === undefined ? {} : { emailDomain }),
  };
}

/** @throws AppError `payment-blocked` with the gate's reasons. */
async function refuse(deps: CreateDeps, paymentId: string, body: NewPaymentBody): Promise<never> {
  const { decisionId, reasons } = await deps.decide(toDecisionBody(paymentId, body), null);
  await cancelRow(deps, paymentId);
  const told = reasons.map(({ code, text }) => ({ code, text }));
  throw new AppError('forbidden', 'payment-blocked', `the gate blocks this payment (${decisionId})`, {
    details: { reasons: told },
  });
}

function placementOf(paymentId: string, body: NewPaymentBody, action: Action) {
  if (body.collect === 'link' && action === 'review') {
    const message =
      'a payment link takes money at once, and this payment must be reviewed first: use checkout';
    throw new AppError('forbidden', 'payment-needs-review', message);
  }
  return {
    paymentId,
    amountPaise: BigInt(body.amountPaise),
    currency: body.currency ?? 'INR',
    description: body.description ?? null,
    capture: action === 'review' ? ('manual' as const) : (body.capture ?? 'automatic'),
    notes: { payment: paymentId, ...(body.reference === undefined ? {} : { reference: body.reference }) },
    link: body.collect === 'link' ? (body.customer ?? {}) : null,
  };
}
