/**
 * The invoice of what changes within a period, and what bounds it: what that period's invoices charge, less credits already given, and how
 * much of that has been paid. It belongs to the period and is caused by one change, so that two changes on one day are two
 * invoices; what is in the payer's favour stays with the subscription as credit (billing/invoices).
 */
import type { PoolClient } from 'pg';
import { DAY_MS, formatDay } from '../../core/days.js';
import { planFirstDebit } from '../debits/plan-first.js';
import type { DraftLine } from '../invoices/draft.js';
import { issueInvoices } from '../invoices/issue.js';
import { postEntries } from '../ledger/post.js';
import { BILLING } from '../run/settings.js';
import type { Period } from './periods.js';
import type { Caps } from './proration.js';
import type { Subscription } from './subscription.js';

interface ChangeCharge {
  /** Names the change: its invoice is made once. */
  readonly cause: string;
  readonly period: Period;
  readonly lines: readonly DraftLine[];
}

/** Last in the transaction: it posts to the ledger. A change that costs and credits nothing has no invoice. */
export async function invoiceChanges(
  client: PoolClient,
  { subscriptionId, payerId, counterpartyId, collection, terms }: Subscription,
  charges: readonly ChangeCharge[],
  now: number,
): Promise<void> {
  const dueDays = collection === 'mandate' ? BILLING.mandateDueDays : BILLING.manualDueDays;
  const drafts = charges
    .filter(({ lines }) => lines.length > 0)
    .map((charge) => ({
      payerId,
      counterpartyId,
      subscriptionId,
      kind: 'change' as const,
      currency: terms.currency,
      dueAt: now + dueDays * DAY_MS,
      ...charge,
    }));
  if (drafts.length === 0) return;
  const { invoices, entries } = await issueInvoices(client, drafts, now);
  for (const { invoiceId, totalPaise } of invoices) {
    if (collection === 'mandate' && totalPaise > 0n) await planFirstDebit(client, { invoiceId }, now);
  }
  await postEntries(client, entries, now);
}

export interface Standing extends Caps {
  readonly unpaidPaise: bigint;
}

/** Of the period that begins on a day. The setup fee is no part of it: it is not given back. */
export async function readStanding(
  client: PoolClient,
  subscriptionId: string,
  startDay: number,
): Promise<Standing> {
  const { rows } = await client.query<{ standing: bigint; unpaid: bigint }>(
    `SELECT coalesce(sum(standing), 0)::bigint AS standing,
       coalesce(sum(CASE WHEN status = 'paid' THEN 0 ELSE total_paise - paid_paise END), 0)::bigint AS unpaid
     FROM invoices, LATERAL (
       SELECT sum(amount_paise) AS standing FROM invoice_lines
       WHERE invoice_lines.invoice_id = invoices.invoice_id
         AND kind IN ('plan', 'add-on', 'proration-credit', 'proration-charge')) AS lines
     WHERE subscription_id = $1 AND period_start_on = $2 AND status <> 'void'`,
    [subscriptionId, formatDay(startDay)],
  );
  const { standing: standingPaise, unpaid: unpaidPaise } = rows[0] ?? { standing: 0n, unpaid: 0n };
  const paidPaise = standingPaise > unpaidPaise ? standingPaise - unpaidPaise : 0n;
  return { standingPaise: standingPaise > 0n ? standingPaise : 0n, paidPaise, unpaidPaise };
}
