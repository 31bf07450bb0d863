import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { allot, scheduleOf } from '../../../billing/instalments/schedule.js';
import { formatDay, parseDay } from '../../../core/days.js';

const TODAY = parseDay('2026-01-31') ?? 0;
const told = (body: Parameters<typeof scheduleOf>[0], total: bigint) =>
  scheduleOf(body, total, TODAY).map(({ dueDay, amountPaise }) => `${formatDay(dueDay)} ${amountPaise}`);

describe('a schedule of instalments', () => {
  it('gives what cannot be divided to the first parts and keeps the day of the month, clamped', () => {
    expect(told({ count: 3, every: 'month' }, 1000n)).toEqual([
      '2026-01-31 334',
      '2026-02-28 333',
      '2026-03-31 333',
    ]);
  });

  it('may be every week from a day of the caller', () => {
    expect(told({ count: 2, every: 'week', firstOn: '2026-02-02' }, 500_00n)).toEqual([
      '2026-02-02 25000',
      '2026-02-09 25000',
    ]);
  });

  it('always adds up to the debt, parts differ by a paisa at most, and days only grow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 36 }),
        fc.constantFrom('week' as const, 'month' as const),
        fc.bigInt({ min: 3_600n, max: 10n ** 12n }),
        (count, every, total) => {
          const parts = scheduleOf({ count, every }, total, TODAY);
          const amounts = parts.map(({ amountPaise }) => amountPaise);
          expect(amounts.reduce((sum, amount) => sum + amount, 0n)).toBe(total);
          expect(amounts[0]! - amounts.at(-1)!).toBeLessThanOrEqual(1n);
          expect(parts.every(({ dueDay }, i) => i === 0 || dueDay > parts[i - 1]!.dueDay)).toBe(true);
        },
      ),
    );
  });

  const part = (dueOn: string, amountPaise: number) => ({ dueOn, amountPaise });
  it.each([
    ['does not add up', { parts: [part('2026-02-01', 500), part('2026-03-01', 400)] }, /add up to 900/],
    ['begins in the past', { parts: [part('2026-01-30', 500), part('2026-03-01', 500)] }, /today or later/],
    ['goes back', { parts: [part('2026-03-01', 500), part('2026-02-01', 500)] }, /after the one before/],
    ['repeats a day', { parts: [part('2026-03-01', 500), part('2026-03-01', 500)] }, /after the one before/],
    ['names no day', { count: 2, every: 'month' as const, firstOn: '2026-02-30' }, /is no day/],
    ['never ends', { parts: [part('2026-02-01', 500), part('2036-02-01', 500)] }, /within/],
    ['is cut too small', { count: 36, every: 'week' as const }, /at least 100 paise/],
  ])('is refused with what to change when it %s', (_why, body, message) => {
    expect(() => scheduleOf(body, 1000n, TODAY)).toThrow(message);
  });
});

describe('the parts of an offer', () => {
  it('pay the oldest invoice first, and a part may pay for two', () => {
    const parts = [100n, 100n, 100n].map((amountPaise, i) => ({ dueDay: 10 * i, amountPaise }));
    const shares = allot(parts, [
      { reference: 'inv_1', owedPaise: 150n },
      { reference: 'inv_2', owedPaise: 150n },
    ]);
    expect([...shares]).toEqual([
      [
        'inv_1',
        [
          { dueDay: 0, amountPaise: 100n },
          { dueDay: 10, amountPaise: 50n },
        ],
      ],
      [
        'inv_2',
        [
          { dueDay: 10, amountPaise: 50n },
          { dueDay: 20, amountPaise: 100n },
        ],
      ],
    ]);
  });

  it('lose no paisa by invoice and none by day, whatever is owed', () => {
    const amounts = fc.array(fc.bigInt({ min: 1n, max: 10_000n }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(amounts, fc.integer({ min: 1, max: 6 }), (owed, count) => {
        const total = owed.reduce((sum, amount) => sum + amount, 0n);
        const each = total / BigInt(count);
        const parts = Array.from({ length: count }, (_, i) => ({
          dueDay: i,
          amountPaise: i === 0 ? total - each * BigInt(count - 1) : each,
        }));
        const debts = owed.map((owedPaise, i) => ({ reference: `inv_${i}`, owedPaise }));
        const shares = allot(parts, debts);
        const sum = (of: readonly { amountPaise: bigint }[]) =>
          of.reduce((all, one) => all + one.amountPaise, 0n);
        for (const { reference, owedPaise } of debts)
          expect(sum(shares.get(reference) ?? [])).toBe(owedPaise);
        for (const { dueDay, amountPaise } of parts)
          expect(sum([...shares.values()].flat().filter((part) => part.dueDay === dueDay))).toBe(amountPaise);
      }),
    );
  });
});
