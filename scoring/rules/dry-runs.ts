/**
 * The record of dry runs in PostgreSQL: asked for, how far it is, and what it found. A version may go live only after a dry
 * run of exactly that version has finished.
 */
import type { Pool, PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { AppError } from '../../core/errors.js';

const Money = Type.Object({
  payments: Type.Integer(),
  amountPaise: Type.Integer({ description: 'Sum in minor units, whatever the currency.' }),
});

const Overlap = Type.Object({ ruleId: Type.String(), matched: Type.Integer(), fraud: Type.Integer() });

/** What the rule would have done to the first attempts of the span, each as of its own instant. */
export const DryRunResult = Type.Object({
  summary: Type.String({ description: 'The figures in one sentence.' }),
  payments: Type.Integer({ description: 'First attempts that were looked at.' }),
  matched: Money,
  fraud: Type.Object({ ...Money.properties }, { description: 'Matched, and reported as fraud by now.' }),
  good: Type.Object(
    { ...Money.properties },
    { description: 'Matched, and old enough to have been reported but were not.' },
  ),
  undecided: Type.Object({ ...Money.properties }, { description: 'Matched, too new to tell.' }),
  missedFraud: Type.Object(
    { ...Money.properties },
    { description: 'Fraud of the span that the rule does not match.' },
  ),
  alsoByRules: Type.Array(Overlap, { description: 'Live rules that also matched, the most frequent first.' }),
  alsoByModel: Type.Union([Overlap, Type.Null()], {
    description: 'Where the model in production acts at least as severely; null without one.',
  }),
  onlyByThis: Type.Object(
    { ...Money.properties, fraud: Type.Integer() },
    { description: 'Matched by no live rule and not acted upon as severely by the model.' },
  ),
  unknownFields: Type.Array(Type.String(), {
    description: 'Fields of the condition that history does not hold: unknown in this run.',
  }),
});
export type DryRunResult = Static<typeof DryRunResult>;

export interface DryRun {
  readonly dryRunId: string;
  readonly ruleId: string;
  readonly version: number;
  /** Payments that occurred in [fromAt, untilAt), UTC epoch milliseconds. */
  readonly fromAt: number;
  readonly untilAt: number;
  readonly actor: string;
  readonly askedAt: number;
}

export interface RecordedDryRun extends DryRun {
  readonly done: number;
  readonly total: number;
  readonly finishedAt: number | null;
  readonly failure: string | null;
  readonly result: DryRunResult | null;
}

interface DryRunRow {
  dry_run_id: string;
  rule_id: string;
  version: number;
  from_at: number;
  until_at: number;
  actor: string;
  asked_at: number;
  done: bigint;
  total: bigint;
  finished_at: number | null;
  failure: string | null;
  result: DryRunResult | null;
}

/** Inside a change (scoring/changes.ts). */
export async function addDryRun(client: PoolClient, run: DryRun): Promise<void> {
  await client.query(
    `INSERT INTO rule_dry_runs (dry_run_id, rule_id, version, from_at, until_at, actor, asked_at)
     VALUES ($1, $2, $3, to_timestamp($4 / 1000.0), to_timestamp($5 / 1000.0), $6, to_timestamp($7 / 1000.0))`,
    [run.dryRunId, run.ruleId, run.version, run.fromAt, run.untilAt, run.actor, run.askedAt],
  );
}

export async function reportProgress(
  pool: Pool,
  dryRunId: string,
  done: number,
  total: number,
): Promise<void> {
  await pool.query('UPDATE rule_dry_runs SET done = $2, total = $3 WHERE dry_run_id = $1', [
    dryRunId,
    done,
    total,
  ]);
}

/** The first end counts: a run that has one keeps it. */
export async function finishDryRun(
  pool: Pool,
  dryRunId: string,
  end: { readonly at: number } & ({ readonly result: DryRunResult } | { readonly failure: string }),
): Promise<void> {
  const result = 'result' in end ? JSON.stringify(end.result) : null;
  const failure = 'failure' in end ? end.failure : null;
  await pool.query(
    `UPDATE rule_dry_runs SET finished_at = to_timestamp($2 / 1000.0), result = $3, failure = $4
     WHERE dry_run_id = $1 AND finished_at IS NULL`,
    [dryRunId, end.at, result, failure],
  );
}

/** Of a rule, newest first. */
export async function findDryRuns(pool: Pool, ruleId: string, limit: number): Promise<RecordedDryRun[]> {
  const { rows } = await pool.query<DryRunRow>(
    'SELECT * FROM rule_dry_runs WHERE rule_id = $1 ORDER BY asked_at DESC, dry_run_id DESC LIMIT $2',
    [ruleId, limit],
  );
  return rows.map(toDryRun);
}

/** @throws AppError `not-found`. */
export async function requireDryRun(pool: Pool, dryRunId: string): Promise<RecordedDryRun> {
  const { rows } = await pool.query<DryRunRow>('SELECT * FROM rule_dry_runs WHERE dry_run_id = $1', [
    dryRunId,
  ]);
  if (rows[0] !== undefined) return toDryRun(rows[0]);
  throw new AppError('not-found', 'dry-run-not-found', `there is no dry run ${dryRunId}`);
}

/** @throws AppError `conflict` unless a dry run of exactly this version has finished well. */
export async function requireDryRunOf(client: PoolClient, ruleId: string, version: number): Promise<void> {
  const { rows } = await client.query(
    'SELECT 1 FROM rule_dry_runs WHERE rule_id = $1 AND version = $2 AND result IS NOT NULL LIMIT 1',
    [ruleId, version],
  );
  if (rows.length > 0) return;
  const message = `version ${version} of ${ruleId} has no finished dry run: ask for one and look at it first`;
  throw new AppError('conflict', 'dry-run-missing', message);
}

function toDryRun(row: DryRunRow): RecordedDryRun {
  return {
    dryRunId: row.dry_run_id,
    ruleId: row.rule_id,
    version: row.version,
    fromAt: row.from_at,
    untilAt: row.until_at,
    actor: row.actor,
    askedAt: row.asked_at,
    done: Number(row.done),
    total: Number(row.total),
    finishedAt: row.finished_at,
    failure: row.failure,
    result: row.result,
  };
}
