/**
 * A payer's saved methods, their roles and their health. Health is the chance that the next payment goes through: past outcomes, each
 * worth less the older it is, on top of what all payments by that method do (a beta prior), so a new method begins as good as its
 * kind. A method that its bank has refused for good, or that is not active, has none.
 */
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { declineCause } from '../../core/decline-reasons.js';
import { AppError } from '../../core/errors.js';
import { inTransaction } from '../../core/transaction.js';
import { nullable } from '../../scoring/request.js';
import { requireOk } from '../payments/gateway-answer.js';
import { customerOf } from './sync.js';
import type { MethodDeps } from './sync.js';

export const ROLES = ['default', 'fallback'] as const;
export type Role = (typeof ROLES)[number];

export const MethodView = Type.Object({
  methodId: Type.String(),
  payerId: Type.String(),
  method: Type.String(),
  label: Type.String({ description: 'What the payer recognises it by.' }),
  role: nullable(Type.Enum(ROLES)),
  status: Type.Enum(['active', 'inactive']),
  isRecurring: Type.Boolean({ description: 'May be charged without the payer.' }),
  health: Type.Number({ minimum: 0, maximum: 1, description: 'Chance that its next payment goes through.' }),
  payments: Type.Integer({ description: 'Attempts with a result.' }),
  expiresAt: nullable(Type.String({ format: 'date-time' })),
});
export type MethodView = Static<typeof MethodView>;

/** An outcome of 90 days ago counts half: banks and balances change within a quarter. */
const HALF_LIFE_DAYS = 90;
/** What the kind's own rate counts for, in payments. */
const PRIOR_PAYMENTS = 4;
/** Of a kind that nobody has used: what Indian online payments do on the whole, roughly. */
const PRIOR_RATE = 0.85;

interface Row {
  method_id: string;
  payer_id: string;
  method: string;
  label: string;
  role: Role | null;
  status: 'active' | 'inactive';
  is_recurring: boolean;
  expires_at: number | null;
  good: number;
  tried: number;
  payments: number;
  kind_good: number;
  kind_tried: number;
  last_failure: string | null;
}

/** @returns best first: by role, then health. @param methodId null: all of the payer. */
export async function listMethods(
  { pool, clock }: Pick<MethodDeps, 'pool' | 'clock'>,
  payerId: string | null,
  methodId: string | null = null,
): Promise<MethodView[]> {
  const now = clock.now();
  const { rows } = await pool.query<Row>(
    `WITH kinds AS (
       SELECT method, count(*) FILTER (WHERE status <> 'failed')::float8 AS good, count(*)::float8 AS tried
       FROM payment_attempts WHERE status <> 'created' AND created_at > to_timestamp($1::float8 / 1000) - interval '90 days'
       GROUP BY method)
     SELECT m.method_id, m.payer_id, m.method, m.label, m.role, m.status, m.is_recurring, m.expires_at,
       coalesce(t.good, 0) AS good, coalesce(t.tried, 0) AS tried, coalesce(t.payments, 0)::int AS payments,
       coalesce(k.good, 0) AS kind_good, coalesce(k.tried, 0) AS kind_tried, t.last_failure
     FROM payment_methods m LEFT JOIN kinds k USING (method), LATERAL (
       SELECT sum(weight) FILTER (WHERE status <> 'failed') AS good, sum(weight) AS tried, count(*) AS payments,
         (array_agg(CASE status WHEN 'failed' THEN failure_reason END ORDER BY created_at DESC))[1] AS last_failure
       FROM (SELECT status, failure_reason, created_at,
           exp(-ln(2) * greatest(0, $1::float8 / 1000 - extract(epoch FROM created_at)::float8) / (86400.0 * $2)) AS weight
         FROM payment_attempts WHERE token_id = m.token_id AND status <> 'created') AS weighed) AS t
     WHERE m.status <> 'removed' AND ($3::text IS NULL OR m.payer_id = $3) AND ($4::text IS NULL OR m.method_id = $4)`,
    [now, HALF_LIFE_DAYS, payerId, methodId],
  );
  const rank = ({ role, health }: MethodView): number =>
    health + (role === 'default' ? 2 : role === 'fallback' ? 1 : 0);
  return rows.map((row) => toView(row, now)).sort((a, b) => rank(b) - rank(a));
}

