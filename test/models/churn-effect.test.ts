import { describe, expect, it } from '@jest/globals';
import { measureEffects } from '../../models/churn-effect.js';
import type { TrialPayer } from '../../models/churn-trial.js';

const ASSUMED_EFFECTS = measureEffects([]);

interface Arm {
  readonly payers: number;
  readonly left: number;
  readonly lapsed: number;
  readonly treated: number;
}

function arm(heldOut: boolean, { payers, left, lapsed, treated }: Arm): TrialPayer[] {
  return Array.from({ length: payers }, (_, i) => ({
    payerId: `${heldOut}_${i}`,
    heldOut,
    assignedKind: null,
    listedAt: 0,
    outcome:
      i < left ? ('voluntary' as const) : i < left + lapsed ? ('involuntary' as const) : ('kept' as const),
    lostPaise: 0,
    treatments: i < treated ? 1 : 0,
    costPaise: 0,
  }));
}

const HELD_OUT = arm(true, { payers: 1000, left: 200, lapsed: 100, treated: 0 });

describe('what a treatment prevents', () => {
  it('is assumed while there are too few payers, ends or treatments', () => {
    expect(measureEffects([])).toEqual(ASSUMED_EFFECTS);
    const offered = arm(false, { payers: 9000, left: 900, lapsed: 900, treated: 9000 });
    expect(measureEffects([...offered, ...HELD_OUT.slice(0, 29)])).toEqual(ASSUMED_EFFECTS);
    expect(measureEffects([...offered, ...HELD_OUT.slice(900)])).toEqual(ASSUMED_EFFECTS);
    const untreated = arm(false, { payers: 9000, left: 900, lapsed: 900, treated: 400 });
    expect(measureEffects([...untreated, ...HELD_OUT])).toEqual(ASSUMED_EFFECTS);
  });

  it('is measured by the draw, divided by the share who were treated', () => {
    // A tenth fewer leave and half as many lapse among the offered; half of them were treated.
    const offered = arm(false, { payers: 9000, left: 1620, lapsed: 450, treated: 4500 });
    const { voluntary, involuntary } = measureEffects([...offered, ...HELD_OUT]);
    expect(voluntary.measured).toBeCloseTo(0.2, 12);
    expect(involuntary.measured).toBeCloseTo(1, 12);
    expect(voluntary.weight).toBeGreaterThan(0.5);
    expect(voluntary.prevented).toBeGreaterThan(voluntary.assumed);
    expect(voluntary.prevented).toBeLessThan(voluntary.measured!);
  });

  it('has half of its weight from a trial as large as the assumption is worth, and more from a larger one', () => {
    const size = (times: number) =>
      measureEffects([
        ...arm(false, { payers: 900 * times, left: 162 * times, lapsed: 63 * times, treated: 900 * times }),
        ...arm(true, { payers: 100 * times, left: 20 * times, lapsed: 10 * times, treated: 0 }),
      ]);
    const [once, thrice] = [size(1), size(3)];
    expect(once.voluntary.measured).toBeCloseTo(0.1, 12);
    expect(once.voluntary.weight).toBeCloseTo(0.5, 12);
    expect(once.involuntary.weight).toBeCloseTo(0.5, 12);
    expect(thrice.voluntary.weight).toBeCloseTo(0.75, 12);
  });

  it('keeps an order where treating does harm, and never promises everything', () => {
    const harm = arm(false, { payers: 9000, left: 3600, lapsed: 0, treated: 9000 });
    const { voluntary, involuntary } = measureEffects([...harm, ...HELD_OUT]);
    expect(voluntary.measured).toBeLessThan(0);
    expect(voluntary.prevented).toBe(0.01);
    expect(involuntary.prevented).toBeLessThanOrEqual(0.95);
    expect(Number.isFinite(involuntary.standardError)).toBe(true);
  });
});
