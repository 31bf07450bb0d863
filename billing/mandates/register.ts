/**
 * A new mandate: written down with the payment of its authorisation, decided by the gate, then put before the payer as an order for
 * checkout or as a link. The payer approves it there with an additional factor, and the first invoice may be paid by the same approval
 * (India rules E1). Each step is durable before the next, so a repeat under the same key goes on where an earlier run stopped. The
 * facility costs the payer nothing: what only authorises goes back (E7, refresh.ts). No UPI id is asked for: on UPI the payer's app is
 * opened or a code shown (U9). A bank account goes to the gateway and is not kept.
 */
import type { PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import type { NewMandate } from '../../core/ports/gateway-requests.js';
import { inTransaction } from '../../core/transaction.js';
import type { Decide } from '../../scoring/decide.js';
import { bodyHash, idSchema, printable } from '../../scoring/request.js';
import type { Action } from '../../scoring/request.js';
import { enrolPayer } from '../methods/sync.js';
import { applySightings } from '../payments/apply.js';
import { cancelRow } from '../payments/cancel.js';
import { claimCommand } from '../payments/commands.js';
import { requireOk } from '../payments/gateway-answer.js';
import { adoptOrder } from '../payments/place.js';
import type { PaymentDeps } from '../payments/place.js';
import { mandateOf, readMandate } from './mandate.js';
import type { MandateView } from './mandate.js';
import { moveMandate } from './move.js';
import { AUTHORISATION, owedPaise } from './registration.js';
import { expiryOf, PURPOSES, REGISTERED_METHODS, requireFits, requireLimit } from './terms.js';

const closed = { additionalProperties: false } as const;

const Account = Type.Object(
  {
    beneficiaryName: printable(120, 'As the bank knows the holder.'),
    accountNumber: Type.String({ pattern: '^[0-9A-Za-z]{5,35}$' }),
    accountType: Type.Enum(['savings', 'current']),
    ifsc: Type.String({ pattern: '^[A-Z]{4}0[A-Z0-9]{6}$' }),
  },
  { ...closed, description: 'Of an e-mandate; goes to the gateway and is not kept.' },
);

export const NewMandateBody = Type.Object(
  {
    payerId: idSchema('Who is debited, an opaque id.'),
    method: Type.Enum(REGISTERED_METHODS),
    maxPaise: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'The most of one debit.',
    }),
    purpose: Type.Optional(
      Type.Enum(PURPOSES, { default: 'general', description: 'School meals and fees are general.' }),
    ),
    expiresOn: Type.Optional(
      Type.String({
        pattern: '^\\d{4}-\\d{2}-\\d{2}$',
        description: 'Its last day; ten years ahead if absent.',
      }),
    ),
    subscriptionId: Type.Optional(idSchema('Whose invoices it pays once it is active.')),
    invoiceId: Type.Optional(idSchema('Paid with the authorisation, all that is still owed of it.')),
    collect: Type.Optional(
      Type.Enum(['checkout', 'link'], {
        default: 'checkout',
        description: 'Our page, or a link that is sent.',
      }),
    ),
    customer: Type.Optional(
      Type.Object(
        {
          name: Type.String({ minLength: 3, maxLength: 50 }),
          email: Type.String({ format: 'email', maxLength: 64 }),
          contact: Type.String({ pattern: '^\\+?[0-9]{8,14}$' }),
        },
        {
          ...closed,
          description: 'Goes to the gateway and is not kept; needed once for each payer, and for a link.',
        },
      ),
    ),
    description: Type.Optional(printable(255, 'For the payer.')),
    authType: Type.Optional(
      Type.Enum(['netbanking', 'debitcard', 'aadhaar'], { description: 'Of an e-mandate.' }),
    ),
    bankAccount: Type.Optional(Account),
  },
  closed,
);
export type NewMandateBody = Static<typeof NewMandateBody>;

