import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { partsOf, planStanding } from '../../../billing/dunning/parts.js';
import { formatDay, parseDay } from '../../../core/days.js';

const TODAY = parseDay('2026-07-08') ?? 0;

describe('parts', () => {
  it('add up to the paisa, differ by less than their number, and are due one interval apart', () => {
    fc.assert(
      fc.property(fc.bigInt(100n, 10n ** 12n), fc.integer({ min: 2, max: 12 }), (total, parts) => {
        const made = partsOf(total, { parts, everyDays: 14 }, TODAY);
        const amounts = made.map(({ amountPaise }) => amountPaise);
        expect(amounts.reduce((sum, one) => sum + one, 0n)).toBe(total);
        expect(amounts[0]! - amounts[1]! < BigInt(parts)).toBe(true);
        expect(made.map(({ dueOn }) => dueOn)).toEqual(made.map((_, i) => formatDay(TODAY + 14 * (i + 1))));
      }),
    );
  });

  it('are kept while what is due has been paid, broken when a part is late beyond its grace', () => {
    const plan = { totalPaise: 300_00n, parts: partsOf(300_00n, { parts: 3, everyDays: 10 }, TODAY) };
    const standing = (paid: bigint, after: number) =>
      planStanding(plan, paid, { today: TODAY + after, graceDays: 3 });
    expect(standing(0n, 13)).toBe('accepted');
    expect(standing(0n, 14)).toBe('broken');
    expect(standing(100_00n, 23)).toBe('accepted');
    expect(standing(199_99n, 24)).toBe('broken');
    expect(standing(300_00n, 1)).toBe('kept');
    expect(standing(300_00n, 90)).toBe('kept');
  });
});
