/**
 * Settled rows beside what our books know of each, a page of a day at a time: every identifier is looked up by its index, so
 * memory is a page's whatever the number of rows. Verdicts are written back only where they changed.
 */
import type { PoolClient } from 'pg';
import type { Books, Identifier, SettledRow, Verdict } from './compare.js';
import type { Claim } from './decompose.js';

export interface Pair {
  readonly settlementId: string;
  readonly settledOn: string;
  readonly settledAt: number;
  readonly row: SettledRow;
  readonly books: Books;
  /** The attempt whose books were read, to lock. */
  readonly attemptId: string | null;
  readonly party: string;
  readonly known: Pick<Verdict, 'outcome' | 'reason' | 'identifiedBy' | 'differencePaise'>;
}

/** Of one row; a page begins after one. */
export interface PageKey {
  readonly settlementId: string;
  readonly entityId: string;
}

interface PairRow {
  settlement_id: string;
  settled_on: string;
  settled_at: number;
  entity_id: string;
  type: string;
  debit_paise: bigint;
  credit_paise: bigint;
  amount_paise: bigint;
  currency: string;
  fee_paise: bigint;
  tax_paise: bigint;
  dispute_id: string | null;
  attempt_id: string | null;
  own_payment_id: string | null;
  booked_paise: bigint;
  booked_fee_paise: bigint;
  booked_tax_paise: bigint;
  attempt_currency: string;
  party: string | null;
  by_receipt: string | null;
  by_order: string | null;
  by_note: string | null;
  refund: (Omit<NonNullable<Books['refund']>, 'amountPaise'> & { amountPaise: string }) | null;
  dispute: (Omit<NonNullable<Books['dispute']>, 'amountPaise'> & { amountPaise: string }) | null;
  claims: readonly (Omit<Claim, 'amountPaise'> & { amountPaise: string })[] | null;
  other_refunds: bigint | null;
  is_repeated: boolean;
  linked_to: string | null;
  outcome: Verdict['outcome'];
  reason: Verdict['reason'];
  identified_by: Identifier | null;
  difference_paise: bigint;
}

/** What refunds and disputes took from a payment without a row of their own, or with this row as theirs. */
const CLAIMS = `SELECT json_agg(json_build_object('id', id, 'kind', kind, 'amountPaise', amount::text, 'isBooked', is_booked)
    ORDER BY id) AS claims FROM (
  SELECT refund_id AS id, 'refund' AS kind, amount_paise AS amount, is_booked FROM refunds
  WHERE refunds.attempt_id = r.entity_id AND status <> 'failed'
    AND NOT EXISTS (SELECT FROM settlement_rows own WHERE own.entity_id = refund_id)
  UNION ALL
  SELECT dispute_id, 'chargeback', deducted_paise, is_booked FROM disputes
  WHERE disputes.attempt_id = r.entity_id AND deducted_paise > 0
    AND NOT EXISTS (SELECT FROM settlement_rows own WHERE own.dispute_id = disputes.dispute_id)) AS unsettled`;

/** All refunds of the payment but this row's, ours and theirs, each once. */
const OTHER_REFUNDS = `SELECT sum(amount)::bigint AS other_refunds FROM (
  SELECT amount_paise AS amount FROM refunds
  WHERE refunds.attempt_id = r.payment_id AND status <> 'failed' AND refund_id <> r.entity_id
  UNION ALL
  SELECT amount_paise FROM settlement_rows other
  WHERE other.payment_id = r.payment_id AND other.type = 'refund' AND other.entity_id <> r.entity_id
    AND NOT EXISTS (SELECT FROM refunds ours WHERE ours.refund_id = other.entity_id)) AS others`;

const PAIRS = `SELECT r.settlement_id, r.settled_on, r.settled_at, r.entity_id, r.type, r.debit_paise, r.credit_paise,
    r.amount_paise, r.currency, r.fee_paise, r.tax_paise, r.dispute_id, a.attempt_id, a.payment_id AS own_payment_id,
    a.booked_paise, a.booked_fee_paise, a.booked_tax_paise, a.currency AS attempt_currency,
    coalesce(linked.payer_id, owner.payer_id, a.customer_id) AS party, by_receipt.payment_id AS by_receipt,
    by_order.payment_id AS by_order, by_note.payment_id AS by_note,
    CASE WHEN f.refund_id IS NOT NULL THEN json_build_object('amountPaise', f.amount_paise::text, 'currency', f.currency,
      'status', f.status, 'isBooked', f.is_booked) END AS refund,
    CASE WHEN d.dispute_id IS NOT NULL THEN json_build_object('amountPaise',
      CASE WHEN d.deducted_paise > 0 THEN d.deducted_paise ELSE d.amount_paise END::text, 'currency', d.currency,
      'isBooked', d.is_booked) END AS dispute,
    claims, other_refunds, linked.payment_id AS linked_to, r.outcome, r.reason, r.identified_by, r.difference_paise,
    EXISTS (SELECT FROM settlement_rows earlier WHERE earlier.entity_id = r.entity_id
      AND (earlier.settled_at, earlier.settlement_id) < (r.settled_at, r.settlement_id)) AS is_repeated
  FROM page r
  LEFT JOIN payment_attempts a ON a.attempt_id = r.payment_id
  LEFT JOIN payments owner ON owner.payment_id = a.payment_id
  LEFT JOIN payments by_receipt ON by_receipt.payment_id = r.order_receipt
  LEFT JOIN payments by_order ON by_order.order_id = r.order_id
  LEFT JOIN payments by_note ON by_note.payment_id = r.noted_payment_id
  LEFT JOIN refunds f ON r.type = 'refund' AND f.refund_id = r.entity_id
  LEFT JOIN disputes d ON r.type = 'adjustment' AND d.dispute_id = r.dispute_id
  LEFT JOIN recon_exceptions x ON x.linked_to IS NOT NULL AND x.subject = 'row:' || r.settlement_id || '/' || r.entity_id
  LEFT JOIN payments linked ON linked.payment_id = x.linked_to
  LEFT JOIN LATERAL (${CLAIMS}) AS claimed ON r.type = 'payment'
  LEFT JOIN LATERAL (${OTHER_REFUNDS}) AS returned ON r.type = 'refund'`;

