import { describe, expect, it } from '@jest/globals';
import { daysSinceSalaries, SALARY_DAYS } from '../../../features/retry/salary-days.js';

function since(at: string): Record<string, number> {
  const days = daysSinceSalaries(Date.parse(`${at}+05:30`), new Float64Array(SALARY_DAYS.length));
  return Object.fromEntries(SALARY_DAYS.map((kind, k) => [kind, days[k]!]));
}

describe('days since salaries', () => {
  it('count from noon in Kolkata, of this month or the one before', () => {
    const days = since('2026-03-05T12:00:00');
    expect(days['5']).toBeCloseTo(0, 9);
    expect(days['1']).toBeCloseTo(4, 9);
    expect(days['7']).toBeCloseTo(26, 9);
    // 28 February 2026 is a Saturday.
    expect(days['last-working-day']).toBeCloseTo(6, 9);
  });

  it('have not begun before noon of the payday', () => {
    expect(since('2026-03-05T11:59:00')['5']).toBeGreaterThan(27);
    expect(since('2026-01-01T09:00:00')['1']).toBeGreaterThan(30);
  });
});
