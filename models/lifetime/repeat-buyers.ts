/**
 * What models of repeat buying need of each customer, and no more (Fader, Hardie and Lee 2005): how many repeat
 * purchases, when the last one was, and for how long the customer could have bought. The first purchase makes a customer
 * and is no repeat.
 */

/** Columns of equal length (n customers); times in one unit of the caller's, counted from the first purchase. */
export interface RepeatBuyers {
  /** x: repeat purchases, a whole number. */
  readonly repeats: Float64Array;
  /** t_x: time of the last purchase; 0 without a repeat. */
  readonly lastAt: Float64Array;
  /** T: time until the end of observation. */
  readonly observed: Float64Array;
}

/** What a model says of a customer. */
export interface RepeatAnswers {
  /** Probability that the customer has not left for good by the end of observation. */
  aliveProbability(repeats: number, lastAt: number, observed: number): number;
  /** Expected purchases in the next `horizon` units of time. */
  expectedPurchases(repeats: number, lastAt: number, observed: number, horizon: number): number;
}

/** Models that differ in their parameters only, all of them positive. */
export interface RepeatFamily {
  /** Where the search for the most likely parameters begins. */
  start(rows: CountedBuyers): Parameters;
  logLikelihood(rows: CountedBuyers, parameters: Parameters): number;
  answers(parameters: Parameters): RepeatAnswers;
}

export type Parameters = Readonly<Record<string, number>>;

/** A model with its parameters fitted. */
export interface RepeatModel extends RepeatAnswers {
  readonly name: RepeatModelName;
  readonly parameters: Parameters;
  /** Log-likelihood of the customers that it was fitted on. */
  readonly logLikelihood: number;
}

export const REPEAT_MODELS = ['bg-nbd', 'mbg-nbd', 'pareto-nbd'] as const;
export type RepeatModelName = (typeof REPEAT_MODELS)[number];

/** The same customers with equal ones counted once. */
export interface CountedBuyers extends RepeatBuyers {
  readonly count: Float64Array;
}

export function counted(buyers: RepeatBuyers): CountedBuyers {
  const places = new Map<string, number>();
  const first: number[] = [];
  const counts: number[] = [];
  buyers.repeats.forEach((repeats, i) => {
    const key = `${repeats}/${buyers.lastAt[i]!}/${buyers.observed[i]!}`;
    const place = places.get(key);
    if (place !== undefined) counts[place]!++;
    else {
      places.set(key, first.length);
      first.push(i);
      counts.push(1);
    }
  });
  const pick = (column: Float64Array): Float64Array => Float64Array.from(first, (i) => column[i]!);
  return {
    repeats: pick(buyers.repeats),
    lastAt: pick(buyers.lastAt),
    observed: pick(buyers.observed),
    count: Float64Array.from(counts),
  };
}
