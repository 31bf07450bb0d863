/**
 * Trains the fraud model on the lake, saves it and puts it into production when it beats the naive baseline and the
 * champion on the newest mature weeks. What could not be trained is said, never papered over.
 */
import { openDuckdb } from '../core/duckdb.js';
import { averagePrecision } from '../models/metrics.js';
import type { ModelRecord } from '../models/registry.js';
import { trainFraud, type FraudTest } from '../models/tasks/train-fraud.js';
import { saveBacktest } from './backtests.js';
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
  readonly actor: string;
  readonly onStage?: OnStage;
}

export async function trainFraudModel(stores: Stores, request: TrainRequest): Promise<TrainOutcome> {
  const { asOfMs, seed, onStage } = request;
  const db = await openDuckdb(':memory:');
  try {
    await stores.lake.attach(db);
    const training = await trainFraud(db, {
      asOfMs,
      seed,
      ...(onStage === undefined ? {} : { onProgress: onStage }),
    });
    if (training.outcome === 'too-few-labels') return training;
    const model = await stores.registry.save(training.artefact);
    await saveBacktest(db, stores.dataDir, model.version, training.test);
    return await promoteIfBetter(stores, model, training.test, request.actor);
  } finally {
    db.close();
  }
}

/** The champion is judged on the same payments; it may have been trained on them, which only makes it harder to beat. */
async function promoteIfBetter(
  stores: Stores,
  model: ModelRecord,
  test: FraudTest,
  actor: string,
): Promise<TrainOutcome> {
  const precision = model.metrics['averagePrecision'] ?? 0;
  const low = model.interval?.['averagePrecision']?.low ?? precision;
  const baseline = model.baseline['averagePrecision'] ?? 0;
  if (low <= baseline) {
    const reason = `average precision ${precision.toFixed(3)} is not above approve-all's ${baseline.toFixed(3)} with confidence`;
    return { outcome: 'not-better-than-baseline', reason, model };
  }
  const champion = await stores.registry.production('fraud').catch(() => null);
  if (champion !== null && champion.version !== model.version) {
    const championPrecision = averagePrecision(test.y, champion.model.predict(test.rows.frame));
    if (championPrecision >= precision) {
      const reason = `the champion's average precision ${championPrecision.toFixed(3)} on the same weeks is not below ${precision.toFixed(3)}`;
      return { outcome: 'kept-champion', reason, model };
    }
  }
  const reason = `average precision ${precision.toFixed(3)} on the newest mature weeks, approve-all ${baseline.toFixed(3)}`;
  if (champion?.version === model.version) return { outcome: 'promoted', reason, model };
  return {
    outcome: 'promoted',
    reason,
    model: await stores.registry.promote('fraud', model.version, { actor, reason }),
  };
}