export async function readDay(
  client: PoolClient,
  settledOn: string,
  after: PageKey | null,
  limit: number,
): Promise<Pair[]> {
  // The limit is written out: with it the planner looks the page up by indexes instead of reading whole tables.
  const { rows } = await client.query<PairRow>(
    `WITH page AS MATERIALIZED (SELECT * FROM settlement_rows WHERE settled_on = $1 AND (settlement_id, entity_id) > ($2, $3)
       ORDER BY settlement_id, entity_id LIMIT ${Math.trunc(limit)})
     ${PAIRS} ORDER BY r.settlement_id, r.entity_id`,
    [settledOn, after?.settlementId ?? '', after?.entityId ?? ''],
  );
  return rows.map(toPair);
}

export async function readRows(client: PoolClient, keys: readonly PageKey[]): Promise<Pair[]> {
  const { rows } = await client.query<PairRow>(
    `WITH page AS MATERIALIZED (SELECT kept.* FROM unnest($1::text[], $2::text[]) AS wanted (settlement_id, entity_id)
       JOIN settlement_rows kept USING (settlement_id, entity_id))
     ${PAIRS}`,
    [keys.map(({ settlementId }) => settlementId), keys.map(({ entityId }) => entityId)],
  );
  return rows.map(toPair);
}

export function subjectOf({ settlementId, row }: Pick<Pair, 'settlementId' | 'row'>): string {
  return `row:${settlementId}/${row.entityId}`;
}

function toPair(row: PairRow): Pair {
  return {
    settlementId: row.settlement_id,
    settledOn: row.settled_on,
    settledAt: row.settled_at,
    attemptId: row.attempt_id,
    party: row.party ?? '',
    row: {
      entityId: row.entity_id,
      type: row.type,
      debitPaise: row.debit_paise,
      creditPaise: row.credit_paise,
      amountPaise: row.amount_paise,
      currency: row.currency,
      feePaise: row.fee_paise,
      taxPaise: row.tax_paise,
      disputeId: row.dispute_id,
    },
    books: toBooks(row),
    known: {
      outcome: row.outcome,
      reason: row.reason,
      identifiedBy: row.identified_by,
      differencePaise: row.difference_paise,
    },
  };
}

function toBooks(row: PairRow): Books {
  const hints = [
    { by: 'order receipt' as const, paymentId: row.by_receipt },
    { by: 'order id' as const, paymentId: row.by_order },
    { by: 'notes' as const, paymentId: row.by_note },
  ];
  return {
    attempt:
      row.own_payment_id === null
        ? null
        : {
            paymentId: row.own_payment_id,
            bookedPaise: row.booked_paise,
            feePaise: row.booked_fee_paise,
            taxPaise: row.booked_tax_paise,
            currency: row.attempt_currency,
          },
    refund: inPaise(row.refund),
    dispute: inPaise(row.dispute),
    hints: hints.flatMap(({ by, paymentId }) => (paymentId === null ? [] : [{ by, paymentId }])),
    claims: (row.claims ?? []).map((claim) => inPaise(claim)),
    otherRefundsPaise: row.other_refunds ?? 0n,
    isRepeated: row.is_repeated,
    linkedTo: row.linked_to,
  };
}

function inPaise<T extends { amountPaise: string } | null>(
  value: T,
): T extends { amountPaise: string } ? Omit<T, 'amountPaise'> & { amountPaise: bigint } : null;
function inPaise(value: { amountPaise: string } | null) {
  return value === null ? null : { ...value, amountPaise: BigInt(value.amountPaise) };
}

export async function writeVerdicts(
  client: PoolClient,
  judged: readonly { readonly pair: Pair; readonly verdict: Verdict }[],
): Promise<void> {
  const changed = judged.filter(({ pair: { known }, verdict }) =>
    (['outcome', 'reason', 'identifiedBy', 'differencePaise'] as const).some(
      (field) => known[field] !== verdict[field],
    ),
  );
  if (changed.length === 0) return;
  const column = (of: (one: (typeof changed)[number]) => string | null): (string | null)[] => changed.map(of);
  await client.query({
    name: 'reconciliation-verdicts',
    text: `UPDATE settlement_rows r SET outcome = v.outcome, reason = v.reason, identified_by = v.identified_by,
        difference_paise = v.difference, netted = string_to_array(v.netted, ' ')
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[])
        AS v (settlement_id, entity_id, outcome, reason, identified_by, difference, netted)
      WHERE r.settlement_id = v.settlement_id AND r.entity_id = v.entity_id`,
    values: [
      column(({ pair }) => pair.settlementId),
      column(({ pair }) => pair.row.entityId),
      column(({ verdict }) => verdict.outcome),
      column(({ verdict }) => verdict.reason),
      column(({ verdict }) => verdict.identifiedBy),
      column(({ verdict }) => String(verdict.differencePaise)),
      column(({ verdict }) => (verdict.nettedIds.length === 0 ? null : verdict.nettedIds.join(' '))),
    ],
  });
}
