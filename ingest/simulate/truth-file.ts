/**
 * The simulator's truth as a table in a file, CSV or Parquet by its extension: one row for each fraudulent attempt and one
 * for each paid subscription cycle. Columns: kind (payment, subscription), id, day (Kolkata), monthly_churn_hazard,
 * fraud_mechanic. The rows include those whose facts would be known only after the history.
 */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { extname } from 'node:path';
import type { Truth } from './truth.js';
import { AppError } from '../../core/errors.js';
import { dayOf, formatDay } from '../../core/days.js';
import { openDuckdb } from '../../core/duckdb.js';
import { quoteText } from '../sql-quote.js';

interface TruthFile extends Truth {
  /** Completes the file; returns its number of rows. */
  finish(): Promise<number>;
}

const HEADER = 'kind,id,day,monthly_churn_hazard,fraud_mechanic\n';
const ROWS_A_WRITE = 5_000;

function openForWriting(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (cause) {
    throw new AppError(
      'bad-input',
      'truth-unwritable',
      `cannot write the truth to ${path}: give a file in a folder that exists`,
      { cause },
    );
  }
}

async function toParquet(csv: string, parquet: string): Promise<void> {
  const db = await openDuckdb(':memory:');
  const types = `{'kind': 'VARCHAR', 'id': 'VARCHAR', 'day': 'DATE', 'monthly_churn_hazard': 'DOUBLE', 'fraud_mechanic': 'VARCHAR'}`;
  try {
    await db.run(
      `COPY (FROM read_csv(${quoteText(csv)}, header = true, columns = ${types})) TO ${quoteText(parquet)} (FORMAT parquet)`,
    );
  } finally {
    db.close();
    rmSync(csv, { force: true });
  }
}

export function openTruthFile(path: string): TruthFile {
  const extension = extname(path).toLowerCase();
  if (extension !== '.csv' && extension !== '.parquet') {
    throw new AppError(
      'bad-input',
      'truth-format',
      `the truth file must end in .csv or .parquet, not '${path}'`,
    );
  }
  const csv = extension === '.csv' ? path : `${path}.csv`;
  const file = openForWriting(csv);
  let lines: string[] = [HEADER];
  let rows = 0;
  const flush = (): void => {
    writeSync(file, lines.join(''));
    lines = [];
  };
  const add = (line: string): void => {
    lines.push(line);
    rows++;
    if (lines.length >= ROWS_A_WRITE) flush();
  };
  return {
    payment: (id, occurredAt, mechanic) =>
      add(`payment,${id},${formatDay(dayOf(occurredAt))},,${mechanic}\n`),
    subscription: (id, day, hazard) => add(`subscription,${id},${formatDay(day)},${hazard.toFixed(6)},\n`),
    finish: async () => {
      flush();
      closeSync(file);
      if (csv !== path) await toParquet(csv, path);
      return rows;
    },
  };
}
