/**
 * Checks the whole ledger with nothing but its rows: numbers without gaps, every hash from its content and the hash before,
 * every entry balanced, every balance the sum of its postings, the head at the end. Written apart from the SQL that
 * posts (core/migrations/0015-ledger.sql), so that a fault there is seen here.
 */
import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { AppError } from '../../core/errors.js';

/** Bounds memory, not work. */
const PAGE = 2000;
/** More than these and the ledger is not worth listing. */
const MAX_FAULTS = 20;

interface EntryRow {
  number: bigint;
  key: string;
  kind: string;
  occurred_at: number;
  content_hash: Buffer;
  previous_hash: Buffer;
  hash: Buffer;
  postings: readonly PostingRow[];
}

interface PostingRow {
  readonly account: string;
  readonly currency: string;
  /** Text: JSON's numbers are doubles. */
  readonly amount: string;
  readonly party: string;
}

interface Found {
  readonly entries: number;
  /** In minor units, by `account currency`, from the postings. */
  readonly balances: Readonly<Record<string, bigint>>;
  readonly faults: readonly string[];
}

/** One consistent picture, also while others post. */
async function inspectLedger(pool: Pool): Promise<Found> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return await inspect(client);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

/** @throws AppError `ledger-broken` that lists what is wrong. */
export async function requireSoundLedger(pool: Pool): Promise<Omit<Found, 'faults'>> {
  const { faults, ...found } = await inspectLedger(pool);
  if (faults.length === 0) return found;
  const message = `the ledger is broken: ${faults.join('; ')}; restore it from a backup and find out who wrote to it`;
  throw new AppError('internal', 'ledger-broken', message, { details: { faults } });
}

async function inspect(client: PoolClient): Promise<Found> {
  const faults: string[] = [];
  const fault = (text: string): void => void (faults.length < MAX_FAULTS && faults.push(text));
  const balances = new Map<string, bigint>();
  let number = 0n;
  let hash: Buffer = createHash('sha256').update('hasivu ledger').digest();
  for await (const entry of entriesOf(client)) {
    number += 1n;
    if (entry.number !== number) fault(`entry ${number} is missing`);
    number = entry.number;
    if (!entry.previous_hash.equals(hash)) fault(`entry ${number} does not follow the one before`);
    for (const text of faultsOf(entry)) fault(`entry ${number} ${text}`);
    hash = entry.hash;
    for (const { account, currency, amount } of entry.postings) {
      const name = `${account} ${currency}`;
      balances.set(name, (balances.get(name) ?? 0n) + BigInt(amount));
    }
  }
  for (const text of await differencesFrom(client, balances)) fault(text);
  const { rows } = await client.query<{ number: bigint; hash: Buffer }>(
    'SELECT number, hash FROM ledger_head',
  );
  if (rows[0]?.number !== number || !rows[0].hash.equals(hash)) fault('the head is not the last entry');
  return { entries: Number(number), balances: Object.fromEntries(balances), faults };
}

async function* entriesOf(client: PoolClient): AsyncGenerator<EntryRow> {
  for (let after = 0n; ;) {
    const { rows } = await client.query<EntryRow>(
      `SELECT e.number, key, kind, occurred_at, content_hash, previous_hash, hash, coalesce(lines.postings, '[]') AS postings
       FROM ledger_entries e LEFT JOIN LATERAL (
         SELECT json_agg(json_build_object('account', account, 'currency', currency, 'amount', amount_paise::text,
           'party', party) ORDER BY line) AS postings
         FROM ledger_postings WHERE entry_number = e.number) lines ON true
       WHERE e.number > $1 ORDER BY e.number LIMIT $2`,
      [after, PAGE],
    );
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.number;
  }
}

function faultsOf({
  number,
  key,
  kind,
  occurred_at,
  content_hash,
  previous_hash,
  hash,
  postings,
}: EntryRow): string[] {
  const faults: string[] = [];
  const content = [
    ...[key, kind, String(occurred_at)],
    ...postings.flatMap(({ account, currency, amount, party }) => [account, currency, amount, party]),
  ];
  const contentHash = createHash('sha256').update(content.map(netstring).join('')).digest();
  if (!contentHash.equals(content_hash)) faults.push('was changed');
  const place = Buffer.alloc(8);
  place.writeBigInt64BE(number);
  const chained = createHash('sha256').update(previous_hash).update(place).update(content_hash).digest();
  if (!chained.equals(hash)) faults.push('has another hash than its content and place give');
  const sums = new Map<string, bigint>();
  for (const { currency, amount } of postings)
    sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(amount));
  if (postings.length < 2 || [...sums.values()].some((sum) => sum !== 0n))
    faults.push('does not sum to zero');
  return faults;
}

function netstring(text: string): string {
  return `${Buffer.byteLength(text)}:${text},`;
}

async function differencesFrom(client: PoolClient, sums: ReadonlyMap<string, bigint>): Promise<string[]> {
  const { rows } = await client.query<{ account: string; currency: string; balance_paise: bigint }>(
    'SELECT account, currency, balance_paise FROM ledger_balances',
  );
  const kept = new Map(
    rows.map(({ account, currency, balance_paise }) => [`${account} ${currency}`, balance_paise]),
  );
  return [...new Set([...sums.keys(), ...kept.keys()])]
    .filter((name) => (sums.get(name) ?? 0n) !== (kept.get(name) ?? 0n))
    .map((name) => `the balance of ${name} is not the sum of its postings`);
}
