import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Duckdb } from '../../core/duckdb.js';
import { openDuckdb } from '../../core/duckdb.js';
import type { Table, TableRequest } from '../../models/table.js';
import { readTable } from '../../models/table.js';

describe('reading a table', () => {
  let db: Duckdb;
  let folder: string;
  beforeAll(async () => {
    db = await openDuckdb(':memory:', { threads: 1 });
    folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-table-'));
  });
  afterAll(async () => {
    db.close();
    await rm(folder, { recursive: true });
  });

  async function read(csv: string, request: Partial<TableRequest> = {}): Promise<Table> {
    const file = path.join(folder, 'table.csv');
    await writeFile(file, csv);
    return readTable(db, { file, label: 'left', exclude: [], ...request });
  }

  function column(table: Table, name: string): number[] {
    return [...(table.frame.columns[table.frame.names.indexOf(name)] ?? [])];
  }

  it('takes numbers, booleans, categories and nulls as they are', async () => {
    const table = await read('n,flag,plan,left\n1.5,true,basic,yes\n,false,,no\n3,true,annual,no\n');
    expect(table.frame.names).toEqual(['n', 'flag', 'plan']);
    expect(table.frame.categorical).toEqual(['plan']);
    expect(column(table, 'n')).toEqual([1.5, NaN, 3]);
    expect(column(table, 'flag')).toEqual([1, 0, 1]);
    expect(column(table, 'plan')).toEqual([1, NaN, 0]);
    expect([...table.y]).toEqual([1, 0, 0]);
    expect(table.notes).toEqual(['left: "true" counts as 1']);
  });

  it('reads text that holds numbers with blanks as numbers', async () => {
    await db.run(`COPY (SELECT * FROM (VALUES ('29.85', 'No'), (' ', 'Yes'), ('108.15', 'No')) AS t(total, left_))
      TO '${path.join(folder, 'blank.parquet')}' (FORMAT parquet)`);
    const table = await readTable(db, {
      file: path.join(folder, 'blank.parquet'),
      label: 'left_',
      exclude: [],
    });
    expect(table.frame.categorical).toEqual([]);
    expect(column(table, 'total')).toEqual([Math.fround(29.85), NaN, Math.fround(108.15)]);
    expect([...table.y]).toEqual([0, 1, 0]);
  });

  it('expands dates into a trend and the calendar', async () => {
    const table = await read(
      'on,at,left\n2026-01-05,2026-01-05 18:30:00,1\n2026-02-01,2026-02-01 00:00:00,0\n',
    );
    expect(table.frame.names).toEqual([
      'on',
      'on month',
      'on weekday',
      'at',
      'at month',
      'at weekday',
      'at hour',
    ]);
    expect(column(table, 'on')).toEqual([20458, 20485]);
    expect(column(table, 'at weekday')).toEqual([1, 7]);
    expect(column(table, 'at hour')).toEqual([18, 0]);
  });

  it('leaves out identifiers and empty columns and says so', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => `cus_${i},${1000 + i},,${i % 7},${i % 2}`);
    const table = await read(`customer,order_id,nothing,visits,left\n${rows.join('\n')}\n`);
    expect(table.frame.names).toEqual(['visits']);
    expect(table.notes.filter((note) => note.includes('left out'))).toHaveLength(3);
  });

  it('leaves out what it is told to, and rows without a label', async () => {
    const table = await read('a,b,left\n1,2,1\n3,4,\n5,6,0\n', { exclude: ['b'] });
    expect(table.frame.names).toEqual(['a']);
    expect(column(table, 'a')).toEqual([1, 5]);
    expect(table.notes).toContain('1 rows left out: no label');
  });

  it('splits by time without learning the trend of the splitting column', async () => {
    const csv = 'at,x,left\n2026-01-01 10:00:00,1,0\n2026-01-02 10:00:00,2,1\n2026-01-03 10:00:00,3,0\n';
    const table = await read(csv, { time: { column: 'at', testFrom: '2026-01-02 10:00:00' } });
    expect(table.frame.names).toEqual(['at weekday', 'at hour', 'x']);
    expect([...(table.time?.isTest ?? [])]).toEqual([0, 1, 1]);
    const byNumber = await read('step,x,left\n1,1,0\n2,2,1\n', { time: { column: 'step', testFrom: '2' } });
    expect(byNumber.frame.names).toEqual(['x']);
    expect([...(byNumber.time?.isTest ?? [])]).toEqual([0, 1]);
  });

  it.each([
    ['1', '0', '1'],
    ['churned', 'active', 'churned'],
    ['Y', 'n', 'Y'],
    ['good', 'bad', 'good'],
    ['1', '2', '2'],
  ])('of the labels %s and %s takes %s as 1', async (one, other, positive) => {
    const table = await read(`x,left\n1,${one}\n2,${other}\n`);
    expect(table.positive).toBe(positive);
    expect([...table.y]).toEqual([one, other].map((value) => Number(value === positive)));
  });

  it.each([
    ['x,left\n1,a\n2,b\n3,c\n', /"left" holds a, b, c; name a column with two values/],
    ['x,left\n1,1\n2,1\n', /holds 1; name a column with two values/],
    ['x,left\n1,\n', /holds nothing/],
    ['x,left\n', /no rows below its header/],
    ['', /table\.csv/],
    ['x,gone\n1,2\n', /no column "left"; its columns are x, gone/],
  ])('refuses %j with one sentence', async (csv, message) => {
    await expect(read(csv)).rejects.toMatchObject({
      name: 'AppError',
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('refuses a missing file and a start of the test that is no time', async () => {
    await expect(
      readTable(db, { file: path.join(folder, 'none.csv'), label: 'x', exclude: [] }),
    ).rejects.toThrow(/there is no file/);
    const time = { column: 'on', testFrom: 'soon' };
    await expect(read('on,left\n2026-01-01,1\n2026-01-02,0\n', { time })).rejects.toThrow(/needs a date/);
  });
});
