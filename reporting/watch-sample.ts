/**
 * The decisions of a recent window as the watch counts them: at most some thousands, taken at equal distances of the log's
 * sequence, so that a day with a million decisions costs no more than one with a thousand and every hour is there.
 */
import type { Pool } from 'pg';
import { FEATURE_NAMES } from '../features/definitions.js';
import { ENTITIES } from '../features/vocabulary.js';
import type { Entity } from '../features/vocabulary.js';
import type { Action } from '../scoring/request.js';

export interface SampledDecision {
  /** Epoch milliseconds. */
  readonly decidedAt: number;
  readonly action: Action;
  readonly reasonCodes: readonly string[];
  readonly fraudProbability: number | null;
  readonly modelVersion: string | null;
  readonly latencyMs: number;
  readonly featureSetHash: string;
  /** What the model saw (d). */
  readonly vector: Float32Array;
  /** Who and what took part; null where the request did not say. */
  readonly members: Readonly<Record<Entity, string | null>>;
}

interface Row {
  decided_at: number;
  action: Action;
  reasons: readonly { readonly code: string }[];
  fraud_probability: number | null;
  model_version: string | null;
  latency_ms: number;
  feature_set_hash: string;
  vector: Buffer;
  request: Readonly<Record<string, unknown>>;
}

/** Vectors of about a kilobyte: a page is read in a millisecond or two, and payments are decided between pages. */
const PAGE_ROWS = 100;

export interface SampleWindow {
  readonly fromMs: number;
  readonly most: number;
}

/** Decisions from `fromMs` on, oldest first, about `most` at most. */
export async function sampleDecisions(
  pool: Pool,
  { fromMs, most }: SampleWindow,
): Promise<SampledDecision[]> {
  const last = await lastSequence(pool);
  const first = await firstSequenceSince(pool, fromMs, last);
  const step = Math.max(1, Math.ceil((last - first + 1) / most));
  const sample: SampledDecision[] = [];
  for (let page = first; page <= last; page += step * PAGE_ROWS) {
    const { rows } = await pool.query<Row>(
      `SELECT decided_at, action, reasons, fraud_probability, model_version, latency_ms, feature_set_hash, vector, request
       FROM generate_series($1::bigint, $2::bigint, $3::bigint) AS wanted (sequence)
       JOIN decisions USING (sequence) ORDER BY sequence`,
      [page, Math.min(last, page + step * PAGE_ROWS - 1), step],
    );
    for (const row of rows) sample.push(toSampled(row));
  }
  return sample;
}

/** Of the log; 0 without a decision. */
export async function lastSequence(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ last: bigint | null }>('SELECT max(sequence) AS last FROM decisions');
  return Number(rows[0]?.last ?? 0n);
}

/** Decisions ascend in sequence and instant alike: bisection needs no index on the instant, which every decision would pay for. */
export async function firstSequenceSince(pool: Pool, fromMs: number, last: number): Promise<number> {
  let low = 0;
  for (let high = last + 1; low < high;) {
    const middle = Math.floor((low + high) / 2);
    const { rows } = await pool.query<{ decided_at: number }>({
      name: 'watch-bisect',
      text: 'SELECT decided_at FROM decisions WHERE sequence >= $1 ORDER BY sequence LIMIT 1',
      values: [middle],
    });
    if (rows[0] !== undefined && rows[0].decided_at < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function toSampled(row: Row): SampledDecision {
  const members = Object.fromEntries(
    ENTITIES.map((entity) => [entity, textOf(row.request[entity === 'ip' ? 'ip' : `${entity}Id`])]),
  ) as Record<Entity, string | null>; // One of each.
  return {
    decidedAt: row.decided_at,
    action: row.action,
    reasonCodes: row.reasons.map(({ code }) => code),
    fraudProbability: row.fraud_probability,
    modelVersion: row.model_version,
    latencyMs: row.latency_ms,
    featureSetHash: row.feature_set_hash,
    vector: new Float32Array(new Uint8Array(row.vector).buffer),
    members,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** One feature of all sampled decisions (n). */
export function featureColumn(sample: readonly SampledDecision[], feature: string): Float32Array {
  const k = FEATURE_NAMES.indexOf(feature);
  return Float32Array.from(sample, ({ vector }) => vector[k] ?? NaN);
}
