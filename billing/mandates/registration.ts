/**
 * The payment that authorises a mandate: what it takes where it pays no invoice, and what an invoice still asks for where it does. The
 * gateway wants a rupee on cards and UPI and nothing on bank mandates (razorpay.com/docs/api/payments/recurring-payments).
 */
import type { PoolClient } from 'pg';
import { AppError } from '../../core/errors.js';
import type { RegisteredMethod } from './terms.js';

export const AUTHORISATION = {
  /** The category of the gate, and how such a payment is known again. */
  purpose: 'mandate-authorisation',
  paise: { upi: 100n, card: 100n, emandate: 0n } as const satisfies Readonly<
    Record<RegisteredMethod, bigint>
  >,
} as const;

/** Still owed of the payer's invoice. @throws AppError `invoice-not-open`. */
export async function owedPaise(client: PoolClient, invoiceId: string, payerId: string): Promise<bigint> {
  const { rows } = await client.query<{ owed: bigint }>(
    `SELECT total_paise - paid_paise AS owed FROM invoices
     WHERE invoice_id = $1 AND payer_id = $2 AND status = 'open' AND held_reason IS NULL AND currency = 'INR'
       AND NOT EXISTS (SELECT FROM payments p WHERE p.reference = invoice_id AND p.status IN ('authorized', 'paid'))
       AND NOT EXISTS (SELECT FROM debits d WHERE d.invoice_id = invoices.invoice_id AND d.status IN ('charging', 'unresolved'))`,
    [invoiceId, payerId],
  );
  const owed = rows[0]?.owed ?? 0n;
  if (owed > 0n) return owed;
  const message = `nothing is to be paid of ${invoiceId} by ${payerId} now: it is paid, held, or being debited`;
  throw new AppError('conflict', 'invoice-not-open', message);
}
