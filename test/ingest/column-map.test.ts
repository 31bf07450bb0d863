import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ColumnMap } from '../../ingest/column-map.js';
import { readColumnMap } from '../../ingest/column-map.js';

async function read(text: string): Promise<ColumnMap> {
  const file = path.join(await mkdtemp(path.join(os.tmpdir(), 'map-')), 'map.json');
  await writeFile(file, text);
  return readColumnMap(file);
}

describe('readColumnMap', () => {
  it('takes columns, constants, options and translations', async () => {
    const map = {
      paymentId: 'ID',
      currency: { const: 'USD' },
      amountUnit: 'minor',
      labelDelayDays: 30,
      methods: { 'UPI Collect': 'upi' },
      delimiter: ';',
    };
    expect(await read(JSON.stringify(map))).toEqual(map);
  });

  it.each([
    [[], 'map.json is not a JSON object: write for instance {"paymentId":"ID"'],
    [{ payerID: 'x' }, 'has an unknown key "payerID" (did you mean "payerId"?): known keys are paymentId, '],
    [{ amountUnit: 'rupees' }, 'has "rupees" as "amountUnit": expected "major" (rupees) or "minor" (paise)'],
    [{ paymentId: 7 }, 'has 7 as "paymentId": expected the name of a column'],
    [
      { currency: { const: 'rupee' } },
      'as "currency": expected the name of a column, or a constant such as {"const":"INR"}',
    ],
    [
      { statuses: { ok: 'paid' } },
      'as "statuses": expected an object from the file\'s values to attempted, captured, failed',
    ],
    [{ delimiter: '||' }, 'has "||" as "delimiter": expected one character'],
    [{ labelDelayDays: -1 }, 'has -1 as "labelDelayDays": expected a number of days from 0 to 3650'],
  ])('refuses %j', async (map, message) => {
    await expect(read(JSON.stringify(map))).rejects.toThrow(message);
  });

  it('names the file that is missing or no JSON', async () => {
    await expect(read('{"paymentId": }')).rejects.toThrow('map.json is not JSON: ');
    await expect(readColumnMap('/nowhere/map.json')).rejects.toThrow(
      'cannot read the column map /nowhere/map.json: check the path',
    );
  });
});
