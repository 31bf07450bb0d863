import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_PAIR, WindowHistory } from '../../features/window-history.js';

const BOUNDARIES = [10, 60, 1000];

interface Event {
  atMs: number;
  knownAtMs: number;
  amount: number;
  pair: number;
}

/** Recomputes one window from the whole list of events: slow and obvious. */
function oracle(events: readonly Event[], nowMs: number, boundaryMs: number) {
  const inside = events
    .filter((event) => event.atMs > nowMs - boundaryMs && event.atMs <= nowMs)
    .sort((a, b) => a.atMs - b.atMs);
  const amounts = inside.map((event) => event.amount);
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  const n = amounts.length;
  const variance = amounts.reduce((total, amount) => total + (amount - sum / n) ** 2, 0) / n;
  return {
    count: n,
    sum,
    max: n === 0 ? NaN : Math.max(...amounts),
    spread: n < 2 ? NaN : Math.sqrt(variance),
    distinct: new Set(inside.map((event) => event.pair).filter((pair) => pair !== NO_PAIR)).size,
    firstIn: n === 0 ? NaN : inside[0]!.atMs,
  };
}

function expectEqual(history: WindowHistory, events: readonly Event[], nowMs: number): void {
  history.advance(0, nowMs);
  BOUNDARIES.forEach((boundaryMs, i) => {
    const expected = oracle(events, nowMs, boundaryMs);
    expect(history.count(0, i)).toBe(expected.count);
    expect(history.sum(0, i)).toBe(expected.sum);
    expect(history.max(0, i)).toBe(expected.max);
    expect(history.distinct(0, i)).toBe(expected.distinct);
    expect(history.firstIn(0, i)).toBe(expected.firstIn);
    if (Number.isNaN(expected.spread)) expect(history.spread(0, i)).toBeNaN();
    else expect(history.spread(0, i)).toBeCloseTo(expected.spread, 6);
  });
}

const steps = fc.array(
  fc.record({
    wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 1500 })),
    late: fc.oneof(
      { arbitrary: fc.constant(0), weight: 4 },
      { arbitrary: fc.integer({ min: 0, max: 1300 }), weight: 1 },
    ),
    amount: fc.integer({ min: 0, max: 50 }),
    pair: fc.oneof(fc.constant(NO_PAIR), fc.integer({ min: 1, max: 6 })),
    read: fc.boolean(),
  }),
  { maxLength: 120 },
);

describe('WindowHistory', () => {
  it('equals a recomputation from the whole list, with ties, late events and reads at any time', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const history = new WindowHistory({ boundariesMs: BOUNDARIES, max: true, distinct: true });
        history.grow(1);
        const events: Event[] = [];
        let nowMs = 10_000;
        for (const { wait, late, amount, pair, read } of list) {
          nowMs += wait;
          const event = { atMs: nowMs - late, knownAtMs: nowMs, amount, pair };
          history.append(0, event.atMs, amount, pair, nowMs);
          events.push(event);
          if (read) expectEqual(history, events, nowMs + (amount % 3));
          nowMs += amount % 3;
        }
        expectEqual(history, events, nowMs + 5);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves out an event exactly one window old and keeps one a millisecond younger', () => {
    const history = new WindowHistory({ boundariesMs: [100], max: false, distinct: false });
    history.grow(1);
    history.append(0, 1000, 5, NO_PAIR, 1000);
    history.append(0, 1001, 7, NO_PAIR, 1001);
    history.advance(0, 1100);
    expect(history.count(0, 0)).toBe(1);
    expect(history.sum(0, 0)).toBe(7);
  });

  it('counts events between two boundaries and after an instant', () => {
    const history = new WindowHistory({ boundariesMs: [100, 500], max: false, distinct: false });
    history.grow(1);
    for (const at of [600, 700, 850, 950]) history.append(0, at, 1, NO_PAIR, at);
    history.advance(0, 1000);
    expect(history.countBetween(0, 0, 1)).toBe(3);
    expect(history.lastBefore(0, 0)).toBe(850);
    expect(history.countAfterUntil(0, 700, 0)).toBe(1);
  });

  it('keeps entities apart while thousands of them grow', () => {
    const history = new WindowHistory({ boundariesMs: [1_000_000], max: true, distinct: false });
    history.grow(5000);
    for (let i = 0; i < 40_000; i++) history.append(i % 5000, i, i % 97, NO_PAIR, i);
    for (const entity of [0, 1, 4999]) {
      history.advance(entity, 40_000);
      expect(history.count(entity, 0)).toBe(8);
      const amounts = Array.from({ length: 8 }, (_, k) => (entity + k * 5000) % 97);
      expect(history.sum(entity, 0)).toBe(amounts.reduce((a, b) => a + b, 0));
      expect(history.max(entity, 0)).toBe(Math.max(...amounts));
    }
  });
});
