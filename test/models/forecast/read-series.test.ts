import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuckdb } from '../../../core/duckdb.js';
import { readSeries, type SeriesTable } from '../../../models/forecast/read-series.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'series-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const day = (i: number): string => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);

async function read(rows: readonly (readonly [string, string, string])[]): Promise<SeriesTable> {
  const file = join(folder, 'series.csv');
  writeFileSync(file, ['s,t,v', ...rows.map((row) => row.join(','))].join('\n'));
  const db = await openDuckdb(':memory:');
  try {
    return await readSeries(db, { file, series: 's', time: 't', value: 'v', h: 2 });
  } finally {
    db.close();
  }
}

const counting = (n: number, at: (i: number) => string = day): [string, string, string][] =>
  Array.from({ length: n }, (_, i) => ['a', at(i), String(i)]);

describe('a table of series', () => {
  it('may hold its rows in any order, and its last steps are the test', async () => {
    const { series, notes } = await read(counting(10).reverse());
    expect([...series[0]!.train]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...series[0]!.test]).toEqual([8, 9]);
    expect(notes).toEqual([]);
  });

  it('takes what is no number for a gap, and says how many', async () => {
    const rows = counting(10);
    for (const [i, text] of [
      [2, 'many'],
      [3, 'inf'],
      [4, '1e200'],
      [5, 'NaN'],
      [6, ''],
    ] as const)
      rows[i]![2] = text;
    const { series, notes } = await read(rows);
    expect([...series[0]!.train]).toEqual([0, 1, NaN, NaN, NaN, NaN, NaN, 7]);
    expect(notes).toEqual(['values that are no numbers, or larger than 1e+100, count as gaps: 4']);
  });

  it('says that series of several frequencies share a season', async () => {
    const weekly = counting(10, (i) => day(7 * i)).map(([, time, value]) => ['b', time, value] as const);
    expect((await read([...counting(10), ...weekly])).notes).toEqual([
      'series by day and by week together, with one season and one horizon',
    ]);
  });

  it('refuses a time twice, a change of frequency and a series without a value to learn from', async () => {
    await expect(read([...counting(10), ['a', day(3), '5']])).rejects.toThrow(/several values at 2024-01-04/);
    const later = counting(10, (i) => day(20 + 7 * i));
    await expect(read([...counting(20), ...later])).rejects.toThrow(/changes its frequency/);
    await expect(read(counting(2))).rejects.toThrow(/no series has a value to learn from/);
  });
});