export interface RegisterDeps extends PaymentDeps {
  readonly decide: Decide;
}

/**
 * @throws AppError `payer-not-enrolled`, `payment-blocked`, `payment-needs-review`, `above-mandate-limit`, `invoice-not-open`,
 * `idempotency-key-reused`, and as the gateway refuses.
 */
export async function registerMandate(
  deps: RegisterDeps,
  body: NewMandateBody,
  key: string,
): Promise<MandateView> {
  requireSense(body);
  requireLimit(BigInt(body.maxPaise), body.method, body.purpose ?? 'general', deps.clock.now());
  const customerId = await customerFor(deps, body);
  const mandateId = await inTransaction(deps.pool, (client) => open(deps, client, body, { key, customerId }));
  const mandate = await mandateOf(deps.pool, mandateId);
  if (mandate.status === 'created') {
    const action = await askGate(deps, mandate.paymentId ?? '', body, mandate.amountPaise);
    if (action === 'block' || action === 'review')
      await refuse(deps, mandateId, mandate.paymentId ?? '', action);
    await place(deps, body, { ...mandate, customerId });
  }
  return readMandate(deps, mandateId);
}

function requireSense({ method, bankAccount, authType, collect, customer }: NewMandateBody): void {
  const wrong = (message: string): AppError => new AppError('bad-input', 'invalid-request', message);
  if (method !== 'emandate' && (bankAccount !== undefined || authType !== undefined))
    throw wrong('bankAccount and authType belong to an e-mandate');
  if (collect === 'link' && customer === undefined) throw wrong('a link needs a customer to send it to');
}

async function customerFor(deps: RegisterDeps, { payerId, customer }: NewMandateBody): Promise<string> {
  const { rows } = await deps.pool.query<{ customer_id: string }>(
    'SELECT customer_id FROM payer_customers WHERE payer_id = $1',
    [payerId],
  );
  if (rows[0] !== undefined) return rows[0].customer_id;
  if (customer !== undefined) return enrolPayer(deps, payerId, customer);
  const message = `${payerId} is not a customer of the gateway yet: add customer with name and contact (email is optional)`;
  throw new AppError('conflict', 'payer-not-enrolled', message);
}

async function open(
  { clock }: RegisterDeps,
  client: PoolClient,
  body: NewMandateBody,
  { key, customerId }: { readonly key: string; readonly customerId: string },
): Promise<string> {
  const now = clock.now();
  const wanted = { kind: 'mandate', key, bodyHash: bodyHash(body), subject: newId('mdt', clock) } as const;
  const { subject: mandateId, isNew } = await claimCommand(client, wanted, now);
  if (!isNew) return mandateId;
  const owed = body.invoiceId === undefined ? null : await owedPaise(client, body.invoiceId, body.payerId);
  if (owed !== null) requireFits(owed, BigInt(body.maxPaise));
  const paymentId = newId('pmt', clock);
  await client.query(
    `INSERT INTO payments (payment_id, origin, status, amount_paise, currency, payer_id, purpose, reference, description,
       customer_id, created_at, changed_at)
     VALUES ($1, 'api', 'created', $2, 'INR', $3, $4, $5, $6, $7, to_timestamp($8 / 1000.0), to_timestamp($8 / 1000.0))`,
    [
      paymentId,
      owed ?? AUTHORISATION.paise[body.method],
      body.payerId,
      AUTHORISATION.purpose,
      body.invoiceId ?? null,
      body.description ?? null,
      customerId,
      now,
    ],
  );
  await client.query(
    `INSERT INTO mandates (mandate_id, payer_id, customer_id, method, purpose, status, frequency, max_paise, expires_at,
       subscription_id, payment_id, created_at, changed_at)
     VALUES ($1, $2, $3, $4, $5, 'created', 'as_presented', $6, to_timestamp($7 / 1000.0), $8, $9, to_timestamp($10 / 1000.0),
       to_timestamp($10 / 1000.0))`,
    [
      mandateId,
      body.payerId,
      customerId,
      body.method,
      body.purpose ?? 'general',
      body.maxPaise,
      expiryOf(body.method, body.expiresOn, now),
      body.subscriptionId ?? null,
      paymentId,
      now,
    ],
  );
  return mandateId;
}

