import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ColumnMap } from '../../ingest/column-map.js';
import { importFile } from '../../ingest/import-file.js';
import { openLake } from '../../ingest/lake.js';
import { otherPrograms, type OtherPrograms } from '../support/other-program.js';
import { describeIfShared } from '../support/skip.js';
import { GOOD, MAP, query, scene } from './import-scene.js';

describe('importFile', () => {
  it('brings in payments with instants of India, paise and the defaults of what the file does not say', async () => {
    const { bring, lake } = await scene();
    expect(await bring(GOOD)).toMatchObject({
      outcome: 'imported',
      payments: 2,
      labels: 0,
      refunds: 0,
      rejected: 0,
      currency: 'INR',
      amountPaise: 1750n,
      fromAt: Date.UTC(2026, 0, 5, 4, 30),
      toAt: Date.UTC(2026, 0, 6, 6, 0),
    });
    const [first] = await query(lake, 'SELECT * FROM payments ORDER BY sequence');
    expect(first).toEqual({
      payment_id: 'p1',
      kind: 'payment',
      retry_of: null,
      payer_id: 'u1',
      counterparty_id: null,
      instrument_id: null,
      device_id: null,
      ip: null,
      method: null,
      category: null,
      country: null,
      latitude: null,
      longitude: null,
      amount_paise: 1050n,
      currency: 'INR',
      status: 'captured',
      failure_reason: null,
      sequence: 2n ** 32n,
      occurred_at: Date.UTC(2026, 0, 5, 4, 30),
      known_at: Date.UTC(2026, 0, 5, 4, 30),
    });
  });

  it.each<[string, string | Buffer, Partial<ColumnMap>]>([
    ['semicolons', GOOD.replaceAll(',', ';'), {}],
    ['tabs', GOOD.replaceAll(',', '\t'), {}],
    ['a delimiter that the map names', GOOD.replaceAll(',', '~'), { delimiter: '~' }],
    ['gzip', gzipSync(GOOD), {}],
    ['a byte order mark and CRLF', `\uFEFF${GOOD.replaceAll('\n', '\r\n')}`, {}],
    ['quoted line breaks and delimiters', GOOD.replace('u1', '"u1\n,a"'), {}],
    ['grouping commas', GOOD.replace('10.50', '"10.50"'), {}],
  ])('reads CSV with %s', async (_, content, map) => {
    const { bring } = await scene();
    expect(await bring(content, { map: { ...MAP, ...map } })).toMatchObject({
      payments: 2,
      amountPaise: 1750n,
    });
  });

  it('keeps every column that the map names, with its words translated', async () => {
    const { bring, lake } = await scene();
    const csv = [
      'id;at;who;amount;kind;first;known;device;ip;card;how;what;land;lat;lon;cur;state;why;bad;badAt',
      'p2;1767589200;u1;999;RETRY;p1;1767589260;d1;2001:db8::7;c1;CC;lunch;in;12.97;77.59;usd;Declined;insufficient_funds;Y;1767675600',
    ].join('\n');
    const map: ColumnMap = {
      ...MAP,
      kind: 'kind',
      retryOf: 'first',
      knownAt: 'known',
      deviceId: 'device',
      ip: 'ip',
      instrumentId: 'card',
      method: 'how',
      category: 'what',
      country: 'land',
      latitude: 'lat',
      longitude: 'lon',
      currency: 'cur',
      status: 'state',
      failureReason: 'why',
      fraud: 'bad',
      fraudKnownAt: 'badAt',
      amountUnit: 'minor',
      timeFormat: 'epoch-s',
      methods: { CC: 'card' },
      statuses: { Declined: 'failed' },
    };
    await bring(csv, { map });
    const [payment] = await query(lake, 'SELECT * EXCLUDE (counterparty_id, sequence) FROM payments');
    expect(payment).toEqual({
      payment_id: 'p2',
      kind: 'retry',
      retry_of: 'p1',
      payer_id: 'u1',
      instrument_id: 'c1',
      device_id: 'd1',
      ip: '2001:db8::7',
      method: 'card',
      category: 'lunch',
      country: 'IN',
      latitude: 12.97,
      longitude: 77.59,
      amount_paise: 999n,
      currency: 'USD',
      status: 'failed',
      failure_reason: 'insufficient_funds',
      occurred_at: 1_767_589_200_000,
      known_at: 1_767_589_260_000,
    });
    expect(await query(lake, 'SELECT fraud, source, occurred_at, known_at FROM labels')).toEqual([
      { fraud: true, source: 'import', occurred_at: 1_767_589_200_000, known_at: 1_767_675_600_000 },
    ]);
  });

  it.each<[string, string, number]>([
    ['Asia/Kolkata', '2026-07-01 10:00:00', Date.UTC(2026, 6, 1, 4, 30)],
    ['+02:00', '2026-07-01 10:00:00', Date.UTC(2026, 6, 1, 8)],
    ['Europe/London', '2026-07-01 10:00:00', Date.UTC(2026, 6, 1, 9)],
    ['Europe/London', '2026-01-01 10:00:00', Date.UTC(2026, 0, 1, 10)],
    ['Asia/Kolkata', '2026-07-01T10:00:00Z', Date.UTC(2026, 6, 1, 10)],
    ['Asia/Kolkata', '2026-07-01 10:00:00.1239+02:00', Date.UTC(2026, 6, 1, 8, 0, 0, 123)],
    ['Asia/Kolkata', '2026-07-01', Date.UTC(2026, 5, 30, 18, 30)],
  ])('reads in %s the instant %s', async (timeZone, at, expected) => {
    const { bring } = await scene();
    const result = await bring(`id,at,who,amount\np1,${at},u1,1`, { map: { ...MAP, timeZone } });
    expect(result.fromAt).toBe(expected);
  });

  it('reads a strptime format', async () => {
    const { bring } = await scene();
    const map = { ...MAP, timeFormat: '%d/%m/%Y %H:%M', timeZone: 'UTC' };
    expect((await bring('id,at,who,amount\np1,02/01/2026 03:04,u1,1', { map })).fromAt).toBe(
      Date.UTC(2026, 0, 2, 3, 4),
    );
  });

  it('stores true and false labels a fixed delay after the payment, and none where the file does not say', async () => {
    const { bring, lake } = await scene();
    const csv = 'id,at,who,amount,bad\na,2026-01-05,u,1,1\nb,2026-01-05,u,1,no\nc,2026-01-05,u,1,\n';
    expect(
      await bring(csv, { map: { ...MAP, fraud: 'bad', labelDelayDays: 2, timeZone: 'UTC' } }),
    ).toMatchObject({ labels: 2, frauds: 1 });
    expect(
      await query(lake, 'SELECT payment_id, fraud, known_at, sequence FROM labels ORDER BY payment_id'),
    ).toEqual([
      { payment_id: 'a', fraud: true, known_at: Date.UTC(2026, 0, 7), sequence: 2n ** 32n + 1n },
      { payment_id: 'b', fraud: false, known_at: Date.UTC(2026, 0, 7), sequence: 2n ** 32n + 3n },
    ]);
  });

  it('orders rows by the instant they became known, and by their place in the file within one', async () => {
    const { bring, lake } = await scene();
    await bring('id,at,who,amount\nlate,2026-01-06,u,1\nb,2026-01-05,u,1\na,2026-01-05,u,1\n');
    expect(await query(lake, 'SELECT payment_id FROM payments')).toEqual([
      { payment_id: 'b' },
      { payment_id: 'a' },
      { payment_id: 'late' },
    ]);
    expect(await query(lake, 'SELECT payment_id FROM payments ORDER BY sequence')).toEqual([
      { payment_id: 'late' },
      { payment_id: 'b' },
      { payment_id: 'a' },
    ]);
  });

  it('changes nothing when the same file comes twice', async () => {
    const { bring, lake } = await scene();
    const first = await bring(GOOD);
    const again = await bring(GOOD, {}, 'copy.csv');
    expect(again).toEqual({ ...first, outcome: 'already-imported' });
    expect(await lake.batches()).toHaveLength(1);
  });

  it('refuses payments that another file has brought', async () => {
    const { bring, folder } = await scene();
    await bring(GOOD);
    const more = `${GOOD}p3,2026-01-07 10:00:00,u3,1\n`;
    await expect(bring(more)).rejects.toThrow(
      'payments.csv line 2, column "id": "p1": id already in the lake',
    );
    expect(await bring(more, { skipBad: true, name: 'rest' })).toMatchObject({ payments: 1, rejected: 2 });
    expect(await readFile(path.join(folder, 'rejects', 'rest.csv'), 'utf8')).toBe(
      [
        'reject_line,reject_row,reject_column,reject_value,reject_reason,id,at,who,amount',
        '2,1,id,p1,id already in the lake,p1,2026-01-05 10:00:00,u1,10.50',
        '3,2,id,p2,id already in the lake,p2,2026-01-06 11:30:00,u2,7',
        '',
      ].join('\n'),
    );
  });

  it('imports the good rows with --skip-bad and keeps the bad ones with their places', async () => {
    const { bring, folder } = await scene();
    const csv =
      'id,at,who,amount\np1,2026-01-05,"u\n1",1\n\np2,soon,u2,2\np3,2026-01-05\np4,2026-01-06,u4,-4\np5,2026-01-07,u5,5\n';
    expect(await bring(csv, { skipBad: true, name: 'partly' })).toMatchObject({
      payments: 2,
      rejected: 3,
      amountPaise: 600n,
    });
    expect(await readFile(path.join(folder, 'rejects', 'partly.csv'), 'utf8')).toBe(
      [
        'reject_line,reject_row,reject_column,reject_value,reject_reason,id,at,who,amount',
        '5,2,at,soon,unparseable date,p2,soon,u2,2',
        '6,,,"p3,2026-01-05",malformed record,,,,',
        '7,3,amount,-4,negative amount,p4,2026-01-06,u4,-4',
        '',
      ].join('\n'),
    );
  });

  it('imports nothing when no row is good', async () => {
    const { bring, lake } = await scene();
    await expect(bring('id,at,who,amount\np1,soon,u1,1\n', { skipBad: true })).rejects.toThrow(
      'unparseable date',
    );
    await expect(bring('id,at,who,amount\n')).rejects.toThrow('payments.csv has no rows: nothing to import');
    expect(await lake.batches()).toEqual([]);
  });

  it('refuses a name that is no name of a batch', async () => {
    const { bring } = await scene();
    await expect(bring(GOOD, { name: '../up' })).rejects.toThrow('a batch cannot be called "../up"');
  });
});

