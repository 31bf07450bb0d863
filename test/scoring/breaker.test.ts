import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createBreaker } from '../../scoring/breaker.js';
import type { BreakerChange } from '../../scoring/breaker.js';

const CAP = { share: 0.02, windowMinutes: 15, minDecisions: 200 };
const MINUTE = 60_000;
const START_AT = Date.UTC(2026, 0, 5);

function watched(cap = CAP) {
  const changes: BreakerChange[] = [];
  const breaker = createBreaker(cap, (change) => changes.push(change));
  const record = (atMs: number, decisions: number, blocks: number): void => {
    for (let i = 0; i < decisions; i++) breaker.record(atMs, i >= decisions - blocks);
  };
  return { breaker, changes, record };
}

describe('the block cap', () => {
  it('opens when more than its share of a window would be blocked, and tells of it once', () => {
    const { breaker, changes, record } = watched();
    record(START_AT, 196, 0);
    record(START_AT, 4, 4);
    expect(breaker.isOpen(START_AT)).toBe(false);
    record(START_AT, 1, 1);
    expect(breaker.isOpen(START_AT)).toBe(true);
    record(START_AT, 5, 5);
    expect(changes).toEqual([{ open: true, decisions: 201, wouldBlock: 5 }]);
  });

  it('says nothing of a window with too few decisions', () => {
    const { breaker, record } = watched();
    record(START_AT, 199, 199);
    expect(breaker.isOpen(START_AT)).toBe(false);
  });

  it('forgets what has left the window', () => {
    const { breaker, record } = watched();
    record(START_AT, 100, 4);
    record(START_AT + 16 * MINUTE, 196, 4);
    expect(breaker.isOpen(START_AT + 16 * MINUTE)).toBe(false);
    record(START_AT + 17 * MINUTE, 20, 1);
    expect(breaker.isOpen(START_AT + 17 * MINUTE)).toBe(true);
  });

  it('closes by itself after a whole calm window, not sooner', () => {
    const { breaker, changes, record } = watched();
    record(START_AT, 300, 20);
    for (let minute = 1; minute < 15; minute++) {
      record(START_AT + minute * MINUTE, 1000, 0);
      expect(breaker.isOpen(START_AT + minute * MINUTE)).toBe(true);
    }
    expect(breaker.isOpen(START_AT + 15 * MINUTE)).toBe(false);
    expect(changes.map(({ open }) => open)).toEqual([true, false]);
  });

  it('stays open while as much would be blocked as before', () => {
    const { breaker, record } = watched();
    for (let minute = 0; minute < 60; minute++) record(START_AT + minute * MINUTE, 100, 10);
    expect(breaker.isOpen(START_AT + 60 * MINUTE)).toBe(true);
    expect(breaker.isOpen(START_AT + 80 * MINUTE)).toBe(false);
  });

  it('never opens at a share of one', () => {
    const { breaker, record } = watched({ ...CAP, share: 1 });
    record(START_AT, 1000, 1000);
    expect(breaker.isOpen(START_AT)).toBe(false);
  });

  it('is the same for the same decisions, and agrees with counting them one by one', () => {
    const step = fc.record({ afterMs: fc.integer({ min: 0, max: 3 * MINUTE }), block: fc.boolean() });
    const cap = { share: 0.5, windowMinutes: 15, minDecisions: 10 };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { breaker } = watched(cap);
        const slotMs = (cap.windowMinutes * MINUTE) / 30;
        const seen: { slot: number; block: boolean }[] = [];
        let atMs = START_AT;
        let openedAt: number | null = null;
        for (const { afterMs, block } of steps) {
          atMs += afterMs;
          const slot = Math.floor(atMs / slotMs);
          const isOver = (): boolean => {
            const window = seen.filter((one) => one.slot > slot - 30);
            const blocks = window.filter((one) => one.block).length;
            return window.length >= cap.minDecisions && blocks > cap.share * window.length;
          };
          if (openedAt !== null && atMs - openedAt >= cap.windowMinutes * MINUTE && !isOver())
            openedAt = null;
          expect(breaker.isOpen(atMs)).toBe(openedAt !== null);
          breaker.record(atMs, block);
          seen.push({ slot, block });
          if (block && openedAt === null && isOver()) openedAt = atMs;
        }
      }),
    );
  });
});
