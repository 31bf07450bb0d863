/**
 * A neural network for a row and the steps before it: columns named `amount[-1]` to `amount[-k]` are a sequence, over which
 * one head of attention looks with a query made from the row; what it finds joins the row before the dense layers.
 */
import type { FitOptions, Frame, Learner } from '../contract.js';
import { neural } from './neural.js';
import { fitNetwork, networkFromJSON, type NeuralModel } from './neural-model.js';
import type { TrainingSettings } from './train.js';

export type SequenceSettings = TrainingSettings;

const defaults: SequenceSettings = {
  ...neural.defaults,
  stepUnits: 32, // One head; a step has about ten numbers.
};

export const sequence = {
  name: 'sequence',
  defaults,
  fit,
  fromJSON: (json) => networkFromJSON('sequence', json),
} satisfies Learner<SequenceSettings>;

/** Throws `no-steps` for a table without lagged columns and `uneven-steps` when some lack a lag. */
function fit(frame: Frame, y: Uint8Array, options: FitOptions<SequenceSettings>): Promise<NeuralModel> {
  return fitNetwork(frame, y, { ...options, learner: sequence.name, sequence: true });
}
