/**
 * What the inner nodes of a model ask of a row, each question once. A number is asked twice at most, with missing values
 * beyond every threshold and below every one, so that a comparison of integers alone decides a node: right if above. A
 * code set is asked as a number, 1 where the row goes right.
 */
import { CATEGORY_MISSING_LEFT, CATEGORY_MISSING_RIGHT, NUMBER_MISSING_LEFT } from './trees.js';
import type { Trees } from './trees.js';

export interface Decisions {
  /** Features of a row that the model reads: one more than the last. */
  readonly width: number;
  /** The decision of each inner node (nodes): see `decide` in kernels/predict.ts. */
  readonly of: Int32Array;
  /** Right if the decision is above it (nodes). */
  readonly threshold: Int32Array;
  readonly count: number;
  readonly sets: readonly CodeSet[];
}

/** A set of codes of one feature; `flip` when the codes in it go left. */
export interface CodeSet {
  readonly feature: number;
  readonly start: number;
  readonly words: number;
  readonly flip: boolean;
}

export function decisionsOf(trees: Trees): Decisions {
  const { feature, kind, threshold, setStart, setWords } = trees;
  const width = feature.reduce((widest, name) => Math.max(widest, name + 1), 0);
  const padded = Math.ceil(width / 4) * 4;
  const of = new Int32Array(feature.length);
  const above = new Int32Array(feature.length);
  const sets: CodeSet[] = [];
  const known = new Map<string, number>();
  for (let node = 0; node < feature.length; node++) {
    if (feature[node]! < 0) continue;
    if (!isCategorical(trees, node)) {
      of[node] = feature[node]! + (kind[node] === NUMBER_MISSING_LEFT ? padded : 0);
      above[node] = orderedBits(threshold[node]!);
      continue;
    }
    const key = setKey(trees, node);
    if (!known.has(key)) {
      known.set(key, sets.length);
      const flip = kind[node] === CATEGORY_MISSING_RIGHT;
      sets.push({ feature: feature[node]!, start: setStart[node]!, words: setWords[node]!, flip });
    }
    of[node] = 2 * padded + known.get(key)!;
  }
  return { width, of, threshold: above, count: 2 * padded + sets.length, sets };
}

export function isCategorical({ kind }: Trees, node: number): boolean {
  return kind[node] === CATEGORY_MISSING_LEFT || kind[node] === CATEGORY_MISSING_RIGHT;
}

function setKey({ feature, kind, setStart, setWords, sets }: Trees, node: number): string {
  const start = setStart[node]!;
  return [feature[node], kind[node], ...sets.subarray(start, start + setWords[node]!)].join();
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** An integer in the order of the floats; -0 is 0. Not for missing values. */
export function orderedBits(value: number): number {
  float[0] = value + 0;
  return bits[0]! ^ ((bits[0]! >> 31) >>> 1);
}
