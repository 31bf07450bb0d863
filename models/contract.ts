/**
 * What every learner obeys. `fit` is a pure function of (frame, target, settings, seed); a model keeps no data and the
 * same seed gives the same artefact. n is the number of rows, d the number of features.
 */
import type { Frame } from '../features/frame.js';

export type { Frame };

export interface FitProgress {
  (done: number, total: number): void;
}

export interface Model {
  readonly learner: string;
  readonly featureNames: readonly string[];
  /** What trained it, where that may change the last digits: `wasm` or `tensorflow` for a net. */
  readonly backend?: string;
  /** P(y = 1) for each row (n). */
  predict(frame: Frame): Float64Array;
  /** P(y = 1) for one row (d), in the order of `featureNames`. */
  predictOne(row: Float32Array): number;
  /** Additive contributions in log-odds (d + 1): one for each feature, then the bias; they sum to the logit. */
  explain(row: Float32Array): Float64Array;
  /** Plain JSON that the learner's `fromJSON` turns back into an equal model. */
  toJSON(): unknown;
}

/**
 * A learner of a binary target. `y` holds 0 and 1 (n); `weights` are non-negative (n). A learner that works elsewhere (on
 * another thread) answers later; whoever takes any learner awaits its model.
 */
export interface Learner<Settings> {
  readonly name: string;
  readonly defaults: Settings;
  fit(frame: Frame, y: Uint8Array, options: FitOptions<Settings>): Model | Promise<Model>;
  fromJSON(json: unknown): Model;
}

export interface FitOptions<Settings> {
  readonly settings: Settings;
  readonly seed: number;
  readonly weights?: Float32Array;
  /** Newest block, held out for early stopping; never the test rows. */
  readonly validation?: { readonly frame: Frame; readonly y: Uint8Array };
  readonly onProgress?: FitProgress;
}
