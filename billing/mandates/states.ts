/**
 * The life of a mandate. The gateway's events come late, twice or before their elders, so a mandate is
 * led towards what all of them amount to (tokens.ts) and every state has the step that this takes. A pause or a cancellation is the
 * payer's right and no failure (India rules U8, E5); only the payer resumes what the payer paused.
 */
import type { StateTable } from '../../core/state.js';

export const MANDATE_STATUSES = [
  'created',
  'pending',
  'active',
  'paused',
  'rejected',
  'cancelled',
  'expired',
] as const;
export type MandateStatus = (typeof MANDATE_STATUSES)[number];

/** `place`: put before the payer. The rest is what the gateway says; `expire` is the calendar's. */
export type MandateEvent = 'place' | 'confirm' | 'pause' | 'resume' | 'reject' | 'cancel' | 'expire';

export const MANDATE = {
  created: {
    place: 'pending',
    confirm: 'active',
    pause: 'paused',
    resume: 'active',
    reject: 'rejected',
    cancel: 'cancelled',
    expire: 'expired',
  },
  pending: {
    confirm: 'active',
    pause: 'paused',
    resume: 'active',
    reject: 'rejected',
    cancel: 'cancelled',
    expire: 'expired',
  },
  active: { pause: 'paused', cancel: 'cancelled', expire: 'expired' },
  paused: { resume: 'active', cancel: 'cancelled', expire: 'expired' },
  // The bank's second answer may be the true one: a payer who tries again on the same order.
  rejected: { confirm: 'active', pause: 'paused', cancel: 'cancelled' },
  cancelled: {},
  expired: { cancel: 'cancelled' },
} as const satisfies StateTable<MandateStatus, MandateEvent>;
