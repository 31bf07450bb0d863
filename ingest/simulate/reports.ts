/**
 * When and by whom a fraud is noticed: a chargeback weeks later, an analyst's review of a burst of failures, or never.
 * Delays are log-normal with a median that depends on the mechanic, between 3 and 60 days.
 */
import type { LabelSource } from '../facts.js';
import type { Mechanic } from './truth.js';
import type { Random } from '../../core/random.js';
import { chance, clamp, logNormal } from './chance.js';
import { DAY_MS } from '../../core/days.js';

interface Report {
  readonly source: LabelSource;
  readonly delayMs: number;
}

interface Habits {
  readonly medianDays: number;
  readonly sigma: number;
  /** Probability that a captured, or a failed, fraudulent attempt is ever reported. */
  readonly capturedShare: number;
  readonly failedShare: number;
}

const HABITS: Readonly<Record<Mechanic, Habits>> = {
  card_testing: { medianDays: 6, sigma: 0.5, capturedShare: 0.95, failedShare: 0.8 },
  account_takeover: { medianDays: 8, sigma: 0.6, capturedShare: 0.95, failedShare: 0.6 },
  stolen_card: { medianDays: 17, sigma: 0.6, capturedShare: 0.93, failedShare: 0.5 },
  compromised_counter: { medianDays: 20, sigma: 0.5, capturedShare: 0.9, failedShare: 0.3 },
  friendly_fraud: { medianDays: 30, sigma: 0.4, capturedShare: 1, failedShare: 0 },
};

const SHORTEST_DAYS = 3;
const LONGEST_DAYS = 60;

export function drawReport(random: Random, mechanic: Mechanic, captured: boolean): Report | null {
  const { medianDays, sigma, capturedShare, failedShare } = HABITS[mechanic];
  if (!chance(random, captured ? capturedShare : failedShare)) return null;
  const delayDays = clamp(logNormal(random, medianDays, sigma), SHORTEST_DAYS, LONGEST_DAYS);
  return { source: captured ? 'chargeback' : 'review', delayMs: Math.floor(delayDays * DAY_MS) };
}

/** One honest payment in four thousand is reported by mistake; a review takes the report back within the same 60 days. */
const MISTAKEN_SHARE = 0.00025;

export function drawMistake(random: Random): { reportMs: number; reversalMs: number } | null {
  if (!chance(random, MISTAKEN_SHARE)) return null;
  const reportDays = SHORTEST_DAYS + 27 * random.unit();
  const reversalDays = reportDays + 5 + 25 * random.unit();
  return { reportMs: Math.floor(reportDays * DAY_MS), reversalMs: Math.floor(reversalDays * DAY_MS) };
}
