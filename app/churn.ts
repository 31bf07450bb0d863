/**
 * Churn where the stores meet: training into the registry, tonight's scores into PostgreSQL. A model is promoted when it
 * ranks better than the base rate with confidence, and no worse than the champion on renewals that neither has seen.
 */
import { openDuckdb } from '../core/duckdb.js';
import type { Duckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';
import type { Clock } from '../core/clock.js';
import type { Environment } from '../core/config.js';
import { istDay } from '../features/calendar.js';
import { DAY_MS } from '../features/vocabulary.js';
import { isCompetingRisks } from '../models/competing-risks.js';
import { measureEffects } from '../models/churn-effect.js';
import { settleChurn } from '../models/churn-outcomes.js';
import { latestChurnNight, saveChurnScores, saveSurvival } from '../models/churn-store.js';
import { readTrial } from '../models/churn-trial.js';
import type { LoadedModel, ModelRecord } from '../models/registry.js';
import { scoreChurn } from '../models/tasks/score-churn.js';
import { trainChurn, type ChurnTest } from '../models/tasks/train-churn.js';
import { FEWEST_EVENTS } from '../models/tasks/churn.js';
import { averagePrecision } from '../models/metrics.js';
import { takeLabels, takeRows } from '../models/split.js';
import { renewUplift } from '../reporting/churn/uplift-store.js';
import { assignedKinds } from '../scoring/churn/assignment.js';
import { startOwnProgram, type OwnProgram } from './own-program.js';
import type { OnStage } from './stages.js';
import type { Stores } from './stores.js';
import type { TrainOutcome } from './train-fraud.js';

const TASK = 'churn';
const POLICY = 'system';

export async function trainChurnModel(
  stores: Stores,
  request: { readonly asOfMs: number; readonly seed: number; readonly onStage?: OnStage },
): Promise<TrainOutcome> {
  const { asOfMs, seed, onStage } = request;
  return withLake(stores, async (db) => {
    try {
      const { artefact, test, segments } = await trainChurn(db, {
        asOfMs,
        seed,
        ...(onStage === undefined ? {} : { onProgress: onStage }),
      });
      const model = await stores.registry.save(artefact);
      await saveSurvival(stores.pool, model.version, { asOf: asOfMs, segments });
      return await promoteIfBetter(stores, model, test);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'too-few-renewals') throw error;
      return { outcome: 'too-few-labels', reason: error.message };
    }
  });
}

async function promoteIfBetter(stores: Stores, model: ModelRecord, test: ChurnTest): Promise<TrainOutcome> {
  const precision = model.metrics['averagePrecision'] ?? 0;
  const low = model.interval?.['averagePrecision']?.low ?? precision;
  const baseline = model.baseline['averagePrecision'] ?? 0;
  const figures = `average precision ${precision.toFixed(3)}, everybody alike ${baseline.toFixed(3)}`;
  if (low <= baseline)
    return { outcome: 'not-better-than-baseline', reason: `${figures}: not above it with confidence`, model };
  const reason = `${figures} on the newest settled quarter`;
  const champion = await usableChurnModel(stores);
  if (champion?.version === model.version)
    return { outcome: 'promoted', reason: 'it is in production', model };
  const lost = champion === null ? null : lostTo(champion, test);
  if (lost !== null) return { outcome: 'kept-champion', reason: lost, model };
  const promoted = await stores.registry.promote(TASK, model.version, { actor: POLICY, reason });
  return { outcome: 'promoted', reason, model: promoted };
}

