import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { legalSlots } from '../../../billing/retry/legal-slots.js';
import type { RuleName } from '../../../billing/retry/legal-slots.js';
import { RETRY } from '../../../billing/retry/settings.js';
import type { DebitSituation } from '../../../billing/retry/situation.js';
import { HOUR_MS, MINUTE_MS } from '../../../core/days.js';
import { debitSituation, failedAttempt, ist, randomState } from '../../support/debit-situations.js';
import { brokenRules } from '../../support/retry-law.js';

/** Set in jest.config.js: 500, or HASIVU_RETRY_STATES. */
declare const retryStates: number;
const STATES = retryStates;
const NOW = ist('2026-03-02 09:00');

const at = (situation: DebitSituation, now = NOW): string[] =>
  legalSlots(situation, now).slots.map(({ atMs }) =>
    new Date(atMs + 5.5 * HOUR_MS).toISOString().slice(0, 16).replace('T', ' '),
  );
const times = (slots: readonly string[]): Set<string> => new Set(slots.map((slot) => slot.slice(11)));
const days = (slots: readonly string[]): string[] => [...new Set(slots.map((slot) => slot.slice(0, 10)))];

/** The only rules that speak, and no slot. */
function expectNone(situation: DebitSituation, rules: readonly RuleName[]): void {
  const { slots, vetoes } = legalSlots(situation, NOW);
  expect(slots).toEqual([]);
  const most = Math.max(...vetoes.map((veto) => veto.slots));
  const whole = vetoes.filter((veto) => veto.slots === most).map(({ rule }) => rule);
  expect(whole.sort()).toEqual([...rules].sort());
}

