/**
 * Subscriptions whose turn fails: counted, and after some turns in a row parked with the reason, so that one faulty row neither
 * stops the others nor is forgotten. A person sees what is parked and lets it be billed again. A fault of the database's own passes
 * and is nobody's.
 */
import pg from 'pg';
import type { Pool } from 'pg';
import { AppError } from '../../core/errors.js';
import { BILLING } from './settings.js';

/** Classes of SQLSTATE: connection, transaction rolled back (deadlock), resources, operator's intervention. */
const PASSING = /^(08|40|53|57)/;

/** Nothing that the subscription has done: the whole run may be tried again. */
export function isPassing(error: unknown): boolean {
  return error instanceof pg.DatabaseError && PASSING.test(error.code ?? '');
}

/** Answers whether it is parked now. */
export async function noteFailure(
  pool: Pool,
  subscriptionId: string,
  reason: string,
  now: number,
): Promise<boolean> {
  const { rows } = await pool.query<{ is_parked: boolean }>(
    `UPDATE subscriptions SET billing_errors = billing_errors + 1, changed_at = to_timestamp($4 / 1000.0),
       parked_reason = CASE WHEN billing_errors + 1 >= $3 THEN $2 END
     WHERE subscription_id = $1 RETURNING parked_reason IS NOT NULL AS is_parked`,
    [subscriptionId, reason.slice(0, 500), BILLING.maxErrors, now],
  );
  return rows[0]?.is_parked === true;
}

export interface Parked {
  readonly subscriptionId: string;
  readonly payerId: string;
  readonly reason: string;
  readonly dueAt: number | null;
}

/** Oldest debt first. */
export async function listParked(pool: Pool, limit: number): Promise<Parked[]> {
  const { rows } = await pool.query<Parked>(
    `SELECT subscription_id AS "subscriptionId", payer_id AS "payerId", parked_reason AS reason, next_billing_at AS "dueAt"
     FROM subscriptions WHERE parked_reason IS NOT NULL ORDER BY next_billing_at, subscription_id LIMIT $1`,
    [limit],
  );
  return rows;
}

/** The next run bills it, with all that it has missed; repeating it changes nothing. @throws AppError `subscription-not-found`. */
export async function unpark(pool: Pool, subscriptionId: string, now: number): Promise<void> {
  const { rowCount } = await pool.query(
    `UPDATE subscriptions SET parked_reason = NULL, billing_errors = 0, changed_at = to_timestamp($2 / 1000.0)
     WHERE subscription_id = $1`,
    [subscriptionId, now],
  );
  if (rowCount === 1) return;
  throw new AppError('not-found', 'subscription-not-found', `there is no subscription ${subscriptionId}`);
}
