import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openDuckdb } from '../../../core/duckdb.js';
import { openTruthFile } from '../../../ingest/simulate/truth-file.js';

async function write(name: string): Promise<{ folder: string; path: string; rows: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'truth-'));
  const path = join(folder, name);
  const file = openTruthFile(path);
  file.payment('pay_a', Date.UTC(2026, 0, 1, 20), 'card_testing');
  file.subscription('sub_b', 20_454, 0.0312345678);
  return { folder, path, rows: await file.finish() };
}

describe('the truth file', () => {
  it('is CSV when its name says so', async () => {
    const { path, rows } = await write('truth.csv');
    expect(rows).toBe(2);
    expect(await readFile(path, 'utf8')).toBe(
      'kind,id,day,monthly_churn_hazard,fraud_mechanic\npayment,pay_a,2026-01-02,,card_testing\nsubscription,sub_b,2026-01-01,0.031235,\n',
    );
  });

  it('is Parquet when its name says so, and leaves nothing else behind', async () => {
    const { folder, path } = await write('truth.parquet');
    expect(await readdir(folder)).toEqual(['truth.parquet']);
    const db = await openDuckdb(':memory:');
    const rows = await db.rows(
      'SELECT kind, id, day::VARCHAR AS day, monthly_churn_hazard, fraud_mechanic FROM read_parquet($1)',
      [path],
    );
    db.close();
    expect(rows).toEqual([
      {
        kind: 'payment',
        id: 'pay_a',
        day: '2026-01-02',
        monthly_churn_hazard: null,
        fraud_mechanic: 'card_testing',
      },
      {
        kind: 'subscription',
        id: 'sub_b',
        day: '2026-01-01',
        monthly_churn_hazard: 0.031235,
        fraud_mechanic: null,
      },
    ]);
  });

  it('refuses other formats and folders that are not there', () => {
    expect(() => openTruthFile('truth.json')).toThrow(/must end in .csv or .parquet/);
    expect(() => openTruthFile('/nowhere/at/all/truth.csv')).toThrow(/cannot write the truth/);
  });
});
