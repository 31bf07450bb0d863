/**
 * The billing run over many subscriptions that are all due: seconds and invoices a second, beside PostgreSQL alone inserting the same rows
 * into the same tables with the same indexes and in transactions of the same size; and the program's memory, which must not grow
 * with their number. HASIVU_BILLING_DUE asks for other numbers, for instance `10000,1000000`.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Pool } from 'pg';
import { requireSoundLedger } from '../../billing/ledger/check.js';
import { runBilling } from '../../billing/run/bill.js';
import { BILLING } from '../../billing/run/settings.js';
import { manualClock } from '../../core/clock.js';
import { systemEnvironment } from '../../core/config.js';
import { silentLog } from '../../core/log.js';
import { migrate } from '../../core/migrations.js';
import { openPostgres } from '../../core/postgres.js';
import { morning, writePlan } from '../support/billing-scene.js';
import type { Figure } from './measure.js';

const COUNTS = (systemEnvironment['HASIVU_BILLING_DUE'] ?? '10000,100000').split(',').map(Number);
/** Batches; collecting garbage is not what is measured. */
const TURNS_BETWEEN_LOOKS = 20;
const FIRST_DAY = '2026-06-01';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

export async function benchBilling(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const count of COUNTS) figures.push(...(await benchRun(count)));
  return figures;
}

async function benchRun(count: number): Promise<Figure[]> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-billing-'));
  // Root runs PostgreSQL as another user, who must be able to pass.
  await chmod(dataDir, 0o755);
  const postgres = await openPostgres({ dataDir, databaseUrl: null, log: silentLog });
  try {
    await migrate(postgres.pool);
    return await measure(postgres.pool, count);
  } finally {
    await postgres.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function measure(pool: Pool, count: number): Promise<Figure[]> {
  await writePlan(pool, { pricePaise: 2_345_67n });
  await writeDue(pool, count);
  const deps = { pool, clock: manualClock(morning(FIRST_DAY)), log: silentLog };
  let [resident, live, turns] = [0, 0, 0];
  const look = (): void => {
    resident = Math.max(resident, process.memoryUsage().rss);
    if (turns++ % TURNS_BETWEEN_LOOKS > 0) return;
    collectGarbage();
    live = Math.max(live, process.memoryUsage().heapUsed);
  };
  const startedAt = performance.now();
  const report = await runBilling(deps, { onProgress: look });
  const seconds = (performance.now() - startedAt) / 1000;
  if (report.invoices !== count) throw new Error(`${report.invoices} invoices of ${count}`);
  const bare = await insertBare(pool);
  const { entries } = await requireSoundLedger(pool);
  if (entries !== count) throw new Error(`${entries} entries of ${count}`);
  const due = `${count.toLocaleString('en-IN')} due`;
  return [
    { name: `${due}: billing run`, value: seconds, unit: 's' },
    { name: `${due}: invoices a second`, value: count / seconds, unit: '/s' },
    { name: `${due}: PostgreSQL inserting the same rows`, value: bare, unit: 's' },
    { name: `${due}: run over bare inserts`, value: seconds / bare, unit: 'times' },
    { name: `${due}: live memory of the program at most`, value: live / 2 ** 20, unit: 'MB' },
    { name: `${due}: its resident memory at most`, value: resident / 2 ** 20, unit: 'MB' },
  ];
}

/** Payers by hand, so that what is measured is billing and not the planning of debits. */
async function writeDue(pool: Pool, count: number): Promise<void> {
  await pool.query(
    `INSERT INTO subscriptions (subscription_id, payer_id, counterparty_id, plan_id, plan_version, quantity, currency, status,
       starts_on, anchor_on, next_billing_at, collection, created_at, changed_at)
     SELECT 'sub_' || n, 'payer_' || n, 'school_' || n % 100, 'lunch', 1, 1 + n % 3, 'INR', 'active', $1::date, $1::date,
       to_timestamp($2 / 1000.0), 'manual', $1::date, $1::date
     FROM generate_series(1, $3::integer) AS n`,
    [FIRST_DAY, morning(FIRST_DAY), count],
  );
  await pool.query('VACUUM ANALYZE subscriptions');
}

/** What one period of a subscription leaves. */
const WRITTEN = [
  ['invoices', 'invoice_id'],
  ['invoice_lines', 'invoice_id'],
  ['subscription_events', 'number'],
  ['ledger_entries', 'number'],
  ['ledger_postings', 'entry_number'],
] as const;

/** Seconds. The rows never leave the server, and nothing is read, locked, chained or checked: no program is faster. */
async function insertBare(pool: Pool): Promise<number> {
  let seconds = 0;
  for (const [table, key] of WRITTEN) {
    await pool.query(`CREATE TABLE bare_${table} (LIKE ${table} INCLUDING ALL)`);
    await pool.query(
      `CREATE TABLE source_${table} AS SELECT *, (dense_rank() OVER (ORDER BY ${key}) - 1) / ${BILLING.batch} AS batch FROM ${table}`,
    );
    await pool.query(`CREATE INDEX ON source_${table} (batch)`);
    const { rows } = await pool.query<{ columns: string; batches: bigint }>(
      `SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) AS columns,
         (SELECT max(batch) + 1 FROM source_${table}) AS batches
       FROM information_schema.columns WHERE table_name = $1`,
      [table],
    );
    const { columns = '', batches = 0n } = rows[0] ?? {};
    const startedAt = performance.now();
    for (let batch = 0; batch < batches; batch++) {
      await pool.query(
        `INSERT INTO bare_${table} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM source_${table} WHERE batch = $1`,
        [batch],
      );
    }
    seconds += (performance.now() - startedAt) / 1000;
  }
  return seconds;
}
