/**
 * Paying in parts: an offer of dunning, accepted or refused by the payer, kept or broken by what is paid. While a plan is kept its
 * invoices are held, so nothing is debited or asked for beside it; when a part does not come in time the hold ends and dunning goes
 * on. Whether it is kept is computed from what has been paid of the invoices since, whichever way it came.
 */
import type { Pool, PoolClient } from 'pg';
import { dayOf } from '../../core/days.js';
import { AppError } from '../../core/errors.js';
import { inTransaction } from '../../core/transaction.js';
import { planStanding } from './parts.js';
import type { Part } from './parts.js';
import { followArrears } from '../invoices/arrears.js';
import { lockInvoices } from '../invoices/settle.js';
import { lockPayers } from './read.js';
import { PLAN_HOLD } from './read-debts.js';

export interface Offer {
  readonly offerId: string;
  readonly payerId: string;
  readonly currency: string;
  readonly status: 'offered' | 'accepted' | 'declined' | 'lapsed' | 'kept' | 'broken';
  readonly totalPaise: bigint;
  readonly invoiceIds: readonly string[];
  readonly parts: readonly Part[];
  readonly offeredAt: number;
  readonly lapsesAt: number;
  readonly decidedAt: number | null;
}

/** Called in the transaction that accepts an offer: whoever collects the parts begins here. */
export type BeginInstalments = (client: PoolClient, offer: Offer, now: number) => Promise<void>;

interface OfferRow extends Omit<Offer, 'parts'> {
  readonly parts: readonly { readonly dueOn: string; readonly amountPaise: string }[];
  readonly paidPaise: bigint;
}

const SELECT = `
  SELECT offer_id AS "offerId", payer_id AS "payerId", currency, status, total_paise AS "totalPaise", invoice_ids AS "invoiceIds",
    parts, offered_at AS "offeredAt", lapses_at AS "lapsesAt", decided_at AS "decidedAt",
    coalesce((SELECT sum(paid_paise) FROM invoices WHERE invoice_id = ANY(invoice_ids)), 0)::bigint
      - coalesce(paid_before_paise, 0) AS "paidPaise"
  FROM dunning_offers`;

function toOffer({ parts, paidPaise: _paid, ...row }: OfferRow): Offer {
  return {
    ...row,
    parts: parts.map(({ dueOn, amountPaise }) => ({ dueOn, amountPaise: BigInt(amountPaise) })),
  };
}

/** Newest first. */
export async function offersOf(pool: Pool, payerId: string): Promise<Offer[]> {
  const { rows } = await pool.query<OfferRow>(
    `${SELECT} WHERE payer_id = $1 ORDER BY offered_at DESC, offer_id`,
    [payerId],
  );
  return rows.map(toOffer);
}

/** @throws AppError `offer-not-found`. */
export async function readOffer(db: Pool | PoolClient, offerId: string): Promise<Offer> {
  const { rows } = await db.query<OfferRow>(`${SELECT} WHERE offer_id = $1`, [offerId]);
  if (rows[0] === undefined)
    throw new AppError('not-found', 'offer-not-found', `there is no offer ${offerId}`);
  return toOffer(rows[0]);
}

/** Lapsed, kept and broken ones of these payers, whose locks the caller holds. */
export async function settlePlans(
  client: PoolClient,
  payerIds: readonly string[],
  graceDays: number,
  now: number,
): Promise<void> {
  await client.query(
    `UPDATE dunning_offers SET status = 'lapsed', changed_at = to_timestamp($2 / 1000.0)
     WHERE payer_id = ANY($1) AND status = 'offered' AND lapses_at <= to_timestamp($2 / 1000.0)`,
    [payerIds, now],
  );
  const { rows } = await client.query<OfferRow>(
    `${SELECT} WHERE payer_id = ANY($1) AND status = 'accepted'`,
    [payerIds],
  );
  for (const row of rows) {
    const offer = toOffer(row);
    const standing = planStanding(offer, row.paidPaise, { today: dayOf(now), graceDays });
    if (standing === 'accepted') continue;
    await setStatus(client, offer, standing, now);
    await hold(client, offer.invoiceIds, null, now);
  }
}

/** Accepting twice is accepting once. @throws AppError `offer-closed` when it lapsed or was decided otherwise. */
export async function decideOffer(
  { pool, beginInstalments }: { readonly pool: Pool; readonly beginInstalments: BeginInstalments | null },
  offerId: string,
  decision: 'accepted' | 'declined',
  now: number,
): Promise<Offer> {
  const { payerId } = await readOffer(pool, offerId);
  return inTransaction(pool, async (client) => {
    await lockPayers(client, [payerId]);
    const offer = await readOffer(client, offerId);
    if (offer.status === decision) return offer;
    if (offer.status !== 'offered' || offer.lapsesAt <= now) {
      const status = offer.status === 'offered' ? 'lapsed' : offer.status;
      throw new AppError(
        'conflict',
        'offer-closed',
        `offer ${offerId} is ${status}: it cannot be ${decision} any more`,
      );
    }
    await setStatus(client, offer, decision, now);
    if (decision === 'accepted') {
      await hold(client, offer.invoiceIds, PLAN_HOLD, now);
      await beginInstalments?.(client, offer, now);
    }
    return readOffer(client, offerId);
  });
}

async function setStatus(
  client: PoolClient,
  { offerId }: Offer,
  status: Offer['status'],
  now: number,
): Promise<void> {
  await client.query(
    `UPDATE dunning_offers SET status = $2, changed_at = to_timestamp($3 / 1000.0),
       decided_at = coalesce(decided_at, to_timestamp($3 / 1000.0)),
       paid_before_paise = coalesce(paid_before_paise, (SELECT sum(paid_paise) FROM invoices WHERE invoice_id = ANY(invoice_ids)), 0)
     WHERE offer_id = $1`,
    [offerId, status, now],
  );
}

/** Never what a person holds for another reason. What is held is not overdue, so its subscription follows. */
async function hold(
  client: PoolClient,
  invoiceIds: readonly string[],
  reason: string | null,
  now: number,
): Promise<void> {
  await lockInvoices(client, invoiceIds);
  const { rows } = await client.query<{ subscription_id: string | null }>(
    `UPDATE invoices SET held_reason = $2, changed_at = to_timestamp($3 / 1000.0)
     WHERE invoice_id = ANY($1) AND status = 'open' AND held_reason IS NOT DISTINCT FROM $4 RETURNING subscription_id`,
    [invoiceIds, reason, now, reason === null ? PLAN_HOLD : null],
  );
  await followArrears(
    client,
    rows.flatMap(({ subscription_id: id }) => id ?? []),
    now,
  );
}
