/**
 * Stratified folds that keep every group whole: attempts of one purchase, months of one customer. Groups with and without
 * a positive are dealt separately, each to the fold with the fewest rows so far, so that folds agree in size and base
 * rate as far as the groups allow. Without groups these are plain stratified folds.
 */
import { AppError } from '../core/errors.js';
import { seededRandom } from '../core/random.js';
import { shuffled, stratifiedFolds } from './split.js';
import type { CrossValidation, Split } from './split.js';

/** `group`: a code for each row (n). Throws `too-few-groups` where a fold would stay empty. */
export function groupedFolds(
  y: Uint8Array,
  group: Int32Array | undefined,
  request: CrossValidation,
): Split[] {
  if (group === undefined) return stratifiedFolds(y, request);
  const { folds, repeats, seed } = request;
  const groups = rowsByGroup(y, group);
  if (!enoughGroups(groups, folds)) {
    const found = `${groups.with.length} groups with a positive row and ${groups.without.length} without`;
    const remedy = 'use fewer folds or bring more rows';
    throw new AppError(
      'bad-input',
      'too-few-groups',
      `there are ${found}, too few for ${folds} folds; ${remedy}`,
    );
  }
  const random = seededRandom(seed);
  return Array.from({ length: repeats }, (_, repeat) => {
    const shuffle = random.fork(`repeat ${repeat}`);
    const foldOf = new Uint16Array(y.length);
    for (const stratum of [groups.with, groups.without]) deal(shuffled(stratum, shuffle), folds, foldOf);
    const rows = Int32Array.from(y.keys());
    return Array.from({ length: folds }, (_unused, fold) => ({
      train: rows.filter((row) => foldOf[row] !== fold),
      test: rows.filter((row) => foldOf[row] === fold),
    }));
  }).flat();
}

/** May `groupedFolds` be asked for so many folds? */
export function canFold(y: Uint8Array, group: Int32Array | undefined, folds: number): boolean {
  if (group !== undefined) return enoughGroups(rowsByGroup(y, group), folds);
  const positives = y.reduce((sum, label) => sum + label, 0);
  return Math.min(positives, y.length - positives) >= folds;
}

/** Every fold then tests and trains on both classes, unless positives and negatives share their groups. */
function enoughGroups(groups: Strata, folds: number): boolean {
  return groups.with.length >= folds && groups.with.length + groups.without.length > folds;
}

interface Strata {
  /** Rows of each group that has a positive. */
  readonly with: number[][];
  readonly without: number[][];
}

function rowsByGroup(y: Uint8Array, group: Int32Array): Strata {
  const rowsOf = new Map<number, number[]>();
  group.forEach((code, row) => {
    const rows = rowsOf.get(code);
    if (rows === undefined) rowsOf.set(code, [row]);
    else rows.push(row);
  });
  const strata: Strata = { with: [], without: [] };
  for (const rows of rowsOf.values()) {
    (rows.some((row) => y[row] === 1) ? strata.with : strata.without).push(rows);
  }
  return strata;
}

/** Large groups first: what they unbalance the small ones even out. */
function deal(groups: number[][], folds: number, foldOf: Uint16Array): void {
  const sizes = new Array<number>(folds).fill(0);
  for (const rows of groups.sort((a, b) => b.length - a.length)) {
    const fold = sizes.indexOf(Math.min(...sizes));
    sizes[fold]! += rows.length;
    for (const row of rows) foldOf[row] = fold;
  }
}
