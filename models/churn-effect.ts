/**
 * What a treatment prevents of each cause's ends, for ranking: assumed until the trial against the hold-out has measured it, then the
 * two weighed by what they are sure of (normal prior and normal likelihood). Listed payers are compared as they were drawn and the
 * difference is divided by the share who were treated (Bloom 1984): the hold-out is never treated, so nobody else can have caused it.
 */
import type { ChurnOutcome } from '../features/churn/rows.js';
import type { TrialPayer } from './churn-trial.js';
import { LEAST_PAYERS } from './uplift.js';

const SETTINGS = {
  assumed: { voluntary: 0.1, involuntary: 0.3 }, // Of ends; a reminder or a new mandate mends many lapses, a call few decisions.
  priorPayers: 1000, // The assumption is as sure as a trial of so many listed payers, all treated, would make it.
  priorHeldOut: 0.1, // Of them; as in the hold-out itself.
  fewestEnds: 10, // Of the hold-out's payers by this cause: below, the share that leaves anyway is not known.
  leastTreated: 0.05, // Of the offered payers: below, dividing by it multiplies noise.
  least: 0.01, // A list needs an order even where treating turned out to be worth nothing.
  most: 0.95, // Nothing keeps everybody.
} as const;

type Cause = Exclude<ChurnOutcome, 'kept'>;

/** Shares of the cause's ends. */
export interface CauseEffect {
  /** What ranking uses. */
  readonly prevented: number;
  readonly assumed: number;
  /** By the trial alone; null while it is too small to say. */
  readonly measured: number | null;
  readonly standardError: number | null;
  /** What the measurement counts for in `prevented`: 0 is assumed only. */
  readonly weight: number;
}

export type ChurnEffects = Readonly<Record<Cause, CauseEffect>>;

/** @param payers of the trial, settled; none: all is assumed. */
export function measureEffects(payers: readonly TrialPayer[]): ChurnEffects {
  return { voluntary: effectOf(payers, 'voluntary'), involuntary: effectOf(payers, 'involuntary') };
}

interface Arms {
  readonly heldOut: number;
  readonly offered: number;
  /** Shares that left by the cause. */
  readonly base: number;
  readonly offeredShare: number;
  readonly treatedShare: number;
}

function effectOf(payers: readonly TrialPayer[], cause: Cause): CauseEffect {
  const assumed = SETTINGS.assumed[cause];
  const heldOut = payers.filter((payer) => payer.heldOut);
  const offered = payers.filter((payer) => !payer.heldOut);
  const ends = (of: readonly TrialPayer[]): number => of.filter(({ outcome }) => outcome === cause).length;
  const treatedShare =
    offered.filter(({ treatments }) => treatments > 0).length / Math.max(1, offered.length);
  if (
    Math.min(heldOut.length, offered.length) < LEAST_PAYERS ||
    ends(heldOut) < SETTINGS.fewestEnds ||
    treatedShare < SETTINGS.leastTreated
  )
    return { prevented: assumed, assumed, measured: null, standardError: null, weight: 0 };
  const base = ends(heldOut) / heldOut.length;
  const offeredShare = ends(offered) / offered.length;
  const measured = (base - offeredShare) / (treatedShare * base);
  const variance = varianceOf({
    heldOut: heldOut.length,
    offered: offered.length,
    base,
    offeredShare,
    treatedShare,
  });
  const priorVariance = varianceOf({
    heldOut: SETTINGS.priorPayers * SETTINGS.priorHeldOut,
    offered: SETTINGS.priorPayers * (1 - SETTINGS.priorHeldOut),
    base,
    offeredShare: base * (1 - assumed),
    treatedShare: 1,
  });
  const weight = priorVariance / (priorVariance + variance);
  const prevented = weight * measured + (1 - weight) * assumed;
  return {
    prevented: Math.min(SETTINGS.most, Math.max(SETTINGS.least, prevented)),
    assumed,
    measured,
    standardError: Math.sqrt(variance),
    weight,
  };
}

/** Of (base - offeredShare) / (treatedShare · base), by the delta method; a share of none counts half an end more. */
function varianceOf({ heldOut, offered, base, offeredShare, treatedShare }: Arms): number {
  const share = Math.max(offeredShare, 0.5 / offered);
  const ofOffered = (share * (1 - share)) / offered;
  const ofBase = (Math.max(0.5 / heldOut, 1 - base) * base) / heldOut;
  return (ofOffered + (share / base) ** 2 * ofBase) / (treatedShare * base) ** 2;
}
