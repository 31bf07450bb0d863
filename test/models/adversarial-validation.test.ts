import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../core/random.js';
import {
  adversarialDefaults,
  adversarialValidation,
  type Period,
} from '../../models/adversarial-validation.js';

const SETTINGS = {
  ...adversarialDefaults,
  features: ['amount', 'gaps', 'habit', 'empty', 'method'],
  seed: 1,
};

/** Owners with a habit of their own, amounts with a mean, values that are missing for a share of the rows. */
function period(seed: number, { rows = 3000, mean = 0, missing = 0.2, firstOwner = 0 } = {}): Period {
  const random = seededRandom(seed);
  const owner = Int32Array.from({ length: rows }, () => firstOwner + random.below(150));
  const column = (value: (row: number) => number): Float32Array =>
    Float32Array.from({ length: rows }, (_, row) => value(row));
  const columns = [
    column(() => mean + random.normal()),
    column(() => (random.unit() < missing ? NaN : random.unit())),
    column((row) => Math.sin(owner[row]!)),
    column(() => NaN),
    column(() => random.below(4)),
  ];
  return { frame: { rows, names: SETTINGS.features, columns, categorical: ['method'] }, owner };
}

describe('adversarial validation', () => {
  it('cannot tell two periods of one kind apart', () => {
    const { aucRoc, interval, rows } = adversarialValidation(period(1), period(2), SETTINGS);
    expect(rows).toBe(3000);
    expect(aucRoc).toBeGreaterThan(0.45);
    expect(aucRoc).toBeLessThan(0.55);
    expect(interval.high - interval.low).toBeLessThan(0.1);
  });

  it('names the feature that moved first, and says which way and how far', () => {
    const { aucRoc, features } = adversarialValidation(period(1), period(2, { mean: 1 }), SETTINGS);
    expect(aucRoc).toBeGreaterThan(0.7);
    const [first] = features;
    expect(first!.feature).toBe('amount');
    expect(first!.share).toBeGreaterThan(0.5);
    expect(first!.exceeds).toBeCloseTo(0.76, 1); // Two normals one standard deviation apart.
    expect(first!.newerMedian! - first!.olderMedian!).toBeCloseTo(1, 0);
    expect(features.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
  });

  it('sees that values went missing', () => {
    const { features } = adversarialValidation(period(1), period(2, { missing: 0.8 }), SETTINGS);
    expect(features[0]).toMatchObject({ feature: 'gaps' });
    expect(features[0]!.exceeds).toBeLessThan(0.35);
  });

  it('does not take other owners of the same kind for another time', () => {
    const others = period(2, { firstOwner: 150 });
    const { aucRoc } = adversarialValidation(period(1), others, SETTINGS);
    expect(aucRoc).toBeLessThan(0.6);
  });

  it('names nothing that is always missing, and gives a category no direction', () => {
    const { features } = adversarialValidation(period(1), period(2), SETTINGS);
    expect(features.map(({ feature }) => feature)).not.toContain('empty');
    expect(features.find(({ feature }) => feature === 'method')?.exceeds ?? null).toBeNull();
  });

  it('samples as many rows of the one as of the other, the same for the same seed', () => {
    const settings = { ...SETTINGS, mostRows: 800 };
    const first = adversarialValidation(period(1), period(2, { rows: 1500 }), settings);
    expect(first.rows).toBe(800);
    expect(adversarialValidation(period(1), period(2, { rows: 1500 }), settings)).toEqual(first);
  });
});
