import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ladderSlot } from '../../../billing/retry/ladder.js';
import { legalSlots } from '../../../billing/retry/legal-slots.js';
import type { DebitSituation } from '../../../billing/retry/situation.js';
import { debitSituation, failedAttempt, ist, randomState } from '../../support/debit-situations.js';

function rung(situation: DebitSituation, nowMs: number): number | undefined {
  return ladderSlot(situation, legalSlots(situation, nowMs).slots)?.atMs;
}

describe('the ladder', () => {
  const tried = ['2026-03-02 08:00', '2026-03-03 09:30', '2026-03-04 13:00'];

  it.each([
    [1, '2026-03-02 08:20', '2026-03-03 09:30'],
    [2, '2026-03-03 09:50', '2026-03-04 13:00'],
    [3, '2026-03-04 13:20', '2026-03-05 14:30'],
  ])('after %s failures it tries on the next day at the first lawful slot', (count, now, next) => {
    const attempts = tried.slice(0, count).map((at) => failedAttempt(at));
    expect(rung(debitSituation({ attempts }), ist(now))).toBe(ist(next));
  });

  it("keeps the first attempt's time of day where the law lets it", () => {
    const bank = debitSituation({ attempts: [failedAttempt('2026-03-02 04:00')], method: 'emandate' });
    expect(rung(bank, ist('2026-03-02 05:00'))).toBe(ist('2026-03-03 04:00'));
    const card = debitSituation({ attempts: [failedAttempt('2026-03-02 04:00')], method: 'card' });
    expect(rung(card, ist('2026-03-02 05:00'))).toBe(ist('2026-03-03 17:30'));
  });

  it('takes the last lawful slot when the cycle ends before its day', () => {
    const attempts = [failedAttempt('2026-03-02 23:00')];
    const cycle = { startAt: ist('2026-03-01 00:00'), endAt: ist('2026-03-05 00:00') };
    const late = debitSituation({ attempts, cycle, method: 'emandate' });
    expect(rung(late, ist('2026-03-02 23:30'))).toBe(ist('2026-03-03 08:30'));
  });

  it('answers the same for the same situation, always with a legal slot', () => {
    fc.assert(
      fc.property(randomState, ({ situation, nowMs }) => {
        const { slots } = legalSlots(situation, nowMs);
        const slot = ladderSlot(situation, slots);
        expect(slot).toEqual(ladderSlot(structuredClone(situation), structuredClone(slots)));
        expect(slot === null).toBe(slots.length === 0);
        if (slot !== null) expect(slots).toContain(slot);
      }),
      { numRuns: 100 },
    );
  });
});
