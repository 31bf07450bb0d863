/**
 * Seeded randomness, the only source of it. The same seed gives the same stream on every machine.
 * Generator: xoroshiro128+ (Blackman and Vigna 2018) from `pure-rand`.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface Random {
  /** Uniform in [0, 1). */
  unit(): number;
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
  /** Standard normal, by Box-Muller. */
  normal(): number;
  /** An independent stream, named so that adding one does not disturb the others. */
  fork(name: string): Random;
}

export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed | 0);
  const unit = (): number => (generator.next() >>> 0) / 2 ** 32;
  return {
    unit,
    below: (bound) => Math.floor(unit() * bound),
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    fork: (name) => seededRandom(seed ^ hash32(name)),
  };
}

/** FNV-1a, 32 bits: a stable hash for names, never for security. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
