/**
 * Ending a mandate because the payer asks us to (India rules E5). Our row ends first, so nothing is debited whatever the gateway
 * answers; a repeat asks the gateway again. A UPI mandate has no merchant's pause (U8): it stands or it ends.
 */
import { AppError } from '../../core/errors.js';
import { inTransaction } from '../../core/transaction.js';
import { cancelRow } from '../payments/cancel.js';
import { requireOk } from '../payments/gateway-answer.js';
import type { PaymentDeps } from '../payments/place.js';
import { mandateOf, readMandate } from './mandate.js';
import type { MandateView } from './mandate.js';
import { moveMandate } from './move.js';

/** @throws AppError `mandate-not-found`, `mandate-ended`, or as the gateway refuses. */
export async function cancelMandate(deps: PaymentDeps, mandateId: string): Promise<MandateView> {
  const { pool, clock, gateway } = deps;
  const status = await inTransaction(pool, (client) => moveMandate(client, mandateId, 'cancel', clock.now()));
  if (status !== 'cancelled')
    throw new AppError('conflict', 'mandate-ended', `${mandateId} is ${status}: there is nothing to cancel`);
  const { customerId, tokenId, linkId, paymentId } = await mandateOf(pool, mandateId);
  if (tokenId !== null && customerId !== null) {
    requireOk(await gateway.mandates.cancel(customerId, tokenId), 'the cancellation');
  } else {
    // An order stays open at the gateway: what is still authorised on it goes back, and its token is cancelled (refresh.ts).
    if (paymentId !== null) await cancelRow(deps, paymentId);
    if (linkId !== null) await gateway.mandates.cancelLink(linkId);
  }
  return readMandate(deps, mandateId);
}