/** The payment's id is the gate's key: asked again, it answers the same. */
async function askGate(
  deps: RegisterDeps,
  paymentId: string,
  { payerId, method }: NewMandateBody,
  amountPaise: bigint,
): Promise<Action> {
  const category = AUTHORISATION.purpose;
  const asked = { paymentId, payerId, method, category, amountPaise: Number(amountPaise) };
  const { decisionId, action } = await deps.decide(asked, null);
  await deps.pool.query('UPDATE payments SET decision_id = $2, action = $3 WHERE payment_id = $1', [
    paymentId,
    decisionId,
    action,
  ]);
  return action;
}

/** A mandate takes its first money at once: nothing could be captured later by a person. */
async function refuse(
  deps: RegisterDeps,
  mandateId: string,
  paymentId: string,
  action: 'block' | 'review',
): Promise<never> {
  await cancelRow(deps, paymentId);
  await inTransaction(deps.pool, (client) => moveMandate(client, mandateId, 'reject', deps.clock.now()));
  if (action === 'block') throw new AppError('forbidden', 'payment-blocked', 'the gate blocks this mandate');
  throw new AppError(
    'forbidden',
    'payment-needs-review',
    'this payer must be reviewed before a mandate is made',
  );
}

interface Placed {
  readonly mandateId: string;
  readonly paymentId: string | null;
  readonly customerId: string;
  readonly amountPaise: bigint;
  readonly expiresAt: number;
}

async function place(deps: RegisterDeps, body: NewMandateBody, mandate: Placed): Promise<void> {
  const { mandateId, amountPaise, customerId } = mandate;
  const asked = {
    amountPaise,
    receipt: mandate.paymentId ?? '',
    notes: { mandate: mandateId },
    terms: termsOf(body, mandate.expiresAt),
  };
  if (body.collect !== 'link' || body.customer === undefined) {
    await adoptOrder(
      deps,
      requireOk(await deps.gateway.mandates.order({ ...asked, customerId }), 'the mandate'),
    );
    await inTransaction(deps.pool, (client) => moveMandate(client, mandateId, 'place', deps.clock.now()));
    return;
  }
  const made = await deps.gateway.mandates.link({
    ...asked,
    customer: body.customer,
    description: body.description ?? 'Automatic payment',
    notifyBySms: true,
    notifyByEmail: true,
  });
  const link = requireOk(made, 'the link of the mandate');
  await inTransaction(deps.pool, async (client) => {
    await client.query(
      'UPDATE mandates SET link_id = $2, link_url = $3, customer_id = coalesce($4, customer_id) WHERE mandate_id = $1',
      [mandateId, link.id, link.url, link.customerId],
    );
    await client.query('UPDATE payments SET link_id = $2, link_url = $3 WHERE payment_id = $1', [
      asked.receipt,
      link.id,
      link.url,
    ]);
    const now = deps.clock.now();
    await moveMandate(client, mandateId, 'place', now);
    if (link.orderId === null) return;
    await applySightings(
      client,
      [{ occurredAt: now, order: { id: link.orderId, receipt: asked.receipt } }],
      now,
    );
  });
}

function termsOf(
  { method, maxPaise, authType, bankAccount }: NewMandateBody,
  expiresAt: number,
): NewMandate['terms'] {
  return {
    method,
    maxPaise: BigInt(maxPaise),
    expiresAt,
    ...(method === 'emandate' ? {} : { frequency: 'as_presented' as const }),
    ...(authType === undefined ? {} : { authType }),
    ...(bankAccount === undefined ? {} : { bankAccount }),
  };
}
