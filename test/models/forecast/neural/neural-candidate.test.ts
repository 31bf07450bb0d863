import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Contest } from '../../../../models/forecast/contest.js';
import {
  addNeural,
  neuralPaths,
  type NeuralPaths,
} from '../../../../models/forecast/neural/neural-candidate.js';
import { originsOf } from '../../../../models/forecast/origins.js';
import { makeSeries } from '../worlds.js';

const request = { h: 3, season: 4, seed: 1, threads: 1 };
/** Without candidates, which these do not ask about. */
function contestOf(y: Float64Array): Contest {
  const { h, season } = request;
  const origins = originsOf(y.length, h, season);
  return {
    h,
    season,
    origins,
    paths: new Float64Array(0),
    actual: new Float64Array(0),
    scale: 1,
    known: y.length,
    cleaned: { shifted: 0, gaps: 0, closedSteps: 0, outliers: 0 },
    seasons: [],
  };
}

describe('the neural forecasts', () => {
  const sound = Array.from({ length: 12 }, (_, seed) =>
    makeSeries({ n: 40, slope: 1, season: 4, swing: 0.2, noise: 0.02, seed }),
  );
  const odd: Record<string, Float64Array> = {
    short: Float64Array.of(3, 4, 5),
    constant: new Float64Array(40).fill(7),
    zeros: new Float64Array(40),
    gaps: makeSeries({ n: 40, noise: 0.1 }).map((value, t) => (t % 3 === 1 ? NaN : value)),
    jump: new Float64Array(40).fill(1).with(39, 1e12),
    negative: makeSeries({ n: 40, level: -50, noise: 0.2 }),
    rare: new Float64Array(40).map((_, t) => (t % 9 === 0 ? 4 : 0)),
  };
  const series = [...Object.values(odd), ...sound];
  let found: NeuralPaths[];
  beforeAll(async () => {
    found = await neuralPaths(series, series.map(contestOf), request);
  });

  it('never say NaN, and nothing where there is too little or nothing moves', () => {
    for (const rows of found) for (const row of rows) expect(row?.every(Number.isFinite) ?? true).toBe(true);
    const last = Object.fromEntries(Object.keys(odd).map((name, i) => [name, found[i]!.at(-1) !== null]));
    expect(last).toEqual({
      short: false,
      constant: false,
      zeros: false,
      gaps: true,
      jump: true,
      negative: true,
      rare: true,
    });
    expect(found.slice(Object.keys(odd).length).every((rows) => rows.at(-1) !== null)).toBe(true);
  });

  it('say at an origin what they would have said then, whatever came after it', async () => {
    const contests = series.map(contestOf);
    // Everything after the second origin is another world.
    const changed = series.map((y, i) => {
      const from = contests[i]!.origins[1] ?? y.length;
      return y.map((value, t) => (t < from ? value : 100 + 7 * ((t * 13) % 5)));
    });
    const other = await neuralPaths(changed, contests, request);
    for (const [i, rows] of other.entries()) {
      if (contests[i]!.origins.length < 4) continue;
      expect(rows.slice(0, 2)).toEqual(found[i]!.slice(0, 2));
    }
    expect(other.at(-1)!.at(-1)).not.toEqual(found.at(-1)!.at(-1));
  });

  it('are the last candidate of many short seasonal series', async () => {
    const many = Array.from({ length: 200 }, (_, seed) =>
      makeSeries({ n: 20, season: 4, swing: 0.2, noise: 0.05, seed }),
    );
    const contests = many.map(contestOf);
    const joined = await addNeural(many, contests, request);
    for (const { paths, origins, h } of joined) {
      expect(paths.length).toBe((origins.length + 1) * h);
      expect(paths.slice(-h).every(Number.isFinite)).toBe(true);
    }
  });

  it('leave few series, or such without a season, to the other candidates', async () => {
    const contests = sound.map(contestOf);
    expect(await addNeural(sound, contests, request)).toBe(contests);
  });
});
