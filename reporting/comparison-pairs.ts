/**
 * Live decisions beside what the challenger would have answered, from the decision log: all of a period, or one in so many, chosen
 * by a hash of the sequence so that every hour is there. Labels are those that the gate was told and those that were imported.
 */
import type { Pool } from 'pg';
import type { Action } from '../scoring/request.js';
import type { WarehouseReader } from './reader.js';

export interface ComparedModels {
  readonly champion: string;
  readonly challenger: string;
}

export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Side {
  readonly action: Action;
  /** Null when the model gave none. */
  readonly fraudProbability: number | null;
  /** Also where exploration or the block cap made something else of it. */
  readonly wouldBlock: boolean;
}

export interface Pair {
  readonly payerId: string;
  readonly decidedAt: number;
  readonly amountPaise: bigint;
  readonly currency: string;
  readonly champion: Side;
  readonly challenger: Side;
  /** It was let through, or its result was reported. */
  readonly hasResult: boolean;
  /** The newest label; null without one. */
  readonly fraud: boolean | null;
}

export interface Pairs {
  /** Oldest first. */
  readonly pairs: readonly Pair[];
  /** In the period. */
  readonly scored: number;
  readonly oneIn: number;
}

/** A share of one in a hundred is then known to a tenth of itself, and metrics take a second or two. */
const MOST_PAIRS = 50_000;

const JOINED =
  'challenger_scores s JOIN model_challenges c USING (challenge_id) JOIN decisions d USING (sequence)';
const WANTED = `c.task = 'fraud' AND c.version = $2 AND d.model_version = $1 AND d.decided_at >= $3 AND d.decided_at < $4`;

interface Row {
  payment_id: string;
  payer_id: string;
  decided_at: number;
  amount_paise: string;
  currency: string;
  action: Action;
  decided_by: string | null;
  fraud_probability: number | null;
  challenger_action: Action;
  challenger_decided_by: string;
  challenger_probability: number | null;
  finished: boolean | null;
  fraud: boolean | null;
}

/** @param asOfMs labels and results known later are not in it. */
export async function readPairs(
  { pool, reader }: { readonly pool: Pool; readonly reader: WarehouseReader },
  { champion, challenger }: ComparedModels,
  { fromMs, untilMs }: Span,
  asOfMs: number,
): Promise<Pairs> {
  const values = [champion, challenger, new Date(fromMs), new Date(untilMs)];
  const counted = await pool.query<{ n: bigint }>(
    `SELECT count(*) AS n FROM ${JOINED} WHERE ${WANTED}`,
    values,
  );
  const scored = Number(counted.rows[0]?.n ?? 0n);
  const oneIn = Math.max(1, Math.ceil(scored / MOST_PAIRS));
  const { rows } = await pool.query<Row>(
    `SELECT d.payment_id, d.request ->> 'payerId' AS payer_id, d.decided_at, d.request ->> 'amountPaise' AS amount_paise,
       d.request ->> 'currency' AS currency, d.action, d.decided_by, d.fraud_probability,
       s.action AS challenger_action, s.decided_by AS challenger_decided_by, s.fraud_probability AS challenger_probability,
       told.finished, told.fraud
     FROM ${JOINED}
     LEFT JOIN LATERAL (
       SELECT bool_or(outcome IN ('captured', 'failed')) AS finished,
         (array_agg(outcome = 'fraud' ORDER BY r.sequence DESC) FILTER (WHERE outcome IN ('fraud', 'legitimate')))[1] AS fraud
       FROM outcome_reports r WHERE r.payment_id = d.payment_id AND reported_at < $6) told ON true
     WHERE ${WANTED} AND abs(hashint8(s.sequence)::bigint) % $5 = 0
     ORDER BY s.sequence`,
    [...values, oneIn, new Date(asOfMs)],
  );
  const imported = await importedLabels(reader, fromMs, asOfMs);
  return { pairs: rows.map((row) => toPair(row, imported)), scored, oneIn };
}

/** By payment, for whoever brings labels as a file. */
export async function importedLabels(
  reader: WarehouseReader,
  fromMs: number,
  asOfMs: number,
): Promise<ReadonlyMap<string, boolean>> {
  const labels = await reader.read((db) =>
    db.rows<{ payment_id: string; fraud: boolean }>(
      `SELECT payment_id, fraud FROM payments WHERE fraud IS NOT NULL
         AND occurred_at >= make_timestamp($1::BIGINT * 1000) AND label_known_at < make_timestamp($2::BIGINT * 1000)`,
      [fromMs - CLOCKS_APART_MS, asOfMs],
    ),
  );
  return new Map((labels ?? []).map(({ payment_id: id, fraud }) => [id, fraud]));
}

/** A payment may have happened before the gate was asked. */
const CLOCKS_APART_MS = 86_400_000;

function toPair(row: Row, imported: ReadonlyMap<string, boolean>): Pair {
  return {
    payerId: row.payer_id,
    decidedAt: row.decided_at,
    amountPaise: BigInt(row.amount_paise),
    currency: row.currency,
    champion: sideOf(row.action, row.decided_by, row.fraud_probability),
    challenger: sideOf(row.challenger_action, row.challenger_decided_by, row.challenger_probability),
    hasResult: row.action === 'allow' || row.finished === true,
    fraud: row.fraud ?? imported.get(row.payment_id) ?? null,
  };
}

function sideOf(action: Action, decidedBy: string | null, fraudProbability: number | null): Side {
  const isHeldBack = decidedBy === 'explored-challenge' || decidedBy === 'capped-review';
  return { action, fraudProbability, wouldBlock: action === 'block' || isHeldBack };
}

/** Decisions by the champion while the challenger was in shadow, scored by it or not. */
export async function liveDecisions(
  pool: Pool,
  { champion, challenger }: ComparedModels,
  { fromMs, untilMs }: Span,
): Promise<number> {
  const { rows } = await pool.query<{ n: bigint }>(
    `WITH challenges AS (
       SELECT version, change, at, lead(at, 1, 'infinity') OVER (ORDER BY challenge_id) AS until
       FROM model_challenges WHERE task = 'fraud')
     SELECT count(*) AS n FROM decisions d WHERE d.model_version = $1 AND d.decided_at >= $3 AND d.decided_at < $4
       AND EXISTS (SELECT FROM challenges c
         WHERE c.version = $2 AND c.change = 'start' AND d.decided_at >= c.at AND d.decided_at < c.until)`,
    [champion, challenger, new Date(fromMs), new Date(untilMs)],
  );
  return Number(rows[0]?.n ?? 0n);
}
