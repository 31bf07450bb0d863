/**
 * Cases in PostgreSQL: a row with the state of now, changed only here and only together with the step that changed it,
 * and a history of steps that is only added to.
 */
import type { Pool, PoolClient } from 'pg';
import { AppError, assert } from '../../core/errors.js';
import { advance } from './case.js';
import type { Case, CaseAct, CaseStatus, CaseStep, Verdict } from './case.js';
import { openCasesSql } from './opening.js';

type Db = Pool | PoolClient;

interface CaseRow {
  case_id: string;
  decision_id: string;
  payment_id: string;
  status: CaseStatus;
  assignee: string | null;
  verdict: Verdict | null;
  opened_at: number;
  changed_at: number;
}

const COLUMNS = 'case_id, decision_id, payment_id, status, assignee, verdict, opened_at, changed_at';

export async function findCase(db: Db, caseId: string): Promise<Case | null> {
  const { rows } = await db.query<CaseRow>(`SELECT ${COLUMNS} FROM cases WHERE case_id = $1`, [caseId]);
  return rows[0] === undefined ? null : toCase(rows[0]);
}

/** @throws AppError `not-found`. */
export function requireCase<Found extends Case>(found: Found | null): Found {
  if (found !== null) return found;
  throw new AppError('not-found', 'case-not-found', 'no case has this id');
}

export interface CaseQuery {
  readonly status: CaseStatus | null;
  readonly assignee: string | null;
  /** Last case id of the page before; an unknown one gives an empty page. */
  readonly before: string | null;
  readonly limit: number;
}

/** The newest first. */
export async function findCases(pool: Pool, query: CaseQuery): Promise<Case[]> {
  const { rows } = await pool.query<CaseRow>(
    `SELECT ${COLUMNS} FROM cases
     WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR assignee = $2)
       AND ($3::text IS NULL OR case_number < (SELECT case_number FROM cases WHERE case_id = $3))
     ORDER BY case_number DESC LIMIT $4`,
    [query.status, query.assignee, query.before, query.limit],
  );
  return rows.map(toCase);
}

/** Oldest first. */
export async function stepsOf(pool: Pool, caseId: string): Promise<CaseStep[]> {
  const { rows } = await pool.query<CaseStep>(
    'SELECT event, actor, assignee, verdict, note, at FROM case_events WHERE case_id = $1 ORDER BY event_id',
    [caseId],
  );
  return rows;
}

/** Cases that wait for somebody. */
export interface Waiting {
  readonly status: Exclude<CaseStatus, 'closed'>;
  readonly count: number;
  /** When the oldest was opened. */
  readonly oldestAt: number;
}

export async function waitingCases(pool: Pool): Promise<Waiting[]> {
  const { rows } = await pool.query<Waiting>(
    `SELECT status, count(*)::int AS count, min(opened_at) AS "oldestAt"
     FROM cases WHERE status IN ('open', 'assigned') GROUP BY status`,
  );
  return rows;
}

/** The case of a decision, which is opened if it was not. Inside a change (scoring/changes.ts). */
export async function openCase(
  client: PoolClient,
  decisionId: string,
  step: Omit<CaseStep, 'event'>,
): Promise<Case> {
  const { rows } = await client.query<{ case_id: string }>(
    `${openCasesSql(`(SELECT decision_id, payment_id, to_timestamp($2 / 1000.0) AS opened_at
       FROM decisions WHERE decision_id = $1) asked`)} RETURNING case_id`,
    [decisionId, step.at],
  );
  if (rows[0] !== undefined) await addStep(client, rows[0].case_id, { ...step, event: 'open' });
  const found = await client.query<CaseRow>(`SELECT ${COLUMNS} FROM cases WHERE decision_id = $1`, [
    decisionId,
  ]);
  if (found.rows[0] === undefined)
    throw new AppError('not-found', 'decision-not-found', 'no decision has this id');
  return toCase(found.rows[0]);
}

/** Takes one step. Inside a change (scoring/changes.ts), which takes changes in turn. */
export async function takeStep(
  client: PoolClient,
  caseId: string,
  step: CaseStep & { readonly event: CaseAct },
): Promise<Case> {
  const before = requireCase(await findCase(client, caseId));
  const status = advance(before.status, step.event);
  // An open case has nobody; any other keeps whom it has until it is given to somebody else.
  const assignee = status === 'open' ? null : (step.assignee ?? before.assignee);
  const verdict = status === 'closed' ? (step.verdict ?? before.verdict) : null;
  const { rows } = await client.query<CaseRow>(
    `UPDATE cases SET status = $2, assignee = $3, verdict = $4, changed_at = to_timestamp($5 / 1000.0),
       report_id = CASE WHEN $2 = 'closed' THEN report_id END
     WHERE case_id = $1 RETURNING ${COLUMNS}`,
    [caseId, status, assignee, verdict, step.at],
  );
  await addStep(client, caseId, step);
  assert(rows[0] !== undefined, 'the case was read in this transaction');
  return toCase(rows[0]);
}

async function addStep(client: PoolClient, caseId: string, step: CaseStep): Promise<void> {
  const { event, actor, assignee, verdict, note, at } = step;
  await client.query(
    `INSERT INTO case_events (case_id, event, actor, assignee, verdict, note, at)
     VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7 / 1000.0))`,
    [caseId, event, actor, assignee, verdict, note, at],
  );
}

export interface UnreportedVerdict {
  readonly caseId: string;
  readonly paymentId: string;
  readonly verdict: Verdict;
}

/** Closed cases whose label is not durable yet, oldest first; of one case or of all. */
export async function unreportedVerdicts(pool: Pool, caseId: string | null): Promise<UnreportedVerdict[]> {
  const { rows } = await pool.query<UnreportedVerdict>(
    `SELECT case_id AS "caseId", payment_id AS "paymentId", verdict FROM cases
     WHERE status = 'closed' AND report_id IS NULL AND ($1::text IS NULL OR case_id = $1)
     ORDER BY case_number`,
    [caseId],
  );
  return rows;
}

/** Nothing when the case has another verdict by now: that one's label is still due. */
export async function noteReport(
  pool: Pool,
  { caseId, verdict }: UnreportedVerdict,
  reportId: string,
): Promise<void> {
  await pool.query(
    "UPDATE cases SET report_id = $3 WHERE case_id = $1 AND status = 'closed' AND verdict = $2",
    [caseId, verdict, reportId],
  );
}

function toCase(row: CaseRow): Case {
  const { case_id: caseId, decision_id: decisionId, payment_id: paymentId, status, assignee, verdict } = row;
  return {
    caseId,
    decisionId,
    paymentId,
    status,
    assignee,
    verdict,
    openedAt: row.opened_at,
    changedAt: row.changed_at,
  };
}
