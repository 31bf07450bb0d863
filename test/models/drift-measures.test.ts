import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../core/random.js';
import { exceeds, jensenShannon, psi, psiNoise, shareInterval } from '../../models/drift-measures.js';

const counts = (length: number) =>
  fc.array(fc.integer({ min: 0, max: 200 }), { minLength: length, maxLength: length });
const pairs = fc.integer({ min: 1, max: 12 }).chain((bins) => fc.tuple(counts(bins), counts(bins)));

/** The sample itself, a bin number for each row. */
const rowsOf = (sample: readonly number[]): number[] =>
  sample.flatMap((count, bin) => new Array<number>(count).fill(bin));

const times = (sample: readonly number[], factor: number) => sample.map((count) => count * factor);

describe('the population stability index', () => {
  it('is symmetric, never negative, and zero for equal samples', () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        expect(psi(a, b)).toBeCloseTo(psi(b, a), 10);
        expect(psi(a, b)).toBeGreaterThanOrEqual(-1e-12);
        expect(psi(a, a)).toBeCloseTo(0, 12);
      }),
    );
  });

  it('is the textbook sum when samples are large and no bin is empty', () => {
    const [p, q] = [
      [0.1, 0.2, 0.7],
      [0.3, 0.3, 0.4],
    ];
    const textbook = p.reduce((sum, share, k) => sum + (share - q[k]!) * Math.log(share / q[k]!), 0);
    expect(psi(times(p, 1e7), times(q, 1e7))).toBeCloseTo(textbook, 5);
  });

  it('does not change with bins that nobody fills', () => {
    fc.assert(fc.property(pairs, ([a, b]) => expect(psi([...a, 0], [...b, 0])).toBeCloseTo(psi(a, b), 12)));
  });

  it('sees values go missing, which have a bin of their own', () => {
    expect(psi([500, 500, 0], [250, 250, 500])).toBeGreaterThan(0.25);
  });
});

describe('the noise of the index', () => {
  const random = seededRandom(5).fork('noise');
  const draw = (shares: readonly number[], n: number): number[] => {
    const drawn = shares.map(() => 0);
    for (let i = 0; i < n; i++) {
      let left = random.unit();
      const bin = shares.findIndex((share) => (left -= share) < 0);
      drawn[bin === -1 ? shares.length - 1 : bin]! += 1;
    }
    return drawn;
  };
  const shapes = [new Array<number>(10).fill(0.1), [0.9, 0.05, 0.03, 0.02], [0.98, 0.01, 0.01]];

  it.each([15, 60, 400])('is hardly ever exceeded by %d rows that did not move', (n) => {
    for (const shares of shapes) {
      let above = 0;
      for (let i = 0; i < 400; i++) {
        const [fitted, served] = [draw(shares, 2000), draw(shares, n)];
        if (psi(fitted, served) > psiNoise(fitted, served, { n, m: 2000 }).high) above += 1;
      }
      expect(above).toBeLessThanOrEqual(8); // Of 400; one in 1,000 by the theory of large samples.
    }
  });

  it('has the mean that the index has when nothing moved', () => {
    const [n, m] = [300, 3000];
    let sum = 0;
    for (let i = 0; i < 400; i++) sum += psi(draw(shapes[0]!, m), draw(shapes[0]!, n));
    const { mean } = psiNoise(shapes[0]!, shapes[0]!, { n, m });
    expect(Math.abs(sum / 400 / mean - 1)).toBeLessThan(0.1);
  });

  it('is nothing where there is one bin only', () => {
    expect(psiNoise([5, 0], [3, 0], { n: 3, m: 5 })).toEqual({ mean: 0, high: 0 });
  });
});

describe('the Jensen-Shannon distance', () => {
  it('is symmetric, lies between 0 and 1 and is zero for proportional samples', () => {
    fc.assert(
      fc.property(pairs, fc.integer({ min: 1, max: 9 }), ([a, b], factor) => {
        const distance = jensenShannon(a, b);
        expect(distance).toBeCloseTo(jensenShannon(b, a), 10);
        expect(distance).toBeGreaterThanOrEqual(0);
        expect(distance).toBeLessThanOrEqual(1);
        expect(jensenShannon(a, times(a, factor))).toBeCloseTo(0, 6);
      }),
    );
  });

  it('is one when no bin is common, and keeps the triangle inequality', () => {
    expect(jensenShannon([7, 0], [0, 3])).toBe(1);
    const three = fc.tuple(counts(5), counts(5), counts(5));
    fc.assert(
      fc.property(three, ([a, b, c]) => {
        fc.pre([a, b, c].every((sample) => sample.some((count) => count > 0)));
        expect(jensenShannon(a, c)).toBeLessThanOrEqual(jensenShannon(a, b) + jensenShannon(b, c) + 1e-7);
      }),
    );
  });
});

describe('the direction', () => {
  it('agrees with comparing every pair of rows', () => {
    const small = fc.tuple(
      fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 4, maxLength: 4 }),
      fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 4, maxLength: 4 }),
    );
    fc.assert(
      fc.property(small, ([older, newer]) => {
        const [a, b] = [rowsOf(older), rowsOf(newer)];
        const wins = b.flatMap((y) => a.map((x) => (y > x ? 1 : y === x ? 0.5 : 0)));
        const oracle =
          wins.length === 0 ? null : wins.reduce<number>((sum, one) => sum + one, 0) / wins.length;
        const found = exceeds(older, newer);
        if (oracle === null) expect(found).toBeNull();
        else expect(found).toBeCloseTo(oracle, 10);
      }),
    );
  });

  it('of the samples exchanged is the complement, and one half for equal ones', () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const there = exceeds(a, b);
        fc.pre(there !== null);
        expect(there + exceeds(b, a)!).toBeCloseTo(1, 10);
        expect(exceeds(a, a)).toBeCloseTo(0.5, 10);
      }),
    );
  });
});

describe('the interval of a share', () => {
  it('holds the share, stays within 0 and 1, and is not empty for no event', () => {
    fc.assert(
      fc.property(fc.nat({ max: 50 }), fc.nat({ max: 500 }), (events, others) => {
        fc.pre(events + others > 0);
        const { low, high } = shareInterval(events, events + others);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        const share = events / (events + others);
        expect(low - 1e-12 <= share && share <= high + 1e-12).toBe(true);
        expect(high).toBeGreaterThan(low);
      }),
    );
  });

  it('is the published one of 10 among 100', () => {
    const { low, high } = shareInterval(10, 100);
    expect([low.toFixed(4), high.toFixed(4)]).toEqual(['0.0552', '0.1744']);
  });
});
