/**
 * The life of an invoice. Amounts never change; what changes is whether it is paid, and a void one was never owed. Money that goes back
 * opens it again, by itself held for a person (settle.ts).
 */
import type { StateTable } from '../../core/state.js';

export type InvoiceStatus = 'open' | 'paid' | 'void' | 'uncollectible';

export type InvoiceEvent = 'pay' | 'reopen' | 'void' | 'give-up';

/** What nobody expects any more may still be paid. */
export const INVOICE = {
  open: { pay: 'paid', void: 'void', 'give-up': 'uncollectible' },
  paid: { reopen: 'open', void: 'void' },
  uncollectible: { pay: 'paid', void: 'void' },
  void: {},
} as const satisfies StateTable<InvoiceStatus, InvoiceEvent>;
