/** What a reader of a library's model file answers, whichever library wrote it. */
import type { FlatTrees } from '../trees/trees.js';

export interface ForeignModel {
  readonly library: 'XGBoost' | 'LightGBM';
  /** As the file says it, for instance 1.7.4 or v4. */
  readonly version: string;
  /** Null when the file does not name its columns. */
  readonly featureNames: readonly string[] | null;
  readonly featureCount: number;
  /** The sum of the leaves is the log-odds of the probability, or for `squared` the prediction itself. */
  readonly objective: 'logistic' | 'squared';
  readonly trees: FlatTrees;
  /** Trees in the file; early stopping may have kept fewer. */
  readonly treesInFile: number;
}
