/**
 * A million card payments of 5,000 payers at 10,000 terminals as a Parquet file: the Fraud Detection Handbook's
 * transactions where they are at hand, otherwise seeded payments of the same size and shape.
 */
import path from 'node:path';
import { openDuckdb } from '../../core/duckdb.js';
import { publicFile } from './public-file.js';

export const PAYMENTS_MAP = {
  paymentId: 'TRANSACTION_ID',
  occurredAt: 'TX_DATETIME',
  payerId: 'CUSTOMER_ID',
  counterpartyId: 'TERMINAL_ID',
  amount: 'TX_AMOUNT',
  amountUnit: 'major',
  fraud: 'TX_FRAUD',
} as const;

export async function paymentsFile(folder: string): Promise<{ file: string; from: string }> {
  const handbook = publicFile('handbook_transactions.parquet');
  if (handbook !== null) return { file: handbook, from: 'Handbook transactions' };
  const file = path.join(folder, 'payments.parquet');
  const db = await openDuckdb(':memory:', { threads: 1 });
  await db.run('SELECT setseed(0.5)');
  await db.run(`COPY (
    SELECT i::INTEGER AS TRANSACTION_ID, TIMESTAMP '2018-04-01' + to_seconds(i * 9) AS TX_DATETIME,
      (random() * 5000)::INTEGER AS CUSTOMER_ID, (random() * 10000)::INTEGER AS TERMINAL_ID,
      round(5 + 100 * random() * random(), 2) AS TX_AMOUNT, (random() < 0.008)::TINYINT AS TX_FRAUD
    FROM range(1300000) t(i)) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`);
  db.close();
  return { file, from: 'seeded payments' };
}
