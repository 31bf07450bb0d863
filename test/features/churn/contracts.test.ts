import { describe, expect, it } from '@jest/globals';
import { dayOf } from '../../../core/days.js';
import { readContracts, type ContractBook } from '../../../features/churn/contracts.js';
import { DAY_MS, drawLives, livesDb, LIVES_FROM } from './subscription-lives.js';

const END = LIVES_FROM + 330 * DAY_MS;

async function bookOf(asOfMs: number, currency = 'INR'): Promise<ContractBook | null> {
  const db = await livesDb(drawLives({ subscriptions: 60, months: 9, seed: 3 }).happenings);
  try {
    return await readContracts(db, { asOfMs, currency });
  } finally {
    db.close();
  }
}

/** Contracts that were open on a day: due day and amount. */
function openOn({ contracts }: ContractBook, day: number): string[] {
  const { knownDay, endKnownDay, dueDay, amount } = contracts;
  return Array.from(knownDay.keys())
    .filter((row) => knownDay[row]! < day && endKnownDay[row]! >= day)
    .map((row) => `${dueDay[row]} ${amount[row]}`)
    .sort();
}

describe('the book of contracts', () => {
  it('shows on an earlier day what was open then, however much came later', async () => {
    const whole = await bookOf(END);
    for (const days of [150, 200, 250]) {
      const asOfMs = LIVES_FROM + days * DAY_MS;
      const then = await bookOf(asOfMs);
      const open = openOn(whole!, dayOf(asOfMs));
      expect(open.length).toBeGreaterThan(10);
      expect(open).toEqual(openOn(then!, dayOf(asOfMs)));
    }
  });

  it('ends every contract that was paid with what was paid, and adds payments up by day', async () => {
    const book = await bookOf(END);
    const { end, nextAmount, isFirst, amount } = book!.contracts;
    const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
    for (const [row, value] of nextAmount.entries()) expect(value > 0).toBe(end[row] === 1);
    expect(sum(book!.revenue.renewed)).toBe(sum(nextAmount));
    expect(sum(book!.revenue.started)).toBe(sum(amount.filter((_, row) => isFirst[row] === 1)));
  });

  it('is none in a currency without contracts', async () => {
    expect(await bookOf(END, 'USD')).toBeNull();
  });
});
