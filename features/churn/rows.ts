/**
 * Rows of renewals with their features, computed in DuckDB: every fact is joined by the payer, subscription or counterparty
 * it belongs to and by having been seen before the row's instant, strictly. The same SQL makes the rows that train and
 * the rows that are scored tonight.
 */
import type { Duckdb } from '../../core/duckdb.js';
import type { Frame } from '../frame.js';
import { CATEGORICAL_CHURN_FEATURES, CHURN_FEATURES, CHURN_SOURCES } from './definitions.js';
import type { ChurnSource } from './definitions.js';
import { clockOf, defineCalendar, findRenewals } from './renewals.js';
import type { RenewalRequest } from './renewals.js';

export const CHURN_OUTCOMES = ['kept', 'voluntary', 'involuntary'] as const;
export type ChurnOutcome = (typeof CHURN_OUTCOMES)[number];

/** n rows in the order of their instants. */
export interface ChurnRows {
  readonly frame: Frame;
  readonly subscriptionId: readonly string[];
  readonly payerId: readonly string[];
  readonly planId: readonly string[];
  /** The paid period, from 1 (n). */
  readonly period: Int32Array;
  readonly leadDays: Int32Array;
  readonly currency: readonly string[];
  readonly amountPaise: Float64Array;
  readonly termDays: Float64Array;
  /** What the row saw came before this instant; epoch ms (n), ascending. */
  readonly asOf: Float64Array;
  readonly dueAt: Float64Array;
  /** From this instant on the outcome counts (n). */
  readonly settledAt: Float64Array;
  /** Index in `CHURN_OUTCOMES`; 255 while it is open (n). */
  readonly outcome: Uint8Array;
}

/** Days beyond which a payment or refund is forgotten. */
const HISTORY_DAYS = 180;
const PLACE_DAYS = 60;
const YEAR_DAYS = 365;

/** `db` has the lake's views. Half a million payments and a hundred thousand renewals take some seconds. */
export async function churnRows(db: Duckdb, request: RenewalRequest): Promise<ChurnRows> {
  await defineCalendar(db);
  await findRenewals(db, request);
  await seeFacts(db, request);
  for (const source of CHURN_SOURCES) await db.run(aggregate(source));
  return readRows(db);
}

async function seeFacts(db: Duckdb, { asOfMs, without }: RenewalRequest): Promise<void> {
  const clock = clockOf(without);
  const asOf = `make_timestamp(${asOfMs * 1000})`;
  await db.run(`CREATE OR REPLACE TEMP TABLE churn_results AS
    SELECT payer_id, kind, status, failure_reason AS reason, instrument_id, amount_paise::DOUBLE AS amount,
      device_id IS NULL AND ip IS NULL AS unattended, sequence AS seq, ${clock} AS seen_at
    FROM payments WHERE status <> 'attempted' AND known_at < ${asOf}
    UNION ALL
    SELECT p.payer_id, p.kind, o.status, o.failure_reason, p.instrument_id, p.amount_paise::DOUBLE,
      p.device_id IS NULL AND p.ip IS NULL, o.sequence, ${clock === 'known_at' ? 'o.known_at' : 'p.occurred_at'}
    FROM outcomes o JOIN payments p USING (payment_id) WHERE o.known_at < ${asOf}`);
  await db.run(`CREATE OR REPLACE TEMP TABLE churn_refunds AS
    SELECT coalesce(r.payer_id, p.payer_id) AS payer_id, r.amount_paise::DOUBLE AS amount, r.${clock} AS seen_at
    FROM refunds r LEFT JOIN payments p USING (payment_id) WHERE r.known_at < ${asOf}`);
  await db.run(`CREATE OR REPLACE TEMP TABLE churn_disputes AS
    SELECT p.payer_id, d.${clock} AS seen_at FROM disputes d JOIN payments p USING (payment_id)
    WHERE d.known_at < ${asOf}`);
  await db.run(`CREATE OR REPLACE TEMP TABLE churn_history AS
    SELECT e.subscription_id, e.event, e.amount, p.late_days, e.sequence AS seq, e.${clock} AS seen_at
    FROM churn_events e LEFT JOIN churn_periods p ON p.paid_sequence = e.sequence`);
  // Whole Indian days: a row sees the days that had ended by its instant.
  await db.run(`CREATE OR REPLACE TEMP TABLE churn_places AS
    WITH days AS (
      SELECT counterparty_id, ist_on(${clock}) AS day, count(*) FILTER (event = 'renewed') AS kept,
        count(*) FILTER (event IN ('cancelled', 'lapsed')) AS ended, count(*) FILTER (event = 'lapsed') AS lapsed
      FROM churn_events GROUP BY ALL
    )
    SELECT counterparty_id, (day + 1)::TIMESTAMP - INTERVAL 330 MINUTE AS seen_at, ${[
      'kept',
      'ended',
      'lapsed',
    ]
      .map((name) => `sum(${name}) OVER lately AS ${name}`)
      .join(', ')}
    FROM days WINDOW lately AS (
      PARTITION BY counterparty_id ORDER BY day RANGE BETWEEN INTERVAL ${PLACE_DAYS - 1} DAY PRECEDING AND CURRENT ROW)`);
}

