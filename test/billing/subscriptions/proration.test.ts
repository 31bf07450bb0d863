import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { calendarDays, servingDays } from '../../../billing/catalogue/serving-days.js';
import type { DayCount } from '../../../billing/catalogue/serving-days.js';
import { periodPaise } from '../../../billing/catalogue/terms.js';
import type { Terms } from '../../../billing/catalogue/terms.js';
import type { DraftLine } from '../../../billing/invoices/draft.js';
import { periodAt } from '../../../billing/subscriptions/periods.js';
import {
  capCredits,
  lowerCharges,
  prorationLines,
  restOf,
  sumOf,
} from '../../../billing/subscriptions/proration.js';
import { dayNumber, weekday } from '../../../core/days.js';
import { sold } from './terms.js';

const RUNS = 400;
const FIRST = dayNumber(2026, 1, 1);

const prices = fc.bigInt({ min: 0n, max: 10_000_00n });
const terms = fc
  .record({
    planVersion: fc.integer({ min: 1, max: 50 }),
    unitPaise: prices,
    quantity: fc.integer({ min: 1, max: 5 }),
    addOns: fc.uniqueArray(
      fc.record({
        addOnId: fc.constantFrom('fruit', 'milk', 'snack'),
        name: fc.constant('Add-on'),
        quantity: fc.integer({ min: 1, max: 3 }),
        unitPaise: prices,
      }),
      { selector: ({ addOnId }) => addOnId, maxLength: 3 },
    ),
  })
  .map(sold);
const spans = fc
  .tuple(fc.integer({ min: FIRST, max: FIRST + 400 }), fc.integer({ min: 0, max: 800 }))
  .map(([anchor, later]) => ({
    period: periodAt(anchor, { unit: 'month', count: 1 }, anchor + later),
    day: anchor + later,
  }));
const weeks = fc.constantFrom('1111111', '0111110', '0111111', '0000010', '0000000');
const counts: fc.Arbitrary<DayCount> = fc.oneof(
  fc.constant(calendarDays),
  weeks.map((week) => servingDays({ week, exceptions: new Map() })),
);

function between(
  before: Terms | null,
  after: Terms | null,
  { period, day }: Span,
  count: DayCount,
): DraftLine[] {
  const rest = restOf(period, day, count);
  return prorationLines(before && { terms: before, rest }, after && { terms: after, rest });
}

interface Span {
  readonly period: { readonly startDay: number; readonly endDay: number };
  readonly day: number;
}

