import { describe, expect, it } from '@jest/globals';
import { manualClock } from '../../core/clock.js';
import { newId, newSecret } from '../../core/ids.js';

describe('newId', () => {
  it('says of what it is the id, as a UUID of version 7', () => {
    expect(newId('dec')).toMatch(/^dec_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  });

  it('sorts by the millisecond of its making', () => {
    const clock = manualClock(Date.UTC(2026, 0, 1));
    const ids = Array.from({ length: 50 }, () => {
      clock.advance(1);
      return newId('x', clock);
    });
    expect([...ids].sort()).toEqual(ids);
  });

  it('never repeats within a millisecond', () => {
    const clock = manualClock(0);
    expect(new Set(Array.from({ length: 10_000 }, () => newId('x', clock))).size).toBe(10_000);
  });
});

describe('newSecret', () => {
  it('is 256 bits that need no escaping in a URL', () => {
    expect(newSecret()).toMatch(/^[\w-]{43}$/);
    expect(newSecret()).not.toBe(newSecret());
  });
});
