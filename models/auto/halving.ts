/**
 * Successive halving: every candidate is judged on few rows, the best third on three times as many, until the last ones
 * are judged on all. The reference is never dropped, nor are the best trees, so the end
 * always has something to compare and to average. The budget is counted in units of work rather than in time, so that the same rows
 * and seed give the same choice on any machine. Source: Jamieson and Talwalkar 2016.
 */
import type { Clock } from '../../core/clock.js';
import type { FitProgress } from '../contract.js';
import { logLoss } from '../metrics.js';
import { takeLabels, takeRows } from '../split.js';
import type { Split } from '../split.js';
import type { Recipe } from './recipe.js';
import { sampleOf, takePart } from './training-part.js';
import type { TrainingPart } from './training-part.js';

/** One candidate on one rung. */
export interface SearchLine {
  readonly candidate: string;
  readonly rung: number;
  /** Training rows over all the splits of the rung. */
  readonly rows: number;
  /** Mean over the held-out rows; null where the budget was spent before its turn. */
  readonly logLoss: number | null;
  readonly seconds: number;
  readonly kept: boolean;
}

export interface Judged {
  readonly recipe: Recipe;
  /** Mean of the splits' log-losses. */
  readonly loss: number;
  /** For the rows that each split tests. */
  readonly predictions: readonly Float64Array[];
  /** Mean over the splits. */
  readonly length: number;
}

export interface HalvingRequest {
  readonly part: TrainingPart;
  readonly splits: readonly Split[];
  readonly recipes: readonly Recipe[];
  readonly reference: Recipe | null;
  readonly seed: number;
  readonly budgetSeconds: number;
  readonly clock: Clock;
  readonly onProgress?: FitProgress;
}

export interface HalvingResult {
  readonly lines: readonly SearchLine[];
  /** Best first. */
  readonly finalists: readonly Judged[];
  /** Did the last rung fit on all training rows of every split? */
  readonly allRows: boolean;
}

/** Work that one core does in a second, rounded down: 1.3e8 measured on a slow one. */
const WORK_PER_SECOND = 1e8;
const SHARE_KEPT = 1 / 3;
/** The first rung has at least so many rows, and so many of the rarer class: fewer rank candidates by chance. */
const LEAST_ROWS = 2000;
const LEAST_OF_A_CLASS = 100;
/** Candidates that the last rung usually holds, for planning its rows. */
const FINALISTS = 3;

/** On the last rung: the other splits take their mean, at half of the cost. */
const SPLITS_THAT_FIND_THE_LENGTH = 2;

export async function successiveHalving(request: HalvingRequest): Promise<HalvingResult> {
  const { part, splits, reference } = request;
  const budget = request.budgetSeconds * WORK_PER_SECOND;
  const rungs = planRungs(request, budget);
  const lines: SearchLine[] = [];
  let competing = [...(reference === null ? [] : [reference]), ...request.recipes];
  let finalists: Judged[] = [];
  let spent = 0;
  let done = 0;
  for (const [r, rows] of rungs.entries()) {
    const isLast = r === rungs.length - 1;
    const samples = sampleSplits(part, splits, rows, request.seed);
    const rung = { rung: r + 1, rows: samples.reduce((sum, { train }) => sum + train.length, 0) };
    const judged: (Judged & { readonly seconds: number })[] = [];
    const unjudged: Recipe[] = [];
    for (const recipe of competing) {
      request.onProgress?.(++done, done + competing.length);
      const work = recipe.work(rung.rows, part.frame.names.length);
      // Judged best first, so a short budget drops the least promising.
      if (spent + work > budget && recipe !== reference && judged.length > 0) unjudged.push(recipe);
      else {
        spent += work;
        const startedAt = request.clock.now();
        const one = await judge(request, recipe, samples, isLast);
        judged.push({ ...one, seconds: (request.clock.now() - startedAt) / 1000 });
      }
    }
    judged.sort((a, b) => a.loss - b.loss);
    const kept = isLast ? judged : survivors(judged, reference);
    for (const one of judged) {
      const { recipe, loss, seconds } = one;
      lines.push({ candidate: recipe.name, ...rung, logLoss: loss, seconds, kept: kept.includes(one) });
    }
    for (const { name } of unjudged)
      lines.push({ candidate: name, ...rung, logLoss: null, seconds: 0, kept: false });
    competing = kept.map(({ recipe }) => recipe);
    finalists = kept;
  }
  const all = splits.reduce((sum, { train }) => sum + train.length, 0);
  return { lines, finalists, allRows: rungs.at(-1) === all };
}

