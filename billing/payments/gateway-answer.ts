/**
 * What the gateway's answer to a call of ours means to whoever asked for it: a value, a refusal that another try does not change, or
 * not knowing, which a repeat under the same key settles without doing anything twice.
 */
import { AppError } from '../../core/errors.js';
import type { Outcome } from '../../core/ports/gateway.js';

/** What the adapter certainly did not send, or the gateway was too busy for: the same may be asked again. */
export function isPostponed(outcome: Outcome<unknown>): boolean {
  return outcome.kind === 'declined' && outcome.decline.class === 'technical';
}

/** @throws AppError `gateway-unavailable`, `gateway-outcome-unknown` or `gateway-refused`. @param what for instance "the order". */
export function requireOk<T>(outcome: Outcome<T>, what: string): T {
  if (outcome.kind === 'ok') return outcome.value;
  const details = { retryAfterSeconds: 5 };
  if (outcome.kind === 'unknown') {
    const message = `nobody knows yet whether the gateway made ${what}: repeat the request with the same key`;
    throw new AppError('unavailable', 'gateway-outcome-unknown', message, { details });
  }
  const { decline } = outcome;
  if (isPostponed(outcome)) {
    const message = `the payment gateway cannot make ${what} now: repeat the request with the same key`;
    throw new AppError('unavailable', 'gateway-unavailable', message, { details });
  }
  const reasons = [{ code: decline.reason, text: decline.advice }];
  throw new AppError('conflict', 'gateway-refused', `the gateway refused ${what}: ${decline.description}`, {
    details: { reasons },
  });
}
