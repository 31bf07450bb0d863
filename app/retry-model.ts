/**
 * The retry model where the stores meet: trained from the lake into the registry, promoted when it beats the base rate with confidence and is no
 * worse than the champion on debits that neither has seen, and taken up by whoever plans retries. Without one the ladder decides.
 */
import { openDuckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import type { RetryAdviser } from '../billing/debits/hand-over.js';
import { loadedEstimate } from '../models/retry/estimate.js';
import { logLoss } from '../models/metrics.js';
import type { LoadedModel, ModelRecord, Registry } from '../models/registry.js';
import { newerThan, trainRetry, type RetryTest } from '../models/tasks/train-retry.js';
import type { OnStage } from './stages.js';
import type { Stores } from './stores.js';
import type { TrainOutcome } from './train-fraud.js';

const TASK = 'retry';
const POLICY = 'system';
/** Fewer failures say nothing about which of two models is better. */
const FEWEST_TO_COMPARE = 20;

export async function trainRetryModel(
  stores: Stores,
  request: { readonly asOfMs: number; readonly seed: number; readonly onStage?: OnStage },
): Promise<TrainOutcome> {
  const { asOfMs, seed, onStage } = request;
  const db = await openDuckdb(':memory:');
  try {
    await stores.lake.attach(db);
    const { artefact, test } = await trainRetry(db, {
      asOfMs,
      seed,
      ...(onStage === undefined ? {} : { onProgress: onStage }),
    });
    return await promoteIfBetter(stores, await stores.registry.save(artefact), test);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'too-few-debits') throw error;
    return { outcome: 'too-few-labels', reason: error.message };
  } finally {
    db.close();
  }
}

async function promoteIfBetter(
  { registry }: Pick<Stores, 'registry'>,
  model: ModelRecord,
  test: RetryTest,
): Promise<TrainOutcome> {
  const auc = model.metrics['aucRoc'] ?? 0;
  const figures = `AUC ${auc.toFixed(3)} on the newest debits, the base rate 0.5`;
  if ((model.interval?.['aucRoc']?.low ?? auc) <= 0.5)
    return { outcome: 'not-better-than-baseline', reason: `${figures}: not above it with confidence`, model };
  const champion = await usableRetryModel(registry);
  if (champion?.version === model.version)
    return { outcome: 'promoted', reason: 'it is in production', model };
  const lost = champion === null ? null : lostTo(champion, test);
  if (lost !== null) return { outcome: 'kept-champion', reason: lost, model };
  const promoted = await registry.promote(TASK, model.version, { actor: POLICY, reason: figures });
  return { outcome: 'promoted', reason: figures, model: promoted };
}

/** Why the champion stays, or null when the new model's probabilities are as good on debits that both have not seen. */
function lostTo(champion: LoadedModel, test: RetryTest): string | null {
  const fittedTo = Date.parse((champion.training as { readonly to?: string } | null)?.to ?? ''); // Written by the retry task.
  const { moments, y, successProbability } = newerThan(test, fittedTo);
  const failures = y.reduce((sum, label) => sum + (1 - label), 0);
  if (failures < FEWEST_TO_COMPARE)
    return `only ${failures} failures are known among debits newer than those the champion was fitted on; ${FEWEST_TO_COMPARE} are needed to compare`;
  const ofChampion = logLoss(y, loadedEstimate(champion)(moments));
  const ofChallenger = logLoss(y, successProbability);
  if (ofChallenger <= ofChampion) return null;
  return `log-loss ${ofChallenger.toFixed(4)} beside the champion's ${ofChampion.toFixed(4)} on ${y.length} newer debits`;
}

/** Null when there is none, or when it was trained on other features. */
async function usableRetryModel(registry: Registry): Promise<LoadedModel | null> {
  return registry.production(TASK).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'other-feature-set') return null;
    throw error;
  });
}

interface LiveRetry {
  readonly adviser: () => RetryAdviser;
  /** Takes up what is in production now. */
  refresh(): Promise<void>;
}

const LADDER: RetryAdviser = { estimate: null, version: null };

/** An artefact that cannot be used leaves the ladder, and says so. */
export async function openLiveRetry(registry: Registry, log: Log): Promise<LiveRetry> {
  let promoted: string | null = null;
  let adviser = LADDER;
  const refresh = async (): Promise<void> => {
    const version = (await registry.history(TASK)).at(-1)?.version ?? null;
    if (version === promoted) return;
    promoted = version;
    adviser = LADDER;
    try {
      const loaded = await usableRetryModel(registry);
      if (loaded !== null) adviser = { estimate: loadedEstimate(loaded), version: loaded.version };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.error({ err: error }, 'the retry model in production cannot be used: the ladder decides');
    }
  };
  await refresh();
  return { adviser: () => adviser, refresh };
}
