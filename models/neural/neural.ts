/**
 * A neural network for tables: rank-Gaussian numbers and entity embeddings of categories into dense layers. Trains with
 * TensorFlow.js on a thread of its own, predicts without it. Same rows, settings, seed and backend, same parameters.
 * Sources: Guo and Berkhahn 2016 (entity embeddings); Gorishniy et al. 2021 (nets for tables).
 */
import type { FitOptions, Frame, Learner } from '../contract.js';
import { fitNetwork, networkFromJSON, type NeuralModel } from './neural-model.js';
import type { TrainingSettings } from './train.js';

export type NeuralSettings = Omit<TrainingSettings, 'stepUnits'>;

const defaults: NeuralSettings = {
  hidden: [64, 32], // Wider or deeper gains nothing on tables of thousands of rows.
  epochs: 40, // A bound: patience finds the number.
  batchRows: 256, // A small table is cut into smaller ones; see train.ts.
  learningRate: 2e-3, // Under AdamW with a cosine to zero.
  weightDecay: 0.1, // On every step by the learning rate.
  dropout: 0.3, // Nets of this size know small tables by heart: 0.1 costs .005 of log-loss on Telco.
  positiveWeight: 1, // Off: weighting spoils calibration.
  patience: 6, // Epochs; 0 runs them all.
  heldOut: 0.15, // Enough to tell epochs apart, and costs the net little.
  knots: 64, // A straight line within 1.6 % of the rows.
  embeddingWidth: 12, // Wider ones only memorise.
  minCategoryRows: 10, // A rarer category shares the row of those never seen.
};

export const neural = {
  name: 'neural',
  defaults,
  fit,
  fromJSON: (json) => networkFromJSON('neural', json),
} satisfies Learner<NeuralSettings>;

function fit(frame: Frame, y: Uint8Array, options: FitOptions<NeuralSettings>): Promise<NeuralModel> {
  const settings = { ...options.settings, stepUnits: 1 };
  return fitNetwork(frame, y, { ...options, settings, learner: neural.name, sequence: false });
}