const KEY: Readonly<
  Record<Exclude<ChurnSource, 'renewal' | 'counterparty'>, 'payer_id' | 'subscription_id'>
> = {
  history: 'subscription_id',
  results: 'payer_id',
  refunds: 'payer_id',
  disputes: 'payer_id',
};

/** The table `churn_<source>_features`: a row of features for each renewal. */
function aggregate(source: ChurnSource): string {
  const features = CHURN_FEATURES.filter((feature) => feature.source === source)
    .map(({ name, sql }) => `(${sql})::FLOAT AS "${name}"`)
    .join(', ');
  const table = `CREATE OR REPLACE TEMP TABLE churn_${source}_features AS`;
  if (source === 'renewal')
    return `${table} SELECT row_no, ${features} FROM churn_renewals r ORDER BY row_no`;
  if (source === 'counterparty')
    return `${table} SELECT r.row_no, ${features} FROM churn_renewals r ASOF LEFT JOIN churn_places e
      ON r.counterparty_id = e.counterparty_id AND r.seen_until >= e.seen_at ASOF LEFT JOIN churn_places y
      ON r.counterparty_id = y.counterparty_id AND r.due_at - INTERVAL ${YEAR_DAYS - PLACE_DAYS / 2} DAY >= y.seen_at
    GROUP BY r.row_no`;
  const bound = source === 'history' ? '' : `AND seen_at >= seen_until - INTERVAL ${HISTORY_DAYS} DAY`;
  return `${table}
    WITH seen AS (
      SELECT f.*, r.row_no, date_diff('second', f.seen_at, r.seen_until) / 86400 AS age
      FROM churn_renewals r JOIN churn_${source} f ON f.${KEY[source]} = r.${KEY[source]}
        AND f.seen_at < r.seen_until ${bound}
    )
    SELECT r.row_no, ${features} FROM churn_renewals r LEFT JOIN seen e ON e.row_no = r.row_no GROUP BY r.row_no`;
}

const ABOUT = {
  subscription_id: 'subscriptionId',
  payer_id: 'payerId',
  plan_id: 'planId',
  currency: 'currency',
} as const;
const NUMBERS = [
  'period',
  'lead_days',
  'amount',
  'term_days',
  'as_of',
  'due_at',
  'settled_at',
  'outcome',
] as const;

async function readRows(db: Duckdb): Promise<ChurnRows> {
  const [size] = await db.rows<{ n: bigint }>('SELECT count(*) AS n FROM churn_renewals');
  const n = Number(size?.n ?? 0n);
  const texts = Object.keys(ABOUT).map(() => new Array<string>(n));
  const numbers = NUMBERS.map(() => new Float64Array(n));
  const columns = CHURN_FEATURES.map(() => new Float32Array(n));
  const ms = (column: string): string => `epoch_ms(r.${column})::DOUBLE`;
  const selected = [
    ...Object.keys(ABOUT).map((name) => `r.${name}`),
    'r.period::DOUBLE',
    'r.lead_days::DOUBLE',
    'r.amount',
    'r.term_days::DOUBLE',
    ...['as_of', 'due_at', 'settled_at'].map(ms),
    `coalesce(list_position(['${CHURN_OUTCOMES.join(`', '`)}'], r.outcome) - 1, 255)::DOUBLE`,
    ...CHURN_FEATURES.map(({ name }) => `coalesce("${name}", 'nan'::FLOAT)`),
  ];
  const joined = CHURN_SOURCES.map((source) => `JOIN churn_${source}_features USING (row_no)`).join(' ');
  const result = await db.connection.stream(
    `SELECT ${selected.join(', ')} FROM churn_renewals r ${joined} ORDER BY row_no`,
  );
  for (let from = 0; ;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    const values = chunk.getColumns();
    [...texts, ...numbers, ...columns].forEach((target, k) => {
      const column = values[k]!;
      for (let i = 0; i < column.length; i++) target[from + i] = column[i] as never; // Cast by the SELECT.
    });
    from += chunk.rowCount;
  }
  return assemble(n, texts, numbers, columns);
}

function assemble(
  rows: number,
  texts: readonly (readonly string[])[],
  numbers: readonly Float64Array[],
  columns: readonly Float32Array[],
): ChurnRows {
  const [subscriptionId, payerId, planId, currency] = texts as [string[], string[], string[], string[]];
  const [period, lead, amountPaise, termDays, asOf, dueAt, settledAt, outcome] = numbers as Float64Array[] & {
    length: 8;
  };
  return {
    frame: {
      rows,
      names: CHURN_FEATURES.map(({ name }) => name),
      columns,
      categorical: CATEGORICAL_CHURN_FEATURES,
    },
    subscriptionId,
    payerId,
    planId,
    currency,
    period: Int32Array.from(period!),
    leadDays: Int32Array.from(lead!),
    amountPaise: amountPaise!,
    termDays: termDays!,
    asOf: asOf!,
    dueAt: dueAt!,
    settledAt: settledAt!,
    outcome: Uint8Array.from(outcome!),
  };
}