/** Training rows of each rung over all splits, ascending, without two alike. */
function planRungs({ part, splits, reference, recipes }: HalvingRequest, budget: number): number[] {
  const all = splits.reduce((sum, { train }) => sum + train.length, 0);
  const features = part.frame.names.length;
  // A dearer candidate than trees has to fit into what they leave.
  const trees = recipes.find(({ kind }) => kind === 'boosted-trees')?.work(1, features) ?? 1;
  const workPerRow = 2 * FINALISTS * trees + (reference?.work(1, features) ?? 0);
  const positives = part.y.reduce((sum, label) => sum + label, 0);
  const rarest = Math.min(positives, part.y.length - positives);
  const least = Math.max(LEAST_ROWS, (LEAST_OF_A_CLASS * part.y.length) / rarest);
  // Half of the budget is for the last rung.
  const last = Math.min(all, Math.max(least, Math.floor(budget / 2 / Math.max(1, workPerRow))));
  const rungs = [last / 9, last / 3, last].map((rows, r) => Math.min(last, Math.max(least * 3 ** r, rows)));
  return [...new Set(rungs.map((rows) => Math.round(rows)))];
}

/** As many whole splits as `rows` fill, or one split with a sample of its training rows. */
function sampleSplits(
  { y }: TrainingPart,
  splits: readonly Split[],
  rows: number,
  seed: number,
): readonly Split[] {
  const perSplit = splits[0]!.train.length;
  const count = Math.min(splits.length, Math.max(1, Math.floor(rows / perSplit)));
  return splits
    .slice(0, rows >= perSplit * splits.length ? splits.length : count)
    .map(({ train, test }) => ({ train: sampleOf(y, train, Math.ceil(rows / count), seed), test }));
}

async function judge(
  { part, seed }: HalvingRequest,
  recipe: Recipe,
  splits: readonly Split[],
  refit: boolean,
): Promise<Judged> {
  const predictions: Float64Array[] = [];
  const lengths: number[] = [];
  const meanLength = (): number => Math.round(lengths.reduce((sum, one) => sum + one, 0) / lengths.length);
  for (const { train, test } of splits) {
    const known = refit && lengths.length >= SPLITS_THAT_FIND_THE_LENGTH ? { length: meanLength() } : {};
    const { model, length } = await recipe.fit(takePart(part, train), { seed, refit, ...known });
    predictions.push(model.predict(takeRows(part.frame, test)));
    lengths.push(length);
  }
  const length = meanLength();
  return { recipe, loss: meanLoss(part.y, splits, predictions), predictions, length };
}

/** Mean of the splits' log-losses: the same weight for each split. */
export function meanLoss(
  y: Uint8Array,
  splits: readonly Split[],
  predictions: readonly Float64Array[],
): number {
  return (
    predictions.reduce((sum, p, k) => sum + logLoss(takeLabels(y, splits[k]!.test), p), 0) /
    predictions.length
  );
}

function survivors<One extends Judged>(judged: readonly One[], reference: Recipe | null): One[] {
  const competing = judged.filter(({ recipe }) => recipe !== reference);
  const best = new Set(competing.slice(0, Math.max(2, Math.ceil(competing.length * SHARE_KEPT))));
  const tallest = competing.find(({ recipe }) => recipe.kind === 'boosted-trees');
  return judged.filter((one) => one.recipe === reference || best.has(one) || one === tallest);
}
