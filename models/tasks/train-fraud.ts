/**
 * Trains the production fraud model from the lake and judges it on the newest mature weeks before it is fitted again on
 * everything mature. Four spans in time:  fit | label delay | calibrate | test | immature.
 * The figures come from the model of the first span; the saved model is fitted on all mature rows with the same settings
 * and keeps the first one's calibration and thresholds, which are the only honest ones there are.
 */
import type { Duckdb } from '../../core/duckdb.js';
import { seededRandom } from '../../core/random.js';
import { createFold } from '../../features/fold.js';
import { replayRows } from '../../features/replay-rows.js';
import { fraudTarget, rowsAt, rowsBetween, type TrainingRows } from '../../features/training-rows.js';
import { writeFrame } from '../../features/write-frame.js';
import { DAY_MS, DEFAULT_FOLD_SETTINGS } from '../../features/vocabulary.js';
import type { Artefact, ArtefactMetrics } from '../artefact.js';
import { calibrateModel, fitCalibration, type Calibration } from '../calibrate.js';
import type { Model } from '../contract.js';
import { binnedSample, binnedScore } from '../reference.js';
import { fitFraud, fraudSettings } from './fraud.js';
import { fraudDrift } from './fraud-drift.js';
import { FRAUD_INTENDED_USE, fraudFigures, fraudThresholds } from './fraud-figures.js';
import type { Judged } from './fraud-figures.js';
import { fraudImportance } from './inspect-fraud.js';

/** Spans in days. Two weeks hold enough frauds to calibrate, four enough to judge. */
const CALIBRATE_DAYS = 28;
const TEST_DAYS = 28;
/** Older payments say little about today's fraud and cost time. */
const HISTORY_DAYS = 365;
/** Beyond this, good payments are sampled and weighted back: the frauds are what is scarce. */
const MOST_ROWS = 150_000;
/** Good payments whose features are shuffled to see what a family is worth: enough to rank families, in seconds. */
const MOST_NEGATIVES_SHUFFLED = 5000;
/** Fewer known frauds than this cannot be split in time and still say anything. */
const FEWEST_FRAUDS = { fit: 50, calibrate: 10, test: 10 } as const;

/** A payment that was refused never shows whether it was fraud: it has no result and must not count as good. */
export const HAS_RESULT = `p.status <> 'attempted' OR p.payment_id IN (SELECT payment_id FROM outcomes)`;

export type FraudTraining =
  | { readonly outcome: 'trained'; readonly artefact: Artefact; readonly test: FraudTest }
  | { readonly outcome: 'too-few-labels'; readonly reason: string };

/** The newest mature weeks, for the comparison of champion and challenger on the same payments. */
export type FraudTest = Judged;

export interface TrainFraudOptions {
  /** Only what was known before this instant is used. Epoch ms. */
  readonly asOfMs: number;
  readonly seed: number;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
  /** Also write the training rows there, as Parquet. */
  readonly frameFile?: string;
}

export async function trainFraud(db: Duckdb, options: TrainFraudOptions): Promise<FraudTraining> {
  const { asOfMs, seed, onProgress } = options;
  const matureMs = asOfMs - DEFAULT_FOLD_SETTINGS.maturityDays * DAY_MS;
  const known = await labelledFrauds(db, asOfMs);
  if (known === 0) return { outcome: 'too-few-labels', reason: 'no fraud labels have been imported' };
  const rows = await replayRows(db, createFold(), {
    fromMs: matureMs - HISTORY_DAYS * DAY_MS,
    untilMs: matureMs,
    knownUntilMs: asOfMs,
    conditionSql: HAS_RESULT,
    onProgress,
  });
  if (options.frameFile !== undefined) await writeFrame(db, rows, options.frameFile);
  const spans = await splitSpans(db, rows, asOfMs, matureMs);
  const missing = tooFew(spans);
  if (missing !== null) return { outcome: 'too-few-labels', reason: missing };
  const { fit, calibrate, test } = spans;
  const judged = fitSampled(fit, seed, (done, total) => onProgress?.('fraud model, judged', done, total));
  const calibration = fitCalibration('platt', calibrate.y, judged.predict(calibrate.rows.frame));
  const honest = calibrateModel(judged, calibration);
  const fraudProbability = honest.predict(test.rows.frame);
  const findings = {
    importance: fraudImportance(honest, test.rows, test.y, {
      seed,
      mostNegatives: MOST_NEGATIVES_SHUFFLED,
      onProgress: (done, total) => onProgress?.('importance of features', done, total),
    }),
    drift: await fraudDrift(db, {
      older: fit.rows,
      newer: test.rows,
      maturityDays: DEFAULT_FOLD_SETTINGS.maturityDays,
      seed,
      onProgress: (done, total) => onProgress?.('newest beside older', done, total),
    }),
  };
  const mature = { rows, y: await fraudTarget(db, rows, asOfMs) };
  const final = fitSampled(mature, seed, (done, total) => onProgress?.('fraud model, final', done, total));
  const artefact = fraudArtefact(final, calibration, {
    calibrate: { y: calibrate.y, fraudProbability: honest.predict(calibrate.rows.frame) },
    test: { y: test.y, fraudProbability, rows: test.rows },
    findings,
    mature,
    asOfMs,
    seed,
  });
  return { outcome: 'trained', artefact, test: { rows: test.rows, y: test.y, fraudProbability } };
}

