/**
 * Seeded lives of monthly subscriptions for tests of churn, as the lake's tables in memory. Every month brings a failed
 * payment or not; the payer then leaves of its own accord, lapses or renews with known probabilities.
 */
import type { Duckdb } from '../../../core/duckdb.js';
import { openDuckdb } from '../../../core/duckdb.js';
import type { Random } from '../../../core/random.js';
import { seededRandom } from '../../../core/random.js';
import { LAKE_COLUMNS, LAKE_TABLE_NAMES } from '../../../ingest/lake-tables.js';

export const DAY_MS = 86_400_000;
/** Midnight in India. */
export const LIVES_FROM = Date.UTC(2024, 11, 31, 18, 30);

export interface Lives {
  readonly subscriptions: number;
  readonly months: number;
  readonly seed: number;
}

/** One event as `subscription_events` has it, or one failed or captured payment. */
export interface Happening {
  readonly table: 'subscription_events' | 'payments';
  readonly subscriber: number;
  readonly event: string;
  readonly at: number;
}

/** P(voluntary), P(involuntary) of a month. */
function risksOf(failed: boolean): readonly [number, number] {
  return failed ? [0.16, 0.1] : [0.02, 0.01];
}

export function drawLives({ subscriptions, months, seed }: Lives): {
  happenings: Happening[];
  /** P(churn) of a subscriber's month, by `subscriber:period`. */
  truth: Map<string, number>;
} {
  const random = seededRandom(seed);
  const happenings: Happening[] = [];
  const truth = new Map<string, number>();
  for (let subscriber = 0; subscriber < subscriptions; subscriber++) {
    const startMonth = random.below(Math.ceil(months / 2));
    live(random, { subscriber, startMonth, months, startDay: random.below(20) }, happenings, truth);
  }
  return { happenings: happenings.sort((a, b) => a.at - b.at), truth };
}

interface Life {
  readonly subscriber: number;
  readonly startMonth: number;
  readonly startDay: number;
  readonly months: number;
}

function live(random: Random, life: Life, happenings: Happening[], truth: Map<string, number>): void {
  const { subscriber, startMonth, startDay, months } = life;
  const due = (month: number): number =>
    Date.UTC(2025, month, 1 + startDay, 4) - (startDay === 0 && month < 0 ? DAY_MS : 0);
  const tell = (table: Happening['table'], event: string, at: number): void =>
    void happenings.push({ table, subscriber, event, at });
  tell('subscription_events', 'started', due(startMonth));
  for (let month = startMonth, period = 1; month < months; month++, period++) {
    const failed = random.unit() < 0.3;
    tell('payments', failed ? 'failed' : 'captured', due(month) + 15 * DAY_MS);
    const [voluntary, involuntary] = risksOf(failed);
    truth.set(`${subscriber}:${period}`, voluntary + involuntary);
    const fate = random.unit();
    if (fate < voluntary) return tell('subscription_events', 'cancelled', due(month + 1) - 2 * DAY_MS);
    if (fate < voluntary + involuntary)
      return tell('subscription_events', 'lapsed', due(month + 1) + 5 * DAY_MS);
    tell('subscription_events', 'renewed', due(month + 1) + random.below(2) * DAY_MS);
  }
}

/** A database with all tables of the lake and these happenings in them, known an hour after they occurred. */
export async function livesDb(happenings: readonly Happening[]): Promise<Duckdb> {
  const db = await openDuckdb(':memory:');
  for (const table of LAKE_TABLE_NAMES) {
    const columns = Object.entries(LAKE_COLUMNS[table]).map(([name, type]) => `${name} ${type}`);
    await db.run(`CREATE TABLE ${table} (${columns.join(', ')})`);
  }
  await db.run(
    'CREATE TEMP TABLE told (i INTEGER, kind VARCHAR, subscriber INTEGER, event VARCHAR, at_ms BIGINT)',
  );
  const appender = await db.connection.createAppender('told');
  happenings.forEach(({ table, subscriber, event, at }, i) => {
    appender.appendInteger(i);
    appender.appendVarchar(table);
    appender.appendInteger(subscriber);
    appender.appendVarchar(event);
    appender.appendBigInt(BigInt(at));
    appender.endRow();
  });
  appender.closeSync();
  const clock = `i AS sequence, make_timestamp_ms(at_ms) AS occurred_at, make_timestamp_ms(at_ms + 3600000) AS known_at`;
  await db.run(`INSERT INTO subscription_events BY NAME
    SELECT 'sub_' || subscriber AS subscription_id, 'payer_' || subscriber AS payer_id, 'school_' || subscriber % 3
      AS counterparty_id, 'monthly' AS plan_id, event, 400000 AS amount_paise, 'INR' AS currency, ${clock}
    FROM told WHERE kind = 'subscription_events'`);
  await db.run(`INSERT INTO payments BY NAME
    SELECT 'pay_' || i AS payment_id, 'payment' AS kind, 'payer_' || subscriber AS payer_id, 'upi' AS method,
      400000 AS amount_paise, 'INR' AS currency, event AS status, ${clock}
    FROM told WHERE kind = 'payments'`);
  await db.run('DROP TABLE told');
  return db;
}
