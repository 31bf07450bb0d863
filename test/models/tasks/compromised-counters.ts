/**
 * A small seeded history of payments for tests of the fraud task, as the lake's tables in memory. Frauds are what the
 * model can learn: at any time a few counterparties are compromised, and all their payments are reported as fraud.
 */
import type { Duckdb } from '../../../core/duckdb.js';
import { seededRandom } from '../../../core/random.js';
import { LAKE_COLUMNS } from '../../../ingest/lake-tables.js';

export const DAY_MS = 86_400_000;
export const HISTORY_FROM = Date.UTC(2026, 0, 1);

interface Counters {
  readonly days: number;
  readonly paymentsPerDay: number;
  /** Days from a fraud to its report. */
  readonly delayDays: number;
}

const PAYERS = 400;
const COUNTERPARTIES = 100;
/** Each counterparty that is compromised stays so for this long, and the next ones follow. */
const SPELL_DAYS = 20;
const COMPROMISED_AT_ONCE = 4;

/** Makes the lake's tables `payments`, `outcomes` and `labels`, empty. */
export async function emptyTables(db: Duckdb): Promise<void> {
  for (const table of ['payments', 'outcomes', 'labels'] as const) {
    const columns = Object.entries(LAKE_COLUMNS[table]).map(([name, type]) => `${name} ${type}`);
    await db.run(`CREATE TABLE ${table} (${columns.join(', ')})`);
  }
}

/** Fills the empty tables; every tenth payment is a retry, which the task must leave out. */
export async function compromisedCounters(db: Duckdb, counters: Counters): Promise<void> {
  const { days, paymentsPerDay, delayDays } = counters;
  const random = seededRandom(7);
  await db.run(
    'CREATE TEMP TABLE drawn (i INTEGER, at_ms BIGINT, payer INTEGER, counterparty INTEGER, paise INTEGER)',
  );
  const appender = await db.connection.createAppender('drawn');
  for (let i = 0; i < days * paymentsPerDay; i++) {
    appender.appendInteger(i);
    appender.appendBigInt(BigInt(HISTORY_FROM + Math.floor((i * DAY_MS) / paymentsPerDay)));
    appender.appendInteger(random.below(PAYERS));
    appender.appendInteger(random.below(COUNTERPARTIES));
    appender.appendInteger(10_000 + random.below(90_000));
    appender.endRow();
  }
  appender.closeSync();
  await db.run(`INSERT INTO payments BY NAME
    SELECT 'pay_' || i AS payment_id, if(i % 10 = 9, 'retry', 'payment') AS kind, 'payer_' || payer AS payer_id,
      'counter_' || counterparty AS counterparty_id, 'upi' AS method, paise AS amount_paise, 'INR' AS currency,
      'captured' AS status, i AS sequence, make_timestamp_ms(at_ms) AS occurred_at, occurred_at AS known_at
    FROM drawn`);
  await db.run(`INSERT INTO labels BY NAME
    SELECT 'pay_' || i AS payment_id, true AS fraud, 'chargeback' AS source, i AS sequence,
      make_timestamp_ms(at_ms) AS occurred_at, occurred_at + to_days(${delayDays}) AS known_at
    FROM drawn
    WHERE counterparty // ${COMPROMISED_AT_ONCE}
      = ((at_ms - ${HISTORY_FROM}) // ${SPELL_DAYS * DAY_MS}) % ${COUNTERPARTIES / COMPROMISED_AT_ONCE}`);
}
