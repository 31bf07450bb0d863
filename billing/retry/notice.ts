/**
 * How long before a debit the payer must know of it. The law asks for 24 hours on cards and UPI; the gateway starts UPI debits 25
 * hours and card debits 36 hours 5 minutes after the notice is delivered and refuses earlier ones. Bank mandates have no notice.
 * Law: India rules E4, U3, U4.
 */
import { HOUR_MS, MINUTE_MS } from '../../core/days.js';
import type { DebitMethod } from './situation.js';
import { nextOpenAt } from './windows.js';

const LEAD_MS: Readonly<Record<DebitMethod, number | null>> = {
  upi: 25 * HOUR_MS,
  card: 36 * HOUR_MS + 5 * MINUTE_MS,
  emandate: null,
  nach: null,
};

/** From the notice's delivery to the debit; null where none is sent. */
export function noticeLeadMs(method: DebitMethod): number | null {
  return LEAD_MS[method];
}

/** When a debit may be executed at the earliest once its notice was delivered: the lead, and then the next open window. */
export function earliestAfterNotice(method: DebitMethod, deliveredAtMs: number): number {
  return nextOpenAt(method, deliveredAtMs + (LEAD_MS[method] ?? 0));
}
