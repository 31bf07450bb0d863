/**
 * The life of one debit on a mandate: planned for a slot, announced to the payer by the legal notice, charged, and then whatever the
 * gateway says. `charging` is written before the gateway is called and `unresolved` means that it has accepted: neither is repeated or
 * given up before the gateway has been asked (India rules U5, U13). A success is the last word, also after a failure (U13). One debit
 * is one order and one notice: what must be announced again is withdrawn, and planned anew under the same number.
 */
import type { StateTable } from '../../core/state.js';

export const DEBIT_STATUSES = [
  'planned',
  'announcing',
  'announced',
  'charging',
  'unresolved',
  'succeeded',
  'failed',
  'skipped',
  'withdrawn',
] as const;
export type DebitStatus = (typeof DEBIT_STATUSES)[number];

/**
 * `notice`: the payer has been told. `postpone`: the gateway has nothing of it, and its window has closed. `skip`: the payer does
 * not want this one (E5). `withdraw`: nobody owes it any more, or the mandate does not stand, which is no failure (U8).
 */
export type DebitEvent =
  'announce' | 'notice' | 'charge' | 'accept' | 'postpone' | 'succeed' | 'fail' | 'skip' | 'withdraw';

export const DEBIT = {
  planned: { announce: 'announcing', skip: 'skipped', withdraw: 'withdrawn' },
  announcing: { notice: 'announced', skip: 'skipped', withdraw: 'withdrawn' },
  announced: { charge: 'charging', skip: 'skipped', withdraw: 'withdrawn' },
  charging: {
    accept: 'unresolved',
    postpone: 'announced',
    succeed: 'succeeded',
    fail: 'failed',
    withdraw: 'withdrawn',
  },
  unresolved: { succeed: 'succeeded', fail: 'failed', withdraw: 'withdrawn' },
  // The bank may still say yes for some days after it said no.
  failed: { succeed: 'succeeded' },
  skipped: {},
  withdrawn: {},
  succeeded: {},
} as const satisfies StateTable<DebitStatus, DebitEvent>;
