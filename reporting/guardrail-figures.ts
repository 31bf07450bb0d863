/**
 * The figures that the guardrails judge, from the decision log: at most some thousands of decisions of each span, drawn at
 * uneven distances of its sequence, so that a look costs a tenth of a second of the database whatever the traffic.
 */
import type { Pool } from 'pg';
import { DAY_MS, DEFAULT_FOLD_SETTINGS } from '../features/vocabulary.js';
import type { Guardrails } from '../scoring/guardrail-settings.js';
import { importedLabels } from './comparison-pairs.js';
import type { Span } from './comparison-pairs.js';
import type { AnswerFigures, CalibrationFigures, JudgedFigures } from './guardrails.js';
import type { WarehouseReader } from './reader.js';
import { firstSequenceSince, lastSequence } from './watch-sample.js';

/** A share of one in a hundred is then known to a tenth of itself. */
const MOST_DECISIONS = 10_000;
/** What the former champion did is judged by its last week: every day of the week is in it. */
const FORMER_DAYS = 7;

interface Judged {
  readonly version: string;
  /** In production before; null when nothing was. */
  readonly former: string | null;
  readonly promotedAtMs: number;
  readonly nowMs: number;
}

export async function guardrailFigures(
  { pool, reader }: { readonly pool: Pool; readonly reader: WarehouseReader },
  { version, former, promotedAtMs, nowMs }: Judged,
  { windowMinutes, minDecisions }: Guardrails,
): Promise<JudgedFigures> {
  const fromMs = Math.max(promotedAtMs, nowMs - windowMinutes * 60_000);
  const answers = await answerFigures(pool, version, { fromMs, untilMs: Infinity });
  const before = { fromMs: promotedAtMs - FORMER_DAYS * DAY_MS, untilMs: promotedAtMs };
  const ofFormer = former === null ? null : await answerFigures(pool, former, before);
  const matureMs = nowMs - DEFAULT_FOLD_SETTINGS.maturityDays * DAY_MS;
  return {
    answers,
    former: ofFormer === null || ofFormer.decisions < minDecisions ? null : ofFormer,
    calibration:
      matureMs <= promotedAtMs
        ? { payments: 0, expected: 0, frauds: 0 }
        : await calibrationFigures({ pool, reader }, version, {
            fromMs: promotedAtMs,
            untilMs: matureMs,
          }),
  };
}

/** A capped review without a rule is the model's block. */
const MODEL_BLOCKS = `decided_by IN ('model-block', 'explored-challenge')
  OR (decided_by = 'capped-review' AND coalesce(json_array_length(findings -> 'rules'), 0) = 0)`;

/** Places drawn from a span of sequences: one in each stretch of $3. */
const DRAWN = `generate_series(0, ($2::bigint - $1::bigint) / $3::bigint) AS stretch (k)
  JOIN decisions d ON d.sequence = $1::bigint + k * $3::bigint + abs(hashint8(k)::bigint) % $3::bigint
    AND d.sequence <= $2::bigint`;

async function answerFigures(pool: Pool, version: string, span: Span): Promise<AnswerFigures> {
  const { rows } = await pool.query<
    Record<'decisions' | 'blocked' | 'failed' | 'slow', bigint> & { p99: number | null }
  >(
    `SELECT count(*) AS decisions,
       count(*) FILTER (WHERE ${MODEL_BLOCKS}) AS blocked,
       count(*) FILTER (WHERE degraded = 'model-failed') AS failed,
       count(*) FILTER (WHERE degraded = 'model-too-slow') AS slow,
       percentile_disc(0.99) WITHIN GROUP (ORDER BY latency_ms) AS p99
     FROM ${DRAWN} WHERE model_version = $4`,
    [...(await stretches(pool, span)), version],
  );
  const [row] = rows;
  return {
    decisions: Number(row?.decisions ?? 0n),
    blocked: Number(row?.blocked ?? 0n),
    failed: Number(row?.failed ?? 0n),
    slow: Number(row?.slow ?? 0n),
    p99Ms: row?.p99 ?? null,
  };
}

async function calibrationFigures(
  { pool, reader }: { readonly pool: Pool; readonly reader: WarehouseReader },
  version: string,
  span: Span,
): Promise<CalibrationFigures> {
  const imported = await importedLabels(reader, span.fromMs, Number.MAX_SAFE_INTEGER / 1000);
  const frauds = [...imported].filter(([, fraud]) => fraud).map(([paymentId]) => paymentId);
  const { rows } = await pool.query<{ payments: bigint; expected: number | null; frauds: bigint }>(
    `SELECT count(*) AS payments, sum(fraud_probability) AS expected,
       count(*) FILTER (WHERE coalesce(told.fraud, d.payment_id = ANY($5::text[]))) AS frauds
     FROM ${DRAWN}
     LEFT JOIN LATERAL (
       SELECT outcome = 'fraud' AS fraud FROM outcome_reports r
       WHERE r.payment_id = d.payment_id AND outcome IN ('fraud', 'legitimate')
       ORDER BY r.sequence DESC LIMIT 1) told ON true
     WHERE model_version = $4 AND action = 'allow' AND fraud_probability IS NOT NULL`,
    [...(await stretches(pool, span)), version, frauds],
  );
  const [row] = rows;
  return {
    payments: Number(row?.payments ?? 0n),
    expected: row?.expected ?? 0,
    frauds: Number(row?.frauds ?? 0n),
  };
}

/** First and last sequence of the span, and how many of them make a stretch. */
async function stretches(pool: Pool, { fromMs, untilMs }: Span): Promise<[number, number, number]> {
  const last = await lastSequence(pool);
  const first = await firstSequenceSince(pool, fromMs, last);
  const end = untilMs === Infinity ? last : (await firstSequenceSince(pool, untilMs, last)) - 1;
  return [first, end, Math.max(1, Math.ceil((end - first + 1) / MOST_DECISIONS))];
}
