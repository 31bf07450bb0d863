/**
 * The training rows of a table with everything that belongs to a row, and the ways to take a part of them: by number, a
 * sample that keeps the share of positives, and the part that early stopping watches. The watched part is the newest where
 * rows have a time and never shares a group with the rest, so it stands to the rest as the future stands to both.
 */
import { seededRandom } from '../../core/random.js';
import type { Frame } from '../contract.js';
import { canFold, groupedFolds } from '../grouped-folds.js';
import { shuffled, takeLabels, takeRows } from '../split.js';
import type { Split } from '../split.js';

export interface TrainingPart {
  readonly frame: Frame;
  readonly y: Uint8Array;
  /** When each row happened (n). */
  readonly at?: Float64Array;
  /** Rows of one group are never divided (n). */
  readonly group?: Int32Array;
  /** How much each row counts in fitting (n). */
  readonly weights?: Float32Array;
}

export function takePart({ frame, y, at, group, weights }: TrainingPart, rows: Int32Array): TrainingPart {
  return {
    frame: takeRows(frame, rows),
    y: takeLabels(y, rows),
    ...(at && { at: Float64Array.from(rows, (row) => at[row]!) }),
    ...(group && { group: Int32Array.from(rows, (row) => group[row]!) }),
    ...(weights && { weights: Float32Array.from(rows, (row) => weights[row]!) }),
  };
}

export function positivesOf(y: Uint8Array): number {
  let positives = 0;
  for (const label of y) positives += label;
  return positives;
}

/** About `wanted` of the rows, both classes by their share and never fewer than one; the rows ascend. */
export function sampleOf(y: Uint8Array, rows: Int32Array, wanted: number, seed: number): Int32Array {
  if (wanted >= rows.length) return rows;
  const random = seededRandom(seed).fork('sample');
  const picked = [0, 1].flatMap((label) => {
    const own = rows.filter((row) => y[row] === label);
    const count = Math.max(1, Math.round((own.length * wanted) / rows.length));
    return shuffled([...own], random).slice(0, count);
  });
  return Int32Array.from(picked).sort();
}

const WATCHED = 0.15;
/** A watched part with fewer rows of a class says nothing about when to stop. */
const LEAST_WATCHED_OF_A_CLASS = 5;

/** The rows that fit (train) and those that early stopping watches (test); null where there are too few. */
export function watchedSplit(part: TrainingPart, seed: number): Split | null {
  const { y, at, group } = part;
  const newest = at === undefined ? null : newestHeldOut(at, group, WATCHED);
  if (newest !== null && isWatchable(y, newest.train) && isWatchable(y, newest.test)) return newest;
  const drawn = drawnHeldOut(part, seed);
  return drawn !== null && isWatchable(y, drawn.train) && isWatchable(y, drawn.test) ? drawn : null;
}

function drawnHeldOut({ y, group }: TrainingPart, seed: number): Split | null {
  const folds = Math.round(1 / WATCHED);
  if (!canFold(y, group, folds)) return null;
  if (group !== undefined) return groupedFolds(y, group, { folds, repeats: 1, seed })[0]!;
  const rows = Int32Array.from(y.keys());
  const test = sampleOf(y, rows, rows.length * WATCHED, seed);
  const isTest = new Uint8Array(rows.length);
  for (const row of test) isTest[row] = 1;
  return { train: rows.filter((row) => isTest[row] === 0), test };
}

function isWatchable(y: Uint8Array, rows: Int32Array): boolean {
  const positives = positivesOf(takeLabels(y, rows));
  return Math.min(positives, rows.length - positives) >= LEAST_WATCHED_OF_A_CLASS;
}

/** The newest `share` of the rows held out; a group that reaches over the border belongs to its first row's side. */
export function newestHeldOut(at: Float64Array, group: Int32Array | undefined, share: number): Split {
  const border = at.slice().sort()[Math.floor(at.length * (1 - share))] ?? 0;
  const first = group === undefined ? at : firstOfGroup(at, group);
  const rows = Int32Array.from(at.keys());
  return {
    train: rows.filter((row) => first[row]! < border),
    test: rows.filter((row) => first[row]! >= border),
  };
}

/** The earliest time of each row's group (n). */
export function firstOfGroup(at: Float64Array, group: Int32Array): Float64Array {
  const first = new Map<number, number>();
  at.forEach((time, row) => first.set(group[row]!, Math.min(time, first.get(group[row]!) ?? Infinity)));
  return Float64Array.from(group, (code) => first.get(code)!);
}
