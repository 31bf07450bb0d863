/**
 * Who is compared: every payer once, on the first night on the list since treatments began, held out or offered a treatment, with what
 * became of the subscriptions listed that night and what was done until that was settled. What comes before a first listing cannot
 * have been changed by a treatment, so both arms are alike but for the draw.
 */
import type { Pool } from 'pg';
import type { ChurnOutcome } from '../features/churn/rows.js';

/** Amounts are minor units of the trial's currency, instants epoch milliseconds. */
export interface TrialPayer {
  readonly payerId: string;
  readonly heldOut: boolean;
  /** The kind dealt out to the payer; null when none was. */
  readonly assignedKind: string | null;
  readonly listedAt: number;
  /** Voluntary if any subscription was ended so, else involuntary if any lapsed. */
  readonly outcome: ChurnOutcome;
  /** Worth of the subscriptions that ended. */
  readonly lostPaise: number;
  readonly treatments: number;
  readonly costPaise: number;
}

export interface Trial {
  readonly currency: string;
  /** The night from which on payers count; null before the first treatment. */
  readonly since: number | null;
  /** Whose outcomes are settled. */
  readonly payers: readonly TrialPayer[];
  /** Listed, outcome still open. */
  readonly waiting: { readonly offered: number; readonly heldOut: number };
  /** Treatments given by kind, withdrawn ones left out; `outside` are those of payers not compared then: unlisted, or long after. */
  readonly given: readonly GivenKind[];
}

interface GivenKind {
  readonly kind: string;
  readonly treatments: number;
  readonly payers: number;
  readonly costPaise: number;
  readonly outside: number;
}

interface TrialRequest {
  /** Nothing after this instant counts, epoch milliseconds. */
  readonly asOf: number;
  /** Null: the one with most listed payers. */
  readonly currency: string | null;
}

export async function readTrial(pool: Pool, { asOf, currency }: TrialRequest): Promise<Trial> {
  const { rows } = await pool.query<{ currency: string; since: number | null }>(
    `SELECT coalesce($1, (SELECT currency FROM churn_scores WHERE listed GROUP BY currency
         ORDER BY count(DISTINCT payer_id) DESC, currency LIMIT 1), 'INR') AS currency,
       (SELECT min(scored_at) FROM churn_treatments WHERE withdrawn_at IS NULL AND recorded_at <= to_timestamp($2 / 1000.0))
         AS since`,
    [currency, asOf],
  );
  const { currency: chosen, since } = rows[0]!; // One row whatever there is.
  if (since === null)
    return { currency: chosen, since, payers: [], waiting: { offered: 0, heldOut: 0 }, given: [] };
  const [found, given] = await Promise.all([
    pool.query<TrialRow>(TRIAL, [since, asOf, chosen]),
    pool.query<GivenKind>(GIVEN, [since, asOf, chosen]),
  ]);
  const waiting = found.rows.filter(({ outcome }) => outcome === null);
  const waitingHeldOut = waiting.filter(({ heldOut }) => heldOut).length;
  return {
    currency: chosen,
    since,
    payers: found.rows.flatMap(({ outcome, ...payer }) => (outcome === null ? [] : [{ ...payer, outcome }])),
    waiting: { offered: waiting.length - waitingHeldOut, heldOut: waitingHeldOut },
    given: given.rows,
  };
}

type TrialRow = Omit<TrialPayer, 'outcome'> & { readonly outcome: ChurnOutcome | null };

/** A treatment counts until the last outcome does: 30 days after expiry, as in features/churn/renewals.ts. */
const UNITS = `
  WITH listed AS (
    SELECT *, min(scored_at) OVER (PARTITION BY payer_id) AS listed_at FROM churn_scores
    WHERE listed AND currency = $3 AND scored_at BETWEEN to_timestamp($1 / 1000.0) AND to_timestamp($2 / 1000.0)
  ),
  units AS MATERIALIZED (
    SELECT s.payer_id, s.listed_at, bool_or(s.held_out) AS held_out, min(s.assigned_kind) AS assigned_kind,
      bool_and(o.outcome IS NOT NULL) AS is_settled, bool_or(o.outcome = 'voluntary') AS has_left,
      bool_or(o.outcome = 'involuntary') AS has_lapsed,
      coalesce(sum(s.value_paise) FILTER (WHERE o.outcome <> 'kept'), 0)::float8 AS lost,
      max(s.due_at) + interval '30 days' AS until
    FROM listed s LEFT JOIN churn_outcomes o ON o.subscription_id = s.subscription_id AND o.due_at = s.due_at
        AND o.settled_at <= to_timestamp($2 / 1000.0)
    WHERE s.scored_at = s.listed_at
    GROUP BY s.payer_id, s.listed_at
  ),
  given AS MATERIALIZED (
    SELECT payer_id, kind, cost_paise, treated_at FROM churn_treatments
    WHERE currency = $3 AND withdrawn_at IS NULL AND recorded_at <= to_timestamp($2 / 1000.0)
  )`;

const IN_TIME = `t.payer_id = u.payer_id AND t.treated_at >= u.listed_at AND t.treated_at < u.until`;

const TRIAL = `${UNITS}
  SELECT u.payer_id AS "payerId", u.held_out AS "heldOut", u.assigned_kind AS "assignedKind", u.listed_at AS "listedAt",
    CASE WHEN NOT u.is_settled THEN NULL WHEN u.has_left THEN 'voluntary' WHEN u.has_lapsed THEN 'involuntary' ELSE 'kept' END
      AS outcome, u.lost AS "lostPaise", count(t.payer_id)::int AS treatments, coalesce(sum(t.cost_paise), 0)::float8 AS "costPaise"
  FROM units u LEFT JOIN given t ON ${IN_TIME}
  GROUP BY u.payer_id, u.held_out, u.assigned_kind, u.listed_at, u.is_settled, u.has_left, u.has_lapsed, u.lost
  ORDER BY u.listed_at, u.payer_id`;

const GIVEN = `${UNITS}
  SELECT t.kind, count(*)::int AS treatments, count(DISTINCT t.payer_id)::int AS payers,
    sum(t.cost_paise)::float8 AS "costPaise", (count(*) FILTER (WHERE u.payer_id IS NULL))::int AS outside
  FROM given t LEFT JOIN units u ON ${IN_TIME}
  GROUP BY t.kind ORDER BY treatments DESC, t.kind`;
