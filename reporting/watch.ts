/**
 * One look at the running gate: is what it serves still what the model was fitted on, do frauds come as announced, and how
 * do answers, labels and latency move? Nothing is changed by looking; what could not be compared is said.
 */
import type { Pool } from 'pg';
import { DAY_MS } from '../features/vocabulary.js';
import type { Reference } from '../models/reference.js';
import type { WarehouseReader } from './reader.js';
import { distinctMembers, featureDrift, scoreDrift } from './watch-drift.js';
import { readCalibration, readLabels } from './watch-labels.js';
import { dailyMix, latencyOf } from './watch-mix.js';
import type { DriftReport, WatchReport } from './watch-report.js';
import { sampleDecisions } from './watch-sample.js';

/** Whole weeks hold every day of the week; more would hide what began yesterday. */
const WINDOW_DAYS = 7;
/** A bin of a tenth is then known to a third of a per cent; about twelve megabytes of vectors. */
const MOST_DECISIONS = 10_000;

export interface WatchedModel {
  readonly version: string;
  readonly featureSetHash: string;
  /** Null for a model that was saved without one. */
  readonly reference: Reference | null;
}

interface WatchDeps {
  readonly pool: Pool;
  readonly reader: WarehouseReader;
  /** In production; null while the rules decide alone. */
  readonly model: WatchedModel | null;
  readonly nowMs: number;
}

export async function watch({ pool, reader, model, nowMs }: WatchDeps): Promise<DriftReport> {
  const fromMs = nowMs - WINDOW_DAYS * DAY_MS;
  const sample = await sampleDecisions(pool, { fromMs, most: MOST_DECISIONS });
  const compared = sample.filter(({ featureSetHash }) => featureSetHash === model?.featureSetHash);
  const notCompared = reasonNotCompared(model, compared.length);
  const reference = notCompared === null ? (model?.reference ?? null) : null;
  const { features, leading } =
    reference === null ? { features: [], leading: [] } : await featureDrift(compared, reference);
  const ofModel = sample.filter(({ modelVersion }) => modelVersion === model?.version);
  const calibration = await reader.read(readCalibration);
  const labels = await reader.read(readLabels);
  return {
    at: nowMs,
    modelVersion: model?.version ?? null,
    notCompared,
    window: {
      fromAt: sample[0]?.decidedAt ?? fromMs,
      untilAt: sample.at(-1)?.decidedAt ?? nowMs,
      decisions: sample.length,
      compared: compared.length,
      payers: distinctMembers(sample, 'payer'),
    },
    features: [...features],
    leading: [...leading],
    score: reference === null ? null : scoreDrift(ofModel, reference),
    calibration: calibration ?? { weeks: [], gate: null, backtest: null },
    labels: labels ?? NO_LABELS,
    days: dailyMix(sample),
    latency: latencyOf(sample),
  };
}

const NO_LABELS: WatchReport['labels'] = { frauds: 0, medianDays: null, p90Days: null, weeks: [] };

function reasonNotCompared(model: WatchedModel | null, compared: number): string | null {
  if (model === null) return 'no fraud model is in production that this version can use';
  if (model.reference === null)
    return 'the model in production keeps no record of what it was fitted on: train it again';
  if (compared === 0)
    return `the gate made no decision with the model's features in the last ${WINDOW_DAYS} days`;
  return null;
}
