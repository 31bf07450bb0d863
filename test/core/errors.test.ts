import { describe, expect, it } from '@jest/globals';
import { AppError, assert } from '../../core/errors.js';

describe('an operational failure', () => {
  it('keeps its code, its kind, its cause and the place of the fault', () => {
    const cause = new Error('disk full');
    const details = { file: 'payments.csv', line: 7 };
    const error = new AppError('bad-input', 'bad-row', 'line 7 has no amount', { cause, details });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'AppError', kind: 'bad-input', code: 'bad-row', details, cause });
    expect(String(error)).toBe('AppError: line 7 has no amount');
    expect('cause' in new AppError('bad-input', 'bad-row', 'no cause')).toBe(false);
  });

  it.each([
    ['unavailable', true],
    ['bad-input', false],
    ['conflict', false],
    ['internal', false],
  ] as const)('of the kind %s is worth repeating unless it says otherwise: %s', (kind, retryable) => {
    expect(new AppError(kind, 'a', 'b').retryable).toBe(retryable);
    expect(new AppError(kind, 'a', 'b', { retryable: !retryable }).retryable).toBe(!retryable);
  });
});

describe('an assertion', () => {
  it('throws what is no operational failure', () => {
    expect(() => assert(1 + 1 === 2, 'sums')).not.toThrow();
    expect(() => assert(0, 'rows are sorted')).toThrow(new Error('assertion failed: rows are sorted'));
    expect(() => assert(null, 'rows')).not.toThrow(AppError);
  });
});
