/**
 * Neighbours among the 32-bit floats, in which every feature value is stored. They turn one library's "below t" and
 * another's 64-bit "up to t" into our "up to t" without moving a single value to the other side.
 */
const word = new DataView(new ArrayBuffer(4));

/** The greatest float32 that is not above the number. */
export function floatUpTo(value: number): number {
  const nearest = Math.fround(value);
  return nearest > value ? floatBelow(nearest) : nearest;
}

/** The float32 before this float32: `x < t` is `x <= floatBelow(t)` for every float32 x. */
export function floatBelow(value: number): number {
  return -floatAbove(-value);
}

/** The float32 after this float32: `x <= t` is `x < floatAbove(t)` for every float32 x. */
export function floatAbove(value: number): number {
  if (value === Infinity || Number.isNaN(value)) return value;
  if (value === 0) return 2 ** -149;
  word.setFloat32(0, value);
  word.setInt32(0, word.getInt32(0) + (value > 0 ? 1 : -1));
  return word.getFloat32(0);
}
