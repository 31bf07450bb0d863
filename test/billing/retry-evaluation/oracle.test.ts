import { describe, expect, it } from '@jest/globals';
import { DAY_MS, dayOf, HOUR_MS, parseDay, startOfDay } from '../../../core/days.js';
import { oracleSlot, type OracleQuestion } from '../../../billing/retry-evaluation/oracle.js';
import { createCalendar } from '../../../ingest/simulate/calendar.js';
import { successProbability } from '../../../ingest/simulate/debit-truth.js';

const calendar = createCalendar();
const today = parseDay('2026-02-20')!;

function question(over: Partial<OracleQuestion> = {}): OracleQuestion {
  return {
    debit: {
      account: { monthlyIncomePaise: 2_000_000, payday: '5', spendingDays: 8 },
      instrument: { method: 'upi', issuer: 0, credit: false, expiresAt: Infinity, limitPaise: 10_000_000 },
      amountPaise: 400_000,
    },
    shock: { day: today, value: -0.5 },
    calendar,
    slots: Array.from({ length: 24 }, (_, day) =>
      [9, 15].map((hour) => startOfDay(today + 2 + day) + hour * HOUR_MS),
    ).flat(),
    horizonMs: 28 * DAY_MS,
    gapMs: 31 * HOUR_MS,
    attemptsLeft: 1,
    nowMs: startOfDay(today) + 12 * HOUR_MS,
    ...over,
  };
}

describe('the oracle', () => {
  it('with one attempt takes the most probable slot', () => {
    const asked = question();
    const p = (atMs: number): number => successProbability(asked.debit, asked.shock, calendar, atMs);
    const best = Math.max(...asked.slots.map(p));
    // On a grid of shocks: within its coarseness.
    expect(p(oracleSlot(asked)!)).toBeGreaterThan(best - 0.01);
    expect(dayOf(oracleSlot(asked)!)).toBe(parseDay('2026-03-05'));
  });

  it('with more attempts never waits longer than with one', () => {
    const slots = [1, 2, 3].map((attemptsLeft) => oracleSlot(question({ attemptsLeft }))!);
    expect(slots[1]!).toBeLessThanOrEqual(slots[0]!);
    expect(slots[2]!).toBeLessThanOrEqual(slots[1]!);
  });

  it('answers nothing without a slot', () => {
    expect(oracleSlot(question({ slots: [] }))).toBeNull();
  });
});
