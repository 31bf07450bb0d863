import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openDuckdb } from '../../core/duckdb.js';

describe('duckdb', () => {
  it('gives plain values: bigint, epoch milliseconds, numbers and nulls', async () => {
    const db = await openDuckdb(':memory:');
    const [row] = await db.rows(`SELECT 9007199254740993::BIGINT AS paise, sum(1::BIGINT) AS total,
      TIMESTAMP '2026-04-01 00:00:00.5' AS at, TIMESTAMPTZ '2026-04-01 05:30:00+05:30' AS zoned, DATE '2026-04-01' AS day,
      1.25::DECIMAL(9,2) AS ratio, 2.5::DOUBLE AS double, 3::INTEGER AS small, NULL AS nothing, 'x' AS text, true AS yes,
      [TIMESTAMP '1970-01-01 00:00:01'] AS list, {'at': TIMESTAMP '1970-01-01 00:00:02'} AS struct`);
    expect(row).toEqual({
      paise: 9007199254740993n,
      total: 1n,
      at: Date.UTC(2026, 3, 1, 0, 0, 0, 500),
      zoned: Date.UTC(2026, 3, 1),
      day: Date.UTC(2026, 3, 1),
      ratio: 1.25,
      double: 2.5,
      small: 3,
      nothing: null,
      text: 'x',
      yes: true,
      list: [1000],
      struct: { at: 2000 },
    });
    db.close();
  });

  it('binds parameters by position', async () => {
    const db = await openDuckdb(':memory:');
    await db.run('CREATE TABLE t (name VARCHAR, paise BIGINT)');
    await db.run('INSERT INTO t VALUES ($1, $2)', [`Ann's`, 10n ** 17n]);
    expect(await db.rows('SELECT * FROM t WHERE name = $1', [`Ann's`])).toEqual([
      { name: `Ann's`, paise: 10n ** 17n },
    ]);
    db.close();
  });

  it('lets many readers open a file that nobody writes, and says why it cannot open one', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-duckdb-'));
    const file = path.join(folder, 'warehouse.duckdb');
    const writer = await openDuckdb(file);
    await writer.run('CREATE TABLE t AS SELECT 1 AS one');
    writer.close();
    const readers = await Promise.all([1, 2].map(() => openDuckdb(file, { readOnly: true, threads: 1 })));
    for (const reader of readers) {
      expect(await reader.rows('SELECT * FROM t')).toEqual([{ one: 1 }]);
      await expect(reader.run('INSERT INTO t VALUES (2)')).rejects.toThrow('read-only');
      reader.close();
    }
    const missing = path.join(folder, 'missing.duckdb');
    await expect(openDuckdb(missing, { readOnly: true })).rejects.toThrow(
      `cannot open the DuckDB file ${missing}`,
    );
    await rm(folder, { recursive: true });
  });
});
