import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mandateHealth } from '../../../billing/mandates/health.js';
import type { MandateFacts } from '../../../billing/mandates/health.js';
import { MANDATE_STATUSES } from '../../../billing/mandates/states.js';
import { DAY_MS } from '../../../core/days.js';

const NOW = Date.UTC(2026, 6, 1);
const FACTS: MandateFacts = {
  status: 'active',
  confirmedAt: NOW - 365 * DAY_MS,
  expiresAt: NOW + 3650 * DAY_MS,
  pauses: 0,
  successes: 12,
  failures: 0,
  failuresInRow: 0,
  methodRate: 0.8,
  isRefused: false,
  isBankDown: false,
};
const at = (facts: Partial<MandateFacts>, days = 2) =>
  mandateHealth({ ...FACTS, ...facts }, NOW, NOW + days * DAY_MS).probability;

describe('the health of a mandate', () => {
  it('is its documented formula', () => {
    expect(mandateHealth(FACTS, NOW, NOW + 2 * DAY_MS)).toEqual({
      standing: 0.998,
      passing: Math.round(((12 + 3.2) / 16) * 1000) / 1000,
      probability: Math.round(2 ** (-2 / 720) * ((12 + 3.2) / 16) * 1000) / 1000,
    });
  });

  it('is none for a mandate that does not stand on that day, or was refused for good', () => {
    for (const status of MANDATE_STATUSES.filter((one) => one !== 'active')) expect(at({ status })).toBe(0);
    expect(at({ expiresAt: NOW + DAY_MS })).toBe(0);
    expect(at({ isRefused: true })).toBe(0);
  });

  it('is a probability, and falls with failures, pauses, youth, distance and a bank that is down', () => {
    const facts = fc.record({
      successes: fc.nat(50),
      failures: fc.nat(50),
      failuresInRow: fc.nat(5),
      pauses: fc.nat(4),
      methodRate: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(facts, fc.nat(60), (given, days) => {
        const health = at(given, days);
        expect(health >= 0 && health <= 1).toBe(true);
        expect(at({ ...given, failuresInRow: given.failuresInRow + 1 }, days)).toBeLessThanOrEqual(health);
        expect(at({ ...given, pauses: given.pauses + 1 }, days)).toBeLessThanOrEqual(health);
        expect(at({ ...given, isBankDown: true }, days)).toBeLessThanOrEqual(health);
        expect(at({ ...given, confirmedAt: NOW - DAY_MS }, days)).toBeLessThanOrEqual(health);
        expect(at(given, days + 1)).toBeLessThanOrEqual(health);
      }),
      { numRuns: 200 },
    );
  });
});
