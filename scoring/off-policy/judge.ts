/**
 * The money of two policies on the same decisions: the estimates where the outcome could be seen, and bounds where the logging
 * policy never let it be seen (blocks of lists, rules and unexplored models). A decision whose value cannot differ, whatever
 * its outcome, differs by exactly zero.
 */
import { ACTIONS } from '../request.js';
import type { Action } from '../request.js';
import { at, minus, valueOf } from './action-value.js';
import type { ActionShares, ActionValue, Stake, Yardstick } from './action-value.js';
import { effectiveSampleSize, estimate } from './estimators.js';
import type { Estimates, ValueRow } from './estimators.js';

/** A decision whose outcome has had the time to become known. */
export interface JudgedDecision extends Stake {
  /** Code of the payer, from 0. */
  readonly payer: number;
  /** What was done. */
  readonly action: Action;
  readonly logged: ActionShares;
  readonly candidate: ActionShares;
  /** Of fraud, as it was logged; null when no model said one. */
  readonly probability: number | null;
  /** Whether a fraud was reported. */
  readonly fraud: boolean;
}

/** Share of the frauds that become known after each action: a blocked payment never shows what it was. */
export type ReportShares = Readonly<Record<Action, number>>;

export interface Measure {
  readonly yardstick: Yardstick;
  readonly reported: ReportShares;
  readonly seed: number;
}

/** Where the outcome could never be seen: between the best and the worst that it can have been. Paise. */
interface Bounds {
  readonly decisions: number;
  readonly lowPaise: number;
  readonly highPaise: number;
  /** By the logged probabilities; an extrapolation. */
  readonly expectedPaise: number;
}

export interface Value extends Estimates {
  readonly never: Bounds;
}

export interface Overlap {
  /** Decisions whose value may differ. */
  readonly changed: number;
  /** Of these, whose outcome was sure to be seen, drawn, or never. */
  readonly certain: number;
  readonly drawn: number;
  readonly never: number;
  /** Of the drawn. */
  readonly drawnSeen: number;
  readonly effectiveSampleSize: number;
  readonly largestWeight: number;
  /** Share of all decisions given an action that the logging policy could not take: valued by the costs, not by what followed. */
  readonly newActionShare: number;
}

export interface Judgement {
  readonly logged: Value;
  readonly candidate: Value;
  readonly difference: Value;
  readonly overlap: Overlap;
  readonly challenged: ChallengedFrauds;
}

/** A check of `reported.challenge`: does what was reported of challenged payments agree with the logged probabilities? */
interface ChallengedFrauds {
  readonly decisions: number;
  readonly reported: number;
  readonly expectedReports: number;
}

/** @param decisions at least one. */
export function judge(decisions: readonly JudgedDecision[], measure: Measure): Judgement {
  const { yardstick, reported, seed } = measure;
  const outcomes = decisions.map((decision) => outcomeOf(decision, reported));
  const base = baseRate(outcomes);
  const rows = outcomes.map((outcome): Row => {
    const { logged, candidate, probability } = outcome.decision;
    const before = valueOf(logged, outcome.decision, yardstick);
    const after = valueOf(candidate, outcome.decision, yardstick);
    const values = { logged: before, candidate: after, difference: minus(after, before) };
    return { ...outcome, values, expected: probability ?? base };
  });
  return {
    logged: judgeValues(rows, 'logged', seed),
    candidate: judgeValues(rows, 'candidate', seed),
    difference: judgeValues(rows, 'difference', seed),
    overlap: overlapOf(rows),
    challenged: challengedFrauds(rows, reported),
  };
}

interface Outcome {
  readonly decision: JudgedDecision;
  readonly seenProbability: number;
  /** Unbiased for whether it was fraud; null where the outcome was not seen. */
  readonly fraud: number | null;
}

interface Row extends Outcome {
  readonly values: Readonly<Record<'logged' | 'candidate' | 'difference', ActionValue>>;
  /** Probability of fraud by the model. */
  readonly expected: number;
}

function outcomeOf(decision: JudgedDecision, reported: ReportShares): Outcome {
  const { logged, action, fraud } = decision;
  const share = reported[action];
  return {
    decision,
    // Added up in this order, so that a certain outcome has the probability 1 exactly.
    seenProbability: ACTIONS.reduce((sum, one) => sum + (reported[one] > 0 ? logged[one] : 0), 0),
    // A report after an action that lets only some be reported stands for the others too.
    fraud: share === 0 ? null : fraud ? 1 / share : 0,
  };
}

/** The share of fraud among what could be seen, for decisions without a probability. */
function baseRate(outcomes: readonly Outcome[]): number {
  let [weights, frauds] = [0, 0];
  for (const { seenProbability, fraud } of outcomes) {
    if (fraud === null) continue;
    weights += 1 / seenProbability;
    frauds += fraud / seenProbability;
  }
  return weights === 0 ? 0 : Math.min(1, frauds / weights);
}

function isZero({ ifGood, ifFraud }: ActionValue): boolean {
  return ifGood === 0 && ifFraud === 0;
}

function judgeValues(rows: readonly Row[], of: keyof Row['values'], seed: number): Value {
  const never = { decisions: 0, lowPaise: 0, highPaise: 0, expectedPaise: 0 };
  const estimated = rows.map(
    ({ decision: { payer }, seenProbability, fraud, values, expected }): ValueRow => {
      const value = values[of];
      // Worth nothing for certain, or bounded instead.
      if (isZero(value) || seenProbability === 0)
        return { payer, seenProbability: 1, observed: 0, expected: 0 };
      const observed = fraud === null ? null : at(value, fraud);
      return { payer, seenProbability, observed, expected: at(value, expected) };
    },
  );
  for (const { seenProbability, values, expected } of rows) {
    if (seenProbability > 0 || isZero(values[of])) continue;
    const { ifGood, ifFraud } = values[of];
    never.decisions++;
    never.lowPaise += Math.min(ifGood, ifFraud);
    never.highPaise += Math.max(ifGood, ifFraud);
    never.expectedPaise += at(values[of], expected);
  }
  return { ...estimate(estimated, seed), never };
}

function overlapOf(rows: readonly Row[]): Overlap {
  const changed = rows.filter(({ values }) => !isZero(values.difference));
  const drawn = changed.filter(({ seenProbability }) => seenProbability > 0 && seenProbability < 1);
  const weights = drawn.flatMap(({ fraud, seenProbability }) =>
    fraud === null ? [] : [1 / seenProbability],
  );
  const newActions = rows.reduce(
    (sum, { decision: { logged, candidate } }) =>
      sum + ACTIONS.reduce((own, action) => own + (logged[action] === 0 ? candidate[action] : 0), 0),
    0,
  );
  return {
    changed: changed.length,
    certain: changed.filter(({ seenProbability }) => seenProbability === 1).length,
    drawn: drawn.length,
    never: changed.filter(({ seenProbability }) => seenProbability === 0).length,
    drawnSeen: weights.length,
    effectiveSampleSize: effectiveSampleSize(weights),
    largestWeight: weights.reduce((most, weight) => Math.max(most, weight), 0),
    newActionShare: newActions / rows.length,
  };
}

function challengedFrauds(rows: readonly Row[], reported: ReportShares): ChallengedFrauds {
  const challenged = rows.filter(({ decision }) => decision.action === 'challenge');
  return {
    decisions: challenged.length,
    reported: challenged.filter(({ decision }) => decision.fraud).length,
    expectedReports: challenged.reduce((sum, { expected }) => sum + expected, 0) * reported.challenge,
  };
}
