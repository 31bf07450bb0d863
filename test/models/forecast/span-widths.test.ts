import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../core/random.js';
import { boundTotals, spanWidths } from '../../../models/forecast/span-widths.js';

const AS_OF = 20_000;
const DAYS = 700;
const LEVEL = 1000;
const AHEAD = 98;

/** A forecaster that says the level of every day, of a history whose weeks are off by `noise` of it. */
function past(noise: number, ratio = 1) {
  const random = seededRandom(3);
  const weeks = Array.from({ length: DAYS / 7 }, () => 1 + noise * random.normal());
  return {
    asOfDay: AS_OF,
    daily: Float64Array.from({ length: DAYS }, (_, t) => LEVEL * weeks[Math.floor(t / 7)]!),
    dailyAt: () => new Float64Array(AHEAD).fill(LEVEL),
    leastWeeks: 26,
    ratio,
  };
}

describe('widths of spans', () => {
  it('grow with the days that are left, and with what was missed before', () => {
    const widthOf = spanWidths(past(0.1));
    expect(widthOf(4).half80).toBeLessThan(widthOf(30).half80);
    expect(widthOf(30).half80).toBeLessThan(widthOf(91).half80);
    expect(spanWidths(past(0.4))(91).half80).toBeGreaterThan(widthOf(91).half80);
    expect(widthOf(91).half95).toBeGreaterThan(1.4 * widthOf(91).half80);
  });

  it('are narrower where the blend missed by less than its bottom-up part', () => {
    expect(spanWidths(past(0.4, 0.5))(91).half80).toBeLessThan(spanWidths(past(0.4))(91).half80);
  });

  it('are the usual ones of a young history without an origin, and nothing where nothing is expected', () => {
    const young = { ...past(0.4), daily: new Float64Array(26 * 7).fill(LEVEL) };
    const { half80 } = spanWidths(young)(91);
    expect(half80 / (91 * LEVEL)).toBeGreaterThan(0.1 * 1.28);
    expect(half80 / (91 * LEVEL)).toBeLessThan(0.1 * 1.6);
    const empty = { ...past(0), dailyAt: () => new Float64Array(AHEAD) };
    expect(spanWidths(empty)(91)).toEqual({ half80: 0, half95: 0 });
  });

  it('hold what Student says of independent errors of known size', () => {
    let held = 0;
    const runs = 200;
    const random = seededRandom(9);
    for (let run = 0; run < runs; run++) {
      const daily = Float64Array.from({ length: DAYS }, () => LEVEL * (1 + random.normal()));
      const widthOf = spanWidths({ ...past(0), daily });
      held += Math.abs(7 * LEVEL * random.normal() * Math.sqrt(1 / 7)) <= widthOf(7).half80 ? 1 : 0;
    }
    expect(held / runs).toBeGreaterThan(0.7);
    expect(held / runs).toBeLessThan(0.9);
  });
});

describe('totals', () => {
  const total = (mean: number, half: number) => ({
    mean,
    low80: mean - half / 2,
    high80: mean + half / 2,
    low95: mean - half,
    high95: mean + half,
    halfWidth80: half / 2 / mean,
    committed: true,
  });

  it('are never less than what has come, and the whole is committed within 5 %', () => {
    const [sure] = boundTotals([total(1000, 5)], { half80: 20, half95: 40 }, [990]);
    expect(sure).toMatchObject({ mean: 1000, low80: 990, high80: 1020, low95: 990, committed: true });
    const [unsure] = boundTotals([total(1000, 5)], { half80: 20, half95: 60 }, [990]);
    expect(unsure!.committed).toBe(false);
    expect(boundTotals([total(0, 0)], { half80: 0, half95: 0 }, [0])[0]!.committed).toBe(false);
  });

  it('of parts are no surer than the whole of what is still to come, and keep what is wider', () => {
    const width = { half80: 20, half95: 40 };
    const [, narrow, wide] = boundTotals([total(1000, 5), total(500, 1), total(500, 300)], width, [0, 0, 0]);
    expect(narrow).toMatchObject({ low80: 490, high80: 510, low95: 480, high95: 520, committed: false });
    expect(wide).toMatchObject({ low95: 200, high95: 800, committed: false });
    const [, over] = boundTotals([total(1000, 5), total(500, 1)], width, [500, 500]);
    expect(over).toMatchObject({ low80: 499.5, high95: 501, committed: true });
  });
});
