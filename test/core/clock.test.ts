import { describe, expect, it } from '@jest/globals';
import { manualClock } from '../../core/clock.js';

describe('a manual clock', () => {
  it('stands still until it is set or moved on', () => {
    const clock = manualClock(1000);
    expect([clock.now(), clock.now()]).toEqual([1000, 1000]);
    clock.advance(250);
    expect(clock.now()).toBe(1250);
    clock.set(5);
    expect(clock.now()).toBe(5);
  });

  it('shares its time with nobody', () => {
    const clock = manualClock(0);
    const other = manualClock(0);
    clock.advance(1);
    expect(other.now()).toBe(0);
  });
});
