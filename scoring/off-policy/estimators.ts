/**
 * What a policy would have been worth, from outcomes that were seen only with a known probability. A blocked payment never shows
 * what it was; one that exploration let through stands for all that could have been drawn in its place. Sources: Horvitz and
 * Thompson 1952 (IPS); Swaminathan and Joachims 2015 (SNIPS); Dudik, Langford and Li 2011 (doubly robust); selective labels,
 * Lakkaraju et al. 2017.
 */
import { assert } from '../../core/errors.js';
import { bootstrap, bootstrapDefaults } from '../../models/bootstrap.js';
import type { Interval } from '../../models/bootstrap.js';

/** A decision's value in paise, as far as it is known. */
export interface ValueRow {
  /** Drawn whole for the intervals: the decisions of one payer are not independent. */
  readonly payer: number;
  /** With which the logging policy let the outcome be seen, in (0, 1]. */
  readonly seenProbability: number;
  /** By the outcome; null where it was not seen. */
  readonly observed: number | null;
  /** What a model expects that has not learned from these outcomes. */
  readonly expected: number;
}

export const ESTIMATORS = ['direct', 'ips', 'snips', 'dr'] as const;
export type Estimator = (typeof ESTIMATORS)[number];

/** Of the sum over all rows. */
export interface Estimate {
  readonly paise: number;
  /** Of 95 %; null when a draw of payers had no seen outcome to go by. */
  readonly interval: Interval | null;
}

/**
 * `direct` believes the model; `ips` weights what was seen by one over its probability; `snips` also divides by the weights,
 * among the rows whose outcome was drawn, and is null when none of them was seen; `dr` corrects the model by the weighted
 * errors of what was seen: right when either the model or the probabilities are.
 */
export type Estimates = Readonly<Record<Exclude<Estimator, 'snips'>, Estimate>> & {
  readonly snips: Estimate | null;
};

/** The ends of the interval are then stable to about a twentieth of its width. */
const RESAMPLES = 500;

/** @param rows at least one. */
export function estimate(rows: readonly ValueRow[], seed: number, resamples = RESAMPLES): Estimates {
  const payers = sumsByPayer(rows);
  const undefinedOnce = new Set<Estimator>();
  const measure = (counts: Int32Array): Record<Estimator, number> => {
    const found = totalsOf(payers, rows.length, counts);
    for (const name of ESTIMATORS) if (Number.isNaN(found[name])) undefinedOnce.add(name);
    return found;
  };
  const totals = totalsOf(payers, rows.length, new Int32Array(payers.length).fill(1));
  // A row of this bootstrap is a payer.
  const intervals = bootstrap({ y: new Uint8Array(payers.length) }, measure, {
    ...bootstrapDefaults,
    resamples,
    seed,
    draw: 'rows',
  });
  const found = (name: Estimator): Estimate => ({
    paise: totals[name],
    interval: undefinedOnce.has(name) ? null : intervals[name],
  });
  return {
    direct: found('direct'),
    ips: found('ips'),
    snips: Number.isNaN(totals.snips) ? null : found('snips'),
    dr: found('dr'),
  };
}

/** Every estimator is made of sums, so a draw adds up payers, not rows. */
interface Sums {
  rows: number;
  direct: number;
  /** Values of rows whose outcome was sure to be seen. */
  certain: number;
  /** Rows whose outcome was drawn, the weights of those seen and their weighted values. */
  drawn: number;
  weight: number;
  weighted: number;
  /** Weighted errors of the model. */
  correction: number;
}

const NOTHING: Sums = { rows: 0, direct: 0, certain: 0, drawn: 0, weight: 0, weighted: 0, correction: 0 };

function sumsByPayer(rows: readonly ValueRow[]): Sums[] {
  const byPayer = new Map<number, Sums>();
  for (const { payer, seenProbability, observed, expected } of rows) {
    assert(seenProbability > 0 && seenProbability <= 1, 'what is never seen cannot be estimated');
    const sums = byPayer.get(payer) ?? { ...NOTHING };
    byPayer.set(payer, sums);
    sums.rows++;
    sums.direct += expected;
    if (seenProbability < 1) sums.drawn++;
    if (observed === null) continue;
    const weight = 1 / seenProbability;
    sums.correction += weight * (observed - expected);
    if (seenProbability === 1) sums.certain += observed;
    else {
      sums.weight += weight;
      sums.weighted += weight * observed;
    }
  }
  return [...byPayer.values()];
}

/** @param counts how often each payer was drawn; the totals are scaled to `n` rows. */
function totalsOf(payers: readonly Sums[], n: number, counts: Int32Array): Record<Estimator, number> {
  const total = { ...NOTHING };
  payers.forEach((payer, i) => {
    const times = counts[i] ?? 0;
    if (times === 0) return;
    total.rows += times * payer.rows;
    total.direct += times * payer.direct;
    total.certain += times * payer.certain;
    total.drawn += times * payer.drawn;
    total.weight += times * payer.weight;
    total.weighted += times * payer.weighted;
    total.correction += times * payer.correction;
  });
  const scale = n / total.rows;
  const normalised = total.drawn === 0 ? 0 : (total.drawn * total.weighted) / total.weight;
  return {
    direct: scale * total.direct,
    ips: scale * (total.certain + total.weighted),
    snips: scale * (total.certain + normalised),
    dr: scale * (total.direct + total.correction),
  };
}

/** How many equally weighted rows say as much (Kish 1965): the square of the sum over the sum of squares. */
export function effectiveSampleSize(weights: readonly number[]): number {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const squares = weights.reduce((total, weight) => total + weight * weight, 0);
  return squares === 0 ? 0 : (sum * sum) / squares;
}
