/**
 * AssemblyScript: gradients and hessians of the losses, and their rounding to fixed point. The exponential is our own
 * polynomial, so that figures are the same on every machine; rounding is random but fixed by row and tree, so sums of
 * many equal small gradients have no bias.
 */
import { arg, real, share } from './grow-crew';

/** Rows of a partial sum: the order of adding is the same for any number of threads. */
export const CHUNK: usize = 4096;

const LOGISTIC: usize = 0;
const SQUARED: usize = 1;

/** e^x for |x| <= 700, relative error below 1e-9. */
// @ts-ignore: decorator
@inline
function exp2x(x: v128): v128 {
  const k = f64x2.nearest(f64x2.mul(x, f64x2.splat(1.4426950408889634)));
  const r = f64x2.sub(
    f64x2.sub(x, f64x2.mul(k, f64x2.splat(0.6931471803691238))),
    f64x2.mul(k, f64x2.splat(1.9082149292705877e-10)),
  );
  let sum = f64x2.splat(1.0 / 40320.0);
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 5040.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 720.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 120.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 24.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 6.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(0.5));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0));
  const exponent = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(k));
  return f64x2.mul(sum, i64x2.shl(i64x2.add(exponent, i64x2.splat(1023)), 52));
}

/** Gradient and hessian of two rows as f32x4 (g, h, g, h), before weights: with q the chance of the wrong class. */
// @ts-ignore: decorator
@inline
function logistic(scores: usize, labels: usize, row: usize): v128 {
  const first = load<u8>(labels + row) != 0;
  const second = load<u8>(labels + row, 1) != 0;
  const score = v128.load(scores + (row << 3));
  const flip = f64x2(first ? 1 : -1, second ? 1 : -1);
  const x = f64x2.pmax(f64x2.pmin(f64x2.mul(score, flip), f64x2.splat(700)), f64x2.splat(-700));
  const q = f64x2.div(f64x2.splat(1), f64x2.add(f64x2.splat(1), exp2x(x)));
  const g = f64x2.neg(f64x2.mul(q, flip));
  const h = f64x2.mul(q, f64x2.sub(f64x2.splat(1), q));
  const narrowG = f32x4.demote_f64x2_zero(g);
  const narrowH = f32x4.demote_f64x2_zero(h);
  return v128.shuffle<i32>(narrowG, narrowH, 0, 4, 1, 5);
}

/** Squared: the residual. Quantile: its side. `shrink` brings residuals near one; hessians are one. */
// @ts-ignore: decorator
@inline
function residual(scores: usize, targets: usize, row: usize, loss: usize, shrink: f64, alpha: f64): f64 {
  const difference = (load<f64>(scores + (row << 3)) - load<f64>(targets + (row << 3))) * shrink;
  if (loss == SQUARED) return difference;
  return difference < 0 ? -alpha : 1 - alpha;
}

/**
 * Arguments: 0 loss; 1 scores; 2 targets; 3 weights or 0; 4 gradients; 5 rows; 6 partial sums (2 doubles a chunk).
 * Doubles: 0 what residuals are multiplied by; 1 quantile; 2 weight of the positives. Arrays are read and written up to an
 * even number of rows.
 */
export function derive(thread: i32, threads: i32): void {
  const rows = arg(5);
  const chunks = (rows + CHUNK - 1) / CHUNK;
  for (let chunk = <usize>thread; chunk < chunks; chunk += threads) {
    const end = min((chunk + 1) * CHUNK, rows);
    if (arg(0) == LOGISTIC) deriveLogistic(chunk * CHUNK, end);
    else deriveResiduals(chunk * CHUNK, end);
    sumChunk(chunk, end);
  }
}

