import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { forecast, type ForecastRequest } from '../../../models/forecast/forecast.js';
import { smapeOf } from '../../../models/forecast/measures.js';
import { makeSeries } from './worlds.js';

const request: ForecastRequest = { h: 6, season: 4, seed: 1, threads: 1 };
const RUNS = 20;
const WORLDS = 30;

describe('forecast', () => {
  it('finds a trend and a season that go on', async () => {
    const whole = makeSeries({ n: 86, slope: 1, season: 12, swing: 0.3, noise: 0.01 });
    const { series } = await forecast([whole.slice(0, 74)], { ...request, h: 12, season: 12 });
    expect(smapeOf(whole.slice(74), series[0]!.mean)).toBeLessThan(2.5);
    expect(series[0]!.contest.seasons).toEqual([12]);
  });

  it('covers what comes about as often as it says, and commits only to narrow totals', async () => {
    const worlds = Array.from({ length: WORLDS }, (_, seed) =>
      makeSeries({ n: 70, season: 4, swing: 0.2, noise: seed % 2 === 0 ? 0.02 : 0.4, seed }),
    );
    const { series } = await forecast(
      worlds.map((y) => y.slice(0, 64)),
      request,
    );
    let within = 0;
    for (const [i, one] of series.entries()) {
      const came = worlds[i]!.slice(64);
      within += came.reduce(
        (n, y, t) => n + (y >= one.band80.low[t]! && y <= one.band80.high[t]! ? 1 : 0),
        0,
      );
      const { mean, low95, high95, halfWidth80, committed } = one.total;
      expect(committed).toBe(high95 - low95 <= 2 * 0.05 * mean);
      if (committed) expect(halfWidth80).toBeLessThanOrEqual(0.05);
      if (i % 2 === 1) expect(one.total.committed).toBe(false);
    }
    expect(within / (WORLDS * 6)).toBeGreaterThan(0.7);
    expect(within / (WORLDS * 6)).toBeLessThan(0.92);
    expect(series.filter(({ total }) => total.committed).length).toBeGreaterThan(WORLDS / 4);
  });

  it('gives the same answer twice, and no series changes when told of its future', async () => {
    const y = makeSeries({ n: 60, noise: 0.1 });
    const [one, two] = [await forecast([y], request), await forecast([y.slice()], request)];
    expect(one).toEqual(two);
  });

  it.each<[string, number[]]>([
    ['one value', [5]],
    ['two values', [5, 7]],
    ['zeros', new Array<number>(30).fill(0)],
    ['one constant', new Array<number>(30).fill(7)],
    ['gaps and one value', [NaN, NaN, 3, NaN]],
    ['negative values', Array.from({ length: 40 }, (_, t) => -50 + (t % 4))],
    ['a single jump at the end', [...new Array<number>(29).fill(1), 1e9]],
    ['rare demand', Array.from({ length: 60 }, (_, t) => (t % 9 === 0 ? 4 : 0))],
  ])('answers with numbers to %s', async (_name, values) => {
    const { series } = await forecast([Float64Array.from(values)], request);
    const { mean, band80, band95, total } = series[0]!;
    for (const path of [mean, band80.low, band80.high, band95.low, band95.high])
      expect(path.every(Number.isFinite)).toBe(true);
    expect(total.mean).toBeCloseTo(
      mean.reduce((a, b) => a + b, 0),
      3,
    );
    if (values.every((value) => !(value < 0))) expect(mean.every((value) => value >= 0)).toBe(true);
  });

  it('says no number is none, and orders its bands, whatever the series', async () => {
    const value = fc.oneof(fc.constant(0), fc.constant(NaN), fc.double({ min: -1e6, max: 1e6, noNaN: true }));
    const any = fc.array(value, { minLength: 1, maxLength: 50 }).filter((list) => list.some(Number.isFinite));
    await fc.assert(
      fc.asyncProperty(
        any,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 7 }),
        async (list, h, season) => {
          const { series } = await forecast([Float64Array.from(list)], { h, season, seed: 1, threads: 1 });
          const { mean, band80, band95 } = series[0]!;
          for (let t = 0; t < h; t++) {
            const bounds = [band95.low[t]!, band80.low[t]!, mean[t]!, band80.high[t]!, band95.high[t]!];
            expect(bounds.every(Number.isFinite)).toBe(true);
            for (let k = 1; k < bounds.length; k++)
              expect(bounds[k]! - bounds[k - 1]!).toBeGreaterThanOrEqual(-1e-6);
          }
        },
      ),
      { numRuns: RUNS, seed: 1 },
    );
  });

  it('says 0 of a demand that has ended', async () => {
    const ended = Float64Array.from({ length: 60 }, (_, t) => (t < 40 ? 5 : 0));
    const found = await forecast([ended], { h: 7, season: 7, seed: 1, threads: 1 });
    expect([...found.series[0]!.mean]).toEqual(new Array(7).fill(0));
  });

  it('refuses a series without a value', async () => {
    await expect(forecast([Float64Array.of(NaN)], request)).rejects.toMatchObject({ code: 'bad-series' });
    await expect(forecast([Float64Array.of(1)], { ...request, h: 0 })).rejects.toMatchObject({
      code: 'bad-horizon',
    });
  });
});
