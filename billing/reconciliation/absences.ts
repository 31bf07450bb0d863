/**
 * What one of the three sides lacks, or has another sum of: money of ours that was not settled in time, settlements whose rows do
 * not sum to what was paid out, payouts that the bank has not seen or has seen otherwise. Each is a query over whole tables
 * that answers only what is not as it stood, so that a run after which nothing happened reads and writes nothing more.
 * Nobody is late before the days on which it could have come have been read, or the bank's statement reaches so far.
 */
import type { Pool } from 'pg';
import { inTransaction } from '../../core/transaction.js';
import type { Finding } from './plan.js';
import type { Reason } from './reasons.js';
import { addSettled, NOTHING_SETTLED, readStandings, settle } from './settle.js';
import type { Settled } from './settle.js';
import type { ReconciliationSettings } from './settings.js';

interface Absence {
  /** Of its subjects. */
  readonly prefix: string;
  /** Parameters: $1 first and $2 last day that was read whole, $3 days to settle, $4 days to credit. */
  readonly found: string;
}

const DAY = (instant: string): string => `(${instant} AT TIME ZONE 'Asia/Kolkata')::date`;
const DUE = (instant: string): string => `${DAY(instant)} BETWEEN $1::date AND $2::date - $3::integer`;
const OWNED = 'JOIN payment_attempts a USING (attempt_id) JOIN payments p USING (payment_id)';
const PARTY = "coalesce(p.payer_id, a.customer_id, '')";

const ABSENCES: readonly Absence[] = [
  {
    prefix: 'payment:',
    found: `SELECT 'payment:' || attempt_id AS subject, 'payment-not-settled' AS reason,
        booked_paise - booked_fee_paise AS difference, a.currency, ${PARTY} AS party, a.created_at AS at, payment_id
      FROM payment_attempts a JOIN payments p USING (payment_id)
      WHERE booked_paise > 0 AND ${DUE('a.created_at')}
        AND NOT EXISTS (SELECT FROM settlement_rows WHERE entity_id = attempt_id)`,
  },
  {
    prefix: 'refund:',
    found: `SELECT 'refund:' || refund_id AS subject, 'refund-not-settled' AS reason, -r.amount_paise AS difference,
        r.currency, ${PARTY} AS party, r.created_at AS at, payment_id
      FROM refunds r ${OWNED}
      WHERE is_booked AND ${DUE('r.created_at')} AND NOT EXISTS (SELECT FROM settlement_rows WHERE entity_id = refund_id)
        AND NOT EXISTS (SELECT FROM settlement_rows WHERE entity_id = r.attempt_id AND refund_id = ANY(netted))`,
  },
  {
    prefix: 'dispute:',
    found: `SELECT 'dispute:' || d.dispute_id AS subject, 'chargeback-not-settled' AS reason, -d.deducted_paise AS difference,
        d.currency, ${PARTY} AS party, d.status_at AS at, payment_id
      FROM disputes d ${OWNED}
      WHERE is_booked AND ${DUE('d.status_at')}
        AND NOT EXISTS (SELECT FROM settlement_rows WHERE settlement_rows.dispute_id = d.dispute_id)
        AND NOT EXISTS (SELECT FROM settlement_rows WHERE entity_id = d.attempt_id AND d.dispute_id = ANY(netted))`,
  },
  {
    // A settlement's rows may be of several days: they are summed when all of these have been read.
    prefix: 'settlement:',
    found: `SELECT 'settlement:' || settlement_id AS subject,
        CASE WHEN s.status = 'processed' THEN 'settlement-sum-differs' ELSE 'settlement-unknown' END AS reason,
        coalesce(net, 0) - coalesce(paid, 0) AS difference, 'INR' AS currency, '' AS party,
        coalesce(s.created_at, sums.at) AS at, NULL AS payment_id
      FROM (SELECT settlement_id, sum(credit_paise - debit_paise)::bigint AS net, min(settled_at) AS at,
          bool_and(read_at IS NOT NULL) AS is_whole
        FROM settlement_rows JOIN settlement_days USING (settled_on) GROUP BY settlement_id) AS sums
      FULL JOIN (SELECT *, CASE WHEN status = 'processed' THEN amount_paise END AS paid FROM settlements) AS s
        USING (settlement_id)
      WHERE coalesce(is_whole, s.status = 'processed' AND ${DAY('s.created_at')} BETWEEN $1::date AND $2::date)
        AND (coalesce(net, 0) <> coalesce(paid, 0))`,
  },
  {
    // Several settlements may be paid by one transfer.
    prefix: 'utr:',
    found: `SELECT 'utr:' || utr AS subject,
        CASE WHEN credited IS NULL THEN 'bank-credit-missing' ELSE 'bank-amount-differs' END AS reason,
        paid - coalesce(credited, 0) AS difference, 'INR' AS currency, '' AS party, at, NULL AS payment_id
      FROM (SELECT coalesce(lower(utr), settlement_id) AS utr, sum(amount_paise)::bigint AS paid, max(created_at) AS at
        FROM settlements WHERE status = 'processed' AND amount_paise > 0 GROUP BY 1) AS payouts
      LEFT JOIN (SELECT matched_utr AS utr, sum(amount_paise)::bigint AS credited FROM bank_credits
        WHERE matched_utr IS NOT NULL GROUP BY 1) AS credits USING (utr)
      WHERE CASE WHEN credited IS NULL THEN ${DAY('at')} BETWEEN (SELECT min(credited_on) FROM bank_credits)
          AND (SELECT max(credited_on) FROM bank_credits) - $4::integer
        ELSE paid <> credited END`,
  },
];

