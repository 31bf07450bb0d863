/** A table of numbers for learners: n rows, d columns, column-major so that a learner reads one feature at a time. */
export interface Frame {
  readonly rows: number;
  /** Feature names (d). */
  readonly names: readonly string[];
  /** Values (d)(n); NaN is missing; a categorical column holds small non-negative integer codes. */
  readonly columns: readonly Float32Array[];
  /** Names of the categorical columns: their codes have no order. */
  readonly categorical: readonly string[];
}
