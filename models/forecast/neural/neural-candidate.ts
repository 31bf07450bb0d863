/**
 * The neural forecasts of many series: a few stacks with windows of different length, trained on all series at once, and the
 * mean of what they say. At a rolling origin speak only stacks that were trained before it; null where a history is shorter
 * than every window or does not move.
 */
import { cleanSeries } from '../clean.js';
import type { Contest } from '../contest.js';
import { withCandidate } from '../pooled-candidate.js';
import { trainStacks, type StackProgress } from './stack-crew.js';
import { openStack, type Stack } from './stack-forward.js';
import { stackShape, type StackShape } from './stack.js';
import type { StackTraining } from './train-stack.js';
import { scaleOf } from './windows.js';

export const NEURAL = 'nhits';

/** Histories as in the contest: what is older tells nothing more. */
const MOST_STEPS = 1200;
/** Parts of the origins after which the stacks learn on; each costs training. */
const CUTS = [0, 0.5] as const;
/** Windows in shares of the longest: short ones apply to short histories, and differ in what they get wrong. */
const WINDOWS = [0.5, 0.67, 1] as const;
/** Share of the shorter histories that a window may take, unless that is less than three seasons. */
const WINDOW_SHARE = 0.3;
const MOST_LOOKBACK = 168;
const LEAST_LOOKBACK = 6;
/** Of the hidden layers: twice as many won nothing and took twice as long. */
const UNITS = 32;
/** Training steps: half as many are 1 % worse alone and alike in combination. */
const FIRST_STEPS = 400;
const LATER_STEPS = 200;
/** A batch holds about so many numbers, so that long windows cost not much more, and at most so much of all windows. */
const BATCH_NUMBERS = 8_000;
const BATCH_SHARE = 0.1;
/** A stage draws each window so often at most: few windows are learned soon, and by heart after that. */
const MOST_EPOCHS = 10;
const LEAST_BATCH = 16;
const MOST_BATCH = 256;

export interface NeuralRequest {
  readonly h: number;
  readonly season: number;
  readonly seed: number;
  readonly threads: number;
  readonly onProgress?: StackProgress;
}

/**
 * Training costs the same for any number of series: fewer would wait long for little, and teach little that the histories of
 * each do not. On windows inside training parts it won on many short seasonal series.
 */
const WORTH_TRAINING = 200;
/** Longer windows and horizons cost more steps' time. */
const CHEAP_STEPS = 60;

/** The contests with the neural forecast as the last candidate where it pays; otherwise the very same array. */
export async function addNeural(
  series: readonly Float64Array[],
  contests: readonly Contest[],
  request: NeuralRequest,
): Promise<readonly Contest[]> {
  const { season, h } = request;
  if (series.length < WORTH_TRAINING || season < 2 || 3 * season + h > CHEAP_STEPS) return contests;
  const paths = await neuralPaths(series, contests, request);
  return contests.map((contest, i) => withCandidate(contest, paths[i]!));
}

/** A path for each origin and one for now, null where there is none (k + 1)(h). */
export type NeuralPaths = readonly (Float64Array | null)[];

/** `series` as in the contests, NaN for gaps (n each). */
export async function neuralPaths(
  series: readonly Float64Array[],
  contests: readonly Pick<Contest, 'origins'>[],
  { h, season, seed, threads, onProgress }: NeuralRequest,
): Promise<NeuralPaths[]> {
  const clean = (y: Float64Array, end: number): Float64Array =>
    cleanSeries(y.subarray(Math.max(0, end - MOST_STEPS), end), season).y;
  const stages = [...CUTS, 1].map((cut) =>
    contests.map(({ origins }, i) => {
      const end = [...origins, series[i]!.length][cutOf(origins, cut)]!;
      // Without origins nothing is judged, so that nothing is learned before the end.
      return cut < 1 && origins.length === 0 ? new Float64Array(0) : clean(series[i]!, end);
    }),
  );
  const shapes = shapesOf(stages.at(-1)!, h, season);
  const trained = await trainStacks(
    shapes.map((shape, k) => ({
      shape,
      season,
      seed: seed + k,
      stages,
      ...workOn(stages.at(-1)!, shape),
    })),
    threads,
    onProgress,
  );
  const members = shapes.map((shape, k) => ({
    shape,
    stacks: trained[k]!.map((parameters) => parameters && openStack(shape, parameters)),
  }));
  return series.map((y, i) => {
    const { origins } = contests[i]!;
    return [...origins, y.length].map((end, o) => {
      const stage =
        o === origins.length ? CUTS.length : CUTS.findLastIndex((cut) => cutOf(origins, cut) <= o);
      return meanAhead(
        clean(y, end),
        members.map(({ shape, stacks }) => ({ shape, stack: stacks[stage]! })),
        season,
      );
    });
  });
}

/** The origin that is known up to at a cut; 1 is now. */
function cutOf(origins: readonly number[], cut: number): number {
  return Math.floor(cut * origins.length);
}

function workOn(
  series: readonly Float64Array[],
  { lookback, h }: StackShape,
): Pick<StackTraining, 'batchRows' | 'firstSteps' | 'laterSteps'> {
  const windows = series.reduce((sum, { length }) => sum + Math.max(0, length - lookback), 0);
  const most = Math.min(MOST_BATCH, BATCH_NUMBERS / (lookback + h), BATCH_SHARE * windows);
  const batchRows = Math.max(LEAST_BATCH, Math.floor(most));
  const steps = Math.ceil((MOST_EPOCHS * windows) / batchRows);
  return {
    batchRows,
    firstSteps: Math.min(FIRST_STEPS, steps),
    laterSteps: Math.min(LATER_STEPS, steps),
  };
}

/** One a window; none where the shorter histories do not hold the shortest twice. */
function shapesOf(series: readonly Float64Array[], h: number, season: number): StackShape[] {
  const lengths = series.map(({ length }) => length).sort((a, b) => a - b);
  const short = lengths[Math.floor(lengths.length / 4)] ?? 0;
  const share = Math.min(MOST_LOOKBACK, Math.floor(WINDOW_SHARE * (short - h)));
  const longest = Math.max(2 * LEAST_LOOKBACK, 3 * season, season * Math.floor(share / season));
  const lookbacks = WINDOWS.map((part) => Math.max(LEAST_LOOKBACK, season, Math.round(part * longest)));
  const rate = Math.max(2, season);
  return lookbacks
    .filter((lookback) => lookback + 1 <= short / 2)
    .map((lookback) => stackShape(lookback, h, UNITS, [rate, Math.ceil(Math.sqrt(rate)), 1]));
}

function meanAhead(
  y: Float64Array,
  members: readonly { readonly shape: StackShape; readonly stack: Stack | null }[],
  season: number,
): Float64Array | null {
  const paths = members.flatMap(({ shape, stack }) => {
    const { lookback } = shape;
    if (stack === null || y.length < lookback) return [];
    const scale = scaleOf(y, y.length, { ...shape, season });
    if (scale === null) return [];
    const { level, unit } = scale;
    const path = stack(y.slice(-lookback).map((value) => (value - level) / unit));
    return [path.map((value) => level + unit * value)];
  });
  if (paths.length === 0) return null;
  return paths[0]!.map((_, t) => paths.reduce((sum, path) => sum + path[t]!, 0) / paths.length);
}
