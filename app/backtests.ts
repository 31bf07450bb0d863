/**
 * The scores that a model gave to payments it had not seen, before the gate ever asked it: kept beside the models, so that
 * the warehouse can show precision and recall of a fresh installation. Marked as backtests, never mixed with decisions.
 */
import { mkdir, rename } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Duckdb } from '../core/duckdb.js';
import { openDuckdb } from '../core/duckdb.js';
import { quoteText } from '../ingest/sql-quote.js';
import type { FraudTest } from '../models/tasks/train-fraud.js';
import type { GateDecision } from '../reporting/warehouse.js';

function backtestFile(dataDir: string, version: string): string {
  return path.join(dataDir, 'backtests', `${version}.parquet`);
}

/** `db` has the views of the lake on which the model was tested. */
export async function saveBacktest(
  db: Duckdb,
  dataDir: string,
  version: string,
  test: FraudTest,
): Promise<void> {
  const file = backtestFile(dataDir, version);
  await mkdir(path.dirname(file), { recursive: true });
  await db.run('CREATE OR REPLACE TEMP TABLE backtest (sequence BIGINT, fraud_probability DOUBLE)');
  const appender = await db.connection.createAppender('backtest');
  for (const [row, sequence] of test.rows.sequence.entries()) {
    appender.appendBigInt(BigInt(sequence));
    appender.appendDouble(test.fraudProbability[row] ?? NaN);
    appender.endRow();
  }
  appender.closeSync();
  await db.run(`COPY (SELECT p.payment_id, p.occurred_at, b.fraud_probability FROM backtest b JOIN payments p USING (sequence))
    TO ${quoteText(`${file}.new`)} (FORMAT parquet, COMPRESSION zstd)`);
  await rename(`${file}.new`, file);
}

/** The backtest of the model in production; nothing when there is none. */
export async function* readBacktest(
  dataDir: string,
  version: string,
  flagProbability: number,
): AsyncGenerator<GateDecision> {
  const file = backtestFile(dataDir, version);
  if (!existsSync(file)) return;
  const db = await openDuckdb(':memory:');
  try {
    const rows = await db.rows<{ payment_id: string; occurred_at: number; fraud_probability: number }>(
      `SELECT * FROM read_parquet(${quoteText(file)})`,
    );
    for (const row of rows) {
      yield {
        decisionId: `backtest_${row.payment_id}`,
        paymentId: row.payment_id,
        action: null,
        fraudProbability: row.fraud_probability,
        flagProbability,
        modelVersion: version,
        decidedAt: row.occurred_at,
      };
    }
  } finally {
    db.close();
  }
}
