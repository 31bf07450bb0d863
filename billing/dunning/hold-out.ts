/**
 * Who stays on the plain ladder of messages for good, so that the campaign's worth is measured and not claimed: a salted hash of the
 * payer's id decides, whatever the run, the campaign or the model. Another salt than other hold-outs have, so that they cross freely.
 */
import { hash } from 'node:crypto';
import type { Arm } from './situation.js';

const HOLD_OUT = {
  share: 0.1, // A difference of five points shows within a year at a few hundred episodes a month.
  salt: 'dunning-hold-out-1', // Another salt would draw another hold-out: never change it.
} as const;

const DIGITS = 8;

export function armOf(payerId: string): Arm {
  const draw =
    Number.parseInt(hash('sha256', `${HOLD_OUT.salt}:${payerId}`).slice(0, DIGITS), 16) / 16 ** DIGITS;
  return draw < HOLD_OUT.share ? 'hold-out' : 'campaign';
}
