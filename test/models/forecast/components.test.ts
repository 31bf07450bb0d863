import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addMonths } from '../../../core/days.js';
import type { ContractBook } from '../../../features/churn/contracts.js';
import { COMPONENTS, openComponents, type ComponentPaths } from '../../../models/forecast/components.js';

const FIRST = 19_800;
const DAYS = 700;
const H = 14;
const PRICE = 1000;
const FAR = 1_000_000;
const RUNS = 10;

interface Life {
  readonly from: number;
  /** Day from which it is no longer paid; null for ever. */
  readonly leavesOn: number | null;
}

/** Monthly contracts that are paid on their day, known the same day, until they leave or `until`. */
function bookOf(lives: readonly Life[], until: number): { book: ContractBook; daily: Float64Array } {
  const rows: { known: number; due: number; end: number; endDay: number; isFirst: boolean }[] = [];
  const daily = new Float64Array(until - FIRST);
  const started = new Float64Array(until - FIRST);
  const renewed = new Float64Array(until - FIRST);
  for (const { from, leavesOn } of lives) {
    for (let day = from; day < until;) {
      const due = addMonths(day, 1);
      (day === from ? started : renewed)[day - FIRST]! += PRICE;
      daily[day - FIRST]! += PRICE;
      const leaves = leavesOn !== null && leavesOn <= due;
      const endDay = leaves ? leavesOn : due;
      const isOpen = endDay >= until;
      rows.push({
        known: day,
        due,
        end: isOpen ? 0 : leaves ? 3 : 1,
        endDay: isOpen ? FAR : endDay,
        isFirst: day === from,
      });
      if (leaves) break;
      day = due;
    }
  }
  const ints = (of: (row: (typeof rows)[number]) => number): Int32Array => Int32Array.from(rows, of);
  const book: ContractBook = {
    contracts: {
      isPause: new Uint8Array(rows.length),
      isFirst: Uint8Array.from(rows, ({ isFirst }) => (isFirst ? 1 : 0)),
      knownDay: ints(({ known }) => known),
      dueDay: ints(({ due }) => due),
      amount: new Float64Array(rows.length).fill(PRICE),
      months: new Int32Array(rows.length).fill(1),
      days: new Int32Array(rows.length),
      end: Uint8Array.from(rows, ({ end }) => end),
      endDay: ints(({ endDay }) => endDay),
      endKnownDay: ints(({ endDay }) => endDay),
      nextAmount: Float64Array.from(rows, ({ end }) => (end === 1 ? PRICE : 0)),
    },
    revenue: { firstDay: FIRST, started, renewed, recovered: new Float64Array(until - FIRST) },
  };
  return { book, daily };
}

function at(lives: readonly Life[], { until, origin }: { until: number; origin: number }): ComponentPaths {
  const { book, daily } = bookOf(lives, until);
  return openComponents(book, { firstDay: FIRST, daily }, H)(origin);
}

const total = (path: Float64Array): number => path.reduce((sum, value) => sum + value, 0);
const crowd = Array.from({ length: 300 }, (_, i) => ({ from: FIRST + (i % 28), leavesOn: null }));

describe('components of revenue', () => {
  it('expect every contract that never failed on its days, and nothing else', () => {
    const origin = FIRST + DAYS;
    const found = at(crowd, { until: origin, origin });
    // Fourteen weeks are 98 days: three or four due days of each.
    expect(total(found.contracted)).toBeGreaterThan(300 * 3 * PRICE);
    expect(total(found.contracted)).toBeLessThan(300 * 3.4 * PRICE);
    const { daily } = bookOf(crowd, origin + 98);
    expect(total(found.contracted)).toBeCloseTo(total(daily.subarray(DAYS)), 0);
    expect([found.recovery, found.new, found.oneOff].map(total)).toEqual([0, 0, 0]);
  });

  it('let fewer come back the more left before, and leave out those who have left', () => {
    const origin = FIRST + DAYS;
    const leaving = crowd.map((life, i) => ({
      ...life,
      leavesOn: i < 150 ? FIRST + 30 + Math.floor((i * (DAYS - 60)) / 150) : null,
    }));
    const found = at(leaving, { until: origin, origin });
    const { daily } = bookOf(leaving, origin + 98);
    const came = total(daily.subarray(DAYS));
    expect(total(found.contracted)).toBeLessThan(came);
    expect(total(found.contracted)).toBeGreaterThan(0.85 * came);
  });

  it('know at an earlier day nothing that came later', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            from: fc.integer({ min: FIRST, max: FIRST + 500 }),
            stays: fc.integer({ min: 20, max: 900 }),
          }),
          { minLength: 5, maxLength: 40 },
        ),
        fc.integer({ min: 200, max: 500 }),
        (drawn, days) => {
          const origin = FIRST + days;
          const lives = drawn.map(({ from, stays }) => ({ from, leavesOn: from + stays }));
          const then = at(lives, { until: origin, origin });
          const later = at(lives, { until: FIRST + DAYS, origin });
          for (const name of COMPONENTS)
            for (const [w, value] of then[name].entries()) expect(later[name][w]).toBeCloseTo(value, 3);
        },
      ),
      { numRuns: RUNS },
    );
  });
});
