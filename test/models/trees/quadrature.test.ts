import { describe, expect, it } from '@jest/globals';
import { gaussLegendre } from '../../../models/trees/quadrature.js';

describe('the rule of Gauss and Legendre', () => {
  it.each([1, 2, 3, 4, 8, 20, 64])('of %i points integrates powers up to twice its points exactly', (n) => {
    const { points, weights } = gaussLegendre(n);
    for (let power = 0; power < 2 * n; power++) {
      const sum = points.reduce((total, point, k) => total + weights[k]! * point ** power, 0);
      expect(Math.abs(sum - 1 / (power + 1))).toBeLessThan(2e-14);
    }
    expect(points.every((point, k) => point > (points[k - 1] ?? 0) && point < 1)).toBe(true);
  });
});
