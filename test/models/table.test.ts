import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Duckdb } from '../../core/duckdb.js';
import { openDuckdb } from '../../core/duckdb.js';
import type { Table, TableRequest } from '../../models/table.js';
import { readNumberTable, readTable } from '../../models/table.js';

async function withDb<T>(work: (db: Duckdb) => Promise<T>): Promise<T> {
  const db = await openDuckdb(':memory:', { threads: 1 });
  try {
    return await work(db);
  } finally {
    db.close();
  }
}

describe('reading a table', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-table-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function read(csv: string, request: Partial<TableRequest> = {}): Promise<Table> {
    const file = path.join(folder, 'table.csv');
    await writeFile(file, csv);
    return withDb((db) => readTable(db, { file, label: 'left', exclude: [], ...request }));
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
    expect(table.notes).toEqual(['left: "yes" counts as 1']);
  });

  it('reads text that holds numbers with blanks as numbers', async () => {
    const file = path.join(folder, 'blank.parquet');
    const table = await withDb(async (db) => {
      await db.run(`COPY (SELECT * FROM (VALUES ('29.85', 'No'), (' ', 'Yes'), ('108.15', 'No')) AS t(total, left_))
      TO '${file}' (FORMAT parquet)`);
      return readTable(db, { file, label: 'left_', exclude: [] });
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
      'on day',
      'on weekday',
      'at',
      'at month',
      'at day',
      'at weekday',
      'at hour',
    ]);
    expect(column(table, 'on')).toEqual([20458, 20485]);
    expect(column(table, 'at weekday')).toEqual([1, 7]);
    expect(column(table, 'at hour')).toEqual([18.5, 0]);
    expect(column(table, 'at day')).toEqual([5, 1]);
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
    expect([...(table.time?.at ?? [])].map((at) => at >= table.time!.testFrom)).toEqual([false, true, true]);
    const byNumber = await read('step,x,left\n1,1,0\n2,2,1\n', { time: { column: 'step', testFrom: '2' } });
    expect(byNumber.frame.names).toEqual(['x']);
    expect(byNumber.time).toEqual({ at: Float64Array.of(1, 2), testFrom: 2 });
  });

  it.each([
    ['05/01/2026', '17/02/2026', [20458, 20501]],
    ['01/17/2026', '02/05/2026', [20470, 20489]],
    ['05-Jan-2026', '17-Feb-2026', [20458, 20501]],
    ['2026-01-05T00:00:00Z', '2026-01-05T20:00:00+05:30', [20458 + 5.5 / 24, 20458 + 20 / 24]],
  ])('reads %s and %s as dates, the day first where both are possible', async (one, other, days) => {
    const table = await read(`on,left\n${one},1\n${other},0\n`);
    expect(table.frame.names[0]).toBe('on');
    column(table, 'on').forEach((day, row) => expect(day).toBeCloseTo(days[row]!, 2));
  });

  it('says the year where there are several', async () => {
    const table = await read('on,left\n2025-12-31,1\n2026-01-01,0\n');
    expect(column(table, 'on year')).toEqual([2025, 2026]);
  });

  it('reads amounts with signs and groups, percentages, words for nothing and infinities', async () => {
    const table = await read(
      'paid,rate,x,left\n"₹1,23,456.50",12.5%,inf,1\n₹50,7%,NA,0\n"$1,234,567",100%,-1e300,0\n',
    );
    expect(table.frame.categorical).toEqual([]);
    expect(column(table, 'paid')).toEqual([123456.5, 50, 1234567]);
    expect(column(table, 'rate')).toEqual([12.5, 7, 100]);
    expect(column(table, 'x')).toEqual([Infinity, NaN, -Infinity]);
  });

  it('keeps the most frequent of too many texts and lets the rarest share a category', async () => {
    const texts = Array.from({ length: 70_000 }, (_, k) => `t${k},${k % 2}\nt${k},1\n`);
    const table = await read(`text,left\n${texts.join('')}often,1\noften,0\noften,1\n`);
    const codes = new Set(column(table, 'text'));
    expect([codes.size, Math.max(...codes)]).toEqual([65_536, 65_535]);
    expect(column(table, 'text').at(-1)).toBe(0);
    expect(table.notes.join()).toMatch(/text: 70001 different texts/);
  });

  it('leaves constant columns out and says so, but not one with gaps', async () => {
    const table = await read('same,gap,x,left\n1,7,1,1\n1,,2,0\n');
    expect(table.frame.names).toEqual(['gap', 'x']);
    expect(table.notes).toContain('same: left out, it has one value only');
  });

  it('takes one SELECT for the table, with groups and weights that are no features', async () => {
    const csv = 'order,amount,left\na,1,1\na,2,0\nb,3,1\n,4,0\n,5,0\n';
    const query = 'SELECT "order", amount::INT AS amount, amount::INT / 2 AS half, 2 AS w, "left" FROM input';
    const table = await read(csv, { query, group: 'order', weights: 'w' });
    expect(table.frame.names).toEqual(['amount', 'half']);
    const [a, again, b, none, other] = table.group ?? [];
    expect(a).toBe(again);
    expect(new Set([a, b, none, other]).size).toBe(4);
    expect([...(table.weights ?? [])]).toEqual([2, 2, 2, 2, 2]);
    await expect(read(csv, { weights: 'order' })).rejects.toThrow(/weights "order" hold no number in/);
    await expect(read(csv, { query: 'DROP VIEW input' })).rejects.toThrow(/exactly one SELECT/);
  });

  it('sets malformed lines aside and counts them', async () => {
    const table = await read('x,left\n1,1\n2,0,3\n4,0\n');
    expect(column(table, 'x')).toEqual([1, 4]);
    expect(table.notes[0]).toMatch(/^1 lines left out/);
  });

  it('reads a label that is a number, and refuses one that is not', async () => {
    const file = path.join(folder, 'number.csv');
    const readNumber = async (csv: string): Promise<number[]> => {
      await writeFile(file, csv);
      const request = { file, label: 'paid', exclude: [] };
      return [...(await withDb((db) => readNumberTable(db, request))).y];
    };
    expect(await readNumber('x,paid\n1,2.5\n2,\n3,-1\n')).toEqual([2.5, -1]);
    await expect(readNumber('x,paid\n1,2\n2,inf\n')).rejects.toThrow(/"paid" holds "inf"/);
    await expect(readNumber('x,paid\n1,2\n2,much\n')).rejects.toThrow(/"paid" holds "much"/);
    await expect(readNumber('x,paid\n1,2\n2,2\n')).rejects.toThrow(/one value only/);
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
    ['x,lift\n1,2\n', /no column "left" \(did you mean "lift"\?\)/],
    ['x,x,left\n1,2,1\n', /names the column "x" twice: rename one/],
    ['x,left\n1,1\n2,2\n3,3\n', /or predict the number with --objective squared/],
  ])('refuses %j with one sentence', async (csv, message) => {
    await expect(read(csv)).rejects.toMatchObject({
      name: 'AppError',
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('refuses a missing file and a start of the test that is no time', async () => {
    const request = { file: path.join(folder, 'none.csv'), label: 'x', exclude: [] };
    await expect(withDb((db) => readTable(db, request))).rejects.toThrow(/cannot open .*none\.csv/);
    const time = { column: 'on', testFrom: 'soon' };
    await expect(read('on,left\n2026-01-01,1\n2026-01-02,0\n', { time })).rejects.toThrow(/needs a date/);
  });
});
