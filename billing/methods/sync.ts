/**
 * Saved ways to pay: a payer's tokens at the gateway, mirrored so that they can be chosen, ranked and removed. The gateway has the truth:
 * a token that it no longer lists is inactive here. Kept are the token and what a person recognises it by; never a number, a UPI id or
 * anything else that could be charged.
 */
import type { Pool, PoolClient } from 'pg';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { jsonRows } from '../../core/json-rows.js';
import type { GatewayToken } from '../../core/ports/gateway-entities.js';
import type { Gateway } from '../../core/ports/gateway.js';
import { inTransaction } from '../../core/transaction.js';
import { requireOk } from '../payments/gateway-answer.js';

export interface MethodDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly gateway: Gateway;
}

interface Customer {
  readonly name: string;
  readonly email?: string;
  readonly contact: string;
}

/**
 * Makes the payer a customer of the gateway, which is what its checkout saves methods for. Contact details are not kept.
 * @throws AppError `contact-of-another-payer`: the gateway knows its customers by their contact, so two payers cannot share one.
 */
export async function enrolPayer(deps: MethodDeps, payerId: string, customer: Customer): Promise<string> {
  const { id } = requireOk(await deps.gateway.customers.ensure(customer), 'the customer');
  await deps.pool.query(
    `INSERT INTO payer_customers (payer_id, customer_id, created_at) VALUES ($1, $2, to_timestamp($3 / 1000.0))
     ON CONFLICT DO NOTHING`,
    [payerId, id, deps.clock.now()],
  );
  const { rows } = await deps.pool.query<{ customer_id: string }>(
    'SELECT customer_id FROM payer_customers WHERE payer_id = $1',
    [payerId],
  );
  if (rows[0] !== undefined) return rows[0].customer_id;
  const message = `the contact given for ${payerId} is another payer's at the gateway: name another, or use that payer`;
  throw new AppError('conflict', 'contact-of-another-payer', message);
}

/** Takes over what the gateway has of the payer's tokens. @throws AppError `payer-not-enrolled` or as the gateway refuses. */
export async function syncMethods(deps: MethodDeps, payerId: string): Promise<void> {
  const tokens = requireOk(await deps.gateway.tokens.list(await customerOf(deps.pool, payerId)), 'the list');
  const now = deps.clock.now();
  const usable = tokens.filter(({ mandateStatus }) => mandateStatus !== 'rejected');
  const rows = usable.map((token) => ({
    id: newId('pm', deps.clock),
    token: token.id,
    method: token.method,
    label: labelOf(token),
    recurring: token.isRecurring,
    expires: token.expiresAt,
    status: isUsable(token, now) ? 'active' : 'inactive',
  }));
  await inTransaction(deps.pool, async (client) => {
    await client.query('SELECT FROM payer_customers WHERE payer_id = $1 FOR UPDATE', [payerId]);
    await client.query(
      `INSERT INTO payment_methods AS kept (method_id, payer_id, token_id, method, label, is_recurring, expires_at, status,
         created_at, changed_at)
       SELECT id, $1, token, method, label, recurring, to_timestamp(expires / 1000.0), status, to_timestamp($2 / 1000.0),
         to_timestamp($2 / 1000.0)
       FROM json_to_recordset($3) AS row(id text, token text, method text, label text, recurring boolean, expires float8,
         status text)
       ON CONFLICT (token_id) DO UPDATE SET label = excluded.label, is_recurring = excluded.is_recurring,
         expires_at = excluded.expires_at, status = excluded.status, changed_at = excluded.changed_at
       WHERE kept.status <> 'removed'`,
      [payerId, now, jsonRows(rows)],
    );
    await client.query(
      `UPDATE payment_methods SET status = 'inactive', changed_at = to_timestamp($3 / 1000.0)
       WHERE payer_id = $1 AND status = 'active' AND NOT (token_id = ANY($2))`,
      [payerId, usable.map(({ id }) => id), now],
    );
  });
}

function isUsable({ status, mandateStatus, expiresAt }: GatewayToken, now: number): boolean {
  const isCardOn = status === null || status === 'active';
  const isMandateOn =
    mandateStatus === null || mandateStatus === 'confirmed' || mandateStatus === 'initiated';
  return isCardOn && isMandateOn && (expiresAt === null || expiresAt > now);
}

/** For instance `Visa debit ending 1007, HDFC`; of a UPI id only who handles it. */
function labelOf({ method, card, vpa, bank, wallet }: GatewayToken): string {
  if (card !== null) {
    const name = [card.network ?? 'Card', card.type].filter((part) => part !== null).join(' ');
    const end = card.last4 === null ? '' : ` ending ${card.last4}`;
    return `${name}${end}${card.issuer === null ? '' : `, ${card.issuer}`}`;
  }
  if (vpa !== null) return `UPI at ${vpa.split('@')[1] ?? 'an app'}`;
  return bank ?? wallet ?? method;
}

export async function customerOf(db: Pool | PoolClient, payerId: string): Promise<string> {
  const { rows } = await db.query<{ customer_id: string }>(
    'SELECT customer_id FROM payer_customers WHERE payer_id = $1',
    [payerId],
  );
  if (rows[0] !== undefined) return rows[0].customer_id;
  const message = `${payerId} is not a customer of the gateway yet: POST /v1/payment-methods with payerId and customer (name and contact; email is optional)`;
  throw new AppError('not-found', 'payer-not-enrolled', message);
}