async function labelledFrauds(db: Duckdb, asOfMs: number): Promise<number> {
  const found = await db.rows<{ n: bigint }>(
    `SELECT count(*) AS n FROM labels WHERE fraud AND epoch_ms(known_at) < ${asOfMs}`,
  );
  return Number(found[0]!.n);
}

interface Labelled {
  readonly rows: TrainingRows;
  readonly y: Uint8Array;
}

/** The fitted span knows only the labels that had arrived when the calibration began. */
async function splitSpans(
  db: Duckdb,
  rows: TrainingRows,
  asOfMs: number,
  matureMs: number,
): Promise<Record<keyof typeof FEWEST_FRAUDS, Labelled>> {
  const testMs = matureMs - TEST_DAYS * DAY_MS;
  const calibrateMs = testMs - CALIBRATE_DAYS * DAY_MS;
  const fit = rowsBetween(rows, -Infinity, calibrateMs - DEFAULT_FOLD_SETTINGS.maturityDays * DAY_MS);
  const calibrate = rowsBetween(rows, calibrateMs, testMs);
  const test = rowsBetween(rows, testMs, matureMs);
  return {
    fit: { rows: fit, y: await fraudTarget(db, fit, calibrateMs) },
    calibrate: { rows: calibrate, y: await fraudTarget(db, calibrate, asOfMs) },
    test: { rows: test, y: await fraudTarget(db, test, asOfMs) },
  };
}

function tooFew(spans: Record<keyof typeof FEWEST_FRAUDS, Labelled>): string | null {
  for (const span of ['fit', 'calibrate', 'test'] as const) {
    const frauds = count(spans[span].y);
    if (frauds >= FEWEST_FRAUDS[span]) continue;
    return `the ${span} span holds ${frauds} known frauds, at least ${FEWEST_FRAUDS[span]} are needed; import more history or labels`;
  }
  return null;
}

/** Keeps every fraud and a sample of the good payments; weights undo the sampling. */
function fitSampled(
  { rows, y }: Labelled,
  seed: number,
  onProgress: (done: number, total: number) => void,
): Model {
  const frauds = count(y);
  const keep = Math.min(1, Math.max(0, MOST_ROWS - frauds) / Math.max(1, y.length - frauds));
  if (keep === 1) return fitFraud(rows, y, { seed, onProgress });
  const random = seededRandom(seed).fork('good payments');
  const order = Int32Array.from(y.keys()).filter((row) => y[row] === 1 || random.unit() < keep);
  const sampled = rowsAt(rows, order);
  const target = Uint8Array.from(order, (row) => y[row]!);
  const weights = Float32Array.from(target, (label) => (label === 1 ? 1 : 1 / keep));
  return fitFraud(sampled, target, { seed, onProgress, weights });
}

interface Evidence {
  readonly calibrate: { readonly y: Uint8Array; readonly fraudProbability: Float64Array };
  readonly test: Judged;
  readonly findings: Required<Pick<ArtefactMetrics, 'importance' | 'drift'>>;
  readonly mature: Labelled;
  readonly asOfMs: number;
  readonly seed: number;
}

function fraudArtefact(model: Model, calibration: Calibration, evidence: Evidence): Artefact {
  const { test, mature, asOfMs, seed } = evidence;
  return {
    task: 'fraud',
    featureSetHash: createFold().featureSetHash,
    model: calibrateModel(model, calibration),
    policy: fraudThresholds(evidence.calibrate),
    training: {
      asOf: iso(asOfMs),
      from: iso(mature.rows.occurredAt[0]!),
      to: iso(mature.rows.occurredAt.at(-1)!),
      rows: mature.y.length,
      frauds: count(mature.y),
      seed,
      settings: { ...fraudSettings(Math.min(MOST_ROWS, mature.y.length)) },
    },
    evaluation: {
      ...fraudFigures(test, 'fitted on older payments only, with a label delay between', seed),
      ...evidence.findings,
    },
    reference: {
      features: binnedSample(mature.rows.frame, mature.rows.payer),
      score: binnedScore(test.fraudProbability, test.rows.payer),
    },
    intendedUse: FRAUD_INTENDED_USE,
  };
}

function count(y: Uint8Array): number {
  let total = 0;
  for (const value of y) total += value;
  return total;
}

function iso(instantMs: number): string {
  return new Date(instantMs).toISOString();
}
