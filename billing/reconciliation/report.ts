/**
 * What reconciliation came to, by the day on which the gateway settled, and what waits for a person. Read from what runs left, so a
 * report shows what stands at this moment; amounts in paise.
 */
import type { Pool } from 'pg';
import type { Reason } from './reasons.js';

export interface DayTotals {
  /** `YYYY-MM-DD`. */
  readonly settledOn: string;
  /** When it was last read as a whole; null: not yet. */
  readonly readAt: number | null;
  readonly rows: bigint;
  readonly matched: bigint;
  readonly adjusted: bigint;
  readonly exceptions: bigint;
  /** Not compared yet. */
  readonly waiting: bigint;
  readonly late: bigint;
  /** Credits less debits. */
  readonly netPaise: bigint;
}

interface Share {
  readonly name: string;
  readonly rows: bigint;
  readonly paise: bigint;
}

export interface DayReport extends DayTotals {
  /** By kind of movement; credits less debits. */
  readonly movements: readonly Share[];
  /** By the identifier that led to our books; credits less debits. */
  readonly identified: readonly Share[];
  /** By part: what automatic adjustments and people's decisions posted and left standing; ours less theirs. */
  readonly adjustments: readonly Share[];
  readonly settlements: readonly SettlementLine[];
}

interface SettlementLine {
  readonly settlementId: string;
  readonly utr: string | null;
  /** Null: we have not heard that it was paid out. */
  readonly paidPaise: bigint | null;
  /** Of all its rows, also of other days. */
  readonly rowsPaise: bigint;
  /** On the bank statement under its UTR, for all settlements of this UTR. */
  readonly creditedPaise: bigint | null;
}

const TOTALS = `SELECT d.settled_on AS "settledOn", d.read_at AS "readAt", count(r.entity_id) AS rows,
    count(*) FILTER (WHERE outcome = 'matched') AS matched, count(*) FILTER (WHERE outcome = 'adjusted') AS adjusted,
    count(*) FILTER (WHERE outcome = 'exception') AS exceptions, count(*) FILTER (WHERE outcome = 'new') AS waiting,
    count(*) FILTER (WHERE is_late) AS late,
    coalesce(sum(credit_paise - debit_paise), 0)::bigint AS "netPaise"
  FROM settlement_days d LEFT JOIN settlement_rows r USING (settled_on)`;

/** Oldest first; both ends included. */
export async function dayTotals(pool: Pool, from: string, to: string): Promise<DayTotals[]> {
  const { rows } = await pool.query<DayTotals>(
    `${TOTALS} WHERE d.settled_on BETWEEN $1 AND $2 GROUP BY d.settled_on ORDER BY d.settled_on`,
    [from, to],
  );
  return rows;
}

/** Null: nobody has begun to read the day. */
export async function dayReport(pool: Pool, settledOn: string): Promise<DayReport | null> {
  const [totals] = await dayTotals(pool, settledOn, settledOn);
  if (totals === undefined) return null;
  const shares = async (sql: string): Promise<Share[]> => (await pool.query<Share>(sql, [settledOn])).rows;
  return {
    ...totals,
    movements: await shares(
      `SELECT type AS name, count(*) AS rows, sum(credit_paise - debit_paise)::bigint AS paise
       FROM settlement_rows WHERE settled_on = $1 GROUP BY type ORDER BY type`,
    ),
    identified: await shares(
      `SELECT coalesce(identified_by, 'nothing') AS name, count(*) AS rows,
         sum(credit_paise - debit_paise)::bigint AS paise
       FROM settlement_rows WHERE settled_on = $1 AND outcome <> 'new' GROUP BY 1 ORDER BY 2 DESC, 1`,
    ),
    adjustments: await shares(
      `SELECT part AS name, count(*) AS rows,
         sum(coalesce((amounts ->> 'total')::bigint, (amounts ->> 'amount')::bigint))::bigint AS paise
       FROM settlement_rows JOIN recon_adjustments ON subject = 'row:' || settlement_id || '/' || entity_id
       WHERE settled_on = $1 AND reversed_at IS NULL GROUP BY part ORDER BY part`,
    ),
    settlements: (await pool.query<SettlementLine>(SETTLEMENTS, [settledOn])).rows,
  };
}

