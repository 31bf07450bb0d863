/**
 * What the retry policy is worth: failed debits of a world that no model has seen, each repeated by the ladder, by our policy and by the oracle
 * with the same legal slots, the same number of attempts and the same fate. The model learns from another world, in which a share of
 * the retries was placed at random. The figure that counts is the policy's part of what the oracle recovers beyond the ladder.
 */
import { hash32, seededRandom } from '../../core/random.js';
import type { RetryEstimate } from '../../features/retry/moment.js';
import { retryFrame, type RetryRow } from '../../features/retry/rows.js';
import { createCalendar, type Calendar } from '../../ingest/simulate/calendar.js';
import type { SimulateSettings } from '../../ingest/simulate/settings.js';
import { fitCalibratedRetry, type RetryLearner } from '../../models/tasks/retry.js';
import { estimateWith } from '../../models/retry/estimate.js';
import { openChain, runChain, type ChainStep } from './chain.js';
import { compareChains, type RetryComparison } from './compare.js';
import { openFate } from './fate.js';
import { exploringPolicy, ladderPolicy, modelPolicy, oraclePolicy } from './policies.js';
import { judgeProbabilities, type ProbabilityFigures } from './probabilities.js';
import { rowsOfWorld, simulateRetryWorld, type RetryWorld } from './world.js';

export interface EvaluateRetryRequest {
  readonly payers: number;
  readonly seed: number;
  /** At most so many failed debits are repeated. */
  readonly failures: number;
  readonly learner: RetryLearner;
  /** Share of the training world's retries that are drawn among the legal slots; the rest follow the ladder. */
  readonly explored: number;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

export interface RetryEvaluation extends RetryComparison {
  readonly seed: number;
  readonly payers: number;
  readonly learner: RetryLearner;
  readonly explored: number;
  readonly trainingDebits: number;
  readonly trainingRetries: number;
  /** Of the judged world; those that no policy may repeat are left out. */
  readonly failedDebits: number;
  readonly repeatable: number;
  readonly probabilities: ProbabilityFigures;
}

/** A school year and two months; both worlds end when their holiday table is known. */
const MONTHS = 14;
const END_ON = '2026-04-01';
const SCHOOLS = 8;

export function evaluateRetry(request: EvaluateRetryRequest): RetryEvaluation {
  const { payers, seed, failures, learner, explored, onProgress } = request;
  const settings: SimulateSettings = { months: MONTHS, schools: SCHOOLS, payers, endOn: END_ON };
  const calendar = createCalendar();
  onProgress?.('retry worlds', 0, 4);
  const rows = trainingRows(settings, hash32(`retry training ${seed}`), explored, calendar);
  onProgress?.('retry worlds', 1, 4);
  const training = retryFrame(rows);
  const model = fitCalibratedRetry(training, { learner, seed });
  const estimate = estimateWith(model, training.counters);
  onProgress?.('retry worlds', 2, 4);
  const worldSeed = hash32(`retry judged ${seed}`);
  const world = simulateRetryWorld(settings, worldSeed);
  const opened = openChains(world, calendar, worldSeed);
  const sample = spread(opened, failures);
  onProgress?.('retry worlds', 3, 4);
  const comparison = compareChains(sample, policyChains(sample, estimate, calendar), seed);
  onProgress?.('retry worlds', 4, 4);
  return {
    seed,
    payers,
    learner,
    explored,
    trainingDebits: rows.length,
    trainingRetries: rows.filter(({ moment }) => moment.attempt > 1).length,
    failedDebits: world.failures.length,
    repeatable: opened.length,
    ...comparison,
    probabilities: judgeProbabilities(opened, estimate, calendar, seed),
  };
}

/** First debits as the merchant made them, and retries as an exploring engine would have. */
function trainingRows(
  settings: SimulateSettings,
  seed: number,
  explored: number,
  calendar: Calendar,
): RetryRow[] {
  const world = simulateRetryWorld(settings, seed);
  const policy = exploringPolicy(seededRandom(seed).fork('explored'), explored);
  const retries = openChains(world, calendar, seed).flatMap((step) =>
    runChain(step, policy).tries.map((tried) => ({ payer: step.debit.payer.id, ...tried })),
  );
  return [...rowsOfWorld(world).filter(({ moment }) => moment.attempt === 1), ...retries];
}

function openChains({ failures, payments }: RetryWorld, calendar: Calendar, seed: number): ChainStep[] {
  return failures.flatMap((debit) => {
    const opened = openChain(debit, payments.get(debit.payer.id) ?? [], openFate(debit, calendar, seed));
    return opened === null ? [] : [opened];
  });
}

/** Evenly over the history. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]!);
}

function policyChains(sample: readonly ChainStep[], estimate: RetryEstimate, calendar: Calendar) {
  const model = modelPolicy(estimate);
  const oracle = oraclePolicy(calendar);
  return {
    ladder: sample.map((step) => runChain(step, ladderPolicy)),
    model: sample.map((step) => runChain(step, model)),
    oracle: sample.map((step) => runChain(step, oracle)),
  };
}
