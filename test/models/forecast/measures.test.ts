import { describe, expect, it } from '@jest/globals';
import { openDuckdb } from '../../../core/duckdb.js';
import {
  coverageOf,
  intervalScore,
  meanAbsoluteError,
  naive2Ahead,
  naiveScale,
  smapeOf,
} from '../../../models/forecast/measures.js';
import { readSeries } from '../../../models/forecast/read-series.js';
import { adjustSeasons, restoreSeasons } from '../../../models/forecast/decompose.js';
import { isSeasonal } from '../../../models/forecast/seasonality.js';
import { thetaAhead } from '../../../models/forecast/theta.js';
import { describeIfShared } from '../../support/skip.js';

const series = (...values: number[]): Float64Array => Float64Array.from(values);

describe('measures of forecasts', () => {
  it('are those of the M4 competition', () => {
    const [actual, path] = [series(100, 200), series(110, 180)];
    expect(smapeOf(actual, path)).toBeCloseTo((100 * (10 / 105 + 20 / 190)) / 2, 10);
    expect(meanAbsoluteError(actual, path)).toBe(15);
    expect(naiveScale(series(1, 2, 4, 7), 2)).toBe((3 + 5) / 2);
    expect(intervalScore(series(10, 30), series(5, 5), series(15, 20), 0.95)).toBeCloseTo(
      (10 + 15 + 40 * 10) / 2,
      8,
    );
    expect(coverageOf(series(10, 30), series(5, 5), series(15, 20))).toBe(0.5);
  });
  it('leave out what is not known and call two zeros right', () => {
    expect(smapeOf(series(NaN, 0), series(5, 0))).toBe(0);
    expect(smapeOf(series(7), series(7 * (1 + Number.EPSILON)))).toBe(0);
    expect(meanAbsoluteError(series(NaN), series(5))).toBeNaN();
    expect(naiveScale(series(3, 3, 3), 1)).toBeNaN();
  });
});

describeIfShared('data/m4_hourly.parquet', 'the hourly series of the M4 competition', (file) => {
  it('give the published errors of Naive2 and Theta', async () => {
    const db = await openDuckdb(':memory:');
    const request = { file, series: 'series_id', time: 't', value: 'value', part: 'part', h: 48 };
    const { series: all } = await readSeries(db, request);
    db.close();
    expect(all).toHaveLength(414);
    const mean = (of: (train: Float64Array) => Float64Array): [number, number] => {
      const errors = all.map(({ train, test }) => {
        const path = of(train);
        return [smapeOf(test, path), meanAbsoluteError(test, path) / naiveScale(train, 24)] as const;
      });
      return [0, 1].map((k) => errors.reduce((sum, one) => sum + one[k]!, 0) / all.length) as [
        number,
        number,
      ];
    };
    const [naiveSmape, naiveMase] = mean((train) => naive2Ahead(train, 24, 48));
    expect(naiveSmape).toBeCloseTo(18.383, 3);
    expect(naiveMase).toBeCloseTo(2.395, 3);
    const [smape, mase] = mean((train) => {
      const adjustment = adjustSeasons(train, isSeasonal(train, 24) ? [24] : [], 48, 'multiplicative');
      return restoreSeasons(thetaAhead(adjustment.adjusted, 48), adjustment);
    });
    expect(Math.abs(smape - 18.138)).toBeLessThan(0.01);
    expect(Math.abs(mase - 2.455)).toBeLessThan(0.01);
  });
});