function deriveLogistic(from: usize, end: usize): void {
  const positive = <f32>real(2);
  const isPlain = arg(3) == 0 && positive == 1;
  const scores = arg(1);
  const labels = arg(2);
  const gradients = arg(4);
  for (let row = from; row < end; row += 2) {
    let value = logistic(scores, labels, row);
    if (!isPlain) {
      const first = weightOf(row) * (load<u8>(labels + row) != 0 ? positive : 1);
      const second = weightOf(row + 1) * (load<u8>(labels + row, 1) != 0 ? positive : 1);
      value = f32x4.mul(value, f32x4(first, first, second, second));
    }
    v128.store(gradients + (row << 3), value);
  }
}

function deriveResiduals(from: usize, end: usize): void {
  for (let row = from; row < end; row++) {
    const weight = weightOf(row);
    const g = <f32>residual(arg(1), arg(2), row, arg(0), real(0), real(1));
    store<f32>(arg(4) + (row << 3), g * weight);
    store<f32>(arg(4) + (row << 3), weight, 4);
  }
}

// @ts-ignore: decorator
@inline
function weightOf(row: usize): f32 {
  return arg(3) == 0 ? 1 : load<f32>(arg(3) + (row << 2));
}

/** Two sums at a time, since an addition waits for the one before. */
function sumChunk(chunk: usize, end: usize): void {
  const gradients = arg(4);
  let even = f64x2.splat(0);
  let odd = f64x2.splat(0);
  let row = chunk * CHUNK;
  for (; row + 2 <= end; row += 2) {
    const pair = f32x4.abs(v128.load(gradients + (row << 3)));
    even = f64x2.add(even, f64x2.promote_low_f32x4(pair));
    odd = f64x2.add(odd, f64x2.promote_low_f32x4(v128.shuffle<i64>(pair, pair, 1, 0)));
  }
  if (row < end) {
    const last = v128.load64_zero(gradients + (row << 3));
    even = f64x2.add(even, f64x2.promote_low_f32x4(f32x4.abs(last)));
  }
  v128.store(arg(6) + (chunk << 4), f64x2.add(even, odd));
}

/** Uniform in [0, 1) for each lane, from its number and the seed (the finaliser of MurmurHash3). */
// @ts-ignore: decorator
@inline
function dither(row: u32, seed: v128): v128 {
  const lanes = i32x4.add(i32x4.splat(row << 1), i32x4(0, 1, 2, 3));
  let x = i32x4.add(i32x4.mul(lanes, i32x4.splat(0x9e3779b1)), seed);
  x = v128.xor(x, i32x4.shr_u(x, 16));
  x = i32x4.mul(x, i32x4.splat(0x85ebca6b));
  x = v128.xor(x, i32x4.shr_u(x, 13));
  x = i32x4.mul(x, i32x4.splat(0xc2b2ae35));
  return f32x4.mul(f32x4.convert_i32x4_u(i32x4.shr_u(x, 8)), f32x4.splat(1.0 / 16777216.0));
}

/**
 * Rounds gradients and hessians to whole units. Arguments: 0 gradients; 1 where the units go, which may be the same place
 * without a list; 2 positions; 3 list of rows or 0; 4 seed. Doubles: 0 and 1 units of one gradient and hessian.
 */
export function round(thread: i32, threads: i32): void {
  const scale = f32x4(<f32>real(0), <f32>real(1), <f32>real(0), <f32>real(1));
  const seed = i32x4.splat(<i32>arg(4));
  const pairs = (arg(2) + 1) / 2;
  const end = share(pairs, thread + 1, threads) * 2;
  const list = arg(3);
  for (let at = share(pairs, thread, threads) * 2; at < end; at += 2) {
    let value: v128;
    if (list == 0) value = v128.load(arg(0) + (at << 3));
    else {
      value = v128.load64_zero(arg(0) + ((<usize>load<u32>(list + (at << 2))) << 3));
      value = v128.load64_lane(arg(0) + ((<usize>load<u32>(list + (at << 2), 4)) << 3), value, 1);
    }
    value = f32x4.floor(f32x4.add(f32x4.mul(value, scale), dither(<u32>at, seed)));
    v128.store(arg(1) + (at << 3), i32x4.trunc_sat_f32x4_s(value));
  }
}