function toView(row: Row, now: number): MethodView {
  const isExpired = row.expires_at !== null && row.expires_at <= now;
  const status = isExpired ? 'inactive' : row.status;
  return {
    methodId: row.method_id,
    payerId: row.payer_id,
    method: row.method,
    label: row.label,
    role: row.role,
    status,
    isRecurring: row.is_recurring,
    health: status === 'active' ? healthOf(row) : 0,
    payments: row.payments,
    expiresAt: row.expires_at === null ? null : new Date(row.expires_at).toISOString(),
  };
}

const HARD = new Set(['instrument', 'mandate', 'risk']);

function healthOf({ good, tried, kind_good, kind_tried, last_failure }: Row): number {
  if (last_failure !== null && HARD.has(declineCause(last_failure).class)) return 0;
  const prior = (kind_good + PRIOR_RATE * PRIOR_PAYMENTS) / (kind_tried + PRIOR_PAYMENTS);
  return Math.round(((good + prior * PRIOR_PAYMENTS) / (tried + PRIOR_PAYMENTS)) * 1000) / 1000;
}

/** @throws AppError `method-not-found`. */
export async function readMethod(
  deps: Pick<MethodDeps, 'pool' | 'clock'>,
  methodId: string,
): Promise<MethodView> {
  const [found] = await listMethods(deps, null, methodId);
  if (found !== undefined) return found;
  throw new AppError('not-found', 'method-not-found', `there is no saved method ${methodId}`);
}

/** The role leaves whoever had it. @param role null: none. @throws AppError `method-inactive` for a method that cannot be charged. */
export async function assignRole(deps: MethodDeps, methodId: string, role: Role | null): Promise<MethodView> {
  const { payerId, status, label } = await readMethod(deps, methodId);
  if (role !== null && status !== 'active')
    throw new AppError(
      'conflict',
      'method-inactive',
      `${label} can no longer be charged: choose another one`,
    );
  await inTransaction(deps.pool, async (client) => {
    await client.query('SELECT FROM payer_customers WHERE payer_id = $1 FOR UPDATE', [payerId]);
    const at = deps.clock.now();
    if (role !== null)
      await client.query('UPDATE payment_methods SET role = NULL WHERE payer_id = $1 AND role = $2', [
        payerId,
        role,
      ]);
    await client.query(
      'UPDATE payment_methods SET role = $2, changed_at = to_timestamp($3 / 1000.0) WHERE method_id = $1',
      [methodId, role, at],
    );
  });
  return readMethod(deps, methodId);
}

/** Forgets the token at the gateway, then here; what is already gone is no fault. */
export async function removeMethod(deps: MethodDeps, methodId: string): Promise<void> {
  const { payerId } = await readMethod(deps, methodId);
  const tokenId = await tokenOf(deps.pool, methodId);
  const customerId = await customerOf(deps.pool, payerId);
  requireOk(await deps.gateway.tokens.remove(customerId, tokenId), 'the removal');
  await deps.pool.query(
    `UPDATE payment_methods SET status = 'removed', role = NULL, changed_at = to_timestamp($2 / 1000.0) WHERE method_id = $1`,
    [methodId, deps.clock.now()],
  );
}

async function tokenOf(pool: Pool, methodId: string): Promise<string> {
  const { rows } = await pool.query<{ token_id: string }>(
    'SELECT token_id FROM payment_methods WHERE method_id = $1',
    [methodId],
  );
  return rows[0]?.token_id ?? '';
}
