import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../core/random.js';
import type { Trial, TrialPayer } from '../../../models/churn-trial.js';
import { upliftReport } from '../../../reporting/churn/uplift-figures.js';

const AS_OF = Date.UTC(2026, 0, 31);
const TRIALS = 40;

interface World {
  readonly payers: number;
  readonly base: number;
  readonly prevented: number;
  readonly seed: number;
}

/** A tenth held out; everybody offered is treated at 20 rupees, and 1,000 are lost with each who leaves. */
function drawTrial({ payers, base, prevented, seed }: World): Trial {
  const random = seededRandom(seed).fork('trial');
  const drawn = Array.from({ length: payers }, (_, i): TrialPayer => {
    const heldOut = i % 10 === 0;
    const hasLeft = random.unit() < base - (heldOut ? 0 : prevented);
    return {
      payerId: `payer_${i}`,
      heldOut,
      assignedKind: heldOut ? null : i % 2 === 0 ? 'call' : 'message',
      listedAt: Date.UTC(2025, i % 6, 15),
      outcome: hasLeft ? 'voluntary' : 'kept',
      lostPaise: hasLeft ? 1_000_00 : 0,
      treatments: heldOut ? 0 : 1,
      costPaise: heldOut ? 0 : 20_00,
    };
  });
  return {
    currency: 'INR',
    since: Date.UTC(2025, 0, 15),
    payers: drawn,
    waiting: { offered: 9, heldOut: 1 },
    given: [],
  };
}

const report = (world: World) => upliftReport(drawTrial(world), AS_OF);

describe('the uplift report', () => {
  it('says so when nobody was treated, and when there are too few to tell', () => {
    const nobody = { ...drawTrial({ payers: 0, base: 0, prevented: 0, seed: 1 }), since: null };
    expect(upliftReport(nobody, AS_OF).verdict).toMatch(/^No treatment is on record/);
    const few = report({ payers: 200, base: 0.3, prevented: 0.1, seed: 1 });
    expect(few.verdict).toBe(
      'Too few to say: 180 offered payers beside 20 held out, and 30 of each are needed; 10 more outcomes are open.',
    );
    expect(few).toMatchObject({ either: null, saved: null });
  });

  it('names what such counts would show where nothing is proven', () => {
    const { verdict, detectable, either } = report({ payers: 600, base: 0.3, prevented: 0, seed: 2 });
    expect(either!.low).toBeLessThan(0);
    expect(detectable).toBeGreaterThan(0.12);
    expect(verdict).toMatch(/^Not proven: .* only a difference of 1\d\.\d points or more would show\.$/);
  });

  it('says what treating prevents and saves, or that it does harm', () => {
    const good = report({ payers: 2500, base: 0.4, prevented: 0.15, seed: 3 });
    expect(good.verdict).toMatch(/^Treatments prevent 1\d\.\d points of churn.*net of their cost ₹/);
    expect(good.saved!.netPaise).toBe(good.saved!.grossPaise - good.saved!.costPaise);
    expect(good.saved!.costPaise).toBe(2250 * 20_00);
    expect(good.kinds.map(({ kind, payers }) => [kind, payers])).toEqual([
      ['call', 1000],
      ['message', 1250],
    ]);
    expect(good.cohorts.map(({ month }) => month)).toEqual([
      '2025-01',
      '2025-02',
      '2025-03',
      '2025-04',
      '2025-05',
      '2025-06',
    ]);
    const bad = report({ payers: 2500, base: 0.2, prevented: -0.2, seed: 4 });
    expect(bad.verdict).toMatch(/^Treatments do harm/);
  });

  it('covers the truth as often as its intervals promise, in shares and in rupees', () => {
    const truth = 0.08;
    const reports = Array.from({ length: TRIALS }, (_, seed) =>
      report({ payers: 600, base: 0.25, prevented: truth, seed: 100 + seed }),
    );
    const shareOf = (isWithin: (one: (typeof reports)[number]) => boolean): number =>
      reports.filter(isWithin).length / TRIALS;
    // Three standard errors of such a share around 95 %.
    expect(shareOf(({ either }) => either!.low < truth && truth < either!.high)).toBeGreaterThan(0.84);
    const saved = 540 * (truth * 1_000_00 - 20_00);
    expect(shareOf((one) => one.saved!.low < saved && saved < one.saved!.high)).toBeGreaterThan(0.84);
  });
});
