import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ColumnMap } from '../../ingest/column-map.js';
import { importFile } from '../../ingest/import-file.js';
import { GOOD, MAP, scene } from './import-scene.js';

describe('what importFile refuses', () => {
  const row = (id: string, at: string, who: string, amount: string): string =>
    `id,at,who,amount\nok,2026-01-05,u,1\n${id},${at},${who},${amount}\n`;

  it.each([
    [
      'a bad date',
      row('p', '31/01/2026', 'u', '1'),
      'line 3, column "at": "31/01/2026": unparseable date: write dates as 2026-01-31 18:30:00',
    ],
    ['a date of no age', row('p', '0026-01-05', 'u', '1'), 'column "at": "0026-01-05": unparseable date'],
    ['no date', row('p', '', 'u', '1'), 'column "at": empty: missing date'],
    [
      'a negative amount',
      row('p', '2026-01-05', 'u', '-0.01'),
      'column "amount": "-0.01": negative amount: bring refunds as rows of kind "refund"',
    ],
    ['half a paisa', row('p', '2026-01-05', 'u', '1.005'), '"1.005": non-integer minor amount: round it'],
    [
      'a decimal comma',
      row('p', '2026-01-05', 'u', '"10,50"'),
      '"10,50": unparseable amount: write amounts as 1234.50',
    ],
    ['an amount beyond counting', row('p', '2026-01-05', 'u', '1e300'), '"1e300": amount out of range'],
    ['no amount', row('p', '2026-01-05', 'u', ''), 'column "amount": empty: missing amount'],
    ['no id', row('', '2026-01-05', 'u', '1'), 'column "id": empty: missing id'],
    ['no payer', row('p', '2026-01-05', ' ', '1'), 'column "who": empty: missing payer'],
    [
      'an id twice',
      row('ok', '2026-01-05', 'u', '1'),
      'line 3, column "id": "ok": duplicate id (first in line 2)',
    ],
    [
      'too few fields',
      'id,at,who,amount\nok,2026-01-05,"u\nv",1\np,2026-01-05,u\n',
      'line 4: "p,2026-01-05,u": malformed record',
    ],
    [
      'too many fields',
      'id,at,who,amount\nok,2026-01-05,u,1\n\np,2026-01-05,u,1,2\n',
      'line 4: "p,2026-01-05,u,1,2": malformed record',
    ],
  ])('%s', async (_, csv, message) => {
    const { bring, lake } = await scene();
    await expect(bring(csv)).rejects.toThrow(message);
    await expect(bring(csv)).rejects.toThrow('add --skip-bad to import the other rows');
    expect(await lake.batches()).toEqual([]);
  });

  it.each<[keyof ColumnMap, string, string]>([
    ['kind', 'gift', 'unknown kind: use payment, retry, dunning or refund'],
    ['status', 'maybe', 'unknown status: use attempted, captured or failed, or translate it with "statuses"'],
    ['fraud', 'perhaps', 'not a yes or no'],
    ['knownAt', '2026-01-01', 'occurred after it was known'],
    ['knownAt', 'later', 'unparseable date'],
    ['fraudKnownAt', '2026-01-01', 'label known before its payment'],
    ['ip', '256.1.1.1', 'not an IP address'],
    ['latitude', '90.5', 'not a latitude'],
    ['longitude', 'east', 'not a longitude'],
    ['currency', '', 'missing currency'],
  ])('%s "%s" in its column', async (field, value, message) => {
    const { bring } = await scene();
    const csv = `id,at,who,amount,extra,bad\np,2026-01-05 10:00:00,u,1,${value},1\n`;
    const shown = value === '' ? 'empty' : `"${value}"`;
    const map = { ...MAP, fraud: 'bad', [field]: 'extra' };
    await expect(bring(csv, { map })).rejects.toThrow(
      `payments.csv line 2, column "extra": ${shown}: ${message}`,
    );
  });

  it('several currencies, even with --skip-bad', async () => {
    const { bring } = await scene();
    const csv = 'id,at,who,amount,cur\na,2026-01-05,u,1,INR\nb,2026-01-05,u,1,usd\n';
    const mixed = bring(csv, { map: { ...MAP, currency: 'cur' }, skipBad: true });
    await expect(mixed).rejects.toThrow(
      'payments.csv, row 2, column "cur": "USD" after "INR" in row 1: a file has one currency',
    );
  });

  it.each<[string, ColumnMap, string]>([
    [
      'a column that is not there',
      { ...MAP, amount: 'amuont' },
      'payments.csv has no column "amuont", which is the map\'s "amount" (did you mean "amount"?)',
    ],
    [
      'a required field without a column',
      { paymentId: 'id', occurredAt: 'at', amount: 'amount' },
      'says the payerId of a payment: add "payerId" to the map',
    ],
    [
      'no time zone',
      { ...MAP, timeZone: 'Asia/Bangalore' },
      '"timeZone" is "Asia/Bangalore", which is no time zone',
    ],
    ['no time format', { ...MAP, timeFormat: '%Q' }, '"timeFormat" is "%Q", which is no strptime format'],
  ])('a map with %s', async (_, map, message) => {
    const { bring } = await scene();
    await expect(bring(GOOD, { map })).rejects.toThrow(message);
  });

  it('numbers as instants without a format', async () => {
    const { bring } = await scene();
    const sql = `SELECT id AS payment_id, 1767589200 AS occurred_at, who AS payer_id, amount FROM input`;
    await expect(bring(GOOD, { query: sql, map: {} })).rejects.toThrow(
      'the column "occurred_at" has instants as INTEGER: say "timeFormat"',
    );
  });

  it.each<[string, string | Buffer, string]>([
    ['an empty file', '', 'is empty'],
    ['a workbook', Buffer.from('PK\u0003\u0004....'), 'is a ZIP archive or an Excel workbook'],
    ['UTF-16', Buffer.from('\uFEFFid,at', 'utf16le'), 'neither Parquet nor UTF-8 text'],
    ['a broken Parquet file', 'PAR1 and nothing else', 'cannot read'],
    ['a column named twice', 'id,id,at\n1,2,3\n', 'names the column "id" twice'],
    ['a file of one column', 'id\n1\n', 'has a single column'],
  ])('%s', async (_, content, message) => {
    const { bring } = await scene();
    await expect(bring(content)).rejects.toThrow(message);
  });

  it('a file that is not there', async () => {
    const { lake, folder } = await scene();
    const missing = importFile(lake, { file: path.join(folder, 'none.csv'), map: MAP, rejectsDir: folder });
    await expect(missing).rejects.toThrow('none.csv: check the path');
  });
});
