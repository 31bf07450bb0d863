/** Sorting by key without a comparator: metrics, calibration and early stopping rank many rows many times. */
import { assert } from '../core/errors.js';

const DIGIT_BITS = 16;
const SMALL = 4096;

/** Row numbers by descending value, equal values by ascending row. Linear time (radix sort) for large inputs. */
export function orderDescending(values: Float64Array): Int32Array {
  const order = Int32Array.from(values, (value, row) => {
    assert(value === value, 'a ranked value is not NaN');
    return row;
  });
  if (values.length <= SMALL) return order.sort((a, b) => values[b]! - values[a]! || a - b);
  return radixOrder(values, order);
}

function radixOrder(values: Float64Array, rows: Int32Array): Int32Array {
  const digits = descendingDigits(values);
  const places = 64 / DIGIT_BITS;
  let from = rows;
  let to: Int32Array = new Int32Array(rows.length);
  for (let place = 0; place < places; place++) {
    const starts = digitStarts(digits, place, places);
    if (starts === null) continue;
    for (const row of from) to[starts[digits[row * places + place]!]!++] = row;
    [from, to] = [to, from];
  }
  return from;
}

/** Bits of the doubles such that ascending unsigned order is descending numeric order; four digits a value, low first. */
function descendingDigits(values: Float64Array): Uint16Array {
  const copy = Float64Array.from(values, (value) => value + 0); // -0 + 0 is 0: both zeros rank alike
  const words = new Uint32Array(copy.buffer);
  for (let i = 0; i < words.length; i += 2) {
    const positive = words[i + 1]! >>> 31 === 0;
    if (!positive) continue;
    words[i] = ~words[i]!;
    words[i + 1] = ~words[i + 1]! & 0x7fffffff;
  }
  return new Uint16Array(copy.buffer);
}

/** Null when every row has the same digit here, as the low digits of coarse values do. */
function digitStarts(digits: Uint16Array, place: number, places: number): Int32Array | null {
  const counts = new Int32Array(2 ** DIGIT_BITS);
  for (let i = place; i < digits.length; i += places) counts[digits[i]!]!++;
  if (counts[digits[place]!] === digits.length / places) return null;
  let sum = 0;
  for (let digit = 0; digit < counts.length; digit++) {
    const count = counts[digit]!;
    counts[digit] = sum;
    sum += count;
  }
  return counts;
}
