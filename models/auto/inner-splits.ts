/**
 * The splits inside the training rows that judge the candidates: the newest fifth where rows have a time, stratified folds
 * where rows are few, one such fold where they are many. Groups stay whole. Null where a class has too few rows to hold
 * some of them out: nothing can be chosen honestly then.
 */
import { canFold, groupedFolds } from '../grouped-folds.js';
import { hasBothClasses, takeLabels } from '../split.js';
import type { Split } from '../split.js';
import { newestHeldOut, positivesOf } from './training-part.js';
import type { TrainingPart } from './training-part.js';

const FOLDS = 5;
/** Beyond this one held-out part says enough, and folds would cost five fits of every candidate. */
const FOLDS_UP_TO_ROWS = 20_000;
/** Part that is held out when there are no folds. */
const HELD_OUT = 0.2;

export function innerSplits({ y, at, group }: TrainingPart, seed: number): Split[] | null {
  if (at !== undefined) {
    const split = newestHeldOut(at, group, HELD_OUT);
    const sides = [split.train, split.test];
    return sides.every((rows) => hasBothClasses(takeLabels(y, rows))) ? [split] : null;
  }
  const positives = positivesOf(y);
  const rarest = Math.min(positives, y.length - positives);
  if (rarest < 2 * FOLDS || !canFold(y, group, FOLDS)) return null;
  const folds = groupedFolds(y, group, { folds: FOLDS, repeats: 1, seed });
  return y.length <= FOLDS_UP_TO_ROWS ? folds : folds.slice(0, 1);
}
