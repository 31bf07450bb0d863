/** An invoice as people and programs see it: amounts, lines, and the payments that name it. Read in one statement, so its parts belong together. */
import type { Pool, PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { AppError } from '../../core/errors.js';
import { nullable } from '../../scoring/request.js';
import { pageOf } from '../page.js';
import type { Page } from '../page.js';
import { LINE_KINDS } from './draft.js';
import { INVOICE } from './states.js';
import type { InvoiceStatus } from './states.js';

export const INVOICE_STATUSES = Object.keys(INVOICE) as InvoiceStatus[];
const Paise = Type.Integer({ description: 'Minor units of `currency`, tax included.' });
const Instant = Type.String({ format: 'date-time' });
const Day = Type.String({ format: 'date' });

const LineView = Type.Object({
  kind: Type.Enum(LINE_KINDS),
  description: Type.String(),
  quantity: Type.Integer(),
  unitPaise: Paise,
  amountPaise: Paise,
  taxClass: nullable(Type.String()),
  taxRate: Type.Integer({ description: 'Parts per ten thousand.' }),
  taxPaise: Type.Integer({ description: 'Of the amount.' }),
  fromOn: nullable(Day),
  toOn: nullable(Type.String({ format: 'date', description: 'The first day that is no longer part of it.' })),
});

const PaidView = Type.Object({
  paymentId: Type.String(),
  reference: Type.String(),
  status: Type.String(),
  capturedPaise: Paise,
  refundedPaise: Paise,
});

export const InvoiceView = Type.Object({
  invoiceId: Type.String(),
  payerId: Type.String(),
  counterpartyId: nullable(Type.String()),
  subscriptionId: nullable(Type.String()),
  kind: Type.Enum(['recurring', 'change', 'one-off']),
  periodStartOn: nullable(Day),
  periodEndOn: nullable(Day),
  status: Type.Enum(INVOICE_STATUSES),
  currency: Type.String(),
  totalPaise: Type.Integer({ description: 'To be paid: net + tax + round-off - credit.' }),
  netPaise: Type.Integer(),
  taxPaise: Type.Integer(),
  roundOffPaise: Type.Integer(),
  creditPaise: Type.Integer({ description: 'Used when positive, kept for later invoices when negative.' }),
  paidPaise: Paise,
  overpaidPaise: Type.Integer({ description: 'Came beyond the total: give it back, it pays nothing else.' }),
  heldReason: nullable(Type.String({ description: 'Why it is neither debited nor chased.' })),
  voidReason: nullable(Type.String()),
  giveUpReason: nullable(
    Type.String({ description: 'Why nobody expects it any more; stays when it is paid after all.' }),
  ),
  issuedAt: Instant,
  dueAt: Instant,
  paidAt: nullable(Instant),
  overdueAt: nullable(Instant),
  lines: Type.Array(LineView),
  payments: Type.Array(PaidView),
});
export type InvoiceView = Static<typeof InvoiceView>;

/** JSON's numbers are doubles: exact for paise up to ₹90 lakh crore. */
const SELECT = `
  SELECT json_build_object('invoiceId', i.invoice_id, 'payerId', i.payer_id, 'counterpartyId', i.counterparty_id,
    'subscriptionId', i.subscription_id, 'kind', i.kind, 'periodStartOn', i.period_start_on, 'periodEndOn', i.period_end_on,
    'status', i.status, 'currency', i.currency, 'totalPaise', i.total_paise, 'netPaise', i.net_paise, 'taxPaise', i.tax_paise,
    'roundOffPaise', i.round_off_paise, 'creditPaise', i.credit_paise, 'paidPaise', i.paid_paise,
    'overpaidPaise', i.overpaid_paise, 'heldReason', i.held_reason, 'voidReason', i.void_reason,
    'giveUpReason', i.give_up_reason,
    'lines', (SELECT coalesce(json_agg(json_build_object('kind', l.kind, 'description', l.description, 'quantity', l.quantity,
        'unitPaise', l.unit_paise, 'amountPaise', l.amount_paise, 'taxClass', l.tax_class, 'taxRate', l.tax_rate,
        'taxPaise', l.tax_paise, 'fromOn', l.from_on, 'toOn', l.to_on) ORDER BY l.line), '[]')
      FROM invoice_lines l WHERE l.invoice_id = i.invoice_id),
    'payments', (SELECT coalesce(json_agg(json_build_object('paymentId', p.payment_id, 'reference', p.reference,
        'status', p.status, 'capturedPaise', p.captured_paise, 'refundedPaise', p.refunded_paise)
        ORDER BY p.created_at, p.payment_id), '[]')
      FROM payments p WHERE p.reference IS NOT NULL AND split_part(p.reference, ':', 1) = i.invoice_id AND p.origin = 'api')
    ) AS view, i.issued_at, i.due_at, i.paid_at, i.overdue_at
  FROM invoices i`;

interface Row {
  view: Omit<InvoiceView, 'issuedAt' | 'dueAt' | 'paidAt' | 'overdueAt'>;
  issued_at: number;
  due_at: number;
  paid_at: number | null;
  overdue_at: number | null;
}

/** @throws AppError `invoice-not-found`. */
export async function readInvoice(db: Pool | PoolClient, invoiceId: string): Promise<InvoiceView> {
  const { rows } = await db.query<Row>(`${SELECT} WHERE i.invoice_id = $1`, [invoiceId]);
  if (rows[0] === undefined) throw noInvoice(invoiceId);
  return toView(rows[0]);
}

interface InvoiceQuery extends Page {
  readonly payerId?: string;
  readonly subscriptionId?: string;
  readonly status?: InvoiceStatus;
}

/** Newest first. */
export async function listInvoices(pool: Pool, query: InvoiceQuery): Promise<InvoiceView[]> {
  const { payerId, subscriptionId, status } = query;
  const equal = { 'i.payer_id': payerId, 'i.subscription_id': subscriptionId, 'i.status': status };
  const { clause, values } = pageOf(query, 'i.invoice_id', equal);
  const { rows } = await pool.query<Row>(`${SELECT} WHERE ${clause}`, values);
  return rows.map(toView);
}

export function noInvoice(invoiceId: string): AppError {
  return new AppError('not-found', 'invoice-not-found', `there is no invoice ${invoiceId}`);
}

function toView({ view, issued_at, due_at, paid_at, overdue_at }: Row): InvoiceView {
  return {
    ...view,
    issuedAt: iso(issued_at),
    dueAt: iso(due_at),
    paidAt: paid_at === null ? null : iso(paid_at),
    overdueAt: overdue_at === null ? null : iso(overdue_at),
  };
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
