/**
 * The tables of the learners' benchmark. Public data where it is at hand, otherwise a seeded frame of the same shape.
 * Handbook: the 15 published features of the Fraud Detection Handbook (chapter 3) by SQL windows, 364,000 rows of about
 * 38 days and the following week; nothing of 2018-07-25 or later, which belongs to the published test.
 */
import path from 'node:path';
import { openDuckdb } from '../../core/duckdb.js';
import { seededRandom } from '../../core/random.js';
import type { Random } from '../../core/random.js';
import { stratifiedFolds, takeLabels, takeRows } from '../../models/split.js';
import { readTable } from '../../models/table.js';
import { slice } from './learners-blocks.js';
import type { Sample } from './learners-blocks.js';
import { publicFile } from './public-file.js';

export interface Shape {
  readonly name: string;
  /** Learners are fitted on each `train` and measured on all `test` rows together. */
  readonly folds: readonly { readonly train: Sample; readonly test: Sample }[];
}

const HANDBOOK = { from: '2018-05-31', trainRows: 364_000, testRows: 67_000, columns: 15 };
const TELCO = { rows: 7_043, columns: 19, folds: 5 };

export async function handbookShape(folder: string, share: number): Promise<Shape> {
  const trainRows = Math.round(HANDBOOK.trainRows * share);
  const testRows = Math.round(HANDBOOK.testRows * share);
  const source = publicFile('handbook_transactions.parquet');
  const sample =
    source === null
      ? simulatedSample(trainRows + testRows, HANDBOOK.columns, 2)
      : await handbookSample(source, path.join(folder, 'handbook.parquet'), trainRows + testRows);
  const kind = source === null ? 'simulated for want of the Handbook' : 'Handbook';
  const folds = [
    { train: slice(sample, 0, trainRows), test: slice(sample, trainRows, trainRows + testRows) },
  ];
  return { name: `${thousands(trainRows)} x ${HANDBOOK.columns} ${kind}`, folds };
}

export async function telcoShape(): Promise<Shape> {
  const source = publicFile('telco_churn.parquet');
  const sample = source === null ? simulatedSample(TELCO.rows, TELCO.columns, 3) : await telcoSample(source);
  const splits = stratifiedFolds(sample.y, { folds: TELCO.folds, repeats: 1, seed: 1 });
  const take = (rows: Int32Array): Sample => ({
    frame: takeRows(sample.frame, rows),
    y: takeLabels(sample.y, rows),
  });
  const kind = source === null ? 'simulated for want of Telco' : 'Telco';
  return {
    name: `${TELCO.folds} folds of ${thousands(sample.frame.rows)} x ${sample.frame.columns.length} ${kind}`,
    folds: splits.map(({ train, test }) => ({ train: take(train), test: take(test) })),
  };
}

export function thousands(rows: number): string {
  if (rows >= 1e6) return `${rows / 1e6}M`;
  return rows >= 1e4 ? `${Math.round(rows / 1000)}k` : String(rows);
}

async function telcoSample(source: string): Promise<Sample> {
  const db = await openDuckdb(':memory:');
  const { frame, y } = await readTable(db, { file: source, label: 'Churn', exclude: ['customerID'] });
  db.close();
  return { frame, y };
}

/** Rows in the order of time. */
async function handbookSample(source: string, file: string, rows: number): Promise<Sample> {
  const db = await openDuckdb(':memory:');
  const days = [1, 7, 30];
  const payer = days.map(
    (w) => `count(*) OVER payer_${w} AS payer_count_${w}, avg(TX_AMOUNT) OVER payer_${w} AS payer_mean_${w}`,
  );
  const terminal = days.map(
    (w) => `count(*) OVER terminal_${w} AS terminal_count_${w},
      coalesce(avg(TX_FRAUD) OVER terminal_${w}, 0) AS terminal_risk_${w}`,
  );
  const windows = days.flatMap((w) => [
    `payer_${w} AS (PARTITION BY CUSTOMER_ID ORDER BY TX_DATETIME
      RANGE BETWEEN ${lastSecondOf(w)} PRECEDING AND CURRENT ROW)`,
    // Frauds are known after a week, so a terminal is judged by the window before the last week.
    `terminal_${w} AS (PARTITION BY TERMINAL_ID ORDER BY TX_DATETIME
      RANGE BETWEEN ${lastSecondOf(w + 7)} PRECEDING AND INTERVAL 7 DAYS PRECEDING)`,
  ]);
  await db.run(`COPY (
    SELECT * EXCLUDE (paid_at, id) FROM (
      SELECT TX_DATETIME AS paid_at, TRANSACTION_ID AS id, TX_FRAUD AS fraud, TX_AMOUNT AS amount,
        (isodow(TX_DATETIME) >= 6)::INTEGER AS weekend, (hour(TX_DATETIME) <= 6)::INTEGER AS night,
        ${[...payer, ...terminal].join(', ')}
      FROM '${source}' WINDOW ${windows.join(', ')})
    WHERE paid_at >= TIMESTAMP '${HANDBOOK.from}' ORDER BY paid_at, id LIMIT ${rows}) TO '${file}' (FORMAT parquet)`);
  const { frame, y } = await readTable(db, { file, label: 'fraud', exclude: [] });
  db.close();
  return { frame, y };
}

/** Windows are half open, (t - w, t], and the instants are whole seconds. */
function lastSecondOf(days: number): string {
  return `INTERVAL ${days * 86_400 - 1} SECONDS`;
}

const FACTORS = 5;
/** With the effects below, 2 % of the rows are positive. */
const INTERCEPT = -5.9;

/**
 * Payment-like columns that share five hidden factors: plain, heavy-tailed, counts, with gaps, and codes of categories
 * without order. The target follows the factors by thresholds and products, so no single column tells it.
 */
export function simulatedSample(rows: number, d: number, seed: number): Sample {
  const random = seededRandom(seed);
  const columns = Array.from({ length: d }, () => new Float32Array(rows));
  const y = new Uint8Array(rows);
  const factors = new Float64Array(FACTORS);
  for (let row = 0; row < rows; row++) {
    for (let f = 0; f < FACTORS; f++) factors[f] = random.normal();
    for (let k = 0; k < d; k++) columns[k]![row] = simulatedValue(k, factors[k % FACTORS]!, random);
    const logOdds = INTERCEPT + effectOf(factors) + (columns[4]![row]! % 3 === 0 ? 0.8 : 0);
    y[row] = random.unit() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0;
  }
  const names = columns.map((_, k) => `feature ${k}`);
  return { frame: { rows, names, columns, categorical: [] }, y };
}

function effectOf(factors: Float64Array): number {
  const [a, b, c, e, g] = factors as unknown as [number, number, number, number, number];
  return 1.3 * a + 0.9 * b * c + (e > 1.5 ? 1.2 : 0) + 0.6 * Math.abs(g) - (b < -1 ? 0.7 : 0);
}

function simulatedValue(k: number, factor: number, random: Random): number {
  const z = 0.7 * factor + 0.7 * random.normal();
  switch (k % 8) {
    case 1:
      return Math.round(100 * Math.exp(5 + 1.2 * z)) / 100;
    case 2:
      return Math.floor(Math.exp(1 + z));
    case 3:
      // A larger value is missing more often, so the gap itself tells something.
      return random.unit() < 0.1 + (z > 1 ? 0.3 : 0) ? NaN : z;
    case 4:
      return (Math.floor(Math.exp(2 + 0.5 * z)) * 7) % 40;
    default:
      return z;
  }
}
