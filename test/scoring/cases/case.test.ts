import { describe, expect, it } from '@jest/globals';
import { advance } from '../../../scoring/cases/case.js';
import type { CaseStatus } from '../../../scoring/cases/case.js';

describe('the life of a case', () => {
  it.each`
    status        | assign        | note          | close        | reopen
    ${'open'}     | ${'assigned'} | ${'open'}     | ${'refused'} | ${'refused'}
    ${'assigned'} | ${'assigned'} | ${'assigned'} | ${'closed'}  | ${'refused'}
    ${'closed'}   | ${'refused'}  | ${'closed'}   | ${'refused'} | ${'open'}
  `('from $status', ({ status, ...acts }) => {
    for (const [act, expected] of Object.entries(acts)) {
      let reached: string;
      try {
        reached = advance(status as CaseStatus, act as Parameters<typeof advance>[1]);
      } catch (error) {
        expect(error).toMatchObject({ kind: 'conflict', code: 'case-state' });
        reached = 'refused';
      }
      expect([act, reached]).toEqual([act, expected]);
    }
  });

  it('says what is possible instead', () => {
    expect(() => advance('open', 'close')).toThrow(
      'a case that is open does not take close, only assign or note',
    );
  });
});
