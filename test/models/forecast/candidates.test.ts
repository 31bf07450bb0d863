import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../core/random.js';
import { ANCHORS, CANDIDATES, candidatePaths } from '../../../models/forecast/candidates.js';

const H = 6;

function pathOf(name: string, y: Float64Array): Float64Array | null {
  const history = { y, season: 1, seasons: [], h: H, warm: new Map<string, Float64Array>(), calendar: null };
  return candidatePaths(history)[CANDIDATES.findIndex((one) => one.name === name)]!;
}

describe('the candidates', () => {
  it('go on growing by the share that a series has grown by, if it is positive', () => {
    const random = seededRandom(4);
    const y = Float64Array.from({ length: 40 }, (_, t) => 100 * 1.1 ** t * Math.exp(0.01 * random.normal()));
    const growth = pathOf('autoregression of growth', y)!;
    for (const [t, value] of growth.entries())
      expect(Math.abs(value / (100 * 1.1 ** (40 + t)) - 1)).toBeLessThan(0.05);
    expect(
      pathOf(
        'autoregression of growth',
        y.map((value, t) => (t === 7 ? 0 : value)),
      ),
    ).toBeNull();
  });

  it('have each anchor with and without the calendar', () => {
    for (const { plain, dated } of ANCHORS) {
      expect(CANDIDATES[dated]!.name).toBe(`${CANDIDATES[plain]!.name}, calendar`);
      expect([CANDIDATES[plain]!.isDated, CANDIDATES[dated]!.isDated]).toEqual([false, true]);
    }
  });
});
