import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BUILT_IN } from '../../../billing/dunning/campaign.js';
import type { Campaign } from '../../../billing/dunning/campaign.js';
import type { LastTry, Situation } from '../../../billing/dunning/situation.js';
import { dunningState } from '../../../billing/dunning/state.js';
import type { DunningState, StepKind } from '../../../billing/dunning/state.js';
import { DAY_MS, dayOf, HOUR_MS, minuteOfDay } from '../../../core/days.js';
import { debt, declined, NOON, said, situation } from './situations.js';

const state = (fields: Partial<Situation>, campaign: Campaign = BUILT_IN, now = NOON): DunningState =>
  dunningState(situation(fields), campaign, now);
const kinds = (of: DunningState): StepKind[] => of.steps.map(({ kind }) => kind);

describe('the same arrears, another reason, another step', () => {
  const soon = NOON + 2 * DAY_MS;
  const rows: [reason: string, fields: Parameters<typeof declined>[2], step: StepKind | null][] = [
    ['insufficient_funds', {}, 'payday-hint'],
    ['insufficient_funds', { nextDebitAt: soon }, 'payday-debit'],
    ['card_expired', {}, 'update-instrument'],
    ['transaction_daily_limit_exceeded', {}, 'split-or-other'],
    ['mandate_cancelled', {}, 'new-mandate'],
    ['mandate_paused', {}, 'resume-mandate'],
    ['payment_risk_check_failed', {}, 'other-method'],
    ['customer_action_required', {}, 'finish-payment'],
    ['card_declined', {}, 'reminder'],
    ['a_reason_nobody_knows', {}, 'reminder'],
    // Our own mistake is not the payer's to mend.
    ['recurring_payment_not_enabled', {}, null],
    // Not decided: whoever pays again pays twice.
    ['payment_pending', {}, null],
  ];
  it.each(rows)('%s with %o: %s', (reason, fields, step) => {
    expect(kinds(state({ debts: [declined(6, reason, fields)] }))).toEqual(step === null ? [] : [step]);
  });

  it('a technical fault leads to silence first, to an ordinary reminder later', () => {
    const fault = (ageDays: number) => state({ debts: [declined(ageDays, 'bank_technical_error')] });
    expect(fault(4)).toMatchObject({ waitsFor: 'technical-fault', steps: [] });
    expect(kinds(fault(5))).toEqual(['reminder']);
  });

  it('of several reasons the newest counts', () => {
    const newer = { reason: 'card_expired', class: 'instrument', at: NOON } as const;
    const debts = [declined(9, 'insufficient_funds'), debt(6, { invoiceId: 'inv_2', decline: newer })];
    expect(kinds(state({ debts }))).toEqual(['update-instrument']);
  });

  it('the payday named is the first working day of the month, the debit named the planned one', () => {
    const hint = state({ debts: [declined(6, 'insufficient_funds')] }).steps[0];
    // 1 August 2026 is a Saturday.
    expect(dayOf(hint?.namedAt ?? 0)).toBe(Date.UTC(2026, 7, 3) / DAY_MS);
    const planned = state({ debts: [declined(6, 'insufficient_funds', { nextDebitAt: soon })] }).steps[0];
    expect(planned?.namedAt).toBe(soon);
  });
});

describe('what is not a failure', () => {
  it('E5: a debit that the payer skipped is not dunned, however old, and does not age the others', () => {
    const skipped = debt(60, { lastTry: 'skipped' });
    expect(state({ debts: [skipped] })).toMatchObject({ stage: 'clear', steps: [], owedPaise: 0n });
    expect(state({ debts: [skipped, debt(3, { invoiceId: 'inv_2' })] })).toMatchObject({
      stage: 'reminder',
      ageDays: 3,
    });
  });

  it('U8: a mandate that the payer paused or ended gets a friendly word and time, then the ordinary stages', () => {
    for (const [mandate, kind] of [
      ['paused', 'resume-mandate'],
      ['ended', 'new-mandate'],
    ] as const) {
      const early = state({ debts: [debt(9, { mandate, lastTry: 'none' })] });
      expect(early).toMatchObject({ stage: 'reminder', steps: [{ kind, tone: 'friendly' }] });
      expect(state({ debts: [debt(11, { mandate, lastTry: 'none' })] })).toMatchObject({
        stage: 'urgent',
        steps: [{ kind, tone: 'friendly' }],
      });
    }
  });

  it('nobody is late before the bank has answered the first debit', () => {
    expect(state({ debts: [debt(3, { lastTry: 'planned', nextDebitAt: NOON + DAY_MS })] }).stage).toBe(
      'clear',
    );
  });
});

