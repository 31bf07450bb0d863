import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { openDuckdb } from '../../core/duckdb.js';
import { writeFrame } from '../../features/write-frame.js';

it('writes every training row with its payment, instants and features, and null where there is none', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-frame-'));
  const file = path.join(folder, 'frame.parquet');
  const db = await openDuckdb(':memory:');
  const rows = 5000;
  await db.run(
    `CREATE TABLE payments AS SELECT 'pay_' || i AS payment_id, i AS sequence FROM range(${rows}) t(i)`,
  );
  const at = Float64Array.from({ length: rows }, (_, i) => 1_700_000_000_000 + i);
  await writeFrame(
    db,
    {
      frame: {
        rows,
        names: ['amount', 'payerMean1d'],
        columns: [Float32Array.from(at.keys()), new Float32Array(rows).fill(NaN)],
        categorical: [],
      },
      occurredAt: at,
      sequence: Float64Array.from(at.keys()),
      payer: new Int32Array(rows),
      amountPaise: Float64Array.from(at.keys()),
      fraudKnownAt: at.map((instant, i) => (i === 4999 ? instant + 1000 : NaN)),
    },
    file,
  );
  const [whole] = await db.rows(
    `SELECT count(*)::INTEGER AS rows, sum(amount)::INTEGER AS amounts, count("payerMean1d")::INTEGER AS means,
       count(fraud_known_at)::INTEGER AS frauds FROM '${file}'`,
  );
  expect(whole).toEqual({ rows, amounts: 12_497_500, means: 0, frauds: 1 });
  const [last] = await db.rows(
    `SELECT payment_id, asked_at, fraud_known_at FROM '${file}' WHERE fraud_known_at IS NOT NULL`,
  );
  expect(last).toEqual({
    payment_id: 'pay_4999',
    asked_at: 1_700_000_004_999,
    fraud_known_at: 1_700_000_005_999,
  });
  db.close();
  await rm(folder, { recursive: true });
});
