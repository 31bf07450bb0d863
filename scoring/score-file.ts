/**
 * A file of payments through the code that serves: each row is decided as of its own instant, over all of the lake's history
 * and the file's rows before it, by the rules, lists, policy, model and churn scores of today. Nothing of it enters the lake or the log.
 * What only a live gate has is left out: its block cap, its exploration, and chains of retries.
 */
import { mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { DOUBLE, DuckDBDataChunk, VARCHAR } from '@duckdb/node-api';
import type { DuckDBValue } from '@duckdb/node-api';
import type { Pool } from 'pg';
import type { Duckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';
import { FEATURE_NAMES } from '../features/definitions.js';
import { createFold } from '../features/fold.js';
import { replay } from '../features/replay.js';
import type { ColumnMap } from '../ingest/column-map.js';
import { syncToDisk } from '../ingest/durable-file.js';
import type { Lake } from '../ingest/lake.js';
import { LAKE_COLUMNS, SEQUENCES_PER_BATCH } from '../ingest/lake-tables.js';
import { openScratch } from '../ingest/scratch.js';
import { settleBadRows, shapeChecked } from '../ingest/shape-checked.js';
import { quoteText } from '../ingest/sql-quote.js';
import type { CountryOf } from './geo.js';
import type { LiveChurn } from './live-churn.js';
import type { Policy } from './policy-settings.js';
import { ACTIONS } from './request.js';
import type { Action } from './request.js';
import { fieldsOf } from './rules/fields.js';
import { openPastSubjects } from './rules/past-subjects.js';
import { score } from './score.js';
import type { ScoringInput, Verdict } from './score.js';

export interface ScoreFileDeps {
  readonly pool: Pool;
  readonly lake: Pick<Lake, 'attach' | 'batches'>;
  readonly countryOf: CountryOf;
  readonly rules: ScoringInput['rules'];
  readonly lists: ScoringInput['lists'];
  readonly churn: Pick<LiveChurn, 'risk'>;
  readonly policy: Policy;
  readonly model: ScoringInput['model'];
  readonly onProgress: (stage: 'checking rows' | 'scoring', done: number, total: number) => void;
}

interface ScoreFileRequest {
  readonly file: string;
  readonly map: ColumnMap;
  readonly query?: string | undefined;
  /** Parquet; replaced whole or not at all. */
  readonly out: string;
  /** Bad rows are written here and left out; null refuses the file for one bad row. */
  readonly rejectsFile: string | null;
}

export interface ScoredFile {
  readonly payments: number;
  readonly rejected: number;
  readonly actions: Readonly<Record<Action, number>>;
}

/** @throws AppError `bad-input` for what is wrong with the file, also for payments that the lake has. */
export async function scoreFile(deps: ScoreFileDeps, request: ScoreFileRequest): Promise<ScoredFile> {
  const out = path.resolve(request.out);
  // Beside the result, so that it can be renamed into its place.
  const dir = await mkdtemp(path.join(path.dirname(out), '.score-')).catch((cause: unknown) => {
    const message = `cannot write into ${path.dirname(out)}: give --out in a folder that exists`;
    throw new AppError('bad-input', 'out-unwritable', message, { cause });
  });
  const db = await openScratch(dir);
  try {
    deps.onProgress('checking rows', 0, 0);
    const shaped = await shapeChecked(db, request);
    const rejected = await settleBadRows(db, deps.lake, shaped, request.rejectsFile);
    deps.onProgress('checking rows', shaped.rows, shaped.rows);
    const actions = await scoreShaped(db, deps);
    const draft = path.join(dir, 'decisions.parquet');
    await db.run(`COPY (${DECISIONS}) TO ${quoteText(draft)} (FORMAT parquet, COMPRESSION zstd)`);
    await syncToDisk(draft);
    await rename(draft, out);
    await syncToDisk(path.dirname(out));
    return { payments: ACTIONS.reduce((sum, action) => sum + actions[action], 0), rejected, actions };
  } finally {
    db.close();
    await rm(dir, { recursive: true, force: true });
  }
}

const CALM = { modelTooSlow: false, blockCapOpen: false, originalBlocked: false };

async function scoreShaped(db: Duckdb, deps: ScoreFileDeps): Promise<Record<Action, number>> {
  const newest = Math.max(0, ...(await deps.lake.batches()).map(({ ordinal }) => ordinal));
  const first = (newest + 1) * SEQUENCES_PER_BATCH;
  await addToHistory(db, first);
  const fold = createFold();
  const wantedSql = `p.sequence >= ${first}`;
  const names = new Set(fieldsOf(FEATURE_NAMES).keys());
  const subjects = await openPastSubjects(db, fold, { ...deps, names, wantedSql });
  const verdicts = await openVerdicts(db);
  const actions: Record<Action, number> = { allow: 0, challenge: 0, review: 0, block: 0 };
  const policy = { ...deps.policy, exploration: { ...deps.policy.exploration, share: 0 } };
  const { rules, lists, model } = deps;
  const { featureSetHash } = fold;
  await replay(db, fold, {
    onProgress: (done, total) => deps.onProgress('scoring', done, total),
    collect: {
      wantedSql,
      take: (state, request, atMs, sequence) => {
        const subject = subjects.subject(state, request, atMs, sequence);
        const churn = deps.churn.risk(subject.payment, atMs);
        const circumstances = { ...CALM, ...(churn !== null && { churn }) };
        const input = { subject, featureSetHash, atMs, rules, lists, policy, circumstances, model };
        const { answer } = score({ ...input, decisionId: '' });
        actions[answer.action]++;
        verdicts.add(sequence, answer);
      },
      finish: verdicts.finish,
    },
  });
  return actions;
}

/** The file's rows behind the lake's: at one instant, what the lake has comes first. */
async function addToHistory(db: Duckdb, first: number): Promise<void> {
  const columns = Object.keys(LAKE_COLUMNS.payments).join(', ');
  const sequence = `${first} + 2 * (row_number - 1)`;
  await db.run(`CREATE TEMP TABLE file_payments AS SELECT ${columns} FROM (
    SELECT *, ${sequence} AS sequence FROM shaped WHERE kind <> 'refund')`);
  await db.run(`CREATE TEMP TABLE file_labels AS SELECT payment_id, fraud, 'import' AS source, ${sequence} + 1 AS sequence,
    occurred_at, fraud_known_at AS known_at FROM shaped WHERE kind <> 'refund' AND fraud IS NOT NULL`);
  for (const table of ['payments', 'labels']) {
    await db.run(`ALTER VIEW ${table} RENAME TO lake_${table}`);
    await db.run(`CREATE TEMP VIEW ${table} AS FROM lake_${table} UNION ALL BY NAME FROM file_${table}`);
  }
}

const DECISIONS = `SELECT payment_id AS "paymentId", action, fraud_probability AS "fraudProbability",
    from_json(reasons, '[{"code":"VARCHAR","text":"VARCHAR","contribution":"DOUBLE"}]') AS reasons,
    decided_by AS "decidedBy", model_version AS "modelVersion"
  FROM verdicts JOIN file_payments USING (sequence) ORDER BY sequence`;

const VERDICT_TYPES = [DOUBLE, VARCHAR, DOUBLE, VARCHAR, VARCHAR, VARCHAR];
/** DuckDB's vector size: a chunk cannot hold more. */
const CHUNK_ROWS = 2048;

interface Verdicts {
  add(sequence: number, answer: Verdict['answer']): void;
  finish(): void;
}

async function openVerdicts(db: Duckdb): Promise<Verdicts> {
  await db.run(`CREATE TEMP TABLE verdicts (sequence DOUBLE, action VARCHAR, fraud_probability DOUBLE, reasons VARCHAR,
    decided_by VARCHAR, model_version VARCHAR)`);
  const appender = await db.connection.createAppender('verdicts');
  let rows: DuckDBValue[][] = [];
  const flush = (): void => {
    if (rows.length === 0) return;
    const chunk = DuckDBDataChunk.create(VERDICT_TYPES);
    chunk.setRows(rows);
    appender.appendDataChunk(chunk);
    rows = [];
  };
  return {
    add: (sequence, { action, fraudProbability, reasons, decidedBy, modelVersion }) => {
      rows.push([
        sequence,
        action,
        fraudProbability,
        JSON.stringify(reasons),
        decidedBy ?? null,
        modelVersion,
      ]);
      if (rows.length === CHUNK_ROWS) flush();
    },
    finish: () => {
      flush();
      appender.closeSync();
    },
  };
}
