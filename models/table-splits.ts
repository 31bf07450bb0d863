/**
 * How the rows of a table train and test: at a border in time, or in repeated stratified folds. Rows of one group are never
 * on both sides: in time a group belongs to the side of its first row.
 */
import { AppError } from '../core/errors.js';
import { firstOfGroup } from './auto/training-part.js';
import { groupedFolds } from './grouped-folds.js';
import type { CrossValidation, Split } from './split.js';
import type { TableRows } from './table.js';

/** `classes` is what folds are stratified by: 0 and 1 (n). */
export function tableSplits(
  { time, group }: Pick<TableRows, 'time' | 'group'>,
  classes: Uint8Array,
  request: CrossValidation,
): Split[] {
  if (time === null) return groupedFolds(classes, group ?? undefined, request);
  const at = group === null ? time.at : firstOfGroup(time.at, group);
  const rows = Int32Array.from(classes.keys());
  const train = rows.filter((row) => at[row]! < time.testFrom);
  const test = rows.filter((row) => at[row]! >= time.testFrom);
  if (train.length > 0 && test.length > 0) return [{ train, test }];
  const side = train.length === 0 ? 'before' : 'from';
  throw new AppError(
    'bad-input',
    'empty-split',
    `no row lies ${side} the start of the test; choose another --test-from`,
  );
}
