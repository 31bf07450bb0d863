/**
 * Which candidates together forecast all series best: greedy selection with replacement on the rolling origins of many series
 * (Caruana, Niculescu-Mizil, Crew and Ksikes 2004). A candidate counts as often as it was taken, so that several that are
 * wrong in the same way do not outvote one that is wrong in another.
 */
import type { Contest } from './contest.js';

/** Additions: the last change the error in the fourth digit. */
const ROUNDS = 15;
/** Origins of all series below which the choice would fit their accidents. */
const ENOUGH = 100;
/** Power of the share of the history that was known at an origin. */
const RECENCY = 4;
/** Share of the origins a candidate must apply to, since elsewhere it could not be compared. */
const GENERAL = 0.8;

/** Share of each candidate, all alike when there is too little to tell (candidates). */
export function chooseEnsemble(contests: readonly Contest[], candidates: number): Float64Array {
  const cases = contests.flatMap((contest) =>
    contest.origins.map((_, o) => openCase(contest, o, candidates)),
  );
  const counts = new Float64Array(candidates);
  if (cases.length < ENOUGH) return counts.fill(1 / candidates);
  const general = Array.from(counts.keys()).filter((k) => appliesTo(cases, k) >= GENERAL * cases.length);
  for (let round = 0; round < ROUNDS; round++) {
    let best = general[0] ?? 0;
    let least = Infinity;
    for (const k of general) {
      let loss = 0;
      for (const one of cases) loss += lossWith(one, k);
      if (loss < least) {
        least = loss;
        best = k;
      }
    }
    counts[best]!++;
    for (const one of cases) take(one, best);
  }
  return counts.map((count) => count / ROUNDS);
}

function appliesTo(cases: readonly Case[], k: number): number {
  return cases.reduce(
    (n, { contest: { h, paths }, at }) => n + (Number.isNaN(paths[at + k * h]!) ? 0 : 1),
    0,
  );
}

/** One origin of one series: the sum of the paths that were taken so far. */
interface Case {
  readonly contest: Contest;
  readonly origin: number;
  /** Place of the first candidate's path. */
  readonly at: number;
  readonly sum: Float64Array;
  taken: number;
  /** Error of the candidate in the middle, which makes series comparable. */
  readonly usual: number;
  /** What the origin counts: the longest histories are most like the whole one. */
  readonly recency: number;
}

function openCase(contest: Contest, origin: number, candidates: number): Case {
  const { h } = contest;
  const one = { contest, origin, at: origin * candidates * h, sum: new Float64Array(h), taken: 0 };
  const losses = Float64Array.from({ length: candidates }, (_, k) => errorWith(one, k));
  const known = losses.filter((value) => value === value && value > 0).sort();
  const recency = (contest.origins[origin]! / contest.origins.at(-1)!) ** RECENCY;
  return { ...one, recency, usual: known[known.length >> 1] ?? Infinity };
}

/** A candidate without a path leaves things as they are; before there is any path that costs as the usual one. */
function lossWith(one: Case, k: number): number {
  const error = errorWith(one, k);
  return one.recency * (error === error ? error / one.usual : 1);
}

function errorWith({ contest, origin, at, sum, taken }: Omit<Case, 'usual' | 'recency'>, k: number): number {
  const { h, paths, actual } = contest;
  const first = at + k * h;
  const has = Number.isNaN(paths[first]!) ? 0 : 1;
  if (taken + has === 0) return NaN;
  let error = 0;
  let count = 0;
  for (let t = 0; t < h; t++) {
    const value = actual[origin * h + t]!;
    if (value !== value) continue;
    const total = has === 1 ? sum[t]! + paths[first + t]! : sum[t]!;
    error += Math.abs(value - total / (taken + has));
    count++;
  }
  return count === 0 ? NaN : error / count;
}

function take(one: Case, k: number): void {
  const { h, paths } = one.contest;
  const first = one.at + k * h;
  if (Number.isNaN(paths[first]!)) return;
  for (let t = 0; t < h; t++) one.sum[t]! += paths[first + t]!;
  one.taken++;
}
