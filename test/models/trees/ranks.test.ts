import { describe, expect, it } from '@jest/globals';
import { rankTable } from '../../../models/trees/ranks.js';

describe('a table of ranks', () => {
  it('needs one comparison for thresholds that are evenly spread, or spread by magnitude', () => {
    const even = Array.from({ length: 200 }, (_, k) => k);
    expect(rankTable(even)).toMatchObject({ half: 1, count: 200, buckets: { kind: 'even' } });
    const magnitudes = Array.from({ length: 60 }, (_, k) => Math.fround(2 ** (k - 30)));
    expect(rankTable(magnitudes)).toMatchObject({ half: 1, buckets: { kind: 'by-exponent' } });
  });

  it('takes the whole range of floats, and infinities alone', () => {
    const widest = [-Infinity, -3.4028234663852886e38, 0, 3.4028234663852886e38, Infinity];
    expect(rankTable(widest)).toMatchObject({ half: 2, count: 5, buckets: { kind: 'by-exponent' } });
    expect(rankTable([Infinity])).toMatchObject({ half: 1, count: 1 });
  });

  it('searches within a bucket where floats lie next to each other', () => {
    const crowd = Array.from({ length: 100 }, (_, k) => Math.fround(1 + k * 2 ** -23));
    const { half } = rankTable([-1e30, ...crowd, 1e30]);
    expect(2 * half - 1).toBeGreaterThanOrEqual(100);
  });
});
