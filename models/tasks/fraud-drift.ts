/**
 * Whether the newest payments still look like those that the fraud model was fitted on, by adversarial validation. What
 * tells the date itself is left out. What differs by design is judged apart: counts over a lifetime, windows that reach
 * back before the first payment, and the windows of a few shops or schools, which all their payers share.
 */
import type { Duckdb } from '../../core/duckdb.js';
import { FEATURES } from '../../features/definitions.js';
import { rowsBetween, type TrainingRows } from '../../features/training-rows.js';
import { DAY_MS, type Aggregate, type Entity, type FeatureDefinition } from '../../features/vocabulary.js';
import {
  adversarialDefaults,
  adversarialValidation,
  type PeriodDifference,
} from '../adversarial-validation.js';
import type { FitProgress } from '../contract.js';

export interface FraudDrift extends PeriodDifference {
  /** With the features that differ by design as well. */
  readonly aucRocOfAll: number;
  /** One sentence when the periods differ so much that the test may not speak for tomorrow. */
  readonly warning: string | null;
}

/** A steady market is told apart with .51 to .54, a growing merchant with school terms with .80; see docs/experiments.md. */
const WARN_FROM_AUC = 0.85;

/** Of an entity that can be compared over time. */
const FEWEST_MEMBERS = 500n;

/** A week never holds all days of the month, nor a few days all days of the week. */
const CALENDAR = ['weekdayIst', 'monthDayIst'];

export interface FraudDriftRequest {
  /** What the model was fitted on, and all payments of the newest period. */
  readonly older: TrainingRows;
  readonly newer: TrainingRows;
  readonly maturityDays: number;
  readonly seed: number;
  readonly onProgress?: FitProgress;
}

/** Needs the view `payments` of the replay. Throws `no-rows` when a period is empty. */
export async function fraudDrift(db: Duckdb, request: FraudDriftRequest): Promise<FraudDrift> {
  const { newer, maturityDays, seed, onProgress } = request;
  const { older, reachMs } = filledRows(request.older, await recordFrom(db), maturityDays);
  const [olderPeriod, newerPeriod] = [older, newer].map(({ frame, payer }) => ({ frame, owner: payer }));
  const told = (features: readonly FeatureDefinition[], part: number): PeriodDifference =>
    adversarialValidation(olderPeriod!, newerPeriod!, {
      ...adversarialDefaults,
      features: features.map(({ name }) => name),
      seed,
      onProgress: (done, total) => onProgress?.(part + done / total, 2),
    });
  const few = await fewMembers(db);
  const all = FEATURES.filter(({ name }) => !CALENDAR.includes(name));
  const steady = all.filter(
    (feature) =>
      !driftsByDesign(feature) &&
      reachOf(feature, maturityDays) <= reachMs &&
      (feature.entity === null || !few.has(feature.entity)),
  );
  const difference = told(steady, 0);
  const { aucRoc: aucRocOfAll } = told(all, 1);
  return { ...difference, aucRocOfAll, warning: warningOf(difference) };
}

async function recordFrom(db: Duckdb): Promise<number> {
  const found = await db.rows<{ ms: number }>(
    'SELECT min(epoch_ms(occurred_at))::DOUBLE AS ms FROM payments',
  );
  return found[0]!.ms;
}

/**
 * Entities so few that the state of each is the state of a week: it tells the period although nobody behaves otherwise.
 * Payers are kept apart by the folds, however few.
 */
async function fewMembers(db: Duckdb): Promise<ReadonlySet<Entity>> {
  const entities = ['instrument', 'device', 'ip', 'counterparty'] as const;
  const columns = {
    instrument: 'instrument_id',
    device: 'device_id',
    ip: 'ip',
    counterparty: 'counterparty_id',
  };
  const [members] = await db.rows<Record<Entity, bigint>>(
    `SELECT ${entities.map((entity) => `count(DISTINCT ${columns[entity]}) AS ${entity}`).join(', ')} FROM payments`,
  );
  return new Set(entities.filter((entity) => members![entity] < FEWEST_MEMBERS));
}

/** The older rows without those whose windows were still filling, but at least the newer half of their whole days. */
function filledRows(
  older: TrainingRows,
  recordFromMs: number,
  maturityDays: number,
): { readonly older: TrainingRows; readonly reachMs: number } {
  const longest = Math.max(...FEATURES.map((feature) => reachOf(feature, maturityDays)));
  const first = older.occurredAt[0] ?? recordFromMs;
  const half = Math.floor(((older.occurredAt.at(-1) ?? first) - first) / 2 / DAY_MS) * DAY_MS;
  const fromMs = Math.max(first, Math.min(first + half, recordFromMs + longest));
  const rows = rowsBetween(older, fromMs, Infinity);
  return { older: rows, reachMs: (rows.occurredAt[0] ?? fromMs) - recordFromMs };
}

/** How far back a feature looks. */
function reachOf({ measure, aggregate, windowMs }: FeatureDefinition, maturityDays: number): number {
  if (aggregate === 'meanToMean') return 90 * DAY_MS;
  const waits = measure === 'matured' || aggregate === 'risk';
  return (windowMs ?? 0) + (waits ? maturityDays * DAY_MS : 0);
}

/** Features that differ from any past by design: they tell the date, or only ever grow. */
export function driftsByDesign(feature: FeatureDefinition): boolean {
  return CALENDAR.includes(feature.name) || grows(feature);
}

/** What is counted from the first record on only ever grows, and rare events leave more and more traces. */
function grows({ measure, aggregate, windowMs }: FeatureDefinition): boolean {
  if (GROWING.includes(aggregate)) return true;
  return windowMs === null && measure !== 'request' && measure !== 'attempts';
}

const GROWING: readonly Aggregate[] = [
  'lifetimeCount',
  'lifetimeDistinct',
  'sinceFirst',
  'ratioToMedian', // Of the newest amounts, which take many payments to gather.
  'ratioToP90',
];

function warningOf({ aucRoc, features }: PeriodDifference): string | null {
  if (aucRoc < WARN_FROM_AUC) return null;
  const first = features.slice(0, 3).map(({ feature }) => feature);
  return `the newest payments differ from those that trained (told apart with AUC ${aucRoc.toFixed(2)}), most by ${first.join(', ')}`;
}
