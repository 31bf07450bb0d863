import { describe, expect, it } from '@jest/globals';
import { autoregressionAhead } from '../../../models/forecast/autoregression.js';
import { openLagRegression } from '../../../models/forecast/lag-regression.js';
import { fitPooled, pooledAhead } from '../../../models/forecast/pooled-linear.js';
import { smapeOf } from '../../../models/forecast/measures.js';
import { makeSeries } from './worlds.js';

describe('linear learners', () => {
  const day = makeSeries({ n: 600, season: 24, swing: 0.4, noise: 0.01 });
  const week = day.map((value, t) => value * (Math.floor(t / 24) % 7 < 5 ? 1 : 0.6));
  const [history, came] = [week.slice(0, 552), week.slice(552)];

  it('carry an hour of the day and a day of the week together', () => {
    expect(smapeOf(came, openLagRegression(history, [24, 168])!(48, 0.003))).toBeLessThan(4);
  });
  it('learn from many series what one is too short for', () => {
    const many = Array.from({ length: 12 }, (_, seed) =>
      makeSeries({ n: 60, level: 10 + 5 * seed, season: 7, swing: 0.4, noise: 0.01, seed }),
    );
    const model = fitPooled(many, { lags: 14, h: 7, ridge: 1e-3, mostWindows: 1000, seed: 1 })!;
    const other = makeSeries({ n: 67, level: 900, season: 7, swing: 0.4 });
    expect(smapeOf(other.slice(60), pooledAhead(model, other.slice(0, 60))!)).toBeLessThan(3);
  });
  it('are stationary, and say nothing for too short a series', () => {
    const path = autoregressionAhead(makeSeries({ n: 100, noise: 0.1 }), 500, 0);
    expect(Math.abs(path[499]! - 100)).toBeLessThan(5);
    expect(openLagRegression(history.slice(0, 12), [24])).toBeNull();
  });
});
