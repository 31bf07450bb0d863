/**
 * Binary search in ascending numbers: rows by their instant, values by their rank. The caller says that they ascend; NaN has
 * no place among them.
 */

/** How many of the numbers are less than `value`; zero and minus zero are equal. O(log n). */
export function lowerBound(ascending: Float32Array | Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
