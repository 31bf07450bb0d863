/**
 * What the bank says arrived. A credit belongs to the settlement whose UTR it carries, in its own field before its narration; a
 * person may name the settlement. By its amount alone it belongs to nothing. Matched, it is booked into the bank as the
 * fact it is; whether the sums agree is another question (absences.ts). Credits that do not name the gateway are not ours to explain.
 */
import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { jsonRows } from '../../core/json-rows.js';
import { inTransaction } from '../../core/transaction.js';
import type { Finding } from './plan.js';
import { addSettled, NOTHING_SETTLED, readStandings, settle } from './settle.js';
import type { Settled } from './settle.js';

export interface BankCredit {
  /** The bank's, unique for ever; null: the line itself is its identity. */
  readonly reference: string | null;
  /** `YYYY-MM-DD`. */
  readonly creditedOn: string;
  readonly amountPaise: bigint;
  readonly currency: string;
  readonly utr: string | null;
  readonly narration: string;
}

/** Answers how many were new. Statements may overlap: a line that was there is the same line, the nth of its like the nth. */
export async function importCredits(
  pool: Pool,
  credits: readonly BankCredit[],
  now: number,
): Promise<number> {
  const seen = new Map<string, number>();
  const rows = credits.map((credit) => {
    const line = [credit.creditedOn, credit.amountPaise, credit.currency, credit.utr, credit.narration];
    const like = createHash('sha256')
      .update(JSON.stringify(line.map(String)))
      .digest('hex');
    const nth = (seen.get(like) ?? 0) + 1;
    seen.set(like, nth);
    return { ...credit, creditId: credit.reference ?? `${like.slice(0, 32)}-${nth}` };
  });
  const { rowCount } = await pool.query(
    `INSERT INTO bank_credits (credit_id, credited_on, amount_paise, currency, utr, narration, imported_at)
     SELECT "creditId", "creditedOn", "amountPaise", currency, utr, narration, to_timestamp($1 / 1000.0)
     FROM json_to_recordset($2) AS row("creditId" text, "creditedOn" date, "amountPaise" bigint, currency text, utr text,
       narration text)
     ON CONFLICT (credit_id) DO NOTHING`,
    [now, jsonRows(rows)],
  );
  return rowCount ?? 0;
}

interface CreditRow {
  credit_id: string;
  credited_on: string;
  at: number;
  amount_paise: bigint;
  currency: string;
  matched_utr: string | null;
  names_gateway: boolean;
}

const PAGE = 1000;

export async function matchCredits(pool: Pool, gatewayName: string, now: number): Promise<Settled> {
  let total = NOTHING_SETTLED;
  for (let after: string | null = ''; after !== null;) {
    const turn = await inTransaction(pool, (client) =>
      matchPage(client, { after: after ?? '', gatewayName, now }),
    );
    total = addSettled(total, turn.settled);
    after = turn.last;
  }
  return total;
}

interface Turn {
  readonly after: string;
  readonly gatewayName: string;
  readonly now: number;
}

async function matchPage(client: PoolClient, { after, gatewayName, now }: Turn) {
  const { rows } = await client.query<CreditRow>(
    `WITH page AS (SELECT * FROM bank_credits WHERE credit_id > $1 ORDER BY credit_id LIMIT $2 FOR UPDATE),
     found AS (
       SELECT credit_id, named.utr AS linked, own.utr AS own, told.utr AS told FROM page
       LEFT JOIN LATERAL (SELECT coalesce(lower(s.utr), settlement_id) AS utr FROM settlements s
         WHERE settlement_id = linked_to) AS named ON true
       LEFT JOIN LATERAL (SELECT min(lower(s.utr)) AS utr FROM settlements s WHERE lower(s.utr) = lower(page.utr)) AS own ON true
       LEFT JOIN LATERAL (SELECT min(lower(s.utr)) AS utr FROM settlements s
         WHERE lower(s.utr) = ANY(regexp_split_to_array(lower(narration), '[^a-z0-9]+'))
         HAVING count(DISTINCT lower(s.utr)) = 1) AS told ON page.utr IS NULL)
     UPDATE bank_credits c SET matched_utr = coalesce(linked, own, told),
       matched_by = CASE WHEN linked IS NOT NULL THEN 'a person' WHEN own IS NOT NULL THEN 'utr'
         WHEN told IS NOT NULL THEN 'narration' END
     FROM found WHERE c.credit_id = found.credit_id
     RETURNING c.credit_id, credited_on, credited_on::timestamp AT TIME ZONE 'Asia/Kolkata' AS at, amount_paise, currency,
       matched_utr, position(lower($3) IN lower(narration)) > 0 AS names_gateway`,
    [after, PAGE, gatewayName],
  );
  const findings = rows.map(toFinding);
  const standings = await readStandings(
    client,
    findings.map(({ subject }) => subject),
  );
  const settled = await settle(client, findings, standings, now);
  const last = rows.map(({ credit_id }) => credit_id).reduce((one, other) => (one > other ? one : other), '');
  return { settled, last: rows.length < PAGE ? null : last };
}

function toFinding(row: CreditRow): Finding {
  const isUnknown = row.matched_utr === null && row.names_gateway;
  const booked = { name: 'bank', kind: 'bank-credited', amounts: { amount: row.amount_paise } } as const;
  return {
    subject: `credit:${row.credit_id}`,
    reason: isUnknown ? 'bank-credit-unknown' : null,
    differencePaise: isUnknown ? -row.amount_paise : 0n,
    currency: row.currency,
    party: '',
    occurredAt: row.at,
    happenedOn: row.credited_on,
    paymentId: null,
    parts: row.matched_utr === null ? [] : [booked],
  };
}
