import { describe, expect, it } from '@jest/globals';
import { parseDay } from '../../../core/days.js';
import { seededRandom } from '../../../core/random.js';
import type { ContractBook } from '../../../features/churn/contracts.js';
import { forecastRevenue, LEAST_WEEKS } from '../../../models/forecast/revenue.js';
import type { RevenueLine } from '../../../models/forecast/revenue-lines.js';

const REQUEST = { seed: 1, threads: 1 };
const AS_OF = '2026-05-18';

/** Lines of steady growth with a rhythm of the week; `born` is the day of the first revenue. */
function drawLines(days: number, noise: number): RevenueLine[] {
  const random = seededRandom(5);
  const lines = [
    { counterparty: 'school_1', kind: 'lunch', level: 90_000, born: 0 },
    { counterparty: 'school_1', kind: 'breakfast', level: 30_000, born: 0 },
    { counterparty: 'school_2', kind: 'lunch', level: 50_000, born: days - 80 },
    { counterparty: 'school_3', kind: 'lunch', level: 20_000, born: days - 20 },
  ];
  return lines.map(({ counterparty, kind, level, born }) => ({
    counterparty,
    kind,
    daily: Float64Array.from({ length: days }, (_, t) =>
      t < born
        ? 0
        : Math.round(level * (1 + t / 1000) * (t % 7 < 5 ? 1 : 0.2) * (1 + noise * (random.unit() - 0.5))),
    ),
  }));
}

/** One contract of nothing: all revenue is one-off. */
function idleBook(asOfDay: number, days: number): ContractBook {
  const one = (value: number): Int32Array => Int32Array.of(value);
  return {
    contracts: {
      isPause: Uint8Array.of(0),
      isFirst: Uint8Array.of(1),
      knownDay: one(asOfDay - days),
      dueDay: one(asOfDay - days + 30),
      amount: Float64Array.of(0),
      months: one(1),
      days: one(0),
      end: Uint8Array.of(3),
      endDay: one(asOfDay - days + 20),
      endKnownDay: one(asOfDay - days + 20),
      nextAmount: Float64Array.of(0),
    },
    revenue: {
      firstDay: asOfDay - days,
      started: new Float64Array(days),
      renewed: new Float64Array(days),
      recovered: new Float64Array(days),
    },
  };
}

