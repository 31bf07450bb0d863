import { describe, expect, it } from '@jest/globals';
import { adjustWaves, restoreSeasons } from '../../../models/forecast/decompose.js';
import { makeSeries } from './worlds.js';

const YEAR = 52.1775;

describe('waves of a year', () => {
  const world = { n: 273, season: YEAR, swing: 0.3 };
  const truth = makeSeries(world).slice(260);

  it.each(['additive', 'multiplicative'] as const)('go on where noise hides them, %s', (form) => {
    const history = makeSeries({ ...world, noise: 0.02 }).slice(0, 260);
    const path = restoreSeasons(new Float64Array(13).fill(100), adjustWaves(history, YEAR, 13, form));
    for (let t = 0; t < 13; t++) expect(Math.abs(path[t]! - truth[t]!)).toBeLessThan(1.5);
  });
  it('are none in a constant', () => {
    const { ahead } = adjustWaves(new Float64Array(120).fill(7), YEAR, 3, 'multiplicative');
    expect([...ahead]).toEqual([1, 1, 1]);
  });
});
