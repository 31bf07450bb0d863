/**
 * What the calendar does to a subscription next, and when: the one pure function behind `next_billing_at`. Everything happens at six in
 * the morning of its day in India, so that an instant stands for a day. Of what falls on one day an end comes before a pause and a pause
 * before an invoice: nothing is invoiced that will not be served. What is late is done late, in the same order.
 */
import { HOUR_MS, startOfDay } from '../../core/days.js';
import type { Subscription } from './subscription.js';

export interface Step {
  readonly kind: 'start' | 'end-trial' | 'bill' | 'pause' | 'resume' | 'end' | 'expire';
  /** Day of the Indian calendar. */
  readonly day: number;
  /** UTC epoch ms. */
  readonly at: number;
}

const AT_HOUR = 6;

export type Planned = Pick<
  Subscription,
  | 'status'
  | 'anchorDay'
  | 'startsDay'
  | 'trialEndDay'
  | 'periodEndDay'
  | 'endsDay'
  | 'cancelAtPeriodEnd'
  | 'pausedDay'
  | 'resumeDay'
>;

export function nextBillingAt(subscription: Planned): number | null {
  return nextStep(subscription)?.at ?? null;
}

/** Null when it goes on by itself for ever, waits for somebody, or has ended. */
export function nextStep(subscription: Planned): Step | null {
  const steps = stepsOf(subscription).filter((step): step is [Step['kind'], number] => step[1] !== null);
  const [kind, day] = steps.reduce((first, step) => (step[1] < first[1] ? step : first), steps[0] ?? NONE);
  return day === Infinity ? null : { kind, day, at: startOfDay(day) + AT_HOUR * HOUR_MS };
}

const NONE: [Step['kind'], number] = ['end', Infinity];

/** In the order of precedence on one day. */
function stepsOf(subscription: Planned): [Step['kind'], number | null][] {
  const { status, anchorDay, startsDay, trialEndDay, periodEndDay, endsDay, cancelAtPeriodEnd } =
    subscription;
  const dueDay = periodEndDay ?? anchorDay;
  const expireDay = endsDay === null ? null : endsDay + 1;
  switch (status) {
    case 'scheduled':
      return [['start', startsDay ?? anchorDay]];
    case 'trialing':
      return [[cancelAtPeriodEnd ? 'end' : 'end-trial', trialEndDay ?? anchorDay]];
    case 'active':
    case 'past_due':
      return [
        ['expire', expireDay],
        ['end', cancelAtPeriodEnd ? dueDay : null],
        ['pause', subscription.pausedDay],
        ['bill', dueDay],
      ];
    case 'paused':
      return [
        ['expire', expireDay],
        ['resume', subscription.resumeDay],
      ];
    case 'suspended':
      return [
        ['expire', expireDay],
        ['end', cancelAtPeriodEnd ? dueDay : null],
      ];
    case 'cancelled':
    case 'expired':
      return [];
  }
}
