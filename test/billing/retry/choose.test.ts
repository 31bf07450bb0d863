import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chooseRetry } from '../../../billing/retry/choose.js';
import type { RetryDeps, RetrySubject } from '../../../billing/retry/choose.js';
import { isOnLadder } from '../../../billing/retry/hold-out.js';
import { legalSlots } from '../../../billing/retry/legal-slots.js';
import { POLICY } from '../../../billing/retry/settings.js';
import { minuteOfDay } from '../../../core/days.js';
import type { RetryContext, RetryEstimate } from '../../../features/retry/moment.js';
import { debitSituation, failedAttempt, ist, randomState } from '../../support/debit-situations.js';

const NOW = ist('2026-03-02 09:00');
const LADDER_AT = ist('2026-03-03 13:00');

const context: RetryContext = {
  method: 'upi',
  issuer: 'BANK',
  declineClass: 'funds',
  attempt: 2,
  failedAtMs: ist('2026-03-02 08:00'),
  amountPaise: 600_00n,
  past: [],
};
const payerWhere = (isHeld: boolean): string => {
  for (let i = 0; ; i++) if (isOnLadder(`pyr_${i}`, POLICY.heldOutShare) === isHeld) return `pyr_${i}`;
};
const TREATED: RetrySubject = { payerId: payerWhere(false), chainId: 'inv_plain', context };

/** Afternoon debits succeed nine times of ten, others once. */
const afternoons: RetryEstimate = (moments) =>
  Float64Array.from(moments, ({ slotAtMs }) =>
    minuteOfDay(slotAtMs) >= 16 * 60 && minuteOfDay(slotAtMs) < 17 * 60 ? 0.9 : 0.1,
  );

const still = (): number => 0;
const NEVER_EXPLORES = { ...POLICY, exploredShare: 0 };
const deps = (estimate: RetryEstimate | null, more: Partial<RetryDeps> = {}): RetryDeps => ({
  estimate,
  stopwatch: still,
  policy: NEVER_EXPLORES,
  ...more,
});

describe('a choice', () => {
  it('moves to the slot that the model makes worth most', () => {
    const choice = chooseRetry(deps(afternoons), debitSituation(), TREATED, NOW);
    expect(choice).toMatchObject({ chosenBy: 'model', arm: 'model', propensity: 1, reason: 'better-slot' });
    expect(choice.slot?.atMs).toBe(ist('2026-03-03 16:00'));
    expect(choice.ladderAtMs).toBe(LADDER_AT);
    expect(choice.successProbability).toBe(0.9);
    expect(choice.considered.map(({ atMs }) => atMs)).toEqual([LADDER_AT, ist('2026-03-03 16:00')]);
  });

  it("waits beyond the ladder's day for a salary, and after other failures only comes earlier", () => {
    const salary = ist('2026-03-07 00:00');
    const afterSalary: RetryEstimate = (moments) =>
      Float64Array.from(moments, ({ slotAtMs }) => (slotAtMs >= salary ? 0.9 : 0.1));
    const reasons = [
      'insufficient_funds',
      'psp_timeout',
      'transaction_limit_exceeded',
      'card_declined',
      null,
    ];
    const chosen = reasons.map((reason) => {
      const situation = debitSituation({ attempts: [failedAttempt('2026-03-02 08:00', reason)] });
      return chooseRetry(deps(afterSalary), situation, TREATED, NOW).slot?.atMs;
    });
    expect(chosen).toEqual([salary, LADDER_AT, LADDER_AT, LADDER_AT, LADDER_AT]);
  });

  it('gives ties to the ladder', () => {
    const flat: RetryEstimate = (moments) => new Float64Array(moments.length).fill(0.4);
    const choice = chooseRetry(deps(flat), debitSituation(), TREATED, NOW);
    expect(choice).toMatchObject({ chosenBy: 'ladder', reason: 'ladder-is-best', slot: { atMs: LADDER_AT } });
  });

  it('asks nothing more of a payer when every try costs more than it brings', () => {
    const hopeless: RetryEstimate = (moments) => new Float64Array(moments.length).fill(0.001);
    const choice = chooseRetry(deps(hopeless), debitSituation(), TREATED, NOW);
    expect(choice).toMatchObject({ slot: null, chosenBy: 'model', reason: 'not-worth-it' });
  });

  it('imagines the attempts that may follow, as failures that came before', () => {
    const seen = new Map<number, readonly number[]>();
    const spy: RetryEstimate = (moments) => {
      for (const { attempt, failedAtMs, slotAtMs, past, imagined } of moments) {
        expect(failedAtMs).toBeLessThan(slotAtMs);
        seen.set(attempt, [...(seen.get(attempt) ?? []), past.length + (imagined?.length ?? 0)]);
      }
      return new Float64Array(moments.length).fill(0.2);
    };
    chooseRetry(deps(spy), debitSituation(), TREATED, NOW);
    expect([...seen.keys()].sort()).toEqual([2, 3, 4]);
    for (const [attempt, lengths] of seen) expect(new Set(lengths)).toEqual(new Set([attempt - 2]));
  });

  it('waits while a result is unknown, and says which rules leave no slot', () => {
    const waits = chooseRetry(deps(afternoons), debitSituation({ hasUnresolved: true }), TREATED, NOW);
    expect(waits).toMatchObject({ slot: null, reason: 'result-awaited' });
    const revoked = debitSituation({ attempts: [failedAttempt('2026-03-02 08:00', 'mandate_cancelled')] });
    const ends = chooseRetry(deps(afternoons), revoked, TREATED, NOW);
    expect(ends).toMatchObject({ slot: null, reason: 'no-legal-slot', eligible: 0 });
    expect(ends.vetoes[0]).toEqual({ rule: 'never-repeated', law: null, slots: 1344 });
  });
});

