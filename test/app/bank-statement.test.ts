import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readStatement } from '../../app/bank-statement.js';

const COLUMNS = {
  day: 'Value Date',
  amount: 'Credit',
  narration: 'Narration',
  utr: 'utr',
  reference: 'reference',
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-statement-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function statement(...lines: string[]): Promise<string> {
  const file = path.join(folder, 'statement.csv');
  await writeFile(file, ['Value Date,Narration,Debit,Credit', ...lines, ''].join('\n'));
  return file;
}

it('reads credits to the paisa with the days and amounts of Indian banks, and leaves debits out', async () => {
  const file = await statement(
    '03/06/2026,"NEFT CR-YESB-RAZORPAY-utr1",,"1,23,456.7"',
    '2026-06-04,Rent,"25,000.00",',
    '05-06-2026,Salary refund,,100',
  );
  const credit = { reference: null, currency: 'INR', utr: null };
  expect(await readStatement(file, COLUMNS)).toEqual([
    {
      ...credit,
      creditedOn: '2026-06-03',
      amountPaise: 123_456_70n,
      narration: 'NEFT CR-YESB-RAZORPAY-utr1',
    },
    { ...credit, creditedOn: '2026-06-05', amountPaise: 100_00n, narration: 'Salary refund' },
  ]);
});

it.each([
  ['an amount of three decimals', '03/06/2026,NEFT,,1.234', 'record 1: the amount'],
  ['a day that does not exist', '31/06/2026,NEFT,,1.00', 'record 1: the day'],
])('stops at %s with its record', async (_what, line, message) => {
  const file = await statement(line);
  await expect(readStatement(file, COLUMNS)).rejects.toThrow(message);
});

it('says which column is missing, and that a file is', async () => {
  const file = await statement('03/06/2026,NEFT,,1.00');
  await expect(readStatement(file, { ...COLUMNS, amount: 'amount' })).rejects.toThrow('has no column amount');
  await expect(readStatement(path.join(folder, 'none.csv'), COLUMNS)).rejects.toMatchObject({
    code: 'statement-unreadable',
  });
});
