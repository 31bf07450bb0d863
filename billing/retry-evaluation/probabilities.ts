/**
 * How good the probabilities are, whatever the policy makes of them: every failed debit at one legal slot drawn at random, beside the true
 * probability given what is latent when the slot is chosen (nothing can do better) and beside the base rate.
 */
import { dayOf } from '../../core/days.js';
import { seededRandom } from '../../core/random.js';
import type { RetryEstimate } from '../../features/retry/moment.js';
import type { Calendar } from '../../ingest/simulate/calendar.js';
import { successProbability } from '../../ingest/simulate/debit-truth.js';
import { retryFigures, retryIntervals, type RetryFigures } from '../../models/tasks/retry.js';
import type { Interval } from '../../models/bootstrap.js';
import { legalSlots } from '../retry/legal-slots.js';
import type { ChainStep } from './chain.js';

export interface ProbabilityFigures {
  readonly moments: number;
  readonly successShare: number;
  readonly model: RetryFigures;
  readonly interval: Readonly<Record<'aucRoc' | 'brier', Interval>>;
  readonly truth: RetryFigures;
  readonly baseRate: RetryFigures;
}

export function judgeProbabilities(
  steps: readonly ChainStep[],
  estimate: RetryEstimate,
  calendar: Calendar,
  seed: number,
): ProbabilityFigures {
  const random = seededRandom(seed).fork('judged slots');
  const moments = steps.map(({ situation, context, nowMs }) => {
    const { slots } = legalSlots(situation, nowMs);
    return { ...context, slotAtMs: slots[random.below(slots.length)]!.atMs };
  });
  const y = Uint8Array.from(steps, ({ fate }, i) => Number(fate.attempt(moments[i]!.slotAtMs) === null));
  const truth = Float64Array.from(steps, ({ debit, fate, nowMs }, i) => {
    const { payer, instrument, amountPaise } = debit;
    const latent = { account: payer, instrument, amountPaise };
    return successProbability(latent, fate.shock(dayOf(nowMs)), calendar, moments[i]!.slotAtMs);
  });
  const probability = estimate(moments);
  const successShare = y.reduce((sum, label) => sum + label, 0) / y.length;
  const payers = new Map(steps.map(({ debit }, i) => [debit.payer.id, i]));
  const cluster = Int32Array.from(steps, ({ debit }) => payers.get(debit.payer.id)!);
  return {
    moments: moments.length,
    successShare,
    model: retryFigures(y, probability),
    interval: retryIntervals(y, probability, cluster, seed),
    truth: retryFigures(y, truth),
    baseRate: retryFigures(y, new Float64Array(y.length).fill(successShare)),
  };
}
