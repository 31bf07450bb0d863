/** Every kind of model that an artefact can hold, by the name in its JSON. A new learner is one more line here. */
import { AppError } from '../core/errors.js';
import { averageFromJSON } from './average.js';
import { blendFromJSON } from './blend.js';
import { boostedTrees } from './trees/boosted-trees.js';
import { calibratedFromJSON } from './calibrate.js';
import { competingRisksFromJSON } from './competing-risks.js';
import type { Model } from './contract.js';
import { logistic } from './logistic.js';
import { neural } from './neural/neural.js';
import { sequence } from './neural/sequence.js';

const READERS = new Map<string, (json: unknown) => Model>([
  [boostedTrees.name, (json) => boostedTrees.fromJSON(json)],
  [logistic.name, (json) => logistic.fromJSON(json)],
  [neural.name, (json) => neural.fromJSON(json)],
  [sequence.name, (json) => sequence.fromJSON(json)],
  ['calibrated', (json) => calibratedFromJSON(json, modelFromJSON)],
  ['average', (json) => averageFromJSON(json, modelFromJSON)],
  ['blend', (json) => blendFromJSON(json, modelFromJSON)],
  ['competing-risks', (json) => competingRisksFromJSON(json, modelFromJSON)],
]);

/** The reverse of any model's `toJSON`. Throws `bad-model` for JSON that is none. */
export function modelFromJSON(json: unknown): Model {
  const { learner } = (json ?? {}) as { learner?: unknown };
  const read = READERS.get(String(learner));
  if (read !== undefined) return read(json);
  const known = [...READERS.keys()].join(', ');
  throw new AppError(
    'bad-input',
    'bad-model',
    `no learner reads a model of kind "${String(learner)}"; known are ${known}`,
  );
}
