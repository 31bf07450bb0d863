/**
 * Subscription events of any file as the lake's views: what a file does not say (payments, refunds, disputes) is empty, an
 * event without `known_at` was known when it happened. Unknown events and rows without an instant are refused, not guessed.
 */
import type { Duckdb } from '../../core/duckdb.js';
import { AppError } from '../../core/errors.js';
import { LAKE_COLUMNS, LAKE_TABLE_NAMES } from '../../ingest/lake-tables.js';
import { quoteName } from '../../ingest/sql-quote.js';
import { openSource } from '../../ingest/source.js';

const NEEDED = ['subscription_id', 'payer_id', 'plan_id', 'event', 'amount_paise', 'occurred_at'] as const;
const EVENTS = ['started', 'renewed', 'price_changed', 'paused', 'resumed', 'cancelled', 'lapsed'] as const;

/** `db` must be fresh. */
export async function readSubscriptions(
  db: Duckdb,
  { file, query }: { readonly file: string; readonly query?: string | undefined },
): Promise<void> {
  const { relation, columns, place } = await openSource(db, { file, map: {}, query });
  const names = columns.map(({ name }) => name);
  const missing = NEEDED.filter((name) => !names.includes(name));
  if (missing.length > 0)
    throw new AppError(
      'bad-input',
      'unknown-column',
      `${place} has no column ${missing.join(', ')}; --query can name them: its columns are ${names.slice(0, 40).join(', ')}`,
    );
  for (const table of LAKE_TABLE_NAMES) {
    const fields = Object.entries(LAKE_COLUMNS[table]).map(([name, type]) => `${quoteName(name)} ${type}`);
    await db.run(`CREATE TABLE ${table} (${fields.join(', ')})`);
  }
  const optional = (name: string, otherwise: string): string =>
    names.includes(name) ? `coalesce(${quoteName(name)}::VARCHAR, ${otherwise})` : otherwise;
  await db.run(`INSERT INTO subscription_events BY NAME
    SELECT subscription_id::VARCHAR AS subscription_id, payer_id::VARCHAR AS payer_id, plan_id::VARCHAR AS plan_id,
      ${optional('counterparty_id', 'NULL')} AS counterparty_id, event::VARCHAR AS event,
      TRY_CAST(amount_paise AS BIGINT) AS amount_paise, ${optional('currency', `'INR'`)} AS currency,
      TRY_CAST(occurred_at AS TIMESTAMP) AS occurred_at,
      TRY_CAST(${optional('known_at', 'occurred_at::VARCHAR')} AS TIMESTAMP) AS known_at,
      row_number() OVER (ORDER BY TRY_CAST(occurred_at AS TIMESTAMP)) AS sequence
    FROM ${relation}`);
  await requireSound(db, place);
}

async function requireSound(db: Duckdb, place: string): Promise<void> {
  const [found] = await db.rows<{ event: string | null; bad: bigint; rows: bigint }>(
    `SELECT any_value(event) FILTER (event NOT IN ('${EVENTS.join(`', '`)}')) AS event, count(*) AS rows,
      count(*) FILTER (occurred_at IS NULL OR known_at IS NULL OR amount_paise IS NULL OR known_at < occurred_at) AS bad
    FROM subscription_events`,
  );
  const fault =
    found === undefined || found.rows === 0n
      ? 'has no rows'
      : found.event !== null
        ? `has the event "${found.event}"; known are ${EVENTS.join(', ')}`
        : found.bad > 0n
          ? `has ${found.bad} rows without an amount or an instant, or known before they occurred`
          : null;
  if (fault !== null) throw new AppError('bad-input', 'bad-subscriptions', `${place} ${fault}`);
}
