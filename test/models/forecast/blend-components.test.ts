import { describe, expect, it } from '@jest/globals';
import { blendComponents } from '../../../models/forecast/blend-components.js';
import type { ComponentPaths } from '../../../models/forecast/components.js';
import type { SeriesForecast } from '../../../models/forecast/forecast.js';

const H = 4;
const ORIGINS = [40, 44, 48, 52, 56];
const WEEKS = 60;
const AS_OF = 20_000;
const TRUTH = 100;

/** A top-down forecast that is off by `miss` to alternating sides. */
function topDown(miss: number): SeriesForecast {
  const actual = new Float64Array(ORIGINS.length * H).fill(TRUTH);
  const past = actual.map((value, i) => value * (1 + (Math.floor(i / H) % 2 === 0 ? miss : -miss)));
  const band = { low: new Float64Array(H), high: new Float64Array(H) };
  return {
    mean: new Float64Array(H).fill(TRUTH * (1 + miss)),
    band80: band,
    band95: band,
    total: { mean: 0, low80: 0, high80: 0, low95: 0, high95: 0, halfWidth80: 0, committed: false },
    parts: [],
    residuals: past,
    past,
    // The rest of a contest is not looked at.
    contest: {
      h: H,
      origins: ORIGINS,
      actual,
      scale: 1,
    } as Partial<SeriesForecast['contest']> as SeriesForecast['contest'],
  };
}

const bottomUp =
  (miss: number) =>
  (day: number): ComponentPaths => {
    const sign = ((AS_OF - day) / 28) % 2 === 0 ? 1 : -1;
    const part = new Float64Array(7 * H).fill((TRUTH / 28) * (1 + sign * miss));
    return { contracted: part, recovery: part, new: part, oneOff: part };
  };

const REQUEST = { asOfDay: AS_OF, weeks: WEEKS, judged: H };

describe('the blend of top-down and bottom-up', () => {
  it('leans to the one that missed by less, and is nearly as good', () => {
    const found = blendComponents(topDown(0.2), bottomUp(0.01), REQUEST);
    expect(found.weight).toBeGreaterThan(0.9);
    for (const one of found.rehearsals) expect(Math.abs(one.blend / one.actual - 1)).toBeLessThan(0.03);
    expect(blendComponents(topDown(0.01), bottomUp(0.2), REQUEST).weight).toBeLessThan(0.1);
  });

  it('takes half of each when both missed alike or nothing was rehearsed', () => {
    expect(blendComponents(topDown(0.1), bottomUp(0.1), REQUEST).weight).toBeCloseTo(0.5, 1);
    const alone = topDown(0.1);
    const none = {
      ...alone,
      past: new Float64Array(0),
      contest: { ...alone.contest, origins: [], actual: new Float64Array(0) },
    };
    expect(blendComponents(none, bottomUp(0.1), REQUEST)).toMatchObject({ weight: 0.5, rehearsals: [] });
  });
});
