/** What every learner refuses before it fits: the one place that says what a usable training table is. */
import { AppError, assert } from '../core/errors.js';
import type { Frame } from './contract.js';

/** Throws `one-class` unless y holds both a 0 and a 1. */
export function requireBothClasses(frame: Frame, y: Uint8Array): void {
  assert(frame.rows === y.length, `the frame has ${frame.rows} rows and the target ${y.length}`);
  assert(frame.names.length === frame.columns.length, 'one name for each column');
  let positives = 0;
  for (const label of y) {
    assert(label === 0 || label === 1, 'the target holds 0 and 1');
    positives += label;
  }
  if (positives > 0 && positives < y.length) return;
  const only = y.length === 0 ? 'no rows' : `${y.length} rows of class ${positives === 0 ? 0 : 1} only`;
  throw new AppError(
    'bad-input',
    'one-class',
    `the training part has ${only}; a classifier needs rows of both classes`,
  );
}
