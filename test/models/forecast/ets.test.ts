import { describe, expect, it } from '@jest/globals';
import { fitEts, fitShape } from '../../../models/forecast/ets.js';
import { makeSeries } from './worlds.js';

describe('exponential smoothing', () => {
  it('goes on with a line it has seen', () => {
    const y = makeSeries({ n: 30, slope: 2 });
    const { filter, parameters } = fitShape(y, { error: 'additive', trend: 'additive', season: 'none' }, 1);
    const path = filter.ahead(parameters, 3);
    expect(path[0]).toBeCloseTo(160, 1);
    expect(path[2]).toBeCloseTo(164, 1);
  });
  it('smooths noise around a level to its mean, and follows a random walk', () => {
    const flat = { error: 'additive', trend: 'none', season: 'none' } as const;
    const noise = makeSeries({ n: 200, noise: 0.1 });
    expect(fitShape(noise, flat, 1).parameters[0]).toBeLessThan(0.15);
    let level = 0;
    const walk = noise.map((value) => (level += value - 100));
    expect(fitShape(walk, flat, 1).parameters[0]).toBeGreaterThan(0.8);
  });
  it('chooses a seasonal shape for a season, multiplicative where it grows with the level', () => {
    const y = makeSeries({ n: 80, level: 50, slope: 3, season: 4, swing: 0.3, noise: 0.005 });
    expect(fitEts(y, 4, new Map()).shape.season).toBe('multiplicative');
    expect(fitEts(makeSeries({ n: 80, noise: 0.1, seed: 7 }), 4, new Map()).shape.season).toBe('none');
  });
});
