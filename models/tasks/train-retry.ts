/**
 * Trains the production retry model from the lake: judged on the newest eighth of the debits by a model that was fitted and calibrated before
 * it, then fitted again on all of them with the honest model's calibration. The slot counters go into the artefact.
 */
import { DAY_MS } from '../../core/days.js';
import type { Duckdb } from '../../core/duckdb.js';
import { AppError } from '../../core/errors.js';
import type { RetryMoment } from '../../features/retry/moment.js';
import { readRetryRows } from '../../features/retry/read-rows.js';
import { retryFrame, type RetryFrame } from '../../features/retry/rows.js';
import { retryFeatureHash } from '../../features/retry/vector.js';
import type { Artefact, Json } from '../artefact.js';
import { calibrateModel } from '../calibrate.js';
import { takeLabels, takeRows } from '../split.js';
import {
  calibrationOf,
  FEWEST_FAILURES,
  fitRetryModel,
  retryFigures,
  retryIntervals,
  retrySpans,
  type RetryLearner,
  type RetrySpans,
} from './retry.js';

export interface TrainRetryOptions {
  /** Only what was known before this instant is used. Epoch ms. */
  readonly asOfMs: number;
  readonly seed: number;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** The newest debits, for the comparison of champion and challenger. */
export interface RetryTest {
  readonly made: RetryFrame;
  readonly test: Int32Array;
  readonly y: Uint8Array;
  /** By a model that has not seen them. */
  readonly successProbability: Float64Array;
}

const LEARNER: RetryLearner = 'trees';
/** A ladder's last retry comes earlier. */
const LADDER_DAYS = 4;

/** @throws AppError `too-few-debits` when the history is too short to judge anything. */
export async function trainRetry(
  db: Duckdb,
  { asOfMs, seed, onProgress }: TrainRetryOptions,
): Promise<{ readonly artefact: Artefact; readonly test: RetryTest }> {
  onProgress?.('retry model', 0, 3);
  const made = retryFrame(await readRetryRows(db, asOfMs));
  const spans = retrySpans(made);
  requireFailures(made, spans);
  onProgress?.('retry model', 1, 3);
  const settings = { learner: LEARNER, seed };
  const fitted = fitRetryModel(made, spans.fit, settings);
  const calibration = calibrationOf(fitted, made, spans.calibrate);
  const test = testOf(made, spans.test, calibrateModel(fitted, calibration));
  onProgress?.('retry model', 2, 3);
  const everything = Int32Array.from(made.rows.keys());
  const final = calibrateModel(fitRetryModel(made, everything, settings), calibration);
  onProgress?.('retry model', 3, 3);
  const artefact: Artefact = {
    task: 'retry',
    featureSetHash: retryFeatureHash(),
    model: final,
    policy: { slotCounters: made.counters.toJSON() as Json },
    training: {
      asOf: new Date(asOfMs).toISOString(),
      to: new Date(made.rows.at(-1)!.chosenAtMs).toISOString(),
      rows: made.rows.length,
      seed,
      learner: LEARNER,
      ...variationOf(made),
    },
    ...judgementOf(test, seed),
    intendedUse:
      'Probability that a debit on a mandate succeeds at a lawful instant, to choose among lawful instants. Not for prices, refusals ' +
      'or limits, and not for data of children.',
  };
  return { artefact, test };
}

function testOf(made: RetryFrame, test: Int32Array, model: ReturnType<typeof calibrateModel>): RetryTest {
  return {
    made,
    test,
    y: takeLabels(made.y, test),
    successProbability: model.predict(takeRows(made.frame, test)),
  };
}

/** Of the tested debits those chosen after an instant. */
export function newerThan(
  { made, test, y, successProbability }: RetryTest,
  afterMs: number,
): Pick<RetryTest, 'y' | 'successProbability'> & { readonly moments: readonly RetryMoment[] } {
  const places = Int32Array.from(test.keys()).filter((i) => made.rows[test[i]!]!.chosenAtMs > afterMs);
  return {
    moments: Array.from(places, (i) => made.rows[test[i]!]!.moment),
    y: takeLabels(y, places),
    successProbability: Float64Array.from(places, (i) => successProbability[i]!),
  };
}

function judgementOf(
  { made, test, y, successProbability }: RetryTest,
  seed: number,
): Pick<Artefact, 'evaluation'> {
  const share = y.reduce((sum, label) => sum + label, 0) / y.length;
  const cluster = Int32Array.from(test, (row) => made.cluster[row]!);
  return {
    evaluation: {
      metrics: { ...retryFigures(y, successProbability) },
      baseline: { ...retryFigures(y, new Float64Array(y.length).fill(share)) },
      interval: retryIntervals(y, successProbability, cluster, seed),
      protocol:
        `Tested on the newest ${y.length} debits (${(100 * share).toFixed(1)} % succeeded), by a model fitted and calibrated on debits ` +
        'whose results were known before. The baseline gives every debit the base rate.',
    },
  };
}

/** How much there was to learn from: without retries on many days the model extrapolates. */
function variationOf({ rows }: RetryFrame): { readonly retries: number; readonly retriesLater: number } {
  const waits = rows.flatMap(({ moment: { failedAtMs, slotAtMs } }) =>
    failedAtMs === null ? [] : [(slotAtMs - failedAtMs) / DAY_MS],
  );
  return { retries: waits.length, retriesLater: waits.filter((days) => days > LADDER_DAYS).length };
}

function requireFailures({ y }: RetryFrame, spans: RetrySpans): void {
  for (const part of ['fit', 'calibrate', 'test'] as const) {
    const labels = takeLabels(y, spans[part]);
    const failures = labels.reduce((sum, label) => sum + (1 - label), 0);
    if (failures >= FEWEST_FAILURES[part] && failures < labels.length) continue;
    const message = `the ${part} part has ${failures} failed debits of ${labels.length}; ${FEWEST_FAILURES[part]} are needed, and some that succeeded`;
    throw new AppError('bad-input', 'too-few-debits', message);
  }
}
