/**
 * A recipe is one learner with one setting that competes: how to fit it on any part of the rows, and what that costs.
 * Trees and nets find out when to stop on a watched part of the training rows, never on the rows that judge them; trees
 * then grow to that length on all training rows. What is judged is thus what is fitted in the end.
 */
import { boostedTrees } from '../trees/boosted-trees.js';
import type { BoostedTreesSettings } from '../trees/boosted-trees.js';
import type { FitOptions, Model } from '../contract.js';
import { logistic } from '../logistic.js';
import type { LogisticSettings } from '../logistic.js';
import { neural } from '../neural/neural.js';
import type { NeuralSettings } from '../neural/neural.js';
import { takePart, watchedSplit } from './training-part.js';
import type { TrainingPart } from './training-part.js';

export interface Recipe {
  readonly kind: 'logistic' | 'boosted-trees' | 'neural';
  /** For people, unique among the competitors; reads on from a number of what grows. */
  readonly name: string;
  /** Costs of one fit in units of work: about one row in one tree for one feature. */
  work(rows: number, features: number): number;
  fit(part: TrainingPart, options: RecipeOptions): Promise<Fitted>;
}

export interface RecipeOptions {
  readonly seed: number;
  /** How long to grow; found on a watched part where it is not given. */
  readonly length?: number;
  /** Grow again on all rows of the part once the length is known: twice the cost. */
  readonly refit: boolean;
}

export interface Fitted {
  readonly model: Model;
  /** Trees; 0 for a learner that is not refitted to a length. */
  readonly length: number;
}

/** Most fits stop near here; only planning depends on it. */
const USUAL_TREES = 200;
const USUAL_EPOCHS = 20;
/** Trees of a table that is too small to watch anything: about what small shrunken trees can bear. */
const UNWATCHED_TREES = 60;

export function logisticRecipe(name: string, settings: LogisticSettings): Recipe {
  return {
    kind: 'logistic',
    name,
    work: (rows, features) => rows * features ** 2 * 5,
    fit: (part, { seed }) =>
      Promise.resolve({
        model: logistic.fit(part.frame, part.y, optionsOf(part, settings, seed)),
        length: 0,
      }),
  };
}

export function treesRecipe(name: string, settings: BoostedTreesSettings): Recipe {
  const grow = (part: TrainingPart, trees: number, seed: number): Model =>
    boostedTrees.fit(part.frame, part.y, optionsOf(part, { ...settings, trees }, seed));
  return {
    kind: 'boosted-trees',
    name,
    work: (rows, features) => rows * features * USUAL_TREES,
    fit: (part, { seed, length, refit }) => {
      if (length !== undefined) return Promise.resolve({ model: grow(part, length, seed), length });
      const split = watchedSplit(part, seed);
      if (split === null)
        return Promise.resolve({ model: grow(part, UNWATCHED_TREES, seed), length: UNWATCHED_TREES });
      const rest = takePart(part, split.train);
      const watched = takePart(part, split.test);
      const validation = { frame: watched.frame, y: watched.y };
      const model = boostedTrees.fit(rest.frame, rest.y, { ...optionsOf(rest, settings, seed), validation });
      const found = Math.max(1, model.treeCount);
      return Promise.resolve({ model: refit ? grow(part, found, seed) : model, length: found });
    },
  };
}

/**
 * A net is not refitted: its learning rate falls along the epochs that were planned, so a length found on some rows says
 * little about more rows, and the part that it watches costs it less than a second training costs everyone.
 */
export function neuralRecipe(name: string, settings: NeuralSettings): Recipe {
  return {
    kind: 'neural',
    name,
    // 2e-5 s for a row in an epoch with twenty features, and about twenty epochs.
    work: (rows, features) => rows * USUAL_EPOCHS * (1000 + 50 * features),
    fit: async (part, { seed }) => {
      const split = watchedSplit(part, seed);
      const rest = split === null ? part : takePart(part, split.train);
      const watched = split === null ? null : takePart(part, split.test);
      const validation = watched === null ? {} : { validation: { frame: watched.frame, y: watched.y } };
      // With too few rows to watch any, it runs as long as nets usually do.
      const unwatched = { ...settings, heldOut: 0, patience: 0, epochs: USUAL_EPOCHS };
      const chosen = watched === null ? unwatched : settings;
      const model = await neural.fit(rest.frame, rest.y, { ...optionsOf(rest, chosen, seed), ...validation });
      return { model, length: 0 };
    },
  };
}

function optionsOf<Settings>(part: TrainingPart, settings: Settings, seed: number): FitOptions<Settings> {
  return { settings, seed, ...(part.weights && { weights: part.weights }) };
}
