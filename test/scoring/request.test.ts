import { describe, expect, it } from '@jest/globals';
import { bodyHash, toInstant } from '../../scoring/request.js';

describe('an instant', () => {
  it.each([
    ['2026-01-31T10:00:00Z', Date.UTC(2026, 0, 31, 10)],
    ['2026-01-31T10:00:00.123456+05:30', Date.UTC(2026, 0, 31, 4, 30, 0, 123)],
    ['1970-01-01T00:00:00Z', 0],
  ])('%s is taken', (text, instantMs) => {
    expect(toInstant(text)).toBe(instantMs);
  });

  it.each([
    '0000-01-01T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '9999-12-31T23:59:59-00:01',
    '2016-12-31T23:59:60Z',
    '2026-02-30T25:00:00Z',
    'now',
  ])('%s is refused: the log could not hold it, or there is no such instant', (text) => {
    expect(() => toInstant(text)).toThrow('occurredAt must be an instant');
  });
});

describe('the hash of a body', () => {
  it('is the same however the fields are ordered', () => {
    expect(bodyHash({ a: 1, b: 'x' })).toBe(bodyHash({ b: 'x', a: 1 }));
  });

  it('stays what earlier versions recorded', () => {
    expect(bodyHash({ payerId: 'p', amountPaise: 1 })).toBe(
      '1767577ae3f157c106ecb71782f13e0a9205f8c9428bc4c10a40c1b9a23b2caf',
    );
  });
});
