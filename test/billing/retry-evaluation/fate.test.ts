import { describe, expect, it } from '@jest/globals';
import { HOUR_MS, startOfDay } from '../../../core/days.js';
import { openFate } from '../../../billing/retry-evaluation/fate.js';
import { simulateRetryWorld } from '../../../billing/retry-evaluation/world.js';
import { createCalendar } from '../../../ingest/simulate/calendar.js';
import { SMALL } from '../../ingest/simulate/sample.js';

const { failures } = simulateRetryWorld(SMALL, 2);
const calendar = createCalendar();

describe('a fate', () => {
  it('is the same for all who try, in whatever order they ask', () => {
    for (const debit of failures.slice(0, 10)) {
      const [one, other] = [openFate(debit, calendar, 1), openFate(debit, calendar, 1)];
      const slots = [2, 5, 9, 14].map((days) => startOfDay(debit.payer.fundsShockDay + days) + 14 * HOUR_MS);
      const forwards = slots.map((atMs) => one.attempt(atMs));
      const backwards = slots.toReversed().map((atMs) => other.attempt(atMs));
      expect(backwards.toReversed()).toEqual(forwards);
      expect(other.delayMs(2)).toBe(one.delayMs(2));
    }
  });

  it('begins with the shock at which the debit failed', () => {
    const debit = failures[0]!;
    const { fundsShock, fundsShockDay } = debit.payer;
    expect(openFate(debit, calendar, 1).shock(fundsShockDay)).toEqual({
      day: fundsShockDay,
      value: fundsShock,
    });
  });

  it('differs with the seed', () => {
    const shocks = [1, 2].map((seed) =>
      openFate(failures[0]!, calendar, seed).shock(failures[0]!.payer.fundsShockDay + 5),
    );
    expect(shocks[0]!.value).not.toBe(shocks[1]!.value);
  });
});
