/**
 * How far two binned samples are apart: population stability index, Jensen-Shannon distance, and which way values moved.
 * Sizes, never p-values: a large sample finds every difference significant, so what is said beside the size is only how
 * much of it chance alone would give. Sources: Yurdakul 2018 (PSI is (1/n + 1/m) times a chi-square variable when nothing
 * moved); Endres and Schindelin 2003 (the root of the divergence is a metric); Bross 1958 (ridits); Wilson 1927.
 */
import { assert } from '../core/errors.js';

type Counts = readonly number[];

/** Half a row more in each bin: an empty bin is rare, not impossible (Jeffreys' prior). */
const PRIOR_ROWS = 0.5;

/** Of two samples in the same bins (b), not negative. Above .1 a shift, above .25 a large one, by the industry's custom. */
export function psi(a: Counts, b: Counts): number {
  const [p, q] = [smoothed(a, b), smoothed(b, a)];
  return p.reduce((sum, share, k) => sum + (share - q[k]!) * Math.log(share / q[k]!), 0);
}

/** Bins that neither sample fills say nothing and get no prior. */
function smoothed(counts: Counts, others: Counts): number[] {
  assert(counts.length === others.length, 'both samples have the same bins');
  const filled = counts.filter((count, k) => count + others[k]! > 0);
  const total = filled.reduce((sum, count) => sum + count + PRIOR_ROWS, 0);
  return filled.map((count) => (count + PRIOR_ROWS) / total);
}

/** From 0 (the same shares) to 1 (no bin in common); 0 when a sample is empty. */
export function jensenShannon(a: Counts, b: Counts): number {
  const [n, m] = [sumOf(a), sumOf(b)];
  if (n === 0 || m === 0) return 0;
  const divergence = a.reduce((sum, count, k) => {
    const [p, q] = [count / n, b[k]! / m];
    const middle = (p + q) / 2;
    return sum + (bits(p, middle) + bits(q, middle)) / 2;
  }, 0);
  return Math.sqrt(Math.min(1, Math.max(0, divergence)));
}

function bits(share: number, middle: number): number {
  return share === 0 ? 0 : share * Math.log2(share / middle);
}

/** P(a value of `newer` lies in a higher bin than one of `older`), ties half. One half: no shift. Null when one is empty. */
export function exceeds(older: Counts, newer: Counts): number | null {
  const pairs = sumOf(older) * sumOf(newer);
  if (pairs === 0) return null;
  let below = 0;
  let wins = 0;
  for (const [k, count] of older.entries()) {
    wins += newer[k]! * (below + count / 2);
    below += count;
  }
  return wins / pairs;
}

/** Of the PSI when nothing moved: its mean and what 999 of 1,000 such samples stay below. */
export interface PsiNoise {
  readonly mean: number;
  readonly high: number;
}

/** Hundreds of features are judged at once: at the 95 % point, one in twenty would alarm by chance. */
const HIGH_DEVIATIONS = 3.0902;

/** @param n, m independent members of the two samples: payments of one payer are not. */
export function psiNoise(a: Counts, b: Counts, { n, m }: { n: number; m: number }): PsiNoise {
  const freedom = a.filter((count, k) => count + b[k]! > 0).length - 1;
  if (freedom < 1) return { mean: 0, high: 0 };
  const scale = 1 / Math.max(1, n) + 1 / Math.max(1, m);
  return { mean: freedom * scale, high: chiSquarePoint(freedom) * scale };
}

/** Wilson and Hilferty 1931: within a few per cent of the exact point. */
function chiSquarePoint(freedom: number): number {
  const spread = 2 / (9 * freedom);
  return freedom * (1 - spread + HIGH_DEVIATIONS * Math.sqrt(spread)) ** 3;
}

const Z95 = 1.959964;

/** 95 % interval of a share, which also holds for few events and for none (Wilson's score interval). */
export function shareInterval(events: number, of: number): { readonly low: number; readonly high: number } {
  if (of === 0) return { low: 0, high: 1 };
  const share = events / of;
  const z2 = Z95 * Z95;
  const centre = (share + z2 / (2 * of)) / (1 + z2 / of);
  const reach = (Z95 * Math.sqrt((share * (1 - share)) / of + z2 / (4 * of * of))) / (1 + z2 / of);
  return { low: Math.max(0, centre - reach), high: Math.min(1, centre + reach) };
}

function sumOf(counts: Counts): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
