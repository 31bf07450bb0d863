/**
 * Which payers stay on the ladder for good, and what a choice leaves to chance. Both are hashes: a rerun, a crash or a new model moves
 * nobody across and draws the same slot again. The salts are of their own, so that this hold-out is independent of every other.
 */
import { createHash } from 'node:crypto';

const SALTS = { heldOut: 'retry-hold-out-1', explored: 'retry-exploration-1' } as const; // Never change the first while lift is measured.

/** The payer's retries follow the ladder, whatever a model says. */
export function isOnLadder(payerId: string, share: number): boolean {
  return draws(`${SALTS.heldOut}:${payerId}`)[0] < share;
}

/** Two independent numbers in [0, 1) for one attempt of one chain: whether to explore, and where. */
export function explorationDraws(chainId: string, attempt: number): readonly [number, number] {
  return draws(`${SALTS.explored}:${chainId}:${attempt}`);
}

function draws(text: string): readonly [number, number] {
  const digest = createHash('sha256').update(text).digest();
  return [digest.readUIntBE(0, 6) / 2 ** 48, digest.readUIntBE(6, 6) / 2 ** 48];
}
