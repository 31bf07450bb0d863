import { describe, expect, it } from '@jest/globals';
import {
  SUBSCRIPTION,
  SUBSCRIPTION_STATUSES,
  canMove,
  isPaying,
  refusalOf,
} from '../../../billing/subscriptions/states.js';
import type { SubscriptionEvent, SubscriptionStatus } from '../../../billing/subscriptions/states.js';
import { advance } from '../../../core/state.js';

/** Every pair that leads somewhere, written down once more by hand: from, event, to. */
const STEPS = `
  scheduled start active; scheduled begin-trial trialing; scheduled cancel cancelled
  trialing end-trial active; trialing cancel cancelled; trialing end cancelled
  active bill active; active renew active; active fall-due past_due; active pause paused
  active cancel cancelled; active end cancelled; active expire expired; active lapse cancelled
  past_due bill past_due; past_due renew past_due; past_due recover active; past_due suspend suspended; past_due pause paused
  past_due cancel cancelled; past_due end cancelled; past_due expire expired; past_due lapse cancelled
  paused renew paused; paused fall-due paused; paused recover paused; paused resume active
  paused cancel cancelled; paused expire expired; paused lapse cancelled
  suspended renew suspended; suspended recover active
  suspended cancel cancelled; suspended end cancelled; suspended expire expired; suspended lapse cancelled
  scheduled change scheduled; trialing change trialing; active change active; past_due change past_due; paused change paused
  scheduled schedule scheduled; trialing schedule trialing; active schedule active; past_due schedule past_due
  paused schedule paused; suspended schedule suspended
  scheduled unschedule scheduled; trialing unschedule trialing; active unschedule active; past_due unschedule past_due
  paused unschedule paused; suspended unschedule suspended`;

const allowed = new Map(
  STEPS.split(/[;\n]/)
    .map((step) => step.trim().split(' '))
    .filter(([event]) => event !== '')
    .map(([from, event, to]) => [`${from} ${event}`, to]),
);
const EVENTS = [...new Set([...allowed.keys()].map((pair) => pair.split(' ')[1]))] as SubscriptionEvent[];

describe('the life of a subscription', () => {
  it('takes exactly the steps that are written down, over every pair of status and event', () => {
    for (const status of SUBSCRIPTION_STATUSES) {
      for (const event of EVENTS) {
        const after = advance<SubscriptionStatus, SubscriptionEvent>(SUBSCRIPTION, status, event);
        expect([status, event, after]).toEqual([status, event, allowed.get(`${status} ${event}`) ?? null]);
        expect(canMove({ status }, event)).toBe(after !== null);
      }
    }
  });

  it('ends for good: what is cancelled or expired takes no step', () => {
    expect(
      EVENTS.filter(
        (event) => canMove({ status: 'cancelled' }, event) || canMove({ status: 'expired' }, event),
      ),
    ).toEqual([]);
  });

  it('reaches every status, and from each that has not ended an end', () => {
    const reached = new Set<string>(['scheduled']);
    for (let size = 0; size < reached.size;) {
      size = reached.size;
      for (const status of [...reached])
        Object.values(SUBSCRIPTION[status as SubscriptionStatus]).forEach((to) => reached.add(to));
    }
    expect([...reached].sort()).toEqual([...SUBSCRIPTION_STATUSES].sort());
    const endless = SUBSCRIPTION_STATUSES.filter(
      (status) => !Object.values(SUBSCRIPTION[status]).includes('cancelled'),
    );
    expect(endless).toEqual(['cancelled', 'expired']);
  });

  it('E5, U8: a debit that the payer skipped and a mandate that the payer paused are no steps of it', () => {
    expect(EVENTS).not.toEqual(expect.arrayContaining(['skip']));
    expect(EVENTS).toHaveLength(17);
  });

  it('says of a refused step what stands in its way and what to do', () => {
    const refusal = (status: SubscriptionStatus): string =>
      refusalOf({ subscriptionId: 'sub_1', status }, 'resume').message;
    expect(refusal('suspended')).toBe(
      'sub_1 is suspended, which takes no resume: it goes on by itself once its overdue invoices are paid',
    );
    expect(new Set(SUBSCRIPTION_STATUSES.map(refusal)).size).toBe(SUBSCRIPTION_STATUSES.length);
  });

  it('U12: in arrears it goes on being invoiced, suspended it does not', () => {
    expect(canMove({ status: 'past_due' }, 'bill')).toBe(true);
    expect(canMove({ status: 'suspended' }, 'bill')).toBe(false);
    expect(SUBSCRIPTION_STATUSES.filter(isPaying)).toEqual(['active', 'past_due']);
  });
});
