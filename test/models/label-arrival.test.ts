import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../core/random.js';
import { labelArrival } from '../../models/label-arrival.js';
import type { ArrivedLabels } from '../../models/label-arrival.js';

describe('the arrival of labels', () => {
  it('is the plain share when every payment is old enough to show every delay', () => {
    const arrived = fc.array(
      fc.record({
        lagDays: fc.nat({ max: 30 }),
        ageDays: fc.constant(400),
        labels: fc.integer({ min: 1, max: 9 }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(arrived, fc.nat({ max: 40 }), (labels, day) => {
        const all = labels.reduce((sum, one) => sum + one.labels, 0);
        const by = labels.filter(({ lagDays }) => lagDays <= day).reduce((sum, one) => sum + one.labels, 0);
        expect(labelArrival(labels).arrivedBy(day)).toBeCloseTo(by / all, 10);
      }),
    );
  });

  it('undoes the cut at the present: recent payments show their short delays only', () => {
    const random = seededRandom(2).fork('labels');
    const arrived: ArrivedLabels[] = [];
    for (let i = 0; i < 20_000; i++) {
      const [lagDays, ageDays] = [Math.floor(random.unit() * 41), Math.floor(random.unit() * 60)];
      if (lagDays <= ageDays) arrived.push({ lagDays, ageDays, labels: 1 });
    }
    const { medianDays, p90Days, arrivedBy } = labelArrival(grouped(arrived));
    expect(Math.abs(medianDays! - 20)).toBeLessThanOrEqual(1);
    expect(Math.abs(p90Days! - 36)).toBeLessThanOrEqual(1);
    expect(Math.abs(arrivedBy(10) - 11 / 41)).toBeLessThan(0.03);
    const plain = arrived.filter(({ lagDays }) => lagDays <= 10).length / arrived.length;
    expect(plain).toBeGreaterThan(arrivedBy(10) + 0.05);
  });

  it('never falls with the days, and is one at the longest delay', () => {
    const some = fc.array(
      fc
        .tuple(fc.nat({ max: 20 }), fc.nat({ max: 20 }), fc.integer({ min: 1, max: 3 }))
        .map(([lagDays, more, labels]) => ({ lagDays, ageDays: lagDays + more, labels })),
      { minLength: 1, maxLength: 15 },
    );
    fc.assert(
      fc.property(some, (arrived) => {
        const { arrivedBy } = labelArrival(arrived);
        const shares = Array.from({ length: 42 }, (_, day) => arrivedBy(day));
        expect(shares).toEqual([...shares].sort((a, b) => a - b));
        expect(shares.at(-1)).toBe(1);
      }),
    );
  });

  it('says nothing without a label', () => {
    const { labels, medianDays, p90Days, arrivedBy } = labelArrival([]);
    expect([labels, medianDays, p90Days, arrivedBy(90)]).toEqual([0, null, null, 0]);
  });
});

function grouped(arrived: readonly ArrivedLabels[]): ArrivedLabels[] {
  const groups = new Map<string, ArrivedLabels>();
  for (const one of arrived) {
    const key = `${one.lagDays} ${one.ageDays}`;
    groups.set(key, { ...one, labels: (groups.get(key)?.labels ?? 0) + 1 });
  }
  return [...groups.values()];
}
