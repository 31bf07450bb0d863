/**
 * The next invoice of a subscription if nothing else happens, from the subscription alone: what waits for the next period is in it,
 * and the credit that it would use.
 */
import { sumOf } from './proration.js';
import type { DraftLine } from '../invoices/draft.js';
import type { Terms } from '../catalogue/terms.js';
import { begin, sameInterval } from './change.js';
import { recurringLines } from './lines.js';
import { nextStep } from './next-billing.js';
import { nextPeriod } from './steps.js';
import type { Subscription } from './subscription.js';

interface Upcoming {
  /** When it is made, UTC epoch ms. */
  readonly at: number;
  readonly startDay: number;
  readonly endDay: number;
  readonly lines: readonly DraftLine[];
  readonly creditPaise: bigint;
  readonly totalPaise: bigint;
}

/** @param pending the terms of the change that waits, null when none does. Null: none is to come, or nobody knows when. */
export function upcomingInvoice(subscription: Subscription, pending: Terms | null): Upcoming | null {
  const before = toBilling(subscription);
  const step = before === null ? null : nextStep(before);
  if (before === null || step?.kind !== 'bill') return null;
  const after = pending === null ? before : withTerms(before, pending);
  const { number: period, startDay, endDay } = nextPeriod(after);
  const lines = recurringLines({ ...after, period, periodStartDay: startDay, periodEndDay: endDay });
  const grossPaise = sumOf(lines);
  const creditPaise = grossPaise < subscription.creditPaise ? grossPaise : subscription.creditPaise;
  return { at: step.at, startDay, endDay, lines, creditPaise, totalPaise: grossPaise - creditPaise };
}

/** As it will be when its start and its trial are over. */
function toBilling(subscription: Subscription): Subscription | null {
  const step = nextStep(subscription);
  if (step?.kind === 'start' || step?.kind === 'end-trial') return { ...subscription, status: 'active' };
  return step === null ? null : subscription;
}

function withTerms(subscription: Subscription, terms: Terms): Subscription {
  const { terms: before, periodEndDay } = subscription;
  const isRhythm = periodEndDay === null || sameInterval(before.interval, terms.interval);
  return { ...subscription, terms, ...(isRhythm ? {} : begin(null, periodEndDay)) };
}
