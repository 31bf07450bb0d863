import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../../core/errors.js';
import { parseNumberJson } from '../../../models/interchange/number-json.js';
import { parseUbjson } from '../../../models/interchange/ubjson.js';
import { fixture } from './fixtures.js';

/** Bytes from numbers, and from texts of which each character is one. */
function bytes(...parts: (number | string)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'number' ? [part] : [...Buffer.from(part, 'latin1')])),
  );
}

describe('UBJSON', () => {
  it('reads every kind of value', () => {
    const document = bytes(
      ...['{', 'U', 1, 'a', '[', 'Z', 'T', 'F', 'N', 'C', 'x', 'i', 255, 'I', 255, 254, ']'],
      ...['U', 1, 'b', '[#U', 2, 'S', 'i', 2, 'ab', 'd', 0x3f, 0x80, 0, 0],
      ...['U', 1, 'c', '[$I#i', 2, 1, 0, 0, 1, 'i', 1, 'd', '{$U#i', 1, 'i', 1, 'k', 7, '}'],
    );
    expect(parseUbjson(document)).toEqual({
      a: [null, true, false, 'x', -1, -2],
      b: ['ab', 1],
      c: [256, 1],
      d: { k: 7 },
    });
    const double = new DataView(new ArrayBuffer(8));
    double.setFloat64(0, -0.1);
    expect(parseUbjson(bytes('D', ...new Uint8Array(double.buffer)))).toBe(-0.1);
  });

  it('holds the same model as the JSON that XGBoost wrote beside it', () => {
    const ubjson = parseUbjson(readFileSync(fixture('xgboost-categories.ubj')));
    const json = parseNumberJson(readFileSync(fixture('xgboost-categories.json'), 'utf8'));
    const rounded = (value: unknown): unknown => {
      if (typeof value === 'number') return Number.isNaN(value) ? null : Math.fround(value);
      if (Array.isArray(value)) return value.map(rounded);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rounded(inner)]));
    };
    expect(rounded(ubjson)).toEqual(rounded(json));
  });

  it.each([
    ['an unknown marker', bytes('{U', 1, 'a?')],
    ['a negative length', bytes('Si', 255)],
    ['a length that is no whole number', bytes('Sd', 0, 0, 0, 0)],
    ['more entries than bytes', bytes('[$U#L', 0, 0, 0, 1, 0, 0, 0, 0)],
    ['a count beyond all numbers', bytes('[#L', 127, 255, 255, 255, 255, 255, 255, 255)],
    ['entries that take no bytes', bytes('[$Z#l', 127, 255, 255, 255)],
    ['a type without a count', bytes('[$U', 1, ']')],
    ['a nest without end', bytes('['.repeat(100_000))],
    ['bytes after the end', bytes('Z', 'Z')],
    ['nothing', bytes()],
  ])('refuses %s', (_name, document) => {
    expect(() => parseUbjson(document)).toThrow(AppError);
  });

  it('refuses a file that ends early, wherever it ends', () => {
    const whole = readFileSync(fixture('xgboost-unnamed.ubj'));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        expect(() => parseUbjson(whole.subarray(0, length))).toThrow(/^byte \d+ of the UBJSON file/);
      }),
    );
  });
});

describe('JSON with numbers that JSON has not', () => {
  it('reads them outside of texts only', () => {
    const text = '{"NaN":[NaN,-Infinity,Infinity],"text":"a \\"NaN, Infinity"}';
    expect(parseNumberJson(text)).toEqual({ NaN: [null, -Infinity, Infinity], text: 'a "NaN, Infinity' });
  });

  it('refuses half a document', () => {
    expect(() => parseNumberJson('{"a":[NaN,')).toThrow(/damaged or not all there/);
  });
});