describe('nothing is said', () => {
  const waits: [why: string, fields: Partial<Situation>, waitsFor: string][] = [
    [
      'U13: while an outcome is open',
      { debts: [debt(30), debt(2, { lastTry: 'unresolved' })] },
      'outcome-unresolved',
    ],
    ['to who disputes', { tags: ['disputed'] }, 'left-to-people'],
    ['while a plan is kept', { plan: 'kept' }, 'plan-kept'],
    ['on the day promised', { promisedDay: dayOf(NOON) }, 'promised'],
    ['for a few rupees', { debts: [debt(30, { owedPaise: 19_99n })] }, 'too-little'],
    [
      'to who pays unasked',
      { debts: [debt(4)], recovery: { probability: 0.9, ifContacted: 0.95 } },
      'pays-unasked',
    ],
  ];
  it.each(waits)('%s', (_why, fields, waitsFor) => {
    expect(state(fields)).toMatchObject({ waitsFor, steps: [], isListed: false });
  });

  it('before grace is over', () => {
    expect(state({ debts: [debt(1)] })).toMatchObject({ stage: 'grace', steps: [] });
    expect(kinds(state({ debts: [debt(2)] }))).toEqual(['reminder']);
  });

  it('again: not the same step twice in a stage, but another reason says another thing', () => {
    expect(kinds(state({ said: [said('reminder', 2)] }))).toEqual([]);
    expect(kinds(state({ debts: [declined(6, 'card_expired')], said: [said('reminder', 2)] }))).toEqual([
      'update-instrument',
    ]);
    expect(kinds(state({ refused: new Set(['second-reminder reminder  ']) }))).toEqual([]);
  });

  it('the day after a promise is broken it goes on', () => {
    expect(kinds(state({ promisedDay: dayOf(NOON) - 1 }))).toEqual(['reminder']);
  });

  it('beyond the caps of a payer and a week, also over several episodes', () => {
    const earlier = (daysAgo: number) => said('reminder', daysAgo, { stage: 'reminder', isOfEpisode: false });
    expect(state({ said: [earlier(0.5)] })).toMatchObject({ waitsFor: 'said-recently', steps: [] });
    expect(state({ said: [earlier(2), earlier(3), earlier(6)] })).toMatchObject({
      waitsFor: 'weekly-cap',
      steps: [],
    });
    expect(kinds(state({ said: [earlier(2), earlier(3), earlier(8)] }))).toEqual(['reminder']);
  });

  it('between nine in the evening and eight in the morning, nor when it would be delivered then', () => {
    const midnight = NOON - 12 * HOUR_MS;
    for (let minute = 0; minute < 1440; minute += 10) {
      const now = midnight + minute * 60_000;
      const isOpen = minute >= 8 * 60 && minute < 20 * 60 + 30;
      expect([minute, kinds(state({}, BUILT_IN, now)).length]).toEqual([minute, isOpen ? 1 : 0]);
      expect(minuteOfDay(now)).toBe(minute);
    }
  });
});

describe('how it is said', () => {
  it('by the age of the oldest debt', () => {
    const at = (ageDays: number) => state({ debts: [debt(ageDays, { isRunning: false })] });
    expect([1, 2, 4, 5, 9, 10, 20, 21, 45, 300].map((ageDays) => at(ageDays).stage)).toEqual([
      'grace',
      'reminder',
      'reminder',
      'second-reminder',
      'second-reminder',
      'urgent',
      'urgent',
      'collection',
      'last-word',
      'last-word',
    ]);
    expect(at(10).steps[0]).toMatchObject({ tone: 'firm', channels: ['email', 'sms'] });
  });

  it('gently to who may leave of own will', () => {
    expect(state({ debts: [debt(10)], churnProbability: 0.4 }).steps[0]?.tone).toBe('friendly');
    expect(state({ debts: [debt(10)], churnProbability: null }).steps[0]?.tone).toBe('firm');
  });

  it('by amount, count and tags where the campaign says so', () => {
    const [first, ...rest] = BUILT_IN.stages;
    const stage = { ...first!, name: 'special' };
    const only = (fields: Partial<Campaign['stages'][number]>): Campaign => ({
      ...BUILT_IN,
      stages: [stage, { ...rest[0]!, ...fields }],
    });
    const two = [debt(6), debt(5, { invoiceId: 'inv_2' })];
    expect(state({}, only({ leastOwedPaise: 1_500_01 })).stage).toBe('special');
    expect(state({}, only({ leastOwedPaise: 1_500_00 })).stage).toBe('second-reminder');
    expect(state({}, only({ leastInvoices: 2 })).stage).toBe('special');
    expect(state({ debts: two }, only({ leastInvoices: 2 })).stage).toBe('second-reminder');
    expect(state({ tags: ['school-pays'] }, only({ tagsOut: ['school-pays'] })).stage).toBe('special');
    expect(state({}, only({ tagsIn: ['vip'] })).stage).toBe('special');
    expect(state({ tags: ['vip'] }, only({ tagsIn: ['vip'] })).stage).toBe('second-reminder');
  });

  it('plainly to the hold-out: the ladder of reminders, no patience, no reasons, no offers', () => {
    const plain: Partial<Situation> = { arm: 'hold-out', churnProbability: 0.1, valuePaise: 90_000_00n };
    const rich = { owedPaise: 9_000_00n };
    expect(kinds(state({ ...plain, debts: [declined(8, 'card_expired', rich)] }))).toEqual(['reminder']);
    expect(kinds(state({ ...plain, debts: [declined(3, 'bank_technical_error')] }))).toEqual(['reminder']);
    expect(state({ ...plain, debts: [debt(10)], churnProbability: 0.9 }).steps[0]?.tone).toBe('firm');
    expect(state({ ...plain, debts: [debt(6, { lastTry: 'unresolved' })] }).steps).toEqual([]);
  });
});