describe('rails of UPI', () => {
  it('U1 no UPI debit starts from 10:00 to 13:00 nor from 17:00 to 21:30', () => {
    const open = times(at(debitSituation()));
    expect(
      [...open].filter((time) => (time >= '10:00' && time < '13:00') || (time >= '17:00' && time < '21:30')),
    ).toEqual([]);
    for (const time of ['00:00', '09:30', '13:00', '16:30', '21:30', '23:30']) expect(open).toContain(time);
    expect(times(at(debitSituation({ method: 'card' })))).toContain('11:00');
  });

  it('U2 there are three retries and no fourth', () => {
    const day = (n: number) => failedAttempt(`2026-03-0${n} 08:00`);
    const third = debitSituation({ attempts: [day(1), day(2), day(3)] });
    const fourth = debitSituation({ attempts: [day(1), day(2), day(3), day(4)] });
    const now = ist('2026-03-04 09:00');
    expect(legalSlots(third, now).slots.length).toBeGreaterThan(0);
    expect(legalSlots(fourth, now).slots).toEqual([]);
    expect(legalSlots(fourth, now).vetoes.map(({ rule }) => rule)).toContain('attempts-used');
  });

  it('U3 the first UPI slot is 25 hours after a delivered notice, the first card slot 36 hours 5 minutes', () => {
    const noticedAt = ist('2026-03-02 08:45');
    expect(at(debitSituation({ noticedAt }))[0]).toBe('2026-03-03 13:00');
    expect(at(debitSituation({ noticedAt: ist('2026-03-02 08:25') }))[0]).toBe('2026-03-03 09:30');
    expect(at(debitSituation({ method: 'card', noticedAt }))[0]).toBe('2026-03-03 21:00');
  });

  it('U4 a notice that failed is sent again, and its lead begins anew', () => {
    const [slot] = legalSlots(debitSituation({ noticedAt: null }), NOW).slots;
    expect(slot).toEqual({ atMs: ist('2026-03-03 13:00'), noticeAtMs: NOW });
  });

  it('U4 a retry needs a notice of its own, unless the settings say that one covers the cycle', () => {
    const situation = debitSituation({ noticedAt: ist('2026-02-28 08:00') });
    expect(at(situation)[0]).toBe('2026-03-03 13:00');
    const covered = legalSlots(situation, NOW, { ...RETRY, freshNotice: false }).slots[0];
    expect(covered).toEqual({ atMs: ist('2026-03-03 00:00'), noticeAtMs: null });
  });

  it('U5 the last day of the cycle has no slot, and neither has a debit whose result is not known', () => {
    const short = debitSituation({
      cycle: { startAt: ist('2026-03-01 00:00'), endAt: ist('2026-03-06 00:00') },
    });
    expect(days(at(short))).toEqual(['2026-03-03', '2026-03-04']);
    expectNone(debitSituation({ hasUnresolved: true }), ['outcome-unresolved']);
    const open = {
      slotAt: ist('2026-03-02 08:00'),
      status: 'unresolved',
      reason: null,
      resolvedAt: null,
    } as const;
    expectNone(debitSituation({ attempts: [open] }), ['outcome-unresolved']);
  });

  it('U6 the amount stays within the mandate', () => {
    expect(at(debitSituation({ mandate: { maxPaise: 600_00n } })).length).toBeGreaterThan(0);
    expectNone(debitSituation({ mandate: { maxPaise: 599_99n } }), ['above-mandate']);
  });

  it('U7 a fixed frequency allows one debit in a calendar period, and the authorisation may be it', () => {
    const debitedAt = [ist('2026-03-01 10:00')];
    expectNone(debitSituation({ mandate: { frequency: 'monthly', debitedAt } }), ['period-used']);
    expect(at(debitSituation({ mandate: { frequency: 'as_presented', debitedAt } })).length).toBeGreaterThan(
      0,
    );
    // 1 March 2026 is a Sunday: the next week begins the day after.
    expect(days(at(debitSituation({ mandate: { frequency: 'weekly', debitedAt } })))[0]).toBe('2026-03-03');
    const late = debitSituation({
      mandate: { frequency: 'monthly', debitedAt },
      cycle: { startAt: NOW, endAt: ist('2026-04-20 00:00') },
    });
    expect(days(at(late, ist('2026-03-25 09:00')))[0]).toBe('2026-04-01');
  });

  it('U8 a mandate that the payer paused or revoked is left alone', () => {
    for (const status of ['paused', 'cancelled', 'rejected', 'expired'] as const)
      expectNone(debitSituation({ mandate: { status } }), ['mandate-inactive']);
  });

  it('U9 what is not an approved mandate is not collected in another way', () => {
    for (const status of ['created', 'pending'] as const)
      expectNone(debitSituation({ mandate: { status, confirmedAt: null } }), [
        'mandate-inactive',
        'mandate-unapproved',
        'mandate-validity',
      ]);
  });

  it('U11 bank mandates are presented before nine on working days: no Sunday, second Saturday or holiday', () => {
    const slots = at(debitSituation({ method: 'nach' }));
    expect([...times(slots)].every((time) => time < '09:00')).toBe(true);
    // 4 March is Holi, 8 and 15 March are Sundays, 14 March is the second Saturday, 7 March the first.
    expect(days(slots)).toEqual(
      [
        '03',
        '05',
        '06',
        '07',
        '09',
        '10',
        '11',
        '12',
        '13',
        '16',
        '17',
        '18',
        '19',
        '20',
        '23',
        '24',
        '25',
        '26',
        '27',
        '30',
      ].map((day) => `2026-03-${day}`),
    );
  });

  it('U13 a pending answer waits for its result and a paid debit is over', () => {
    expectNone(debitSituation({ attempts: [failedAttempt('2026-03-02 08:00', 'payment_pending')] }), [
      'outcome-pending',
    ]);
    const paid = { ...failedAttempt('2026-03-02 08:00'), status: 'succeeded', reason: null } as const;
    expectNone(debitSituation({ attempts: [paid] }), ['already-paid']);
    expectNone(debitSituation({ duePaise: 0n }), ['already-paid', 'more-than-due']);
  });

  it('U14 a downtime of the bank excludes its hours', () => {
    const downtimes = [{ startsAt: ist('2026-03-03 12:00'), endsAt: ist('2026-03-03 15:00') }];
    expect(at(debitSituation({ downtimes }))[0]).toBe('2026-03-03 15:00');
  });
});

describe('the e-mandate framework', () => {
  it('E1 nothing is debited before the payer approved the mandate', () => {
    expectNone(debitSituation({ mandate: { confirmedAt: null } }), [
      'mandate-unapproved',
      'mandate-validity',
    ]);
  });

  it('E2 ₹15,000.00 needs no approval of the single debit, ₹15,000.01 does', () => {
    const debit = (amountPaise: bigint) =>
      debitSituation({ amountPaise, duePaise: amountPaise, mandate: { maxPaise: 99_999_00n } });
    expect(at(debit(15_000_00n)).length).toBeGreaterThan(0);
    expectNone(debit(15_000_01n), ['approval-limit']);
  });

  it('E3 only insurance, mutual funds and card bills go up to ₹1,00,000', () => {
    const debit = (purpose: DebitSituation['purpose'], amountPaise: bigint) =>
      debitSituation({ purpose, amountPaise, duePaise: amountPaise, mandate: { maxPaise: 2_00_000_00n } });
    expect(at(debit('insurance', 1_00_000_00n)).length).toBeGreaterThan(0);
    expectNone(debit('insurance', 1_00_000_01n), ['approval-limit']);
    expectNone(debit('general', 1_00_000_00n), ['approval-limit']);
  });

  it('E4 the payer knows of every card and UPI debit at least 24 hours before', () => {
    for (const method of ['upi', 'card'] as const) {
      for (const { atMs, noticeAtMs } of legalSlots(debitSituation({ method }), NOW).slots)
        expect(atMs - (noticeAtMs ?? Infinity)).toBeGreaterThanOrEqual(24 * HOUR_MS);
    }
  });

  it('E5 a debit that the payer opted out of is not tried again', () => {
    expectNone(debitSituation({ isSkipped: true }), ['opted-out']);
  });

  it('E6 slots lie within the validity of the mandate', () => {
    const validity = { startsAt: ist('2026-03-04 00:00'), expiresAt: ist('2026-03-06 00:00') };
    expect(days(at(debitSituation({ mandate: validity })))).toEqual(['2026-03-04', '2026-03-05']);
  });

  it('E7 a debit takes no more than is due: there is no fee for paying by mandate', () => {
    expectNone(debitSituation({ amountPaise: 602_00n, duePaise: 600_00n }), ['more-than-due']);
  });
});

