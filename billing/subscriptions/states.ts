/**
 * The life of a subscription: every status and every step between them. Only `active` and `past_due` are served and invoiced; a
 * pause is agreed and invoices nothing, a suspension is our answer to arrears. What has ended takes no step any more: to come
 * back is to subscribe again. A debit that the payer skipped or a mandate that is paused is no step at all (India rules E5, U8).
 */
import { AppError } from '../../core/errors.js';
import { advance } from '../../core/state.js';
import type { StateTable } from '../../core/state.js';

export const SUBSCRIPTION_STATUSES = [
  'scheduled',
  'trialing',
  'active',
  'past_due',
  'paused',
  'suspended',
  'cancelled',
  'expired',
] as const;
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];

/**
 * `bill`: a period begins and is invoiced; `renew`: its invoice is paid. `fall-due`: something is unpaid after it was due; `recover`:
 * nothing is any more. `suspend`: no more is served for arrears; `lapse`: ended for arrears. `cancel`: ended by the payer now; `end`: as
 * asked for at the period's end; `expire`: by plan. `change`: other terms from now on. `schedule`, `unschedule`: what shall
 * happen later, or no longer shall.
 */
export type SubscriptionEvent =
  | 'start'
  | 'begin-trial'
  | 'end-trial'
  | 'bill'
  | 'renew'
  | 'fall-due'
  | 'recover'
  | 'suspend'
  | 'pause'
  | 'resume'
  | 'change'
  | 'schedule'
  | 'unschedule'
  | 'cancel'
  | 'end'
  | 'expire'
  | 'lapse';

export const SUBSCRIPTION = {
  scheduled: {
    start: 'active',
    'begin-trial': 'trialing',
    change: 'scheduled',
    schedule: 'scheduled',
    unschedule: 'scheduled',
    cancel: 'cancelled',
  },
  trialing: {
    'end-trial': 'active',
    change: 'trialing',
    schedule: 'trialing',
    unschedule: 'trialing',
    cancel: 'cancelled',
    end: 'cancelled',
  },
  active: {
    bill: 'active',
    renew: 'active',
    'fall-due': 'past_due',
    pause: 'paused',
    change: 'active',
    schedule: 'active',
    unschedule: 'active',
    cancel: 'cancelled',
    end: 'cancelled',
    expire: 'expired',
    lapse: 'cancelled',
  },
  // It goes on being served and invoiced until somebody decides otherwise (rule U12 for the provider's own subscriptions).
  past_due: {
    bill: 'past_due',
    renew: 'past_due',
    recover: 'active',
    suspend: 'suspended',
    pause: 'paused',
    change: 'past_due',
    schedule: 'past_due',
    unschedule: 'past_due',
    cancel: 'cancelled',
    end: 'cancelled',
    expire: 'expired',
    lapse: 'cancelled',
  },
  // Earlier invoices still fall due and are paid.
  paused: {
    renew: 'paused',
    'fall-due': 'paused',
    recover: 'paused',
    resume: 'active',
    change: 'paused',
    schedule: 'paused',
    unschedule: 'paused',
    cancel: 'cancelled',
    expire: 'expired',
    lapse: 'cancelled',
  },
  suspended: {
    renew: 'suspended',
    recover: 'active',
    schedule: 'suspended',
    unschedule: 'suspended',
    cancel: 'cancelled',
    end: 'cancelled',
    expire: 'expired',
    lapse: 'cancelled',
  },
  cancelled: {},
  expired: {},
} as const satisfies StateTable<SubscriptionStatus, SubscriptionEvent>;

export function canMove(
  { status }: { readonly status: SubscriptionStatus },
  event: SubscriptionEvent,
): boolean {
  return advance<SubscriptionStatus, SubscriptionEvent>(SUBSCRIPTION, status, event) !== null;
}

/** Why a status does not take a step, and what to do instead. */
const STANDS: Readonly<Record<SubscriptionStatus, string>> = {
  scheduled: 'it has not begun: change it, cancel it, or wait for its first day',
  trialing: 'its trial goes on: cancel it, or wait for its end',
  active: 'it is served and invoiced already',
  past_due: 'it is served and invoiced already, with invoices overdue',
  paused: 'resume it first',
  suspended: 'it goes on by itself once its overdue invoices are paid',
  cancelled: 'it has ended: subscribe again',
  expired: 'it has ended: subscribe again',
};

/** @param step an event, or what a person asked for. */
export function refusalOf(
  { subscriptionId, status }: { readonly subscriptionId: string; readonly status: SubscriptionStatus },
  step: string,
): AppError {
  const message = `${subscriptionId} is ${status}, which takes no ${step}: ${STANDS[status]}`;
  return new AppError('conflict', 'subscription-state', message);
}

/** Who pays for what is served: the others are worth nothing a month. */
export function isPaying(status: SubscriptionStatus): boolean {
  return status === 'active' || status === 'past_due';
}
