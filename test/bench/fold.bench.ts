/**
 * The fold against DuckDB computing the same windows in SQL: counts, sums, means, maxima, spreads and distinct counts
 * of payers and counterparties over six windows (72 columns). The fold computes its whole list at the same time.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openDuckdb, type Duckdb } from '../../core/duckdb.js';
import { blankRequest, FoldState } from '../../features/fold-state.js';
import { FEATURES } from '../../features/definitions.js';
import { ENTITIES, WINDOW_AGGREGATES, WINDOWS, type FeatureDefinition } from '../../features/vocabulary.js';
import { peakMemoryMegabytes, race, type Figure } from './measure.js';
import { paymentsFile } from './payments-file.js';

const RUNS = 5;
/** SQL over all rows takes minutes, so the race runs over the oldest of them; the fold alone runs over all. */
const RACE_ROWS = 200_000;

interface Payments {
  readonly at: Float64Array;
  readonly payer: Int32Array;
  readonly counterparty: Int32Array;
  readonly amount: Float64Array;
}

export async function benchFold(): Promise<Figure[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bench-fold-'));
  const db = await openDuckdb(':memory:');
  try {
    const { file, from } = await paymentsFile(folder);
    const payments = await readPayments(db, file);
    const rows = payments.at.length;
    const whole = await race(
      {
        all: () => foldAll(payments, rows, FEATURES),
        windows: () => foldAll(payments, rows, WINDOW_FEATURES),
      },
      RUNS,
    );
    const seconds = await race(
      { fold: () => foldAll(payments, RACE_ROWS, WINDOW_FEATURES), sql: () => windowsInSql(db) },
      3,
    );
    const filled = foldAll(payments, rows, FEATURES).filter((value) => !Number.isNaN(value)).length;
    return [
      {
        name: `fold, the ${WINDOW_FEATURES.length} window features, ${rows} ${from}`,
        value: rows / whole.windows,
        unit: 'rows/s',
        note: 'observe and read each row; goal >= 300,000 over >= 60 features',
      },
      {
        name: `fold, the whole list of ${FEATURES.length} (${filled} filled)`,
        value: rows / whole.all,
        unit: 'rows/s',
      },
      { name: `fold over ${RACE_ROWS} rows`, value: seconds.fold, unit: 's' },
      { name: `DuckDB SQL, 72 window columns over ${RACE_ROWS} rows`, value: seconds.sql, unit: 's' },
      { name: 'fold / DuckDB SQL', value: seconds.fold / seconds.sql, unit: 'x', note: 'goal <= 1' },
      { name: 'peak memory', value: peakMemoryMegabytes(), unit: 'MB' },
    ];
  } finally {
    db.close();
    await rm(folder, { recursive: true });
  }
}

async function readPayments(db: Duckdb, file: string): Promise<Payments> {
  await db.run(`CREATE TABLE payments AS
    SELECT epoch_ms(TX_DATETIME) AS instant, CUSTOMER_ID + 1 AS payer, TERMINAL_ID + 1 AS counterparty,
      round(TX_AMOUNT * 100)::BIGINT AS amount, row_number() OVER (ORDER BY TX_DATETIME, TRANSACTION_ID) AS sequence
    FROM '${file}' ORDER BY sequence`);
  const read = await db.connection.runAndReadAll(
    'SELECT instant::DOUBLE, payer::INTEGER, counterparty::INTEGER, amount::DOUBLE FROM payments ORDER BY sequence',
  );
  const [at, payer, counterparty, amount] = read.getColumns() as number[][];
  return {
    at: Float64Array.from(at!),
    payer: Int32Array.from(payer!),
    counterparty: Int32Array.from(counterparty!),
    amount: Float64Array.from(amount!),
  };
}

/** What SQL computes too: every window of payers and counterparties. */
const WINDOW_FEATURES = FEATURES.filter(
  ({ entity, measure, aggregate, windowMs }) =>
    (entity === 'payer' || entity === 'counterparty') &&
    measure === 'attempts' &&
    windowMs !== null &&
    WINDOW_AGGREGATES.some((known) => known === aggregate),
);

/** Observes and reads the first `rows` payments; answers the last vector. */
function foldAll(payments: Payments, rows: number, features: readonly FeatureDefinition[]): Float32Array {
  const out = new Float32Array(features.length);
  const state = new FoldState({ maturityDays: 7 }, features);
  state.grow(ENTITIES.map(() => 10_002));
  const request = blankRequest();
  for (let i = 0; i < rows; i++) {
    const at = payments.at[i]!;
    request.ids[0] = payments.payer[i]!;
    request.ids[4] = payments.counterparty[i]!;
    request.amount = payments.amount[i]!;
    state.read(request, at, out);
    state.attempt(request, at, at);
  }
  return out;
}

async function windowsInSql(db: Duckdb): Promise<void> {
  const columns = (['payer', 'counterparty'] as const).flatMap((entity) =>
    WINDOWS.flatMap(([suffix]) => {
      const over = `OVER ${entity}_${suffix}`;
      const other = entity === 'payer' ? 'counterparty' : 'payer';
      return [
        `count(*) ${over}`,
        `sum(amount) ${over}`,
        `avg(amount) ${over}`,
        `max(amount) ${over}`,
        `stddev_pop(amount) ${over}`,
        `count(DISTINCT ${other}) ${over}`,
      ];
    }),
  );
  const windows = (['payer', 'counterparty'] as const).flatMap((entity) =>
    WINDOWS.map(
      ([suffix, ms]) =>
        `${entity}_${suffix} AS (PARTITION BY ${entity} ORDER BY instant RANGE BETWEEN ${ms - 1} PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW)`,
    ),
  );
  const named = columns.map((column, i) => `${column} AS c${i}`).join(', ');
  await db.run(
    `CREATE OR REPLACE TABLE windows AS SELECT ${named} FROM (SELECT * FROM payments WHERE sequence <= ${RACE_ROWS}) WINDOW ${windows.join(', ')}`,
  );
}
