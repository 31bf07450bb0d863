/**
 * What of captures, fees, refunds, disputes and settlements the ledger lacks, as entries. Booked amounts are kept beside each
 * row and written in the transaction that posts, so the books follow the rows whatever the order of events: a fee that
 * becomes known later is booked by its difference, a refund that the bank returned is taken back, a refund of money
 * that was never captured is not booked at all. The caller holds the locks (apply.ts).
 */
import type { PoolClient } from 'pg';
import { postEntries } from '../ledger/post.js';
import { entryOf } from '../ledger/templates.js';
import type { Entry } from '../ledger/templates.js';

/** @param attemptIds whose own or whose refunds' and disputes' rows may have changed. */
export async function bookChanges(
  client: PoolClient,
  attemptIds: readonly string[],
  settlementIds: readonly string[],
  now: number,
): Promise<void> {
  const entries = [
    ...(attemptIds.length === 0 ? [] : await attemptEntries(client, attemptIds)),
    ...(attemptIds.length === 0 ? [] : await refundEntries(client, attemptIds)),
    ...(attemptIds.length === 0 ? [] : await disputeEntries(client, attemptIds)),
    ...(settlementIds.length === 0 ? [] : await settlementEntries(client, settlementIds)),
  ];
  await postEntries(client, entries, now);
}

interface Row {
  readonly id: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly party: string;
  readonly at: number;
}

interface AttemptRow extends Row {
  readonly unbooked: bigint;
  readonly fee: bigint;
  readonly unbooked_fee: bigint;
  readonly unbooked_tax: bigint;
}

async function attemptEntries(client: PoolClient, ids: readonly string[]): Promise<Entry[]> {
  const { rows } = await client.query<AttemptRow>(
    `UPDATE payment_attempts a SET booked_paise = a.amount_paise, booked_fee_paise = coalesce(a.fee_paise, 0),
       booked_tax_paise = coalesce(a.tax_paise, 0)
     FROM payment_attempts was JOIN payments p USING (payment_id)
     WHERE a.attempt_id = was.attempt_id AND a.attempt_id = ANY($1) AND a.is_captured
       AND (was.booked_paise, was.booked_fee_paise, was.booked_tax_paise)
         IS DISTINCT FROM (was.amount_paise, coalesce(was.fee_paise, 0), coalesce(was.tax_paise, 0))
     RETURNING a.attempt_id AS id, a.amount_paise AS amount, a.currency, a.created_at AS at,
       coalesce(p.payer_id, a.customer_id, '') AS party, a.amount_paise - was.booked_paise AS unbooked,
       a.booked_fee_paise AS fee, a.booked_fee_paise - was.booked_fee_paise AS unbooked_fee,
       a.booked_tax_paise - was.booked_tax_paise AS unbooked_tax`,
    [ids],
  );
  return rows.flatMap((row) => {
    const common = { currency: row.currency, party: row.party, occurredAt: row.at };
    const { unbooked, unbooked_fee: total, unbooked_tax: tax } = row;
    const capture = { ...common, key: `capture:${row.id}`, kind: 'payment-captured' as const };
    const fee = { ...common, key: `fee:${row.id}:${row.fee}`, kind: 'payment-fee' as const };
    return [
      ...(unbooked === 0n ? [] : [entryOf({ ...capture, amounts: { amount: unbooked } })]),
      ...(total === 0n && tax === 0n ? [] : [entryOf({ ...fee, amounts: { total, tax, fee: total - tax } })]),
    ];
  });
}

async function refundEntries(client: PoolClient, ids: readonly string[]): Promise<Entry[]> {
  const { rows } = await client.query<Row & { is_sent: boolean }>(
    `UPDATE refunds r SET is_booked = (r.status = 'processed')
     FROM payment_attempts a JOIN payments p USING (payment_id)
     WHERE a.attempt_id = r.attempt_id AND r.attempt_id = ANY($1) AND a.is_captured AND r.amount_paise > 0
       AND r.is_booked <> (r.status = 'processed')
     RETURNING r.refund_id AS id, r.amount_paise AS amount, r.currency, r.created_at AS at,
       coalesce(p.payer_id, a.customer_id, '') AS party, r.is_booked AS is_sent`,
    [ids],
  );
  return rows.map(({ id, amount, currency, party, at, is_sent }) =>
    entryOf({
      key: is_sent ? `refund:${id}` : `refund-returned:${id}`,
      kind: is_sent ? 'refund-sent' : 'refund-returned',
      ...{ currency, party, occurredAt: at, amounts: { amount } },
    }),
  );
}

async function disputeEntries(client: PoolClient, ids: readonly string[]): Promise<Entry[]> {
  const { rows } = await client.query<Row>(
    `UPDATE disputes d SET is_booked = true
     FROM payment_attempts a JOIN payments p USING (payment_id)
     WHERE a.attempt_id = d.attempt_id AND d.attempt_id = ANY($1) AND d.status = 'lost' AND d.deducted_paise > 0
       AND NOT d.is_booked
     RETURNING d.dispute_id AS id, d.deducted_paise AS amount, d.currency, d.status_at AS at,
       coalesce(p.payer_id, a.customer_id, '') AS party`,
    [ids],
  );
  return rows.map(({ id, amount, currency, party, at }) =>
    entryOf({
      key: `dispute:${id}`,
      kind: 'dispute-lost',
      ...{ currency, party, occurredAt: at, amounts: { amount } },
    }),
  );
}

/** Settlements are always in INR. */
async function settlementEntries(client: PoolClient, ids: readonly string[]): Promise<Entry[]> {
  const { rows } = await client.query<Pick<Row, 'id' | 'amount' | 'at'>>(
    `UPDATE settlements SET is_booked = true
     WHERE settlement_id = ANY($1) AND status = 'processed' AND NOT is_booked AND amount_paise <> 0
     RETURNING settlement_id AS id, amount_paise AS amount, created_at AS at`,
    [ids],
  );
  return rows.map(({ id, amount, at }) =>
    entryOf({
      key: `settlement:${id}`,
      kind: 'settlement-sent',
      ...{ currency: 'INR', occurredAt: at, amounts: { amount } },
    }),
  );
}
