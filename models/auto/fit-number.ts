/**
 * Boosted trees for a number: a few shapes compete on a watched part of the training rows, which also says how many trees
 * they need; the best is refitted on all rows. `part.y` only divides the rows into two strata.
 */
import type { Model } from '../contract.js';
import { boostedTrees } from '../trees/boosted-trees.js';
import type { BoostedTreesSettings } from '../trees/boosted-trees.js';
import { watchedLoss } from '../trees/objective.js';
import { nameOfTrees, treesSettings } from './candidates.js';
import type { FixedTreesSettings } from './candidates.js';
import { takePart, watchedSplit } from './training-part.js';
import type { TrainingPart } from './training-part.js';

export interface NumberRequest {
  /** The mean, or the quantile that `quantile` names. */
  readonly objective: 'squared' | 'quantile';
  /** In (0, 1). */
  readonly quantile: number;
  readonly seed: number;
  /** Settings of boosted trees that are not searched. */
  readonly trees?: FixedTreesSettings;
}

/** Trees where the rows are too few to watch any: shrunken ones can hardly overfit before that. */
const UNWATCHED_TREES = 60;

/** `target` holds finite numbers (n). */
export function fitNumber(
  part: TrainingPart,
  target: Float64Array,
  { objective, quantile, seed, trees }: NumberRequest,
): { model: Model; chosen: string } {
  const all = treesSettings(part.frame.rows, { ...trees, objective, quantile });
  // One of each size: how much a tree is shrunken matters less for numbers, which have no noise of labels.
  const shapes = all.filter(
    ({ maxLeaves }, k) => all.findIndex((other) => other.maxLeaves === maxLeaves) === k,
  );
  const weightsOf = ({ weights }: TrainingPart): { weights?: Float32Array } => (weights ? { weights } : {});
  const refit = (settings: BoostedTreesSettings): { model: Model; chosen: string } => ({
    model: boostedTrees.fit(part.frame, target, { settings, seed, ...weightsOf(part) }),
    chosen: `${settings.trees} ${nameOfTrees(settings)}`,
  });
  const split = watchedSplit(part, seed);
  if (split === null) return refit({ ...shapes[0]!, trees: UNWATCHED_TREES });
  const rest = takePart(part, split.train);
  const { frame } = takePart(part, split.test);
  const y = Float64Array.from(split.test, (row) => target[row]!);
  const restTarget = Float64Array.from(split.train, (row) => target[row]!);
  const judged = shapes.map((settings) => {
    const options = { settings, seed, validation: { frame, y }, ...weightsOf(rest) };
    const model = boostedTrees.fit(rest.frame, restTarget, options);
    return { settings, trees: model.treeCount, loss: watchedLoss(y, model.predict(frame), settings) };
  });
  const best = judged.reduce((least, one) => (one.loss < least.loss ? one : least));
  return refit({ ...best.settings, trees: Math.max(1, best.trees) });
}
