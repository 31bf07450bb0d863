/**
 * AssemblyScript: columns of floats become columns of bytes, which the nodes of trees compare. A number becomes its rank among
 * the model's thresholds, a code the side that a set of codes sends it to. Layouts: ranks.ts and block-image.ts.
 */
import { inSet, ordered } from './predict-values';

/** 2^23: the float at which one unit is the last bit, so that adding it turns a float into an integer. */
const UNIT: f32 = 8388608;

/**
 * Ranks of `rows` floats (a multiple of 16) among ascending thresholds: how many lie strictly below. Buckets of equal
 * width give the first guess `first[bucket]`, and a search of at most 2 `half` - 1 thresholds the rest.
 */
export function rankEven(
  values: usize,
  rows: i32,
  lowest: f32,
  scale: f32,
  buckets: i32,
  first: usize,
  thresholds: usize,
  half: i32,
  ranks: usize,
): void {
  const bottom = f32x4.splat(UNIT);
  const top = f32x4.splat(UNIT + <f32>(buckets - 1));
  for (let i: usize = 0; i < <usize>rows; i += 4) {
    const x = v128.load(values + (i << 2));
    const place = f32x4.add(f32x4.mul(f32x4.sub(x, f32x4.splat(lowest)), f32x4.splat(scale)), bottom);
    // In this order a missing value takes the first bucket.
    const bucket = v128.xor(f32x4.pmin(top, f32x4.pmax(bottom, place)), bottom);
    rankFour(values + (i << 2), bucket, first, thresholds, half, ranks + i);
  }
}

/** The same with buckets of equal width among the floats' bit patterns, in effect by exponent: for long tails. */
export function rankByExponent(
  values: usize,
  rows: i32,
  lowest: i32,
  shift: i32,
  buckets: i32,
  first: usize,
  thresholds: usize,
  half: i32,
  ranks: usize,
): void {
  const bottom = i32x4.splat(lowest);
  const top = i32x4.splat(buckets - 1);
  for (let i: usize = 0; i < <usize>rows; i += 4) {
    const key = i32x4.max_s(ordered(v128.load(values + (i << 2))), bottom);
    const bucket = i32x4.min_u(i32x4.shr_u(i32x4.sub(key, bottom), shift), top);
    rankFour(values + (i << 2), bucket, first, thresholds, half, ranks + i);
  }
}

/** Thresholds end with infinities, so a search may look past the bucket and the list. */
// @ts-ignore: decorator
@inline
function rankFour(values: usize, bucket: v128, first: usize, thresholds: usize, half: i32, ranks: usize): void {
  let a = <usize>load<u8>(first + i32x4.extract_lane(bucket, 0));
  let b = <usize>load<u8>(first + i32x4.extract_lane(bucket, 1));
  let c = <usize>load<u8>(first + i32x4.extract_lane(bucket, 2));
  let d = <usize>load<u8>(first + i32x4.extract_lane(bucket, 3));
  for (let step = <usize>half; step > 0; step >>= 1) {
    const probe = thresholds + (step << 2) - 4;
    a += usize(load<f32>(values) > load<f32>(probe + (a << 2))) * step;
    b += usize(load<f32>(values, 4) > load<f32>(probe + (b << 2))) * step;
    c += usize(load<f32>(values, 8) > load<f32>(probe + (c << 2))) * step;
    d += usize(load<f32>(values, 12) > load<f32>(probe + (d << 2))) * step;
  }
  store<u8>(ranks, a);
  store<u8>(ranks, b, 1);
  store<u8>(ranks, c, 2);
  store<u8>(ranks, d, 3);
}

/**
 * Signs the ranks, which bytes are compared as, and gives missing values the rank that goes their way: beyond every
 * threshold in `right`, below every one in `left`. Either may be 0 when no node asks for it.
 */
export function placeMissing(values: usize, rows: i32, ranks: usize, left: usize, right: usize, last: i32): void {
  const sign = i8x16.splat(-128);
  const beyond = i8x16.splat(<i8>(last - 128));
  for (let i: usize = 0; i < <usize>rows; i += 16) {
    const missing = i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(isMissing(values + (i << 2)), isMissing(values + (i << 2) + 16)),
      i16x8.narrow_i32x4_s(isMissing(values + (i << 2) + 32), isMissing(values + (i << 2) + 48)),
    );
    const signed = v128.xor(v128.load(ranks + i), sign);
    if (left != 0) v128.store(left + i, v128.bitselect(sign, signed, missing));
    if (right != 0) v128.store(right + i, v128.bitselect(beyond, signed, missing));
  }
}

// @ts-ignore: decorator
@inline
function isMissing(at: usize): v128 {
  const x = v128.load(at);
  return f32x4.ne(x, x);
}

/** Codes as bytes; 255 stands for what is no code below it. */
export function bytesOfCodes(values: usize, rows: i32, codes: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const x = load<f32>(values + (i << 2));
    const code = <u32>x;
    store<u8>(codes + i, <f32>code == x && code < 255 ? code : 255);
  }
}

/** 1 where a code (u8) is in the bit set of 256, else 0, or the reverse when `flip` is 1. */
export function sidesOfBytes(codes: usize, rows: i32, set: usize, flip: i32, sides: usize): void {
  const low = v128.load(set);
  const high = v128.load(set, 16);
  const bits = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const one = i8x16.splat(1);
  const flips = i8x16.splat(<i8>flip);
  for (let i: usize = 0; i < <usize>rows; i += 16) {
    const code = v128.load(codes + i);
    const at = i8x16.shr_u(code, 3);
    const byte = v128.or(i8x16.swizzle(low, at), i8x16.swizzle(high, i8x16.sub(at, i8x16.splat(16))));
    const bit = i8x16.swizzle(bits, v128.and(code, i8x16.splat(7)));
    const isIn = v128.and(i8x16.eq(v128.and(byte, bit), bit), one);
    v128.store(sides + i, v128.xor(isIn, flips));
  }
}

/** The same for codes as floats and a bit set of any number of words. */
export function sidesOfCodes(values: usize, rows: i32, set: usize, words: i32, flip: i32, sides: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    store<u8>(sides + i, inSet(load<f32>(values + (i << 2)), set, words) ^ flip);
  }
}