interface FoundRow {
  subject: string;
  /** Null: not so any more. */
  reason: Reason | null;
  difference: bigint;
  currency: string;
  party: string;
  at: number;
  happened_on: string;
  payment_id: string | null;
}

/** So many are settled in one transaction. */
const BATCH = 5000;

export async function findAbsences(
  pool: Pool,
  settings: Pick<ReconciliationSettings, 'settledWithinDays' | 'creditedWithinDays'>,
  now: number,
): Promise<Settled> {
  const { rows } = await pool.query<{ first: string | null; last: string | null }>(
    'SELECT min(settled_on) AS first, max(settled_on) AS last FROM settlement_days WHERE first_read_at IS NOT NULL',
  );
  const read = [rows[0]?.first ?? null, rows[0]?.last ?? null];
  const values = [...read, settings.settledWithinDays, settings.creditedWithinDays];
  let total = NOTHING_SETTLED;
  for (const absence of ABSENCES) {
    for (let count = BATCH; count === BATCH;) {
      const turn = await settleAbsences(pool, absence, values, now);
      count = turn.count;
      total = addSettled(total, turn.settled);
    }
  }
  return total;
}

function settleAbsences(pool: Pool, absence: Absence, values: readonly unknown[], now: number) {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<FoundRow>(
      `WITH bounds AS (SELECT $1::date, $2::date, $3::integer, $4::integer), found AS (${absence.found})
       SELECT coalesce(found.subject, x.subject) AS subject, found.reason, coalesce(found.difference, 0)::bigint AS difference,
         coalesce(found.currency, x.currency) AS currency, coalesce(found.party, '') AS party,
         coalesce(found.at, x.occurred_at) AS at, coalesce(${DAY('found.at')}, x.happened_on) AS happened_on,
         coalesce(found.payment_id, x.payment_id) AS payment_id
       FROM found FULL JOIN (SELECT * FROM recon_exceptions
         WHERE starts_with(subject, $5) AND status IN ('open', 'accepted')) AS x USING (subject)
       WHERE found.subject IS NULL OR x.subject IS NULL
         OR (x.reason, x.difference_paise) IS DISTINCT FROM (found.reason, found.difference)
       LIMIT $6`,
      [...values, absence.prefix, BATCH],
    );
    const findings = rows.map(toFinding);
    const subjects = findings.map(({ subject }) => subject);
    const settled = await settle(client, findings, await readStandings(client, subjects), now);
    return { count: rows.length, settled };
  });
}

function toFinding(row: FoundRow): Finding {
  return {
    subject: row.subject,
    reason: row.reason,
    differencePaise: row.difference,
    currency: row.currency,
    party: row.party,
    occurredAt: row.at,
    happenedOn: row.happened_on,
    paymentId: row.payment_id,
    parts: [],
  };
}
