/**
 * Which events other programs get of invoices: that one was issued, and each time that it is wholly paid, which may be more than once
 * where money went back in between. One of nothing, or that credit covers, is paid when it is issued.
 */
import type { NewEvent } from '../notices/publish.js';

interface TellableInvoice {
  readonly invoiceId: string;
  readonly payerId: string;
  readonly subscriptionId: string | null;
  readonly kind: string;
  readonly currency: string;
  readonly totalPaise: bigint;
}

/** @param dueAt UTC epoch ms. */
export function issuedEvents(invoice: TellableInvoice, dueAt: number): NewEvent[] {
  const { invoiceId, totalPaise } = invoice;
  const payload = { ...invoice, dueAt: new Date(dueAt).toISOString() };
  const issued: NewEvent = { key: `invoice.issued:${invoiceId}`, topic: 'invoice.issued', payload };
  return totalPaise === 0n ? [issued, paidEvent(invoice, 0)] : [issued];
}

/** @param settlements how often it had been set against money by then. */
export function paidEvent(invoice: TellableInvoice, settlements: number): NewEvent {
  return {
    key: `invoice.paid:${invoice.invoiceId}:${settlements}`,
    topic: 'invoice.paid',
    payload: { ...invoice },
  };
}
