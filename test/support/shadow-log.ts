/** Decisions and what a challenger would have said of them, written straight into the log: months of traffic in a statement. */
import type { Pool } from 'pg';
import type { Action } from '../../scoring/request.js';

export const CHAMPION = 'c'.repeat(64);
export const CHALLENGER = 'd'.repeat(64);

export interface LoggedPair {
  readonly decidedAt: number;
  readonly payer?: string;
  readonly amountPaise?: number;
  readonly currency?: string;
  readonly modelVersion?: string;
  readonly action?: Action;
  readonly decidedBy?: string;
  readonly degraded?: string;
  readonly latencyMs?: number;
  readonly probability: number | null;
  /** Missing where the challenger did not get to it. */
  readonly challenger?: {
    readonly action: Action;
    readonly decidedBy?: string;
    readonly probability: number | null;
  };
  /** Reported of it, in that order. */
  readonly outcomes?: readonly string[];
}

/** In the order of the log: payment i is `pay_i`; its sequence is 3i + 1. */
export async function logPairs(pool: Pool, pairs: readonly LoggedPair[]): Promise<void> {
  await pool.query('TRUNCATE decisions, challenger_scores, outcome_reports');
  const { rows } = await pool.query<{ challenge_id: number }>(
    `INSERT INTO model_challenges (task, version, change, actor, reason, at)
     VALUES ('fraud', $1, 'start', 'asha', 'compared', $2) RETURNING challenge_id`,
    [CHALLENGER, new Date(Math.min(...pairs.map(({ decidedAt }) => decidedAt)))],
  );
  const decisions = pairs.map((one, i) => ({
    decision_id: `dec_${i}`,
    body_hash: '',
    sequence: 3 * i + 1,
    payment_id: `pay_${i}`,
    decided_at: new Date(one.decidedAt).toISOString(),
    request: {
      payerId: one.payer ?? `payer-${i}`,
      amountPaise: String(one.amountPaise ?? 10_000),
      currency: one.currency ?? 'INR',
    },
    action: one.action ?? 'allow',
    decided_by: one.decidedBy ?? 'nothing',
    degraded: one.degraded ?? null,
    fraud_probability: one.probability,
    reasons: [],
    model_version: one.modelVersion ?? CHAMPION,
    feature_set_hash: 'any',
    latency_ms: one.latencyMs ?? 1,
  }));
  await pool.query(
    `INSERT INTO decisions (decision_id, body_hash, sequence, payment_id, decided_at, request, action, decided_by, degraded,
       fraud_probability, reasons, model_version, feature_set_hash, latency_ms, vector)
     SELECT *, ''::bytea FROM json_to_recordset($1) AS given (decision_id text, body_hash text, sequence bigint,
       payment_id text, decided_at timestamptz, request json, action text, decided_by text, degraded text,
       fraud_probability float8, reasons json, model_version text, feature_set_hash text, latency_ms float8)`,
    [JSON.stringify(decisions)],
  );
  const scores = pairs.flatMap(({ challenger }, i) =>
    challenger === undefined
      ? []
      : [
          {
            challenge_id: rows[0]?.challenge_id,
            sequence: 3 * i + 1,
            fraud_probability: challenger.probability,
            action: challenger.action,
            decided_by: challenger.decidedBy ?? 'nothing',
            elapsed_ms: 0.1,
          },
        ],
  );
  await pool.query(
    `INSERT INTO challenger_scores (challenge_id, sequence, fraud_probability, action, decided_by, elapsed_ms)
     SELECT * FROM json_to_recordset($1) AS given (challenge_id integer, sequence bigint, fraud_probability float8,
       action text, decided_by text, elapsed_ms real)`,
    [JSON.stringify(scores)],
  );
  await logReports(pool, pairs);
}

async function logReports(pool: Pool, pairs: readonly LoggedPair[]): Promise<void> {
  const reports = pairs.flatMap(({ outcomes = [], decidedAt }, i) =>
    outcomes.map((outcome, k) => ({
      report_id: `out_${i}_${k}`,
      body_hash: '',
      sequence: 1_000_000 + 10 * i + k,
      payment_id: `pay_${i}`,
      outcome,
      reported_at: new Date(decidedAt + 1000).toISOString(),
    })),
  );
  await pool.query(
    `INSERT INTO outcome_reports (report_id, body_hash, sequence, payment_id, outcome, reported_at)
     SELECT * FROM json_to_recordset($1) AS given (report_id text, body_hash text, sequence bigint, payment_id text,
       outcome text, reported_at timestamptz)`,
    [JSON.stringify(reports)],
  );
}