describe('importFile with a query', () => {
  const LINES =
    'invoice,line,quantity,price,buyer,made\nA1,1,2,10.25,u1,2026-01-05\nA1,2,1,5,u1,2026-01-05\nC2,1,-1,10.25,u1,2026-01-09\n';
  const SUMS = `SELECT invoice AS payment_id, min(made) AS occurred_at, any_value(buyer) AS payer_id,
    CASE WHEN invoice LIKE 'C%' THEN 'refund' ELSE 'payment' END AS kind,
    abs(sum(quantity::INT * price::DECIMAL(18, 2))) AS amount FROM input GROUP BY invoice ORDER BY occurred_at;`;

  it('sums invoice lines to payments and refunds by canonical names', async () => {
    const { bring, lake } = await scene();
    const map: ColumnMap = { currency: { const: 'GBP' }, timeZone: 'Europe/London' };
    expect(await bring(LINES, { query: SUMS, map })).toMatchObject({
      payments: 1,
      refunds: 1,
      amountPaise: 2550n,
      refundedPaise: 1025n,
      currency: 'GBP',
    });
    expect(await query(lake, 'SELECT refund_id, payment_id, payer_id, amount_paise FROM refunds')).toEqual([
      { refund_id: 'C2', payment_id: null, payer_id: 'u1', amount_paise: 1025n },
    ]);
  });

  it('takes camelCase names, minor units and the refunded payment', async () => {
    const { bring, lake } = await scene();
    const sql = `SELECT 'r1' AS "refundId", 'p1' AS "refundOf", NULL AS "paymentId", NULL AS "payerId", 'refund' AS kind,
      TIMESTAMP '2026-01-05' AS "occurredAt", 125 AS "amountPaise" FROM input LIMIT 1`;
    expect(await bring(LINES, { query: sql, map: {} })).toMatchObject({
      payments: 0,
      refunds: 1,
      refundedPaise: 125n,
    });
    expect(await query(lake, 'SELECT refund_id, payment_id FROM refunds')).toEqual([
      { refund_id: 'r1', payment_id: 'p1' },
    ]);
  });

  it.each([
    [
      'two statements',
      'SELECT 1; SELECT 2',
      '--query must be exactly one SELECT over the view input: it has 2 statements',
    ],
    [
      'another statement',
      'DROP TABLE payments',
      '--query must be exactly one SELECT over the view input: Only SELECT',
    ],
    ['a syntax error', 'SELECT FROM WHERE', '--query must be exactly one SELECT'],
    [
      'an unknown column',
      'SELECT nothing FROM input',
      '--query failed: Binder Error: Referenced column "nothing" not found',
    ],
    [
      'a column nobody knows',
      'SELECT 1 AS payment_idd FROM input',
      'has a column "payment_idd" that is no canonical name (did you mean "payment_id"?)',
    ],
    [
      'a missing field',
      'SELECT 1 AS payment_id FROM input',
      'says the occurredAt of a payment: give a column the name occurred_at',
    ],
  ])('refuses %s', async (_, sql, message) => {
    const { bring, lake } = await scene();
    await expect(bring(LINES, { query: sql, map: {} })).rejects.toThrow(message);
    expect(await lake.batches()).toEqual([]);
  });
});

