/**
 * How much each candidate counts for each series: a softmax of its log error relative to the other candidates, drawn to what
 * the candidate does over all series by how few origins the series has (combination: Bates and Granger 1969; shrinkage to
 * the pool: Montero-Manso et al. 2020). Sharpness and shrinkage are chosen by leaving one origin out, for all series together.
 */
import { ANCHORS } from './candidates.js';
import type { Contest } from './contest.js';
import { chooseEnsemble } from './ensemble.js';
import { overlaps } from './origins.js';

export interface Sharpness {
  /** 0 is the mean, 1 inverse errors, large the best alone. */
  readonly power: number;
  /** Origins that the pool counts for. */
  readonly trust: number;
}

/** Errors of a series, to be averaged over any origins (k x candidates), NaN where a candidate does not apply. */
interface Errors {
  readonly origins: readonly number[];
  readonly h: number;
  readonly candidates: number;
  readonly absolute: Float64Array;
  /** Of the candidate in the middle at each origin, NaN where nothing came (k). */
  readonly usual: Float64Array;
  /** Which candidates have a path ahead now. */
  readonly applies: Uint8Array;
  /** Share of the weight that the anchors have between them, whatever the origins say. */
  readonly anchored: number;
}

export interface Weighing {
  readonly sharpness: Sharpness;
  /** Mean log relative error of each candidate over all series (candidates). */
  readonly pool: Float64Array;
  /** Of the ensemble that is best for all series (candidates). */
  readonly shares: Float64Array;
  /** Weights that sum to 1; with `without` as if what came after that origin were not known (candidates). */
  weightsOf(series: number, without?: number): Float64Array;
}

const POWERS = [0, 1, 2, 4, 8, 16] as const;
const TRUSTS = [1, 4, 16] as const;
/** The choice of an ensemble and of its sharpness needs no more series. */
const MOST_JUDGED = 300;
/** What a candidate is thought to be worth that nobody could judge: worse than the others. */
const UNKNOWN = 0.3;
/** A candidate so much worse than the best is left out: a small weight on a wild path is still wild. */
const HOPELESS = 0.7;

/** Values of a seasonal history at which half of the weight is the anchors': origins of a short one are shorter still, and unlike it. */
const ANCHORED = 100;
/** Fewer do not tell the parameters of the anchors. */
const LEAST_ANCHORED = 16;

/** What all series together say. */
interface Pool {
  /** Mean log relative errors (candidates). */
  readonly scores: Float64Array;
  /** Of the ensemble that is best for all (candidates). */
  readonly shares: Float64Array;
  /** Places of those that the weights of short histories are drawn to as much as to `ANCHORS`. */
  readonly anchors: readonly number[];
}

/** Share of every candidate before the ensemble's: one that is best for a single series has a say in it. */
const HEDGE = 0.01;

/** @param anchors places of candidates beside `ANCHORS` that are as sound where histories are short. */
export function weigh(contests: readonly Contest[], anchors: readonly number[] = []): Weighing {
  const errors = contests.map(errorsOf);
  const stride = Math.max(1, Math.ceil(contests.length / MOST_JUDGED));
  const judged = contests.map((_, i) => i).filter((i) => i % stride === 0);
  const scores = pooledScores(errors);
  const sample = judged.map((i) => contests[i]!);
  const pool = { scores, shares: chooseEnsemble(sample, scores.length), anchors };
  const sharpness = chooseSharpness(
    sample,
    judged.map((i) => errors[i]!),
    pool,
  );
  return {
    sharpness,
    pool: scores,
    shares: pool.shares,
    weightsOf: (series, without = -1) => weightsFrom(errors[series]!, pool, sharpness, without),
  };
}

/** The weighted path from the row of paths of an origin, or of now (h). A candidate without a path there gives up its weight. */
export function combine({ h, paths }: Contest, row: number, weights: Float64Array): Float64Array {
  const path = new Float64Array(h);
  let total = 0;
  for (let k = 0; k < weights.length; k++) {
    const at = (row * weights.length + k) * h;
    const weight = weights[k]!;
    if (weight === 0 || Number.isNaN(paths[at]!)) continue;
    total += weight;
    for (let t = 0; t < h; t++) path[t]! += weight * paths[at + t]!;
  }
  return total > 0 ? path.map((value) => value / total) : path.fill(NaN);
}

function errorsOf({ h, season, origins, paths, actual, scale, known: length }: Contest): Errors {
  const candidates = paths.length / ((origins.length + 1) * h);
  const absolute = new Float64Array(origins.length * candidates);
  const applies = new Uint8Array(candidates);
  const least = 1e-6 * (Number.isFinite(scale) ? scale : 1);
  for (let k = 0; k < candidates; k++)
    applies[k] = Number.isNaN(paths[(origins.length * candidates + k) * h]!) ? 0 : 1;
  for (let o = 0; o < origins.length; o++) {
    for (let k = 0; k < candidates; k++) {
      let sum = 0;
      let known = 0;
      for (let t = 0; t < h; t++) {
        const value = actual[o * h + t]!;
        if (!Number.isFinite(value)) continue;
        sum += Math.abs(value - paths[(o * candidates + k) * h + t]!);
        known++;
      }
      absolute[o * candidates + k] = known === 0 ? NaN : sum / known + least;
    }
  }
  const usual = Float64Array.from(origins, (_, o) =>
    middleOf(absolute.subarray(o * candidates, (o + 1) * candidates)),
  );
  const anchored = season > 1 && length >= LEAST_ANCHORED ? 1 / (1 + (length / ANCHORED) ** 2) : 0;
  return { origins, h, candidates, absolute, usual, applies, anchored };
}

