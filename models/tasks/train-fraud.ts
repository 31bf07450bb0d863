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
import type { Artefact } from '../artefact.js';
import { calibrateModel, fitCalibration, type Calibration } from '../calibrate.js';
import type { Model } from '../contract.js';
import { aucRoc, averagePrecision, brier, calibrationError, recallAtFpr } from '../metrics.js';
import { thresholdAt } from '../threshold.js';
import { DEFAULT_PAYMENT_COSTS, valueSaved } from '../value-saved.js';
import { fitFraud, fraudSettings, fraudIntervals } from './fraud.js';

/** Spans in days. Two weeks hold enough frauds to calibrate, four enough to judge. */
const CALIBRATE_DAYS = 28;
const TEST_DAYS = 28;
/** Older payments say little about today's fraud and cost time. */
const HISTORY_DAYS = 365;
/** Beyond this, good payments are sampled and weighted back: the frauds are what is scarce. */
const MOST_ROWS = 150_000;
/** Fewer known frauds than this cannot be split in time and still say anything. */
const FEWEST_FRAUDS = { fit: 50, calibrate: 10, test: 10 } as const;

/** A payment that was refused never shows whether it was fraud: it has no result and must not count as good. */
const HAS_RESULT = `p.status <> 'attempted' OR p.payment_id IN (SELECT payment_id FROM outcomes)`;

export type FraudTraining =
  | { readonly outcome: 'trained'; readonly artefact: Artefact; readonly test: FraudTest }
  | { readonly outcome: 'too-few-labels'; readonly reason: string };

/** The newest mature weeks, for the comparison of champion and challenger on the same payments. */
export interface FraudTest {
  readonly rows: TrainingRows;
  readonly y: Uint8Array;
  readonly fraudProbability: Float64Array;
}

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
  const spans = splitSpans(rows, asOfMs, matureMs);
  const missing = tooFew(spans);
  if (missing !== null) return { outcome: 'too-few-labels', reason: missing };
  const { fit, calibrate, test } = spans;
  const judged = fitSampled(fit, seed, (done, total) => onProgress?.('fraud model, judged', done, total));
  const calibration = fitCalibration('platt', calibrate.y, judged.predict(calibrate.rows.frame));
  const honest = calibrateModel(judged, calibration);
  const fraudProbability = honest.predict(test.rows.frame);
  const mature = { rows, y: fraudTarget(rows, asOfMs) };
  const final = fitSampled(mature, seed, (done, total) => onProgress?.('fraud model, final', done, total));
  const artefact = fraudArtefact(final, calibration, {
    calibrate: { y: calibrate.y, fraudProbability: honest.predict(calibrate.rows.frame) },
    test: { y: test.y, fraudProbability, rows: test.rows },
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
function splitSpans(
  rows: TrainingRows,
  asOfMs: number,
  matureMs: number,
): Record<keyof typeof FEWEST_FRAUDS, Labelled> {
  const testMs = matureMs - TEST_DAYS * DAY_MS;
  const calibrateMs = testMs - CALIBRATE_DAYS * DAY_MS;
  const fit = rowsBetween(rows, -Infinity, calibrateMs - DEFAULT_FOLD_SETTINGS.maturityDays * DAY_MS);
  const calibrate = rowsBetween(rows, calibrateMs, testMs);
  const test = rowsBetween(rows, testMs, matureMs);
  return {
    fit: { rows: fit, y: fraudTarget(fit, calibrateMs) },
    calibrate: { rows: calibrate, y: fraudTarget(calibrate, asOfMs) },
    test: { rows: test, y: fraudTarget(test, asOfMs) },
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
  readonly test: Labelled & { readonly fraudProbability: Float64Array };
  readonly mature: Labelled;
  readonly asOfMs: number;
  readonly seed: number;
}

function fraudArtefact(model: Model, calibration: Calibration, evidence: Evidence): Artefact {
  const { test, mature, asOfMs, seed } = evidence;
  const base = count(test.y) / test.y.length;
  const p = test.fraudProbability;
  const scored = { y: test.y, fraudProbability: p, amountPaise: test.rows.amountPaise };
  return {
    task: 'fraud',
    featureSetHash: createFold().featureSetHash,
    model: calibrateModel(model, calibration),
    policy: {
      blockFrom: thresholdAt(evidence.calibrate, 0.001),
      reviewFrom: thresholdAt(evidence.calibrate, 0.005),
    },
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
      metrics: {
        aucRoc: aucRoc(test.y, p),
        averagePrecision: averagePrecision(test.y, p),
        recallAtFpr001: recallAtFpr(test.y, p, 0.001),
        recallAtFpr005: recallAtFpr(test.y, p, 0.005),
        brier: brier(test.y, p),
        calibrationError: calibrationError(test.y, p),
        valueSavedShare: valueSaved(scored, DEFAULT_PAYMENT_COSTS).savedShare,
      },
      baseline: {
        aucRoc: 0.5,
        averagePrecision: base,
        recallAtFpr001: 0,
        recallAtFpr005: 0,
        brier: base * (1 - base),
        calibrationError: 0,
        valueSavedShare: 0,
      },
      interval: fraudIntervals(test.rows, test.y, p, seed),
      protocol:
        `Tested on ${test.y.length} first attempts with ${count(test.y)} frauds, ` +
        `${iso(test.rows.occurredAt[0]!).slice(0, 10)} to ${iso(test.rows.occurredAt.at(-1)!).slice(0, 10)}, by a model fitted ` +
        'on older payments only, with a label delay between. The baseline approves every payment.',
    },
    intendedUse:
      'Probability that a first attempt to pay is fraud, for the gate. Not for judging people, and not for data of children.',
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
