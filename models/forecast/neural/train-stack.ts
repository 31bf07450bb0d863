/**
 * Trains a stack on windows of many series, walking forward in time: at each stage the series are known a little further, and
 * training goes on from the stage before. What a stage gives has therefore seen nothing that came after it. The work is
 * bounded by steps, not by time, so that the same seed gives the same stack on a slow machine.
 */
import { AppError } from '../../../core/errors.js';
import { seededRandom } from '../../../core/random.js';
import { createAdamW } from '../../neural/adamw.js';
import { openBackend } from '../../neural/backend.js';
import { openStackGraph, type StackGraph, type WindowBatch } from './stack-graph.js';
import { stackParameterSizes, startStack, type StackShape } from './stack.js';
import { createSampler } from './windows.js';

export interface StackTraining {
  readonly shape: StackShape;
  readonly season: number;
  readonly seed: number;
  /** Series as known at each stage, finite (stages)(series)(n). */
  readonly stages: readonly (readonly Float64Array[])[];
  /** Of the first stage that has windows, and of each after it. */
  readonly firstSteps: number;
  readonly laterSteps: number;
  readonly batchRows: number;
}

export type StackParameters = readonly Float32Array[];

const LEARNING_RATE = 3e-3;
const WEIGHT_DECAY = 0.01;
/** What is given is the mean over the last part of a stage: a free ensemble (Polyak and Juditsky 1992; Izmailov et al. 2018). */
const AVERAGED_FROM = 0.75;
/** Steps between reports. */
const REPORTED = 20;

/** Parameters after each stage; null before the first that has a window (stages). */
export async function trainStack(
  request: StackTraining,
  onProgress?: (done: number, total: number) => void,
): Promise<(StackParameters | null)[]> {
  await openBackend();
  const { shape, season, seed, stages, firstSteps, laterSteps, batchRows } = request;
  const random = seededRandom(seed).fork('stack');
  const parameters = startStack(shape, random.fork('parameters'));
  const graph = openStackGraph(shape);
  const total = firstSteps + (stages.length - 1) * laterSteps;
  const results: (StackParameters | null)[] = [];
  let done = 0;
  try {
    for (const [stage, series] of stages.entries()) {
      const sample = createSampler(series, { ...shape, season }, random.fork(`stage ${stage}`));
      const isFirst = done === 0;
      const stageOf = {
        steps: isFirst ? firstSteps : laterSteps,
        rate: isFirst ? LEARNING_RATE : LEARNING_RATE / 2,
        report: (step: number): void => onProgress?.(done + step, total),
      };
      if (sample === null) results.push(null);
      else {
        results.push(descend(shape, graph, parameters, { ...stageOf, draw: () => sample(batchRows) }));
        done += stageOf.steps;
      }
    }
  } finally {
    graph.close();
  }
  onProgress?.(total, total);
  if (results.some((one) => one?.every((values) => values.every(Number.isFinite)) === false))
    throw new AppError(
      'bad-input',
      'diverged',
      'training of the stack diverged; look for values of absurd size',
    );
  return results;
}

interface Stage {
  readonly steps: number;
  /** Learning rate at its start; it falls to 0 along half a cosine. */
  readonly rate: number;
  readonly draw: () => WindowBatch;
  readonly report: (step: number) => void;
}

/** One stage: changes the parameters in place, gives their mean over its end. */
function descend(
  shape: StackShape,
  graph: StackGraph,
  parameters: Float32Array[],
  { steps, rate, draw, report }: Stage,
): StackParameters {
  const decays = stackParameterSizes(shape).map(({ length }) => length === 2);
  const optimiser = createAdamW(parameters, decays, WEIGHT_DECAY);
  const sums = parameters.map(({ length }) => new Float64Array(length));
  let averaged = 0;
  for (let step = 0; step < steps; step++) {
    const { gradients } = graph.lossAndGradients(parameters, draw());
    optimiser.step(gradients, (rate * (1 + Math.cos((Math.PI * step) / steps))) / 2);
    if (step % REPORTED === 0) report(step);
    if (step < AVERAGED_FROM * steps) continue;
    averaged++;
    for (const [p, values] of parameters.entries()) {
      const sum = sums[p]!;
      for (let k = 0; k < sum.length; k++) sum[k]! += values[k]!;
    }
  }
  return sums.map((sum) => Float32Array.from(sum, (value) => value / averaged));
}
