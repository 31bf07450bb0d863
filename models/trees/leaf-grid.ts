/**
 * Leaf values as whole multiples of one power of two, found from their bits. Where they are, a sum of them is exact in any
 * order, in floats as in the bytes of the batch kernel; where they are not, every path adds in the order of the trees.
 */
import type { Trees } from './trees.js';

export interface LeafGrid {
  /** A leaf value is a whole number of these; a power of two. */
  readonly unit: number;
  /** Smallest leaf of each tree, in units (trees). */
  readonly lowest: Float64Array;
  /** Bytes that hold any leaf of any tree above the lowest of the tree. */
  readonly bytes: number;
}

const MAX_BYTES = 6; // 48 bits: what a double holds beside a few thousand trees.

/** Null for values whose sum could round. */
export function leafGrid({ roots, feature, value }: Trees): LeafGrid | null {
  let last = Infinity;
  for (let node = 0; node < feature.length; node++) {
    if (feature[node]! < 0 && value[node] !== 0) last = Math.min(last, lastBit(value[node]!));
  }
  const unit = last === Infinity ? 1 : 2 ** last;
  if (!(1 / unit < Infinity)) return null;
  const lowest = new Float64Array(roots.length);
  let span = 0;
  let reach = 0;
  for (let t = 0; t < roots.length; t++) {
    let [least, most] = [Infinity, -Infinity];
    for (let node = roots[t]!; node < (roots[t + 1] ?? feature.length); node++) {
      if (feature[node]! >= 0) continue;
      least = Math.min(least, value[node]! / unit);
      most = Math.max(most, value[node]! / unit);
    }
    lowest[t] = least;
    span = Math.max(span, most - least);
    reach += Math.max(Math.abs(least), Math.abs(most), most - least);
  }
  // Comparisons that fail for what is not finite.
  if (!(reach < 2 ** 53 && span < 2 ** (8 * MAX_BYTES))) return null;
  return { unit, lowest, bytes: Math.max(1, Math.ceil(Math.log2(span + 1) / 8)) };
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** Exponent of the last bit that is set. */
function lastBit(value: number): number {
  double[0] = value;
  const [low, high] = [words[0]!, words[1]!];
  const exponent = (high >>> 20) & 0x7ff;
  const fraction = (high & 0xfffff) | (exponent > 0 ? 0x100000 : 0);
  const zeros = low !== 0 ? trailingZeros(low) : 32 + trailingZeros(fraction);
  return Math.max(exponent, 1) - 1075 + zeros;
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}
