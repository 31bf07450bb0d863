import { describe, expect, it } from '@jest/globals';
import { hash32, seededRandom } from '../../core/random.js';

describe('seededRandom', () => {
  const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed).unit);

  it('gives the same stream for the same seed and another for another', () => {
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('is uniform in [0, 1) and normal with mean 0 and variance 1, within sampling error', () => {
    const random = seededRandom(1);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const units = Array.from({ length: 20_000 }, () => random.unit());
    expect(units.every((unit) => unit >= 0 && unit < 1)).toBe(true);
    expect(mean(units)).toBeCloseTo(0.5, 1);
    const normals = Array.from({ length: 20_000 }, () => random.normal());
    expect(mean(normals)).toBeCloseTo(0, 1);
    expect(mean(normals.map((value) => value * value))).toBeCloseTo(1, 1);
  });

  it('forks streams that do not depend on each other', () => {
    const parent = seededRandom(3);
    parent.unit();
    expect(parent.fork('payers').unit()).toBe(seededRandom(3).fork('payers').unit());
    expect(parent.fork('payers').unit()).not.toBe(parent.fork('schools').unit());
  });

  it('draws whole numbers below the bound', () => {
    const random = seededRandom(5);
    const drawn = new Set(Array.from({ length: 200 }, () => random.below(4)));
    expect([...drawn].sort()).toEqual([0, 1, 2, 3]);
  });
});

describe('hash32', () => {
  it('is 32-bit FNV-1a', () => {
    expect(hash32('')).toBe(0x811c9dc5);
    expect(hash32('a')).toBe(0xe40c292c);
    expect(hash32('foobar')).toBe(0xbf9cf968);
  });
});