/** NaN where all are. */
function middleOf(values: Float64Array): number {
  const known = values.filter((value) => value === value).sort();
  return known[known.length >> 1] ?? NaN;
}

/** Log of a candidate's error over the middle of the others' at the same origins, and at how many (candidates). */
function relativeErrors(errors: Errors, without: number): { score: Float64Array; seen: Float64Array } {
  const { origins, h, candidates, absolute } = errors;
  const score = new Float64Array(candidates);
  const seen = new Float64Array(candidates);
  const middle = new Float64Array(candidates);
  const reference = new Float64Array(candidates);
  for (let o = 0; o < origins.length; o++) {
    if (overlaps(origins, h, o, without)) continue;
    const usual = errors.usual[o]!;
    if (usual !== usual) continue;
    for (let k = 0; k < candidates; k++) {
      const error = absolute[o * candidates + k]!;
      if (error !== error) continue;
      middle[k]! += error;
      reference[k]! += usual;
      seen[k]!++;
    }
  }
  for (let k = 0; k < candidates; k++) score[k] = seen[k]! > 0 ? Math.log(middle[k]! / reference[k]!) : 0;
  return { score, seen };
}

function pooledScores(all: readonly Errors[]): Float64Array {
  const candidates = all[0]?.candidates ?? 0;
  const sums = new Float64Array(candidates);
  const counts = new Float64Array(candidates);
  for (const errors of all) {
    const { score, seen } = relativeErrors(errors, -1);
    for (let k = 0; k < candidates; k++) {
      if (seen[k] === 0) continue;
      sums[k]! += score[k]!;
      counts[k]!++;
    }
  }
  return sums.map((sum, k) => (counts[k]! > 0 ? sum / counts[k]! : UNKNOWN));
}

function weightsFrom(
  errors: Errors,
  { scores, shares, anchors: others }: Pool,
  { power, trust }: Sharpness,
  without: number,
): Float64Array {
  const { score, seen } = relativeErrors(errors, without);
  const shrunk = score.map((value, k) => (seen[k]! * value + trust * scores[k]!) / (seen[k]! + trust));
  let best = Infinity;
  for (let k = 0; k < shrunk.length; k++) if (errors.applies[k] === 1) best = Math.min(best, shrunk[k]!);
  let total = 0;
  const weights = shrunk.map((value, k) => {
    if (errors.applies[k] === 0 || value > best + HOPELESS) return 0;
    const weight = (shares[k]! + HEDGE) * Math.exp(-power * (value - best));
    total += weight;
    return weight;
  });
  const named = ANCHORS.map(({ plain, dated }) =>
    scores[dated]! < scores[plain]! && weights[dated]! > 0 ? dated : plain,
  );
  const anchors = [...named, ...others].filter((k) => weights[k]! > 0);
  const anchored = anchors.length === 0 ? 0 : errors.anchored;
  const drawn = weights.map((weight) => ((1 - anchored) * weight) / total);
  for (const k of anchors) drawn[k]! += anchored / anchors.length;
  return drawn;
}

function chooseSharpness(contests: readonly Contest[], errors: readonly Errors[], pool: Pool): Sharpness {
  let best: Sharpness = { power: 2, trust: 4 };
  let least = Infinity;
  for (const power of POWERS) {
    for (const trust of TRUSTS) {
      let loss = 0;
      for (let i = 0; i < contests.length; i++)
        loss += leftOutLoss(contests[i]!, errors[i]!, pool, { power, trust });
      if (loss < least * (1 - 1e-9)) {
        least = loss;
        best = { power, trust };
      }
    }
  }
  return best;
}

/** Mean absolute error of the combination at origins its weights have not seen, relative to the usual candidate's. */
function leftOutLoss(contest: Contest, errors: Errors, pool: Pool, sharpness: Sharpness): number {
  const { h, origins, actual } = contest;
  let loss = 0;
  let usual = 0;
  for (let o = 0; o < origins.length; o++) {
    const path = combine(contest, o, weightsFrom(errors, pool, sharpness, o));
    if (!(errors.usual[o]! >= 0)) continue;
    usual += errors.usual[o]!;
    let sum = 0;
    let count = 0;
    for (let t = 0; t < h; t++) {
      const value = actual[o * h + t]!;
      if (!Number.isFinite(value)) continue;
      sum += Math.abs(value - path[t]!);
      count++;
    }
    if (count > 0) loss += sum / count;
  }
  return usual > 0 && Number.isFinite(loss) ? loss / usual : 0;
}
