/**
 * AssemblyScript: what a single value says, for a row as for a block: its place among the floats, and whether a code is in a
 * set of bits.
 */

/** Integers in the order of the floats; -0 is 0. Not for missing values. */
// @ts-ignore: decorator
@inline
export function ordered(x: v128): v128 {
  const bits = f32x4.add(x, f32x4.splat(0));
  return v128.xor(bits, i32x4.shr_u(i32x4.shr_s(bits, 31), 1));
}

// @ts-ignore: decorator
@inline
export function inSet(x: f32, set: usize, words: i32): i32 {
  const code = <i32>x;
  if (<f32>code != x || <u32>code >>> 5 >= <u32>words) return 0;
  return (load<u32>(set + ((<usize>code >>> 5) << 2)) >>> (code & 31)) & 1;
}
