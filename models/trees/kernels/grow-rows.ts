/**
 * AssemblyScript: rows. Draws the rows of a tree, parts a leaf's rows by a split (both sides stay ascending), and adds
 * the values of a tree to the scores.
 */
import { arg, real, share } from './grow-crew';

/** A hash of two words, uniform in 32 bits (the finaliser of MurmurHash3). */
// @ts-ignore: decorator
@inline
export function mix(value: u32, seed: u32): u32 {
  let x = value * 0x9e3779b1 + seed;
  x ^= x >>> 16;
  x *= 0x85ebca6b;
  x ^= x >>> 13;
  x *= 0xc2b2ae35;
  return x ^ (x >>> 16);
}

/** Lists the rows of [0, rows) whose hash is below the bound; returns how many. */
export function drawRows(list: usize, rows: i32, seed: u32, bound: f64): i32 {
  let at = list;
  for (let row = 0; row < rows; row++) {
    store<i32>(at, row);
    at += <f64>mix(row, seed) < bound ? 4 : 0;
  }
  store<i32>(at, 0); // Pairs of rows are read.
  return <i32>((at - list) >> 2);
}

/** Lists 0, 1, ..., rows - 1. Arguments: list, rows. */
export function listRows(thread: i32, threads: i32): void {
  const end = share(arg(1), thread + 1, threads);
  for (let row = share(arg(1), thread, threads); row < end; row++) {
    store<u32>(arg(0) + (row << 2), <u32>row);
  }
}

/**
 * Parts the rows [from, to) of the list by the sides of their bins, each thread its share, into two lists of its own.
 * Arguments: list; left and right lists; from, to; bins of the feature, and the shift from one row to the next; sides
 * (bytes, 1 is left); where each thread's count of left rows goes.
 */
export function part(thread: i32, threads: i32): void {
  const from = arg(3) + share(arg(4) - arg(3), thread, threads);
  const to = arg(3) + share(arg(4) - arg(3), thread + 1, threads);
  const list = arg(0);
  const bins = arg(5);
  const shift = arg(6);
  const sides = arg(7);
  let left = arg(1) + (from << 2);
  let right = arg(2) + (from << 2);
  for (let i = from; i < to; i++) {
    const row = load<u32>(list + (i << 2));
    const side = <usize>load<u8>(sides + load<u8>(bins + ((<usize>row) << shift)));
    store<u32>(left, row);
    store<u32>(right, row);
    left += side << 2;
    right += (side ^ 1) << 2;
  }
  store<u32>(arg(8) + (<usize>thread << 2), <u32>((left - arg(1)) >> 2) - <u32>from);
}

/** Brings the threads' lists together; arguments as of `part`. */
export function join(thread: i32, threads: i32): void {
  const size = arg(4) - arg(3);
  let left = arg(3);
  let right = arg(3);
  for (let t = 0; t < threads; t++) right += load<u32>(arg(8) + (<usize>t << 2));
  for (let t = 0; t < thread; t++) {
    const lefts = load<u32>(arg(8) + (<usize>t << 2));
    left += lefts;
    right += share(size, t + 1, threads) - share(size, t, threads) - lefts;
  }
  const from = arg(3) + share(size, thread, threads);
  const all = arg(3) + share(size, thread + 1, threads) - from;
  const lefts = load<u32>(arg(8) + (<usize>thread << 2));
  memory.copy(arg(0) + (left << 2), arg(1) + (from << 2), lefts << 2);
  memory.copy(arg(0) + (right << 2), arg(2) + (from << 2), (all - lefts) << 2);
}

/** Bytes of a leaf in the list of `addLeaves`: first and last position (i32 each), value (f64). */
const LEAF: usize = 16;

/** Adds the value of each leaf to its rows. Arguments: leaves by position; positions; list; row of each listed, or 0; scores. */
export function addLeaves(thread: i32, threads: i32): void {
  const end = share(arg(1), thread + 1, threads);
  const positions = arg(2);
  const list = arg(3);
  const scores = arg(4);
  let at = share(arg(1), thread, threads);
  let leaf = arg(0);
  while (at < end) {
    while (<usize>load<u32>(leaf, 4) <= at) leaf += LEAF;
    const stop = min(<usize>load<u32>(leaf, 4), end);
    const value = load<f64>(leaf, 8);
    for (; at < stop; at++) {
      let row = <usize>load<u32>(positions + (at << 2));
      if (list != 0) row = <usize>load<u32>(list + (row << 2));
      const score = scores + (row << 3);
      store<f64>(score, load<f64>(score) + value);
    }
  }
}

/** Bytes of a node in the list of `walk`: bins of its feature, sides or 0 for a leaf, left, right (i32), value (f64). */
const NODE: usize = 24;

/**
 * Walks rows of binned columns down the tree and adds their leaf's value. Arguments: nodes; rows; scores; whether to
 * skip the rows of the sample, and its seed. Doubles: the bound of the sample.
 */
export function walk(thread: i32, threads: i32): void {
  const end = share(arg(1), thread + 1, threads);
  for (let row = share(arg(1), thread, threads); row < end; row++) {
    if (arg(3) != 0 && <f64>mix(<u32>row, <u32>arg(4)) < real(0)) continue;
    let node = arg(0);
    let sides = <usize>load<u32>(node, 4);
    while (sides != 0) {
      const side = load<u8>(sides + load<u8>(<usize>load<u32>(node) + row));
      node = arg(0) + <usize>(side != 0 ? load<u32>(node, 8) : load<u32>(node, 12)) * NODE;
      sides = <usize>load<u32>(node, 4);
    }
    const score = arg(2) + (row << 3);
    store<f64>(score, load<f64>(score) + load<f64>(node, 16));
  }
}
