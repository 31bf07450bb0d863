/**
 * Exploration: whoever is blocked never shows whether the block was right, so a small random slice of the blocks that only the
 * model wants is challenged instead, and every decision records how likely its action was (inverse propensity scoring,
 * Horvitz and Thompson 1952). The draw is a hash of the decision's id and a seed: a replay draws the same.
 */
import { createHash } from 'node:crypto';
import type { Exploration } from './policy-settings.js';

interface Candidate {
  readonly decisionId: string;
  readonly amountPaise: bigint;
  readonly currency: string;
}

interface Chance {
  readonly explored: boolean;
  /** Of the branch that was drawn, in (0, 1]. */
  readonly propensity: number;
}

const CERTAIN: Chance = { explored: false, propensity: 1 };

/** For a block that only the model wants. Nothing is explored above the cap of its currency or without one. */
export function explore(candidate: Candidate, { share, seed, maxAmountPaise }: Exploration): Chance {
  const cap = maxAmountPaise[candidate.currency];
  if (share === 0 || cap === undefined || candidate.amountPaise > BigInt(cap)) return CERTAIN;
  const explored = drawOf(candidate.decisionId, seed) < share;
  return { explored, propensity: explored ? share : 1 - share };
}

/** Uniform in [0, 1): the first 48 bits of a SHA-256. */
function drawOf(decisionId: string, seed: number): number {
  const digest = createHash('sha256').update(`${seed}:${decisionId}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