describe('a plan is offered', () => {
  const rich: Partial<Situation> = {
    valuePaise: 10_000_00n,
    churnProbability: 0.2,
    debts: [debt(7, { owedPaise: 2_000_00n })],
  };

  it('once, to who is worth much and means to stay', () => {
    expect(kinds(state(rich))).toEqual(['plan-offer']);
    expect(kinds(state({ ...rich, said: [said('plan-offer', 3, { stage: 'plan' })] }))).toEqual(['reminder']);
    expect(kinds(state({ ...rich, plan: 'offered-before' }))).toEqual(['reminder']);
  });

  const others: [string, Partial<Situation>][] = [
    ['who may leave', { churnProbability: 0.21 }],
    ['who is not known', { churnProbability: null, valuePaise: null }],
    ['who is worth less', { valuePaise: 9_999_99n }],
    ['who owes less', { debts: [debt(7, { owedPaise: 1_999_99n })] }],
    ['whose debt is younger', { debts: [debt(6, { owedPaise: 2_000_00n })] }],
  ];
  it.each(others)('not to %s', (_who, fields) => {
    expect(kinds(state({ ...rich, ...fields }))).toEqual(['reminder']);
  });
});

describe('a person gets in touch', () => {
  it('from the listed stages on, when it is worth its cost and nobody just did', () => {
    const late = { debts: [debt(10)] };
    expect(state(late)).toMatchObject({ isListed: true, gainPaise: 300_00n, costPaise: 25_00n });
    expect(state({ debts: [debt(9)] }).isListed).toBe(false);
    expect(state({ ...late, recovery: { probability: 0.4, ifContacted: 0.41 } }).isListed).toBe(false);
    expect(state({ ...late, lastContactAt: NOON - 2 * DAY_MS }).isListed).toBe(false);
    expect(state({ ...late, lastContactAt: NOON - 3 * DAY_MS }).isListed).toBe(true);
  });

  it('also at night: the list is for the morning', () => {
    expect(state({ debts: [debt(10)] }, BUILT_IN, NOON + 11 * HOUR_MS)).toMatchObject({
      waitsFor: 'quiet-hours',
      isListed: true,
    });
  });
});

describe('always', () => {
  const tries = fc.constantFrom<LastTry>('none', 'planned', 'unresolved', 'failed', 'skipped');
  const reasons = fc.constantFrom(
    'insufficient_funds',
    'card_expired',
    'mandate_paused',
    'bank_technical_error',
    'card_declined',
  );
  const anyDebt = fc
    .record({
      age: fc.integer({ min: 0, max: 120 }),
      reason: reasons,
      lastTry: tries,
      owed: fc.integer({ min: 1, max: 900_000 }),
    })
    .map(({ age, reason, lastTry, owed }) => declined(age, reason, { lastTry, owedPaise: BigInt(owed) }));
  const anySituation = fc
    .record({
      debts: fc.array(anyDebt, { maxLength: 4 }),
      arm: fc.constantFrom('campaign' as const, 'hold-out' as const),
      churnProbability: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null }),
      plan: fc.constantFrom('none' as const, 'kept' as const, 'offered-before' as const),
      hour: fc.integer({ min: 0, max: 23 }),
    })
    .map(({ hour, debts, ...fields }) => ({
      now: NOON + hour * HOUR_MS,
      of: situation({ ...fields, debts: debts.sort((a, b) => a.dueAt - b.dueAt) }),
    }));

  it('at most one message, none while anything is open or at night, the same answer twice', () => {
    fc.assert(
      fc.property(anySituation, ({ of, now }) => {
        const once = dunningState(of, BUILT_IN, now);
        expect(dunningState(of, BUILT_IN, now)).toEqual(once);
        const messages = once.steps.filter(({ kind }) => kind !== 'suspension');
        expect(messages.length).toBeLessThanOrEqual(1);
        const isOpen = of.debts.some(({ lastTry }) => lastTry === 'unresolved');
        const minute = minuteOfDay(now);
        if (isOpen || minute < 480 || minute >= 1230 || of.plan === 'kept') expect(once.steps).toEqual([]);
        // What was said is not asked for again.
        const repeated = messages.map((step) => ({ ...step, at: now, isOfEpisode: true }));
        expect(
          dunningState({ ...of, said: repeated }, BUILT_IN, now + 7 * DAY_MS - HOUR_MS).steps,
        ).not.toContainEqual(messages[0] ?? 0);
      }),
      { numRuns: 500 },
    );
  });
});
