/**
 * A circuit breaker over the block rate: a model or a rule that has gone wrong must not refuse everybody. When too large a share of
 * the decisions of a sliding window would be blocked by rules and model, the breaker opens and those blocks become reviews.
 * It goes on counting what would have been blocked, and closes once a whole window has passed and is calm.
 * One process counts its own decisions and starts closed; time comes in as a value.
 */
import type { BlockCap } from './policy-settings.js';

export interface Breaker {
  /** Whether blocks are held back at this instant, given the decisions recorded so far. */
  isOpen(atMs: number): boolean;
  /** @param wouldBlock a rule or the model wanted to block, also while the breaker is open. */
  record(atMs: number, wouldBlock: boolean): void;
}

/** What the window held when the breaker opened or closed. */
export interface BreakerChange {
  readonly open: boolean;
  readonly decisions: number;
  readonly wouldBlock: number;
}

/** The window moves in steps of a thirtieth of itself: half a minute of a quarter of an hour. */
const SLOTS = 30;

export function createBreaker(cap: BlockCap, onChange: (change: BreakerChange) => void): Breaker {
  const windowMs = cap.windowMinutes * 60_000;
  const slotMs = windowMs / SLOTS;
  const decisions = new Float64Array(SLOTS);
  const wouldBlock = new Float64Array(SLOTS);
  let newest = -Infinity;
  let openedAt: number | null = null;

  /** Forgets what has left the window. An earlier instant than the newest one changes nothing. */
  function advance(atMs: number): void {
    const slot = Math.floor(atMs / slotMs);
    for (let next = Math.max(newest + 1, slot - SLOTS + 1); next <= slot; next++) {
      decisions[next % SLOTS] = 0;
      wouldBlock[next % SLOTS] = 0;
    }
    newest = Math.max(newest, slot);
  }

  function follow(atMs: number): void {
    const count = sum(decisions);
    const blocks = sum(wouldBlock);
    const isOver = count >= cap.minDecisions && blocks > cap.share * count;
    const shouldOpen = openedAt === null && isOver;
    const shouldClose = openedAt !== null && atMs - openedAt >= windowMs && !isOver;
    if (!shouldOpen && !shouldClose) return;
    openedAt = shouldOpen ? atMs : null;
    onChange({ open: shouldOpen, decisions: count, wouldBlock: blocks });
  }

  return {
    isOpen: (atMs) => {
      advance(atMs);
      if (openedAt !== null) follow(atMs);
      return openedAt !== null;
    },
    record: (atMs, isBlock) => {
      advance(atMs);
      const place = newest % SLOTS;
      decisions[place] = (decisions[place] ?? 0) + 1;
      if (!isBlock) return;
      wouldBlock[place] = (wouldBlock[place] ?? 0) + 1;
      follow(atMs);
    },
  };
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
