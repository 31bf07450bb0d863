/**
 * AssemblyScript: from Float32 columns to bytes. Sorts samples by radix, finds each value's bin by halving without a
 * branch, and packs the bins of a tree's rows and features 16 to a block.
 */
import { arg, share } from './grow-crew';
import { LANES } from './grow-count';

const DIGIT: usize = 2048;

/** Bytes of a column in the lists below: values, where the result goes, edges or codes, size, missing bin, kind. */
const COLUMN: usize = 24;

/** Order of the floats as order of unsigned words. */
// @ts-ignore: decorator
@inline
function keyOf(bits: u32): u32 {
  return bits ^ (<u32>(<i32>bits >> 31) | 0x80000000);
}

// @ts-ignore: decorator
@inline
function floatOf(key: u32): u32 {
  return key ^ (<u32>(<i32>~key >> 31) | 0x80000000);
}

/**
 * Sorts columns of values ascending in place, the missing ones left out; their number replaces the size.
 * Arguments: columns (values, room for as many, -, size); how many; 24 KiB of counts a thread.
 */
export function sortColumns(thread: i32, threads: i32): void {
  for (let k = <usize>thread; k < arg(1); k += threads) {
    const column = arg(0) + k * COLUMN;
    const size = sortValues(load<u32>(column), load<u32>(column, 4), load<u32>(column, 12), arg(2) + <usize>thread * DIGIT * 12);
    store<u32>(column, <u32>size, 12);
  }
}

function sortValues(values: usize, room: usize, rows: usize, counts: usize): usize {
  memory.fill(counts, 0, DIGIT * 12);
  let size: usize = 0;
  for (let i: usize = 0; i < rows; i++) {
    const bits = load<u32>(values + (i << 2));
    if ((bits & 0x7fffffff) > 0x7f800000) continue;
    const key = keyOf(bits);
    store<u32>(values + (size++ << 2), key);
    for (let digit: usize = 0; digit < 3; digit++) {
      const count = counts + digit * DIGIT * 4 + (((key >>> <u32>(digit * 11)) & 2047) << 2);
      store<u32>(count, load<u32>(count) + 1);
    }
  }
  let source = values;
  let target = room;
  for (let digit: usize = 0; digit < 3; digit++) {
    spread(source, target, size, counts + digit * DIGIT * 4, <u32>(digit * 11));
    const other = source;
    source = target;
    target = other;
  }
  for (let i: usize = 0; i < size; i++) store<u32>(values + (i << 2), floatOf(load<u32>(room + (i << 2))));
  return size;
}

/** One stable pass by the digit at `shift`. */
function spread(source: usize, target: usize, size: usize, counts: usize, shift: u32): void {
  let before: u32 = 0;
  for (let at: usize = 0; at < DIGIT * 4; at += 4) {
    const count = load<u32>(counts + at);
    store<u32>(counts + at, before);
    before += count;
  }
  for (let i: usize = 0; i < size; i++) {
    const key = load<u32>(source + (i << 2));
    const place = counts + (((key >>> shift) & 2047) << 2);
    const at = load<u32>(place);
    store<u32>(place, at + 1);
    store<u32>(target + ((<usize>at) << 2), key);
  }
}

/** Bins columns of values. Arguments: columns; how many; rows of each. */
export function binColumns(thread: i32, threads: i32): void {
  for (let k = <usize>thread; k < arg(1); k += threads) {
    const column = arg(0) + k * COLUMN;
    const values = <usize>load<u32>(column);
    const bins = <usize>load<u32>(column, 4);
    const table = <usize>load<u32>(column, 8);
    const missing = load<i32>(column, 16);
    if (load<i32>(column, 20) != 0) binCodes(values, bins, table, load<i32>(column, 12), missing);
    else binNumbers(values, bins, table, <usize>load<u32>(column, 12), missing);
  }
}

/** The bin is the number of edges below the value; `edges` are padded with infinities to `reach` (a power of two) - 1. */
function binNumbers(values: usize, bins: usize, edges: usize, reach: usize, missing: i32): void {
  const rows = arg(2);
  for (let row: usize = 0; row < rows; row++) {
    const value = load<f32>(values + (row << 2));
    let below: usize = 0;
    for (let step = reach >> 1; step > 0; step >>= 1) {
      below += load<f32>(edges + ((below + step - 1) << 2)) < value ? step : 0;
    }
    store<u8>(bins + row, value == value ? <i32>below : missing);
  }
}

/** The bin of each code is in a table of bytes; other values are missing. */
function binCodes(values: usize, bins: usize, table: usize, size: i32, missing: i32): void {
  const rows = arg(2);
  for (let row: usize = 0; row < rows; row++) {
    const value = load<f32>(values + (row << 2));
    const code = value >= 0 && value < <f32>size ? <i32>value : 0;
    store<u8>(bins + row, <f32>code == value ? <i32>load<u8>(table + <usize>code) : missing);
  }
}

/**
 * Copies bins of a tree's features into blocks, row by row. Arguments: addresses of the columns; how many; list of rows
 * or 0; rows; blocks; bytes of a block.
 */
export function pack(thread: i32, threads: i32): void {
  const end = share(arg(3), thread + 1, threads);
  const list = arg(2);
  for (let first: usize = 0; first < arg(1); first += LANES) {
    const lanes = min(arg(1) - first, LANES);
    const block = arg(4) + (first / LANES) * arg(5);
    for (let lane: usize = 0; lane < lanes; lane += 4) {
      packFour(block + lane, arg(0) + ((first + lane) << 2), list, share(arg(3), thread, threads), end);
    }
  }
}

/** Reads past the last column repeat an address the caller pads the list with. */
function packFour(block: usize, columns: usize, list: usize, from: usize, end: usize): void {
  const a = <usize>load<u32>(columns);
  const b = <usize>load<u32>(columns, 4);
  const c = <usize>load<u32>(columns, 8);
  const d = <usize>load<u32>(columns, 12);
  for (let at = from; at < end; at++) {
    const row = list == 0 ? at : <usize>load<u32>(list + (at << 2));
    const four =
      <u32>load<u8>(a + row) | (<u32>load<u8>(b + row) << 8) | (<u32>load<u8>(c + row) << 16) | (<u32>load<u8>(d + row) << 24);
    store<u32>(block + (at << 4), four);
  }
}