describe('the revenue forecast', () => {
  it('adds up at every level and in every span, to the last minor unit', async () => {
    const found = await forecastRevenue({ asOfOn: AS_OF, lines: drawLines(371, 0.3) }, REQUEST);
    const sums = new Map<string, Record<string, number>>();
    for (const { level, span, fromOn, mean, realised } of found!.spans) {
      const at = sums.get(`${span} ${fromOn}`) ?? {};
      at[level] = (at[level] ?? 0) + mean;
      at[`${level} realised`] = (at[`${level} realised`] ?? 0) + realised;
      sums.set(`${span} ${fromOn}`, at);
    }
    expect(sums.size).toBe(15);
    for (const at of sums.values()) {
      expect(at['counterparty']).toBe(at['platform']);
      expect(at['kind']).toBe(at['platform']);
      expect(at['line']).toBe(at['platform']);
      expect(at['counterparty realised']).toBe(at['platform realised']);
    }
    const weeks = found!.spans.filter(({ level, span }) => level === 'platform' && span === 'week');
    const whole = found!.spans.find(({ level, span }) => level === 'platform' && span === 'thirteen-weeks')!;
    expect(weeks.reduce((sum, { mean }) => sum + mean, 0)).toBe(whole.mean);
    for (const { low95, low80, mean, high80, high95 } of found!.spans) {
      expect(low95).toBeLessThanOrEqual(low80);
      expect(low80).toBeLessThanOrEqual(mean);
      expect(mean).toBeLessThanOrEqual(high80);
      expect(high80).toBeLessThanOrEqual(high95);
    }
  });

  it('knows what of the quarter has come, and is surer of it than of thirteen weeks', async () => {
    const lines = drawLines(371, 0.3);
    const found = await forecastRevenue({ asOfOn: AS_OF, lines }, REQUEST);
    const platform = found!.spans.filter(({ level }) => level === 'platform');
    const quarter = platform.find(({ span }) => span === 'quarter')!;
    expect([quarter.fromOn, quarter.untilOn]).toEqual(['2026-04-01', '2026-07-01']);
    const came = lines.reduce((sum, { daily }) => sum + daily.slice(-47).reduce((a, b) => a + b, 0), 0);
    expect(quarter.realised).toBe(came);
    const whole = platform.find(({ span }) => span === 'thirteen-weeks')!;
    const width = ({ low80, high80, mean }: typeof quarter): number => (high80 - low80) / mean;
    expect(width(quarter)).toBeLessThan(width(whole));
    expect(quarter.committed).toBe(width(quarter) <= 0.1);
  });

  it('goes on with a rhythm, and can be rehearsed beside the seasonal naive forecast', async () => {
    const lines = drawLines(500, 0.05).slice(0, 2);
    const cut = lines.map((line) => ({ ...line, daily: line.daily.slice(0, 500 - 91) }));
    const found = await forecastRevenue({ asOfOn: AS_OF, lines: cut }, REQUEST);
    const came = lines.reduce((sum, { daily }) => sum + daily.slice(-91).reduce((a, b) => a + b, 0), 0);
    const whole = found!.spans.find(({ level, span }) => level === 'platform' && span === 'thirteen-weeks')!;
    expect(Math.abs(whole.mean / came - 1)).toBeLessThan(0.03);
    expect(whole.committed).toBe(true);
    const error = (of: 'mean' | 'naive'): number =>
      found!.rehearsals.reduce((sum, one) => sum + Math.abs(one[of] / one.actual - 1), 0);
    expect(found!.rehearsals.length).toBeGreaterThan(5);
    expect(error('mean')).toBeLessThan(error('naive'));
  });

  it('takes the whole from contracts where they said more, and the levels below follow it', async () => {
    const asOfDay = parseDay(AS_OF)!;
    const days = 500;
    const lines = drawLines(days, 0.3).slice(0, 2);
    const found = await forecastRevenue({ asOfOn: AS_OF, lines, book: idleBook(asOfDay, days) }, REQUEST);
    const { weight, spans, trials } = found!.bottomUp!;
    expect(weight).toBeGreaterThan(0);
    expect(weight).toBeLessThan(1);
    const [thirteen] = spans;
    expect(thirteen!.contracted + thirteen!.recovery + thirteen!.new + thirteen!.oneOff).toBe(
      thirteen!.bottomUp,
    );
    const totals = found!.spans.filter(({ span }) => span === 'thirteen-weeks');
    const sum = (level: string): number =>
      totals.filter((one) => one.level === level).reduce((total, { mean }) => total + mean, 0);
    const blend = (1 - weight) * thirteen!.topDown + weight * thirteen!.bottomUp;
    expect(Math.abs(sum('platform') / blend - 1)).toBeLessThan(1e-4);
    expect(sum('line')).toBe(sum('platform'));
    expect(trials).toHaveLength(found!.rehearsals.length);
    expect(trials.map(({ fromOn, blend: mean }) => [fromOn, mean])).toEqual(
      found!.rehearsals.map(({ fromOn, mean }) => [fromOn, expect.closeTo(mean, -2)]),
    );
  });

  it('is not made of too short a history, nor of nothing', async () => {
    const short = drawLines(7 * LEAST_WEEKS - 1, 0.3).slice(0, 1);
    expect(await forecastRevenue({ asOfOn: AS_OF, lines: short }, REQUEST)).toBeNull();
    expect(await forecastRevenue({ asOfOn: AS_OF, lines: [] }, REQUEST)).toBeNull();
  });
});