describe('our own rules', () => {
  const after = (reason: string | null, now = ist('2026-03-02 08:30')) =>
    at(debitSituation({ method: 'emandate', attempts: [failedAttempt('2026-03-02 04:00', reason)] }), now);

  it('a technical failure may be repeated after an hour, any other on another day', () => {
    const early = ist('2026-03-02 04:30');
    expect(after('bank_not_available', early)[0]).toBe('2026-03-02 05:30');
    expect(after('insufficient_funds', early)[0]).toBe('2026-03-03 00:00');
    expect(after('transaction_limit_exceeded', early)[0]).toBe('2026-03-03 00:00');
  });

  it('a hard decline is never repeated, and one without a reason once', () => {
    expect(after('mandate_cancelled')).toEqual([]);
    expect(after(null).length).toBeGreaterThan(0);
    const twice = [
      failedAttempt('2026-03-01 08:00', 'card_declined'),
      failedAttempt('2026-03-02 08:00', 'card_declined'),
    ];
    expectNone(debitSituation({ attempts: twice }), ['no-reason-twice']);
  });

  it('a chain that the gate blocked has ended', () => {
    expectNone(debitSituation({ chainBlocked: true }), ['chain-blocked']);
  });

  it('every rule that excludes a slot says how many', () => {
    const { vetoes } = legalSlots(debitSituation(), NOW);
    expect(vetoes).toEqual([
      { rule: 'peak-hours', law: 'U1', slots: 28 * 15 },
      { rule: 'notice-lead', law: 'U3 E4', slots: 50 },
      { rule: 'same-day', law: null, slots: 29 },
    ]);
  });
});

describe(`${STATES} random states`, () => {
  it(
    'U1-U9 U11 U13 U14 E1-E7 no slot breaks a rule, and no lawful half hour is left out',
    () => {
      let withSlots = 0;
      let pick = 0;
      fc.assert(
        fc.property(randomState, ({ situation, nowMs }) => {
          const { slots } = legalSlots(situation, nowMs);
          if (slots.length > 0) withSlots++;
          for (const slot of slots) {
            const broken = brokenRules(situation, slot, nowMs);
            if (broken.length > 0)
              throw new Error(`${new Date(slot.atMs).toISOString()} breaks ${broken.join(' ')}`);
          }
          const legal = new Set(slots.map(({ atMs }) => atMs));
          const grid = Math.ceil((nowMs + 1) / (30 * MINUTE_MS)) * 30 * MINUTE_MS;
          // Another part of the horizon in each state, with a notice sent now and ten minutes on its way.
          for (let n = 0; n < 20; n++) {
            pick = (pick + 37) % 1340;
            const atMs = grid + pick * 30 * MINUTE_MS;
            const slot = { atMs, noticeAtMs: noticeFor(situation, nowMs) };
            if (!legal.has(atMs) && brokenRules(situation, slot, nowMs).length === 0)
              throw new Error(`${new Date(atMs).toISOString()} is lawful and left out`);
          }
        }),
        { numRuns: STATES, endOnFailure: true },
      );
      expect(withSlots / STATES).toBeGreaterThan(0.2);
    },
    60_000 + 20 * STATES,
  );

  /** Null where a delivered notice holds; ten minutes for the delivery otherwise. */
  function noticeFor({ noticedAt, attempts }: DebitSituation, nowMs: number): number | null {
    const holds = noticedAt !== null && attempts.every(({ slotAt }) => slotAt < noticedAt);
    return holds ? null : nowMs + 10 * MINUTE_MS;
  }
});