/** Why the champion stays, or null when the new model ranks the renewals that both have not seen at least as well. */
function lostTo({ training, model }: LoadedModel, test: ChurnTest): string | null {
  const fittedTo = Date.parse((training as { readonly to?: string } | null)?.to ?? ''); // Written by the churn task.
  const newer = Int32Array.from(test.asOf.keys()).filter((row) => (test.asOf[row] ?? NaN) > fittedTo);
  const y = takeLabels(test.y, newer);
  const ends = y.reduce((sum, label) => sum + label, 0);
  if (ends < FEWEST_EVENTS.test)
    return `only ${ends} ends are known among renewals newer than those the champion was fitted on; ${FEWEST_EVENTS.test} are needed to compare`;
  const ofChampion = averagePrecision(y, model.predict(takeRows(test.frame, newer)));
  const ofChallenger = averagePrecision(
    y,
    Float64Array.from(newer, (row) => test.churnProbability[row] ?? NaN),
  );
  if (ofChallenger >= ofChampion) return null;
  return `average precision ${ofChallenger.toFixed(3)} beside the champion's ${ofChampion.toFixed(3)} on ${y.length} newer renewals`;
}

/** Null when there is none, or when it was trained on other features. */
async function usableChurnModel({ registry }: Pick<Stores, 'registry'>): Promise<LoadedModel | null> {
  return registry.production(TASK).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'other-feature-set') return null;
    throw error;
  });
}

const TRAINING_SEED = 1;

/** Two billing periods bring enough new ends to choose between models. */
const RETRAIN_AFTER_DAYS = 56;

function isStale(champion: LoadedModel | null, nowMs: number): boolean {
  const trained = (champion?.training ?? null) as { readonly asOf?: string } | null; // Written by the churn task.
  return !(nowMs - Date.parse(trained?.asOf ?? '') < RETRAIN_AFTER_DAYS * DAY_MS);
}

/**
 * Settles what earlier nights said, then scores everybody by what treatments have been measured to prevent. How many subscriptions
 * were scored; null when there is no model and none can be trained yet.
 */
export async function scoreChurnNow(stores: Stores, clock: Clock): Promise<number | null> {
  if (isStale(await usableChurnModel(stores), clock.now()))
    await trainChurnModel(stores, { asOfMs: clock.now(), seed: TRAINING_SEED });
  const champion = await usableChurnModel(stores);
  if (champion === null) return null;
  const { model, version } = champion;
  if (!isCompetingRisks(model))
    throw new AppError(
      'conflict',
      'bad-model',
      `model ${version.slice(0, 12)} has no two causes; train churn anew`,
    );
  const scoredAt = clock.now();
  const { pool } = stores;
  return withLake(stores, async (db) => {
    await settleChurn(pool, db, scoredAt);
    const { payers } = await readTrial(pool, { asOf: scoredAt, currency: null });
    const effects = measureEffects(payers);
    const kinds = await assignedKinds(pool);
    const scores = await scoreChurn(db, model, { asOfMs: scoredAt, effects, kinds });
    await saveChurnScores(pool, scores, { scoredAt, modelVersion: version, effects });
    await renewUplift(pool, scoredAt);
    return scores.length;
  });
}

/** Fitting and explaining take a minute at most. */
const TIMEOUT_MS = 1_800_000;

/** The job, in a program of its own once an Indian day: fitting would hold up the gate. */
export function createChurnScorer(
  { pool, lake }: Pick<Stores, 'pool' | 'lake'>,
  clock: Clock,
  env: Environment,
) {
  let running: OwnProgram | null = null;
  let triedOn = '';
  return {
    run: async (): Promise<void> => {
      const today = istDay(clock.now());
      const night = await latestChurnNight(pool);
      if (triedOn === today || (night !== null && istDay(night) === today)) return;
      if ((await lake.batches()).length === 0) return;
      running = startOwnProgram(['jobs', 'run', 'score-churn', '--no-record'], {
        env,
        timeoutMs: TIMEOUT_MS,
      });
      const { failure, said } = await running.ended;
      running = null;
      if (failure !== null)
        throw new AppError('internal', 'churn-not-scored', `${failure}: ${said.trimEnd()}`);
      triedOn = today;
    },
    stop: (): void => running?.stop(),
  };
}

async function withLake<T>({ lake }: Stores, work: (db: Duckdb) => Promise<T>): Promise<T> {
  const db = await openDuckdb(':memory:');
  try {
    await lake.attach(db);
    return await work(db);
  } finally {
    db.close();
  }
}
