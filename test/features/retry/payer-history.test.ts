import { describe, expect, it } from '@jest/globals';
import { historyOf } from '../../../features/retry/payer-history.js';
import { SALARY_DAYS } from '../../../features/retry/salary-days.js';
import type { PastPayment } from '../../../features/retry/moment.js';

function debit(day: string, over: Partial<PastPayment> = {}): PastPayment {
  const atMs = Date.parse(`${day}T14:00:00+05:30`);
  return { atMs, amountPaise: 200_000n, class: null, attended: false, method: 'upi', ...over };
}

describe("a payer's history", () => {
  it('counts debits and payments at the screen apart, and leaves wallets out', () => {
    const history = historyOf([
      debit('2026-01-02'),
      debit('2026-01-09', { attended: true, amountPaise: 50_000n }),
      debit('2026-01-10', { method: 'wallet', class: 'funds' }),
      debit('2026-01-28', { class: 'funds' }),
      debit('2026-01-29', { class: 'technical' }),
    ]);
    expect(history).toMatchObject({
      debits: 3,
      capturedDebits: 1,
      fundsFailures: 1,
      technicalFailures: 1,
      attended: 1,
    });
    expect(history.meanPaidPaise).toBe(125_000);
    expect(history.mostDebitPaise).toBe(200_000);
  });

  it('finds the salary day that explains when money was short', () => {
    const past = ['2026-01', '2026-02', '2026-03'].flatMap((month) => [
      debit(`${month}-04`, { class: 'funds' }),
      debit(`${month}-08`),
    ]);
    const { salaryDays } = historyOf(past);
    expect(SALARY_DAYS[salaryDays.indexOf(Math.max(...salaryDays))]).toMatch(/5|7/);
    expect(salaryDays.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  it('takes imagined failures as if they had come', () => {
    const past = [debit('2026-01-02'), debit('2026-01-28', { class: 'funds' })];
    const next = debit('2026-01-30', { class: 'funds' });
    expect(historyOf(past, [next])).toEqual(historyOf([...past, next]));
    expect(historyOf(past).fundsFailures).toBe(1);
  });
});
