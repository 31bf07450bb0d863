/**
 * Where payers are reached: what the merchant says, otherwise what the gateway's customer says. Kept apart from everything else, read
 * only when something is sent, and forgotten on demand (DPDP Act 2023, s.12): addresses go, and with them the values of the notices.
 */
import type { Pool } from 'pg';
import type { Gateway } from '../../core/ports/gateway.js';
import { inTransaction } from '../../core/transaction.js';

export interface Contact {
  readonly email: string | null;
  readonly phone: string | null;
  readonly language: string | null;
  readonly isErased: boolean;
}

export async function findContact(pool: Pool, payerId: string): Promise<Contact | null> {
  const { rows } = await pool.query<Contact>(
    `SELECT email, phone, language, erased_at IS NOT NULL AS "isErased" FROM contacts WHERE payer_id = $1`,
    [payerId],
  );
  return rows[0] ?? null;
}

/** The merchant's word replaces any other, also after an erasure: the payer has come back. */
export async function saveContact(
  pool: Pool,
  payerId: string,
  { email, phone, language }: Omit<Contact, 'isErased'>,
  now: number,
): Promise<void> {
  await pool.query(
    `INSERT INTO contacts (payer_id, email, phone, language, origin, changed_at)
     VALUES ($1, $2, $3, $4, 'api', to_timestamp($5 / 1000.0))
     ON CONFLICT (payer_id) DO UPDATE SET email = excluded.email, phone = excluded.phone, language = excluded.language,
       origin = 'api', changed_at = excluded.changed_at, erased_at = NULL`,
    [payerId, email, phone, language, now],
  );
}

/** Asks the gateway for a payer of whom nothing is known, and keeps what it says. */
export async function contactOf(
  { pool, gateway }: { readonly pool: Pool; readonly gateway: Pick<Gateway, 'customers'> | null },
  payerId: string,
  now: number,
): Promise<Contact | null> {
  const known = await findContact(pool, payerId);
  if (known !== null || gateway === null) return known;
  const { rows } = await pool.query<{ customer_id: string }>(
    'SELECT customer_id FROM payer_customers WHERE payer_id = $1',
    [payerId],
  );
  const [customer] = rows;
  if (customer === undefined) return null;
  const answer = await gateway.customers.fetch(customer.customer_id);
  if (answer.kind !== 'ok') return null;
  await pool.query(
    `INSERT INTO contacts (payer_id, email, phone, origin, changed_at)
     VALUES ($1, $2, $3, 'gateway', to_timestamp($4 / 1000.0)) ON CONFLICT (payer_id) DO NOTHING`,
    [payerId, answer.value.email, answer.value.contact, now],
  );
  return findContact(pool, payerId);
}

/** What was sent stays on record as such, without what it said; what was not is dropped. */
export async function eraseContact(pool: Pool, payerId: string, now: number): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query(
      `INSERT INTO contacts (payer_id, origin, changed_at, erased_at)
       VALUES ($1, 'api', to_timestamp($2 / 1000.0), to_timestamp($2 / 1000.0))
       ON CONFLICT (payer_id) DO UPDATE SET email = NULL, phone = NULL, language = NULL, changed_at = excluded.changed_at,
         erased_at = excluded.erased_at`,
      [payerId, now],
    );
    await client.query(
      `UPDATE notices SET values = '{}', changed_at = to_timestamp($2 / 1000.0),
         reason = CASE WHEN status IN ('waiting', 'dead') THEN 'the payer asked to be forgotten' ELSE reason END,
         status = CASE WHEN status IN ('waiting', 'dead') THEN 'dropped' ELSE status END
       WHERE payer_id = $1`,
      [payerId, now],
    );
  });
}

export async function unsubscribe(pool: Pool, payerId: string, topic: string, now: number): Promise<void> {
  await pool.query(
    `INSERT INTO unsubscribes (payer_id, topic, created_at) VALUES ($1, $2, to_timestamp($3 / 1000.0)) ON CONFLICT DO NOTHING`,
    [payerId, topic, now],
  );
}

export async function resubscribe(pool: Pool, payerId: string, topic: string): Promise<void> {
  await pool.query('DELETE FROM unsubscribes WHERE payer_id = $1 AND topic = $2', [payerId, topic]);
}

export async function unsubscribedTopics(pool: Pool, payerId: string): Promise<string[]> {
  const { rows } = await pool.query<{ topic: string }>(
    'SELECT topic FROM unsubscribes WHERE payer_id = $1 ORDER BY topic',
    [payerId],
  );
  return rows.map(({ topic }) => topic);
}
