/**
 * The fraud task by other learners than its own: a net, a net over the payer's sequence, and a blend of the three. They
 * are here to be compared; `fitFraud` is what the product trains until one of them earns its place (docs/experiments.md).
 */
import { rowsBetween, type TrainingRows } from '../../features/training-rows.js';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { blendModels, fitBlend } from '../blend.js';
import type { Frame, Model } from '../contract.js';
import { neural } from '../neural/neural.js';
import { sequence } from '../neural/sequence.js';
import { fitFraud, type FraudFit } from './fraud.js';
import { withSequences } from './payment-sequences.js';

export const FRAUD_LEARNERS = ['trees', 'neural', 'sequence', 'blend'] as const;
export type FraudLearner = (typeof FRAUD_LEARNERS)[number];

/** Chosen on the Handbook fold trained from 2018-06-20; see docs/experiments.md. */
const FRAUD_NET = {
  ...neural.defaults,
  hidden: [128, 64], // A hundred features are filled.
  epochs: 12, // 20 gain .01 average precision at most and take as much longer.
  batchRows: 512, // Half the time of 256.
  learningRate: 2e-3,
  weightDecay: 0.1, // Ten already costs .16 average precision.
  dropout: 0.5, // Without, it knows the training week by heart: average precision .996 there, .46 in the test week.
  patience: 0, // The newest rows are the most valuable ones, so none is held back.
} as const;

const FRAUD_SEQUENCE = { ...sequence.defaults, ...FRAUD_NET } as const;

/** Share of the training rows, the newest, whose out-of-time predictions weigh the blend's members. */
const BLEND_SHARE = 0.25;

/** The rows with what `learner` reads besides their vectors. Call it before rows are split: steps come from older rows. */
export function rowsFor(learner: FraudLearner, rows: TrainingRows): TrainingRows {
  return learner === 'sequence' || learner === 'blend' ? withSequences(rows) : rows;
}

/** `rows` are those of `rowsFor`. The model predicts frames of such rows. */
export async function fitFraudWith(
  learner: FraudLearner,
  rows: TrainingRows,
  y: Uint8Array,
  fit: FraudFit,
): Promise<Model> {
  switch (learner) {
    case 'trees':
      return fitFraud(withoutSequences(rows), y, fit);
    case 'neural':
      return neural.fit(withoutSequences(rows).frame, y, { settings: FRAUD_NET, ...fit });
    case 'sequence':
      return sequence.fit(rows.frame, y, { settings: FRAUD_SEQUENCE, ...fit });
    case 'blend':
      return blend(rows, y, fit);
    default:
      return learner satisfies never;
  }
}

const MEMBERS = ['trees', 'neural', 'sequence'] as const;

/** Members are fitted twice: on the older rows, to weigh them by the newest, and on all. */
async function blend(rows: TrainingRows, y: Uint8Array, fit: FraudFit): Promise<Model> {
  const from = rows.occurredAt[Math.floor(y.length * (1 - BLEND_SHARE))]!;
  const older = rowsBetween(rows, -Infinity, from);
  const newest = rowsBetween(rows, from, Infinity);
  const split = older.occurredAt.length;
  const predictions: Float64Array[] = [];
  const members: Model[] = [];
  for (const [k, learner] of MEMBERS.entries()) {
    const stage = (half: number) => (done: number, total: number) =>
      fit.onProgress?.(2 * k + half + done / total, 2 * MEMBERS.length);
    const weights = fit.weights?.subarray(0, split);
    const judged = await fitFraudWith(learner, older, y.subarray(0, split), {
      seed: fit.seed,
      ...(weights === undefined ? {} : { weights }),
      onProgress: stage(0),
    });
    predictions.push(judged.predict(newest.frame));
    members.push(await fitFraudWith(learner, rows, y, { ...fit, onProgress: stage(1) }));
  }
  const { bias, weights } = fitBlend(predictions, y.subarray(split), fit.weights?.subarray(split));
  const used = (_: unknown, k: number): boolean => weights[k]! > 0;
  // A member without weight would cost time at every request.
  if (weights.some((weight) => weight > 0))
    return blendModels(members.filter(used), { bias, weights: weights.filter(used) });
  return members[0]!;
}

function withoutSequences(rows: TrainingRows): TrainingRows {
  const columns = rows.frame.columns.slice(0, FEATURE_NAMES.length);
  const frame: Frame = { ...rows.frame, names: FEATURE_NAMES, columns };
  return { ...rows, frame };
}
