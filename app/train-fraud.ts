/**
 * Trains the fraud model on the lake, saves it and puts it into production when it beats the naive baseline and the
 * champion on the newest mature weeks. What could not be trained is said, never papered over.
 */
import { openDuckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';
import { rowsBetween } from '../features/training-rows.js';
import { averagePrecision } from '../models/metrics.js';
import type { LoadedModel, ModelRecord } from '../models/registry.js';
import { trainFraud, type FraudTest } from '../models/tasks/train-fraud.js';
import { saveBacktest } from './backtests.js';
import { usableChampion } from './champion.js';
import type { OnStage } from './stages.js';
import type { Stores } from './stores.js';

export type TrainOutcome =
  | {
      readonly outcome: 'promoted' | 'kept-champion' | 'not-better-than-baseline';
      readonly reason: string;
      readonly model: ModelRecord;
    }
  | { readonly outcome: 'too-few-labels'; readonly reason: string };

interface TrainRequest {
  readonly asOfMs: number;
  readonly seed: number;
  readonly onStage?: OnStage;
  readonly frameFile?: string;
}

export async function trainFraudModel(stores: Stores, request: TrainRequest): Promise<TrainOutcome> {
  const { asOfMs, seed, onStage, frameFile } = request;
  const db = await openDuckdb(':memory:');
  try {
    await stores.lake.attach(db);
    const training = await trainFraud(db, {
      asOfMs,
      seed,
      ...(onStage === undefined ? {} : { onProgress: onStage }),
      ...(frameFile === undefined ? {} : { frameFile }),
    });
    if (training.outcome === 'too-few-labels') return training;
    const model = await stores.registry.save(training.artefact);
    await saveBacktest(db, stores.dataDir, model.version, training.test);
    return await promoteIfBetter(stores, model, training.test);
  } finally {
    db.close();
  }
}

/** Nobody proposed it: the figures did. */
const POLICY = 'system';

/** Champion and challenger are judged on the same payments, all newer than what the champion was fitted on. */
async function promoteIfBetter(stores: Stores, model: ModelRecord, test: FraudTest): Promise<TrainOutcome> {
  const precision = model.metrics['averagePrecision'] ?? 0;
  const low = model.interval?.['averagePrecision']?.low ?? precision;
  const baseline = model.baseline['averagePrecision'] ?? 0;
  if (low <= baseline) {
    const reason = `average precision ${precision.toFixed(3)} is not above approve-all's ${baseline.toFixed(3)} with confidence`;
    return { outcome: 'not-better-than-baseline', reason, model };
  }
  const champion = await usableChampion(stores.registry);
  if (champion?.version === model.version)
    return { outcome: 'promoted', reason: 'it is in production', model };
  const lost = champion === null ? null : lostTo(champion, test);
  if (lost !== null) return { outcome: 'kept-champion', reason: lost, model };
  const reason = `average precision ${precision.toFixed(3)} on the newest mature weeks, approve-all ${baseline.toFixed(3)}`;
  try {
    const promoted = await stores.registry.promote('fraud', model.version, { actor: POLICY, reason });
    return { outcome: 'promoted', reason, model: promoted };
  } catch (error) {
    // A guardrail has been at work: the figures alone promote nothing for a while.
    if (!(error instanceof AppError) || error.code !== 'people-only') throw error;
    return { outcome: 'kept-champion', reason: error.message, model };
  }
}

/** Fewer frauds than this say nothing about which of two models is better. */
const FEWEST_FRAUDS_TO_COMPARE = 10;

/** Why the champion stays, or null when the challenger is better. */
function lostTo(champion: LoadedModel, { rows, y, fraudProbability }: FraudTest): string | null {
  const fitted = champion.training as { readonly to?: string } | null; // Written by the fraud task.
  const newer = rowsBetween(rows, Date.parse(fitted?.to ?? '') + 1, Infinity);
  const from = y.length - newer.frame.rows;
  const target = y.subarray(from);
  const frauds = target.reduce((sum, label) => sum + label, 0);
  if (!(frauds >= FEWEST_FRAUDS_TO_COMPARE)) {
    return `only ${frauds} frauds are known among payments newer than those the champion was fitted on; ${FEWEST_FRAUDS_TO_COMPARE} are needed to compare`;
  }
  const ofChampion = averagePrecision(target, champion.model.predict(newer.frame));
  const ofChallenger = averagePrecision(target, fraudProbability.subarray(from));
  if (ofChallenger > ofChampion) return null;
  return `average precision ${ofChallenger.toFixed(3)} beside the champion's ${ofChampion.toFixed(3)} on ${target.length} newer payments`;
}
