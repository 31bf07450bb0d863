/**
 * What a debit stands on: the invoice that is owed and the mandate that allows it, as they are now. Asked again before every step, since
 * between two of them the payer may pay, pause or cancel. Nothing is debited of an invoice that is paid, held, void or being paid.
 */
import type { PoolClient } from 'pg';
import { assert } from '../../core/errors.js';
import { dayOf } from '../../core/days.js';
import type { MandateStatus } from '../mandates/states.js';
import { unapprovedLimitPaise } from '../retry/limits.js';
import type { DebitFrequency, DebitMethod, DebitPurpose } from '../retry/situation.js';
import { cycleOf } from './calendar.js';
import type { Cycle } from './calendar.js';

export interface Standing {
  readonly invoiceId: string;
  readonly payerId: string;
  readonly counterpartyId: string | null;
  readonly invoiceStatus: string;
  readonly heldReason: string | null;
  readonly owedPaise: bigint;
  readonly paidPaise: bigint;
  readonly currency: string;
  readonly dueAt: number;
  readonly cycle: Cycle;
  /** Money for it is at the gateway and not yet set against it. */
  readonly isBeingPaid: boolean;
  readonly mandateId: string;
  readonly method: DebitMethod;
  readonly purpose: DebitPurpose;
  readonly mandateStatus: MandateStatus;
  readonly frequency: DebitFrequency;
  readonly maxPaise: bigint;
  readonly startsAt: number | null;
  readonly confirmedAt: number | null;
  readonly expiresAt: number;
  readonly customerId: string | null;
  readonly tokenId: string | null;
  readonly issuer: string | null;
}

interface Row extends Omit<Standing, 'cycle'> {
  readonly issuedAt: number;
  readonly endDay: number | null;
}

const SELECT = `
  SELECT i.invoice_id AS "invoiceId", i.payer_id AS "payerId", i.counterparty_id AS "counterpartyId", i.status AS "invoiceStatus",
    i.held_reason AS "heldReason", i.total_paise - i.paid_paise AS "owedPaise", i.paid_paise AS "paidPaise", i.currency,
    i.due_at AS "dueAt", i.issued_at AS "issuedAt", i.period_end_on - DATE '1970-01-01' AS "endDay",
    EXISTS (SELECT FROM payments p WHERE p.reference = i.invoice_id AND (p.status = 'authorized'
      OR (p.status = 'paid' AND p.settled_revision < p.revision))) AS "isBeingPaid",
    m.mandate_id AS "mandateId", m.method, m.purpose, m.status AS "mandateStatus", m.frequency, m.max_paise AS "maxPaise",
    m.starts_at AS "startsAt", m.confirmed_at AS "confirmedAt", m.expires_at AS "expiresAt",
    m.customer_id AS "customerId", m.token_id AS "tokenId", m.issuer`;

/** Of the invoices that are to be debited on their subscription's mandate; others are left out. */
export async function standingsToPlan(
  client: PoolClient,
  invoiceIds: readonly string[],
): Promise<Standing[]> {
  const { rows } = await client.query<Row>({
    name: 'standings-to-plan',
    text: `${SELECT} FROM invoices i JOIN subscriptions s USING (subscription_id) JOIN mandates m ON m.mandate_id = s.mandate_id
      WHERE i.invoice_id = ANY($1) AND s.collection = 'mandate'`,
    values: [invoiceIds],
  });
  return rows.map(toStanding);
}

export async function standingOf(
  client: PoolClient,
  { invoiceId, mandateId }: { readonly invoiceId: string; readonly mandateId: string },
): Promise<Standing> {
  const { rows } = await client.query<Row>(
    `${SELECT} FROM invoices i, mandates m WHERE i.invoice_id = $1 AND m.mandate_id = $2`,
    [invoiceId, mandateId],
  );
  assert(rows[0] !== undefined, 'a debit has an invoice and a mandate');
  return toStanding(rows[0]);
}

function toStanding({ issuedAt, endDay, ...row }: Row): Standing {
  return { ...row, cycle: cycleOf(issuedAt, row.dueAt, endDay) };
}

/** Why nothing may be debited now whatever the slot; null: nothing stands in the way. */
export function obstacle(standing: Standing): string | null {
  const { invoiceStatus, heldReason, isBeingPaid, owedPaise, mandateStatus, tokenId, customerId } = standing;
  if (invoiceStatus !== 'open') return `the invoice is ${invoiceStatus}`;
  if (heldReason !== null) return `the invoice is held: ${heldReason}`;
  if (isBeingPaid || owedPaise <= 0n) return 'the invoice is being paid';
  if (mandateStatus !== 'active') return `the mandate is ${mandateStatus}`;
  return tokenId === null || customerId === null ? 'the mandate is not registered' : null;
}

/** Whether the payer must approve this amount, so that it cannot be debited unasked (India rules E2, E3, U6, U11). */
export function needsPayer(
  { method, purpose, maxPaise }: Standing,
  amountPaise: bigint,
  atMs: number,
): boolean {
  const limitPaise = unapprovedLimitPaise(method, purpose, dayOf(atMs));
  return amountPaise > maxPaise || (limitPaise !== null && amountPaise > limitPaise);
}
