/** Situations for tests: one ordinary debt, changed as a test says. Time is a Wednesday noon in India. */
import { DAY_MS } from '../../../core/days.js';
import { declineCause } from '../../../core/decline-reasons.js';
import type { Debt, Said, Situation } from '../../../billing/dunning/situation.js';

/** 2026-07-08 12:00 IST, a Wednesday. */
export const NOON = Date.UTC(2026, 6, 8, 6, 30);

export function debt(ageDays: number, fields: Partial<Debt> = {}): Debt {
  return {
    invoiceId: 'inv_1',
    subscriptionId: 'sub_1',
    isRunning: true,
    owedPaise: 1_500_00n,
    dueAt: NOON - ageDays * DAY_MS,
    lastTry: 'failed',
    decline: null,
    mandate: 'active',
    nextDebitAt: null,
    firstPaymentId: 'deb_1',
    ...fields,
  };
}

/** An unattended debit that failed for this reason. */
export function declined(ageDays: number, reason: string, fields: Partial<Debt> = {}): Debt {
  const { class: cause } = declineCause(reason, { method: 'card', isRecurring: true });
  return debt(ageDays, { decline: { reason, class: cause, at: NOON - ageDays * DAY_MS }, ...fields });
}

export function situation(fields: Partial<Situation> = {}): Situation {
  return {
    payerId: 'payer_1',
    currency: 'INR',
    arm: 'campaign',
    tags: [],
    debts: [debt(6)],
    churnProbability: 0.1,
    valuePaise: 5_000_00n,
    recovery: { probability: 0.4, ifContacted: 0.6 },
    said: [],
    refused: new Set(),
    withheld: new Set(),
    running: ['sub_1'],
    promisedDay: null,
    lastContactAt: null,
    plan: 'none',
    ...fields,
  };
}

export function said(kind: string, daysAgo: number, fields: Partial<Said> = {}): Said {
  return {
    stage: 'second-reminder',
    kind,
    subscriptionId: '',
    invoiceId: '',
    at: NOON - daysAgo * DAY_MS,
    isOfEpisode: true,
    ...fields,
  };
}