describe("without a usable model the answer is the ladder's to the byte", () => {
  const fixed = (values: (n: number) => unknown): RetryEstimate =>
    ((moments) => values(moments.length)) as RetryEstimate;
  const broken: readonly (readonly [
    string,
    Partial<RetryDeps> & { readonly estimate: RetryEstimate | null },
  ])[] = [
    ['off', { estimate: null }],
    [
      'throwing',
      {
        estimate: () => {
          throw new Error('corrupt artefact');
        },
      },
    ],
    ['NaN', { estimate: fixed((n) => new Float64Array(n).fill(Number.NaN)) }],
    [
      'NaN in one place',
      { estimate: fixed((n) => new Float64Array(n).map((_, i) => (i === n - 1 ? Number.NaN : 0.5))) },
    ],
    ['above one', { estimate: fixed((n) => new Float64Array(n).fill(1.0001)) }],
    ['negative', { estimate: fixed((n) => new Float64Array(n).fill(-0.1)) }],
    ['infinite', { estimate: fixed((n) => new Float64Array(n).fill(Infinity)) }],
    ['too short', { estimate: fixed((n) => new Float64Array(n - 1).fill(0.5)) }],
    ['too long', { estimate: fixed((n) => new Float64Array(n + 1).fill(0.5)) }],
    ['no array', { estimate: fixed(() => null) }],
    ['slow', { estimate: afternoons, stopwatch: slowWatch() }],
  ];

  function slowWatch(): () => number {
    let ms = 0;
    return () => (ms += POLICY.budgetMs + 1);
  }

  const acted = (choice: ReturnType<typeof chooseRetry>): string =>
    JSON.stringify({ ...choice, reason: '', explanation: '' });

  it.each(broken)('%s', (_name, faulty) => {
    fc.assert(
      fc.property(randomState, ({ situation, nowMs }) => {
        const own = { ...TREATED, context: { ...context, method: situation.method } };
        const ladder = chooseRetry({ estimate: null, stopwatch: still }, situation, own, nowMs);
        expect(acted(chooseRetry({ stopwatch: still, ...faulty }, situation, own, nowMs))).toBe(
          acted(ladder),
        );
      }),
      { numRuns: 8 },
    );
  });

  it('also for a payer of the hold-out, whose model is not even asked', () => {
    const held = { ...TREATED, payerId: payerWhere(true) };
    const never: RetryEstimate = () => {
      throw new Error('asked');
    };
    const choice = chooseRetry(deps(never), debitSituation(), held, NOW);
    expect(choice).toMatchObject({
      chosenBy: 'ladder',
      arm: 'hold-out',
      reason: 'held-out',
      slot: { atMs: LADDER_AT },
    });
  });
});

describe('exploration', () => {
  const chains = Array.from({ length: 400 }, (_, i) => `inv_${i}`);
  const policy = { ...POLICY, exploredShare: 0.2 };
  const choices = chains.map((chainId) =>
    chooseRetry(deps(afternoons, { policy }), debitSituation(), { ...TREATED, chainId }, NOW),
  );

  it('draws its share of the choices, each from the legal slots', () => {
    const explored = choices.filter(({ chosenBy }) => chosenBy === 'exploration');
    expect(explored.length / choices.length).toBeGreaterThan(0.14);
    expect(explored.length / choices.length).toBeLessThan(0.26);
    expect(new Set(explored.map(({ slot }) => slot?.atMs)).size).toBeGreaterThan(explored.length / 2);
    const legal = new Set(legalSlots(debitSituation(), NOW).slots.map(({ atMs }) => atMs));
    for (const { slot } of explored) expect(legal).toContain(slot?.atMs);
  });

  it('logs the exact propensity: over all slots they sum to one', () => {
    const { eligible } = choices[0] ?? { eligible: 0 };
    const best = ist('2026-03-03 16:00');
    for (const { slot, propensity } of choices)
      expect(propensity).toBeCloseTo(0.2 / eligible + (slot?.atMs === best ? 0.8 : 0), 12);
  });
});
