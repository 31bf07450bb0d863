import { describe, expect, it } from '@jest/globals';
import { DAY_MS, dayNumber, dayOf, HOUR_MS, startOfDay } from '../../../core/days.js';
import { seededRandom } from '../../../core/random.js';
import { createCalendar } from '../../../ingest/simulate/calendar.js';
import { openStreams } from '../../../ingest/simulate/chance.js';
import { successProbability } from '../../../ingest/simulate/debit-truth.js';
import { declineReason } from '../../../ingest/simulate/declines.js';
import { drawOutages, expectedOutageShare, outageShare } from '../../../ingest/simulate/issuers.js';
import { openMerchant } from '../../../ingest/simulate/merchant.js';
import type { FailedDebit } from '../../../ingest/simulate/truth.js';
import { SMALL } from './sample.js';

const calendar = createCalendar();

function failedDebits(): FailedDebit[] {
  const failures: FailedDebit[] = [];
  const merchant = openMerchant(SMALL, 5, {
    payment: () => undefined,
    subscription: () => undefined,
    failedDebit: (debit) => failures.push(debit),
  });
  for (const _fact of merchant.history()) continue;
  return failures;
}

describe('the true probability of a debit', () => {
  it('is the share of drawn debits that succeed, at any slot', () => {
    const random = openStreams(seededRandom(3));
    const draws = 3000;
    for (const { payer, instrument, amountPaise } of failedDebits().slice(0, 6)) {
      const from = payer.fundsShockDay;
      for (const [days, hour] of [
        [1, 14],
        [4, 23.5],
        [11, 9],
      ] as const) {
        const atMs = startOfDay(from + days) + hour * HOUR_MS;
        let paid = 0;
        for (let i = 0; i < draws; i++) {
          const outages = [
            ...drawOutages(random.outages, dayOf(atMs) - 1),
            ...drawOutages(random.outages, dayOf(atMs)),
          ];
          const debit = { payer: { ...payer }, instrument, amountPaise, atMs, attended: false };
          if (declineReason(debit, { random, calendar, outages }) === null) paid++;
        }
        const shock = { day: from, value: payer.fundsShock };
        const truth = successProbability({ account: payer, instrument, amountPaise }, shock, calendar, atMs);
        expect(Math.abs(paid / draws - truth)).toBeLessThan(0.03);
      }
    }
  });

  it('is nothing above the issuer limit and after the card expired', () => {
    const account = { monthlyIncomePaise: 9_000_000, payday: '1', spendingDays: 12 } as const;
    const instrument = {
      method: 'card',
      issuer: 0,
      credit: true,
      expiresAt: 10 * DAY_MS,
      limitPaise: 100_000,
    } as const;
    const shock = { day: dayNumber(2026, 1, 1), value: 0 };
    const at = (amountPaise: number, atMs: number): number =>
      successProbability({ account, instrument, amountPaise }, shock, calendar, atMs);
    expect(at(90_000, 9 * DAY_MS)).toBeGreaterThan(0.9);
    expect(at(100_001, 9 * DAY_MS)).toBe(0);
    expect(at(90_000, 10 * DAY_MS)).toBe(0);
  });

  it('expects outages as often as they are drawn', () => {
    const random = seededRandom(8);
    const day = dayNumber(2026, 1, 5);
    let share = 0;
    const days = 20_000;
    for (let i = 0; i < days; i++) {
      const outages = [...drawOutages(random, day), ...drawOutages(random, day + 1)];
      share += outageShare(outages, 7, startOfDay(day + 1) + random.unit() * DAY_MS) / days;
    }
    expect(Math.abs(share - expectedOutageShare(7))).toBeLessThan(0.0015);
  });
});
