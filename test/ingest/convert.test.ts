import { isIP } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Duckdb } from '../../core/duckdb.js';
import { openDuckdb } from '../../core/duckdb.js';
import { isAddress, minorUnits } from '../../ingest/convert.js';

let db: Duckdb;
beforeAll(async () => {
  db = await openDuckdb(':memory:', { threads: 1 });
});
afterAll(() => {
  db.close();
});

const LARGEST = 2n ** 63n - 1n;
const exponents = fc.constantFrom(0 as const, 2 as const, 3 as const);

/** A decimal text as merchants write it: signs, missing sides of the point, zeros at either end. */
const decimals = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.stringMatching(/^\d{0,20}$/),
    fc.constantFrom('', '.'),
    fc.stringMatching(/^\d{0,6}0{0,3}$/),
  )
  .map(([sign, whole, point, rest]) => `${sign}${whole}${point}${point === '' ? '' : rest}`);

/** The definition, on integers: the digits without their point, divided by what is beyond the minor unit. */
function exactMinor(text: string, exponent: number): bigint | null {
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  if (whole + fraction === '') return null;
  const scaled = BigInt(whole + fraction) * 10n ** BigInt(exponent);
  const unit = 10n ** BigInt(fraction.length);
  if (scaled % unit !== 0n) return null;
  const minor = text.startsWith('-') ? -(scaled / unit) : scaled / unit;
  return minor <= LARGEST && minor >= -LARGEST - 1n ? minor : null;
}

async function evaluate<T>(sql: string, value: string | number, type: string): Promise<T | undefined> {
  const [row] = await db.rows<{ result: T }>(`SELECT ${sql} AS result FROM (SELECT $1::${type} AS v)`, [
    String(value),
  ]);
  return row?.result;
}

describe('minorUnits', () => {
  it('of a text equals exact integer arithmetic for every decimal and exponent', async () => {
    await fc.assert(
      fc.asyncProperty(decimals, exponents, async (text, exponent) => {
        const exact = exactMinor(text, exponent);
        expect(await evaluate(minorUnits('v', 'text', exponent), text, 'VARCHAR')).toBe(exact);
      }),
      { numRuns: 400 },
    );
  });

  it('of a double is the amount that was meant, to ten trillion minor units', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -1e13, max: 1e13 }), exponents, async (minor, exponent) => {
        expect(await evaluate(minorUnits('v', 'double', exponent), minor / 10 ** exponent, 'DOUBLE')).toBe(
          BigInt(minor),
        );
      }),
      { numRuns: 400 },
    );
  });

  it('of a double whose shortest decimal has more decimals is refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1e11 }),
        fc.integer({ min: 1, max: 9 }),
        async (paise, tenths) => {
          const value = Number(`${Math.floor(paise / 100)}.${String(paise % 100).padStart(2, '0')}${tenths}`);
          expect(await evaluate(minorUnits('v', 'double', 2), value, 'DOUBLE')).toBeNull();
        },
      ),
      { numRuns: 400 },
    );
  });

  it.each([
    [17.13 * 5, 8565n],
    [0.1 + 0.2, 30n],
    [1e300, null],
    [NaN, null],
    [Infinity, null],
  ])('takes what floating point leaves behind in %d as %s', async (value, expected) => {
    expect(await evaluate(minorUnits('v', 'double', 2), value, 'DOUBLE')).toBe(expected);
  });

  it.each([
    ['10.50', 'DECIMAL(9, 2)', 1050n],
    ['10.500', 'DECIMAL(9, 3)', 1050n],
    ['10.505', 'DECIMAL(9, 3)', null],
    ['92233720368547758.07', 'DECIMAL(38, 2)', 9_223_372_036_854_775_807n],
    ['92233720368547758.08', 'DECIMAL(38, 2)', null],
    ['7', 'INTEGER', 700n],
  ])('of %s as %s is %s', async (value, type, expected) => {
    const kind = type === 'INTEGER' ? 'integer' : 'decimal';
    expect(await evaluate(minorUnits('v', kind, 2), value, type)).toBe(expected);
  });
});

describe('isAddress', () => {
  it('agrees with Node about addresses and what looks like them', async () => {
    const nearly = fc.stringMatching(/^[0-9a-f:]{2,24}(\.\d{1,3}){0,3}$/);
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.ipV4(), fc.ipV6(), nearly), async (text) => {
        expect(await evaluate(isAddress('v'), text, 'VARCHAR')).toBe(isIP(text) !== 0);
      }),
      { numRuns: 600 },
    );
  });
});