describe('proration', () => {
  it('is what a slow walk over the days of the nominal period finds, line by line', () => {
    fc.assert(
      fc.property(terms, terms, spans, weeks, (before, after, span, week) => {
        const count = servingDays({ week, exceptions: new Map() });
        expect(sumOf(between(before, after, span, count))).toBe(BigInt(slowNet(before, after, span, week)));
      }),
      { numRuns: RUNS },
    );
  });

  it('of a change and back on one day nets to zero', () => {
    fc.assert(
      fc.property(terms, terms, spans, counts, (before, after, span, count) => {
        const there = sumOf(between(before, after, span, count));
        expect(there + sumOf(between(after, before, span, count))).toBe(0n);
      }),
      { numRuns: RUNS },
    );
  });

  it('of a change and back on later days costs the days between, within half a paisa a line', () => {
    fc.assert(
      fc.property(
        terms,
        terms,
        spans,
        fc.integer({ min: 0, max: 30 }),
        counts,
        (before, after, span, later, count) => {
          const back = { period: span.period, day: Math.min(span.day + later, span.period.endDay) };
          const net = sumOf(between(before, after, span, count)) + sumOf(between(after, before, back, count));
          const { daysTotal, daysLeft } = restOf(span.period, span.day, count);
          const days = daysLeft - restOf(span.period, back.day, count).daysLeft;
          const exact = (Number(periodPaise(after) - periodPaise(before)) * days) / daysTotal;
          expect(Math.abs(Number(net) - exact)).toBeLessThanOrEqual(8);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('on the first day gives back and charges whole periods, on the last day after none', () => {
    const [before, after] = [sold(), sold({ planVersion: 2, unitPaise: 4500_00n })];
    const period = { startDay: FIRST, endDay: FIRST + 31 };
    expect(sumOf(between(before, after, { period, day: FIRST }, calendarDays))).toBe(1500_00n);
    expect(between(before, after, { period, day: period.endDay }, calendarDays)).toEqual([]);
  });

  it('divides by the whole nominal period, also when a part of it is what changes', () => {
    const february = { startDay: dayNumber(2026, 2, 1), endDay: dayNumber(2026, 3, 1) };
    const day = dayNumber(2026, 2, 15);
    const [credit] = between(sold({ unitPaise: 2800_00n }), null, { period: february, day }, calendarDays);
    expect(credit).toMatchObject({ amountPaise: -1400_00n, fromDay: day, toDay: february.endDay });
    // Changed before, on the 8th: the days are still counted of 28.
    const [charge] = between(null, sold({ unitPaise: 2800_00n }), { period: february, day }, calendarDays);
    expect(charge).toMatchObject({ amountPaise: 1400_00n, kind: 'proration-charge' });
  });

  it('counts by the calendar where a period has no day of serving', () => {
    const closed = servingDays({ week: '0000000', exceptions: new Map() });
    const span = { period: { startDay: FIRST, endDay: FIRST + 30 }, day: FIRST + 10 };
    expect(sumOf(between(sold(), null, span, closed))).toBe(-2000_00n);
  });

  it('leaves alone what is in both', () => {
    const addOns = [{ addOnId: 'fruit', name: 'Fruit', quantity: 1, unitPaise: 300_00n }];
    const span = { period: { startDay: FIRST, endDay: FIRST + 30 }, day: FIRST + 15 };
    const lines = between(sold({ addOns }), sold({ addOns, quantity: 2 }), span, calendarDays);
    expect(lines.map(({ kind, amountPaise }) => [kind, amountPaise])).toEqual([
      ['proration-credit', -1500_00n],
      ['proration-charge', 3000_00n],
    ]);
  });
});

describe('the cap of credits', () => {
  it('never gives more than stands, nor leaves more than was paid, and touches no charge', () => {
    fc.assert(
      fc.property(
        fc.tuple(terms, terms),
        spans,
        counts,
        fc.tuple(prices, prices),
        ([before, after], span, count, [standing, paid]) => {
          const paidPaise = paid < standing ? paid : standing;
          const lines = between(before, after, span, count);
          const { lines: capped, forgonePaise } = capCredits(lines, { standingPaise: standing, paidPaise });
          const charges = (of: readonly DraftLine[]): bigint =>
            sumOf(of.filter(({ amountPaise }) => amountPaise > 0n));
          expect(charges(capped)).toBe(charges(lines));
          expect(charges(capped) - sumOf(capped)).toBeLessThanOrEqual(standing);
          expect(sumOf(capped)).toBeGreaterThanOrEqual(-paidPaise);
          expect(sumOf(capped)).toBe(sumOf(lines) + forgonePaise);
          const isTight = charges(capped) - sumOf(capped) === standing || sumOf(capped) === -paidPaise;
          expect(forgonePaise === 0n || isTight).toBe(true);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('a charge is lowered by what was not given back, never below nothing', () => {
    fc.assert(
      fc.property(terms, spans, prices, (wanted, span, by) => {
        const charges = between(null, wanted, span, calendarDays);
        const lowered = sumOf(lowerCharges(charges, by));
        expect(lowered).toBe(sumOf(charges) > by ? sumOf(charges) - by : 0n);
      }),
      { numRuns: RUNS },
    );
  });
});

/** Written apart: floats that are exact here, one day after another, every item for itself. */
function slowNet(before: Terms, after: Terms, { period, day }: Span, week: string): number {
  let total = 0;
  let left = 0;
  const isEmpty = !Array.from(
    { length: period.endDay - period.startDay },
    (_, i) => week[weekday(period.startDay + i)],
  ).includes('1');
  for (let on = period.startDay; on < period.endDay; on++) {
    if (!isEmpty && week[weekday(on)] === '0') continue;
    total += 1;
    if (on >= day) left += 1;
  }
  const worth = (price: number, quantity: number): number =>
    Math.floor((2 * price * quantity * left + total) / (2 * total));
  const bought = (of: Terms): [string, number, number][] => [
    [`plan ${of.planVersion}`, Number(of.unitPaise), of.quantity],
    ...of.addOns.map((one): [string, number, number] => [one.addOnId, Number(one.unitPaise), one.quantity]),
  ];
  const old = new Map(bought(before).map((item) => [JSON.stringify(item), item]));
  const wanted = new Map(bought(after).map((item) => [JSON.stringify(item), item]));
  let net = 0;
  for (const [name, [, price, quantity]] of old) if (!wanted.has(name)) net -= worth(price, quantity);
  for (const [name, [, price, quantity]] of wanted) if (!old.has(name)) net += worth(price, quantity);
  return net;
}