const SETTLEMENTS = `SELECT r.settlement_id AS "settlementId", s.utr,
    CASE WHEN s.status = 'processed' THEN s.amount_paise END AS "paidPaise",
    sum(credit_paise - debit_paise)::bigint AS "rowsPaise",
    (SELECT sum(amount_paise)::bigint FROM bank_credits
      WHERE matched_utr = coalesce(lower(s.utr), s.settlement_id)) AS "creditedPaise"
  FROM settlement_rows r LEFT JOIN settlements s USING (settlement_id)
  WHERE r.settlement_id IN (SELECT settlement_id FROM settlement_rows WHERE settled_on = $1)
  GROUP BY r.settlement_id, s.settlement_id ORDER BY r.settlement_id`;

export const EXCEPTION_STATUSES = ['open', 'accepted', 'linked', 'cleared'] as const;

export interface ShownException {
  readonly exceptionId: bigint;
  /** What it is about: `row:SETTLEMENT/ENTITY`, `payment:…`, `refund:…`, `dispute:…`, `settlement:…`, `utr:…`, `credit:…`. */
  readonly subject: string;
  readonly reason: Reason;
  readonly status: (typeof EXCEPTION_STATUSES)[number];
  /** Ours less theirs. */
  readonly differencePaise: bigint;
  readonly currency: string;
  readonly paymentId: string | null;
  readonly linkedTo: string | null;
  readonly happenedOn: string;
  readonly openedAt: number;
  readonly actor: string | null;
  readonly note: string | null;
}

export interface ExceptionQuery {
  readonly status: ShownException['status'];
  readonly reason: Reason | null;
  readonly limit: number;
  readonly offset: number;
}

/** The most money first. */
export async function listExceptions(pool: Pool, query: ExceptionQuery): Promise<ShownException[]> {
  const { rows } = await pool.query<ShownException>(
    `SELECT exception_id AS "exceptionId", subject, reason, status, difference_paise AS "differencePaise", currency,
       payment_id AS "paymentId", linked_to AS "linkedTo", happened_on AS "happenedOn", opened_at AS "openedAt", actor, note
     FROM recon_exceptions WHERE status = $1 AND ($2::text IS NULL OR reason = $2)
     ORDER BY stake_paise DESC, exception_id LIMIT $3 OFFSET $4`,
    [query.status, query.reason, query.limit, query.offset],
  );
  return rows;
}

export interface Waiting {
  readonly reason: Reason;
  readonly count: bigint;
  /** The sum of the differences without their signs. */
  readonly stakePaise: bigint;
  readonly oldestOn: string;
}

/** All open cases by reason, the most money first. */
export async function waitingByReason(pool: Pool): Promise<Waiting[]> {
  const { rows } = await pool.query<Waiting>(
    `SELECT reason, count(*), sum(stake_paise)::bigint AS "stakePaise", min(happened_on) AS "oldestOn"
     FROM recon_exceptions WHERE status = 'open' GROUP BY reason ORDER BY 3 DESC, reason`,
  );
  return rows;
}

export interface ShownAdjustment {
  readonly adjustmentId: bigint;
  readonly subject: string;
  readonly part: string;
  readonly amounts: Readonly<Record<string, string>>;
  readonly currency: string;
  /** Of the ledger. */
  readonly entryKey: string;
  readonly postedAt: number;
  readonly reversedAt: number | null;
}

/** Of the rows settled on a day. */
export async function listAdjustments(pool: Pool, settledOn: string): Promise<ShownAdjustment[]> {
  const { rows } = await pool.query<ShownAdjustment>(
    `SELECT adjustment_id AS "adjustmentId", subject, part, amounts, recon_adjustments.currency, entry_key AS "entryKey",
       posted_at AS "postedAt", reversed_at AS "reversedAt"
     FROM settlement_rows JOIN recon_adjustments ON subject = 'row:' || settlement_id || '/' || entity_id
     WHERE settled_on = $1 ORDER BY adjustment_id LIMIT 1000`,
    [settledOn],
  );
  return rows;
}
