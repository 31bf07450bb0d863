/**
 * AssemblyScript: histograms. A cell is i32x4 (gradient, hessian, rows, 0) in fixed point, so one vector add counts a
 * value, sums are exact in any order, and parent minus sibling is exact. Rows lie packed, 16 bins to a block.
 */
import { arg, share, SCRATCH, SCRATCH_BYTES } from './grow-crew';

/** Bytes from one feature's cells to the next: 256 cells and a line, so that equal bins of features share no cache set. */
export const STRIDE: usize = 4160;
/** Bins in one row of a block. */
export const LANES: usize = 16;

/** Rows gathered at a time: the loads of a gather overlap, those of an add wait for each other. */
const BATCH: usize = 64;
/** Rows counted in all blocks before the next: their gradients stay in the second-level cache. */
const ROUND: usize = 8192;

// @ts-ignore: decorator
@inline
function add(histogram: usize, bins: usize, lane: usize, value: v128): void {
  const cell = histogram + lane * STRIDE + (<usize>load<u8>(bins + lane) << 4);
  v128.store(cell, i32x4.add(v128.load(cell), value));
}

// @ts-ignore: decorator
@inline
function addFour(histogram: usize, bins: usize, first: usize, value: v128): void {
  add(histogram, bins, first, value);
  add(histogram, bins, first + 1, value);
  add(histogram, bins, first + 2, value);
  add(histogram, bins, first + 3, value);
}

// @ts-ignore: decorator
@inline
function addRow(histogram: usize, bins: usize, lanes: i32, value: v128): void {
  addFour(histogram, bins, 0, value);
  if (lanes > 4) addFour(histogram, bins, 4, value);
  if (lanes > 8) addFour(histogram, bins, 8, value);
  if (lanes > 12) addFour(histogram, bins, 12, value);
}

// @ts-ignore: decorator
@inline
function cellOf(gradients: usize): v128 {
  return v128.or(v128.load64_zero(gradients), i32x4(0, 0, 1, 0));
}

/** Adds rows [from, to) themselves, in memory order. */
function countRun(histogram: usize, block: usize, lanes: i32, gradients: usize, from: usize, to: usize): void {
  for (let row = from; row < to; row++) {
    addRow(histogram, block + (row << 4), lanes, cellOf(gradients + (row << 3)));
  }
}

/** Adds the rows listed at `rows`. */
function countListed(
  histogram: usize,
  block: usize,
  lanes: i32,
  gradients: usize,
  rows: usize,
  count: usize,
  scratch: usize,
): void {
  const cells = scratch + BATCH * LANES;
  for (let start: usize = 0; start < count; start += BATCH) {
    const size = min(BATCH, count - start);
    const list = rows + (start << 2);
    for (let i: usize = 0; i < size; i++) {
      const row = <usize>load<u32>(list + (i << 2));
      v128.store(scratch + (i << 4), v128.load(block + (row << 4)));
      v128.store(cells + (i << 4), cellOf(gradients + (row << 3)));
    }
    for (let i: usize = 0; i < size; i++) {
      addRow(histogram, scratch + (i << 4), lanes, v128.load(cells + (i << 4)));
    }
  }
}

/**
 * Arguments: histogram of thread 0; those of the others and the bytes between them; packed blocks and bytes of a block;
 * features; gradients; list of rows or 0; first and last row (or position in the list).
 */
export function count(thread: i32, threads: i32): void {
  const features = arg(5);
  const histogram = thread == 0 ? arg(0) : arg(1) + <usize>(thread - 1) * arg(2);
  memory.fill(histogram, 0, features * STRIDE);
  const size = arg(9) - arg(8);
  let from = arg(8) + share(size, thread, threads);
  const end = arg(8) + share(size, thread + 1, threads);
  const scratch = SCRATCH + <usize>thread * SCRATCH_BYTES;
  while (from < end) {
    const to = min(from + ROUND, end);
    for (let first: usize = 0; first < features; first += LANES) {
      const cells = histogram + first * STRIDE;
      const block = arg(3) + (first / LANES) * arg(4);
      const lanes = <i32>min(features - first, LANES);
      if (arg(7) == 0) countRun(cells, block, lanes, arg(6), from, to);
      else countListed(cells, block, lanes, arg(6), arg(7) + (from << 2), to - from, scratch);
    }
    from = to;
  }
}

/** `target += part` over the first `cells`. */
export function addCells(target: usize, part: usize, cells: usize): void {
  for (let at: usize = 0; at < cells << 4; at += 16) {
    v128.store(target + at, i32x4.add(v128.load(target + at), v128.load(part + at)));
  }
}

/** `target -= part` over the first `cells`. */
export function subtractCells(target: usize, part: usize, cells: usize): void {
  for (let at: usize = 0; at < cells << 4; at += 16) {
    v128.store(target + at, i32x4.sub(v128.load(target + at), v128.load(part + at)));
  }
}
