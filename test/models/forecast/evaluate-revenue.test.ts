import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../core/random.js';
import {
  rehearseRevenue,
  summariseRevenue,
  type PastRevenue,
} from '../../../models/forecast/evaluate-revenue.js';

const REQUEST = { merchant: 'one', leastWeeks: 60, everyDays: 56, seed: 1, threads: 1 };

function history(days: number) {
  const random = seededRandom(2);
  const daily = Float64Array.from({ length: days }, (_, t) =>
    Math.round(1000 * (t % 7 < 5 ? 1 : 0.3) * (1 + 0.05 * random.normal())),
  );
  return { asOfOn: '2026-11-01', lines: [{ counterparty: 'all', kind: 'lunch', daily }] };
}

function row(fields: Partial<PastRevenue>): PastRevenue {
  const amounts = { realised: 0, blend: 100, bottomUp: 100, topDown: 100, naive: 100, actual: 100 };
  const ends = { low80: 90, high80: 110, low95: 80, high95: 120, committed: false };
  return { merchant: 'one', asOfOn: '2026-01-01', span: 'quarter', ...amounts, ...ends, ...fields };
}

describe('the rehearsal of revenue forecasts', () => {
  it('judges each end of the history by what came after it, and nothing that is still open', async () => {
    const whole = history(620);
    const found = await rehearseRevenue(whole, REQUEST);
    expect(found.map(({ asOfOn, span }) => `${asOfOn} ${span}`)).toEqual([
      '2026-08-01 thirteen-weeks',
      '2026-08-01 quarter',
      '2026-06-06 thirteen-weeks',
      '2026-06-06 quarter',
    ]);
    const [thirteen, quarter] = found as [PastRevenue, PastRevenue];
    const { daily } = whole.lines[0]!;
    const sum = (from: number, until: number): number =>
      daily.subarray(from, until).reduce((total, value) => total + value, 0);
    expect(thirteen.actual).toBe(sum(620 - 92, 620 - 1));
    // From the first of July until the end of September.
    expect(quarter.actual).toBe(sum(620 - 123, 620 - 31));
    expect(quarter.realised).toBe(sum(620 - 123, 620 - 92));
    for (const one of found) expect(Math.abs(one.blend / one.actual - 1)).toBeLessThan(0.05);
  });

  it('refuses a history of which nothing can be judged', async () => {
    await expect(rehearseRevenue(history(450), REQUEST)).rejects.toMatchObject({
      message: '64 weeks of revenue are known; 60 before the first forecast and 14 after it are needed',
    });
  });
});

describe('the summary of revenue forecasts', () => {
  it('counts errors, coverage and what was committed, span by span', () => {
    const rows = [
      row({}),
      row({ asOfOn: '2026-04-01', blend: 115, naive: 80, committed: true }),
      row({ asOfOn: '2026-07-01', actual: 85, blend: 85, committed: true }),
      row({ span: 'thirteen-weeks', blend: 98 }),
    ];
    const [thirteen, quarter] = summariseRevenue(rows, 1);
    expect(thirteen).toMatchObject({ forecasts: 1, committed: 0, committedWithin5: null });
    expect(thirteen!.errors.blend.bias).toBeCloseTo(-0.02, 9);
    expect(quarter).toMatchObject({ forecasts: 3, committed: 2, committedWithin5: 0.5 });
    expect(quarter!.errors.blend.mape).toBeCloseTo(0.05, 9);
    expect(quarter!.errors.blend.within5).toBeCloseTo(2 / 3, 9);
    expect(quarter!.coverage80.share).toBeCloseTo(2 / 3, 9);
    expect(quarter!.coverage80.low).toBeCloseTo(0.2077, 3);
    expect(quarter!.coverage95.share).toBe(1);
    expect(quarter!.errors.blend.interval.low).toBeLessThanOrEqual(0.05);
    expect(quarter!.errors.blend.interval.high).toBeGreaterThan(0.05);
  });
});
