/**
 * What a fraud model is judged by on the newest mature weeks, and the thresholds it is used with: the same for a model
 * that was trained here and for one that was trained elsewhere. Every figure stands beside approving everything.
 */
import type { TrainingRows } from '../../features/training-rows.js';
import type { ArtefactMetrics } from '../artefact.js';
import { aucRoc, averagePrecision, brier, calibrationError, recallAtFpr } from '../metrics.js';
import { thresholdAt } from '../threshold.js';
import { DEFAULT_PAYMENT_COSTS, valueSaved } from '../value-saved.js';
import { fraudIntervals } from './fraud.js';

export const FRAUD_INTENDED_USE =
  'Probability that a first attempt to pay is fraud, for the gate. Not for judging people, and not for data of children.';

/** Rows with what is known of them, and what a model says of them. */
export interface Judged {
  readonly rows: TrainingRows;
  readonly y: Uint8Array;
  readonly fraudProbability: Float64Array;
}

/** `judged` completes "Tested on …, by a model that was"; the seed draws the intervals. */
export function fraudFigures(
  { rows, y, fraudProbability }: Judged,
  judged: string,
  seed: number,
): ArtefactMetrics {
  const frauds = y.reduce((sum, label) => sum + label, 0);
  const base = frauds / y.length;
  const scored = { y, fraudProbability, amountPaise: rows.amountPaise };
  return {
    metrics: {
      aucRoc: aucRoc(y, fraudProbability),
      averagePrecision: averagePrecision(y, fraudProbability),
      recallAtFpr001: recallAtFpr(y, fraudProbability, 0.001),
      recallAtFpr005: recallAtFpr(y, fraudProbability, 0.005),
      brier: brier(y, fraudProbability),
      calibrationError: calibrationError(y, fraudProbability),
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
    interval: fraudIntervals(rows, y, fraudProbability, seed),
    protocol:
      `Tested on ${y.length} first attempts with ${frauds} frauds, ${day(rows.occurredAt[0]!)} to ` +
      `${day(rows.occurredAt.at(-1)!)}, by a model that was ${judged}. The baseline approves every payment.`,
  };
}

/** The probabilities from which the gate blocks and reviews: at most 0.1 % and 0.5 % of good payments are above them. */
export function fraudThresholds(calibrate: Pick<Judged, 'y' | 'fraudProbability'>): {
  blockFrom: number;
  reviewFrom: number;
} {
  return { blockFrom: thresholdAt(calibrate, 0.001), reviewFrom: thresholdAt(calibrate, 0.005) };
}

function day(instantMs: number): string {
  return new Date(instantMs).toISOString().slice(0, 10);
}