describe('an import that is killed', () => {
  let programs: OtherPrograms;
  beforeAll(async () => {
    programs = await otherPrograms(['core', 'ingest']);
  });
  afterAll(() => programs.close());

  it.each([
    ['staged', 0],
    ['recorded', 2],
    ['moved', 2],
  ])('has brought none or all of the file after death at "%s"', async (step, rows) => {
    const { folder } = await scene();
    const file = path.join(folder, 'labelled.csv');
    await writeFile(file, 'id,at,who,amount,bad\na,2026-01-05,u,1,1\nb,2026-01-05,u,1,0\n');
    const map = { ...MAP, fraud: 'bad' };
    const { child } = await programs.start(`
import { openLake } from './ingest/lake.js';
import { importFile } from './ingest/import-file.js';
process.stdout.write('ready\\n');
const lake = await openLake(${JSON.stringify(path.join(folder, 'lake'))}, undefined, (step) => {
  if (step === '${step}') process.kill(process.pid, 'SIGKILL');
});
await importFile(lake, { file: ${JSON.stringify(file)}, map: ${JSON.stringify(map)}, rejectsDir: 'unused' });
`);
    if (child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    const lake = await openLake(path.join(folder, 'lake'));
    const counts =
      'SELECT (SELECT count(*) FROM payments)::INT AS payments, (SELECT count(*) FROM labels)::INT AS labels';
    expect(await query(lake, counts)).toEqual([{ payments: rows, labels: rows }]);
    const again = await importFile(lake, { file, map, rejectsDir: folder });
    expect(again.outcome).toBe(rows === 0 ? 'imported' : 'already-imported');
    expect(await query(lake, counts)).toEqual([{ payments: 2, labels: 2 }]);
  });
});

describeIfShared('data/handbook_transactions.parquet', 'importing the Handbook transactions', (file) => {
  it('brings in all 1,303,778 payments in the order of the file with their labels', async () => {
    const { lake, folder } = await scene();
    const map: ColumnMap = {
      paymentId: 'TRANSACTION_ID',
      occurredAt: 'TX_DATETIME',
      payerId: 'CUSTOMER_ID',
      counterpartyId: 'TERMINAL_ID',
      amount: 'TX_AMOUNT',
      fraud: 'TX_FRAUD',
    };
    const result = await importFile(lake, { file, map, rejectsDir: folder });
    const [expected] = await query<{ frauds: bigint; paise: bigint }>(
      lake,
      `SELECT count(*) FILTER (TX_FRAUD = 1) AS frauds, sum((TX_AMOUNT::DECIMAL(18, 2) * 100)::BIGINT)::BIGINT AS paise FROM '${file}'`,
    );
    expect(result).toMatchObject({
      payments: 1_303_778,
      labels: 1_303_778,
      rejected: 0,
      frauds: Number(expected?.frauds),
      amountPaise: expected?.paise,
    });
    const misplaced = `SELECT count(*)::INT AS n FROM payments WHERE sequence <> 4294967296 + 2 * payment_id::BIGINT`;
    expect(await query(lake, misplaced)).toEqual([{ n: 0 }]);
  });
});

describeIfShared('data/online_retail.parquet', 'importing the online shop', (file) => {
  it('gives the revenue and the refunds of an independent sum', async () => {
    const { lake, folder } = await scene();
    const sql = `
      SELECT InvoiceNo AS payment_id, occurred_at, payer_id, country, abs(total) AS amount,
        CASE WHEN total < 0 THEN 'refund' ELSE 'payment' END AS kind
      FROM (
        SELECT InvoiceNo, min(InvoiceDate) AS occurred_at, any_value(Country) AS country,
          coalesce(any_value(CustomerID)::VARCHAR, 'guest-' || InvoiceNo) AS payer_id,
          round(sum(Quantity * UnitPrice::DECIMAL(18, 3)), 2) AS total
        FROM input GROUP BY InvoiceNo)
      WHERE total <> 0 ORDER BY occurred_at`;
    const map: ColumnMap = { currency: { const: 'GBP' }, timeZone: 'Europe/London' };
    const result = await importFile(lake, { file, map, query: sql, rejectsDir: folder });
    const [expected] = await query<{ sold: bigint; returned: bigint }>(
      lake,
      `SELECT sum(p) FILTER (p > 0)::BIGINT AS sold, -sum(p) FILTER (p < 0)::BIGINT AS returned
       FROM (SELECT (round(sum(Quantity * UnitPrice::DECIMAL(18, 3)), 2) * 100)::BIGINT AS p FROM '${file}' GROUP BY InvoiceNo)`,
    );
    expect(result).toMatchObject({ amountPaise: expected?.sold, refundedPaise: expected?.returned });
    expect(result.labels).toBe(0);
  });
});
