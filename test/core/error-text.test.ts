import { describe, expect, it } from '@jest/globals';
import { errorStack, errorText } from '../../core/error-text.js';

describe('the text of an error', () => {
  it.each([
    ['an e-mail address', 'no parent@example.com there', 'no [address] there'],
    ['a UPI id', 'debit of (asha.k@okbank) refused', 'debit of ([address]) refused'],
    ['a login', 'cannot reach postgres://user:pw@host:5432/db', 'cannot reach [address]'],
    ['a phone number', 'to +91 98765 43210: refused', 'to [number]: refused'],
    ['one without its country', 'to 9876543210, 98765 43210', 'to [number], [number]'],
  ])('is without %s', (_what, message, expected) => {
    expect(errorText(new Error(message))).toBe(expected);
    expect(errorText(message)).toBe(expected);
  });

  it('keeps ids, days, instants and amounts', () => {
    const message = 'inv_01J0ABCDEF1234567890 of 2026-07-01T10:00:00.000Z owes 123450 after 3 tries';
    expect(errorText(new Error(message))).toBe(message);
  });

  it('is without a value that PostgreSQL could not read, in the stack too', () => {
    const error = Object.assign(new Error('invalid input syntax for type bigint: "Asha K"'), {
      code: '22P02',
    });
    expect(errorText(error)).toBe('invalid input syntax for type bigint');
    expect(errorStack(error)).not.toContain('Asha');
    expect(errorStack(error)).toContain('error-text.test');
  });
});
