/**
 * Draws on a seeded stream. Each mechanism of the simulator has its own named stream, so that a change in one leaves
 * the draws of the others alone.
 */
import type { Random } from '../../core/random.js';
import { assert } from '../../core/errors.js';

const STREAM_NAMES = [
  'ids',
  'schools',
  'payers',
  'instruments',
  'network',
  'outages',
  'funds',
  'declines',
  'checkout',
  'topups',
  'guests',
  'mandates',
  'subscriptions',
  'churn',
  'refunds',
  'disputes',
  'fraud',
  'labels',
] as const;
export type Streams = Readonly<Record<(typeof STREAM_NAMES)[number], Random>>;

/** Draws thrown away first: the generator starts from a state with few set bits. */
const WARM_UP = 64;

export function openStreams(root: Random): Streams {
  const open = (name: string): Random => {
    const stream = root.fork(name);
    for (let i = 0; i < WARM_UP; i++) stream.unit();
    return stream;
  };
  return Object.fromEntries(STREAM_NAMES.map((name) => [name, open(name)])) as Streams;
}

export function chance(random: Random, probability: number): boolean {
  return random.unit() < probability;
}

/** Uniform integer in [low, high]. */
export function between(random: Random, low: number, high: number): number {
  return low + random.below(high - low + 1);
}

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[random.below(items.length)];
  assert(item !== undefined, 'pick from a list that is not empty');
  return item;
}

export type Weighted<T> = readonly (readonly [T, number])[];

export function pickWeighted<T>(random: Random, items: Weighted<T>): T {
  let total = 0;
  for (const [, weight] of items) total += weight;
  let left = random.unit() * total;
  for (const [item, weight] of items) {
    left -= weight;
    if (left < 0) return item;
  }
  const last = items[items.length - 1];
  assert(last !== undefined, 'pick from a list that is not empty');
  return last[0];
}

/** Log-normal with this median; `sigma` is the standard deviation of the logarithm. */
export function logNormal(random: Random, median: number, sigma: number): number {
  return median * Math.exp(sigma * random.normal());
}

/** P(Z < z) of a standard normal, to 1e-7 (Abramowitz and Stegun 1964, 26.2.17). */
export function normalCdf(z: number): number {
  if (z > 0) return 1 - normalCdf(-z);
  const t = 1 / (1 - 0.2316419 * z);
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly;
}

/** Exponential waiting time. */
export function waiting(random: Random, mean: number): number {
  return -mean * Math.log(1 - random.unit());
}

/** Poisson count by Knuth's product, for small means. */
export function poisson(random: Random, mean: number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.unit(); product > limit; product *= random.unit()) count++;
  return count;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

export function logistic(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

const ID_ALPHABET = 36;
const ID_PART = ID_ALPHABET ** 5;

/** An opaque id as Razorpay writes them: a prefix and 14 characters that say nothing. */
export function mintId(ids: Random, prefix: string): string {
  const part = (): string => ids.below(ID_PART).toString(ID_ALPHABET).padStart(5, '0');
  return `${prefix}_${part()}${part()}${part().slice(1)}`;
}
