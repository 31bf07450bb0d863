/**
 * Fits a named learner, or chooses one for an unknown table, on the training rows alone. `auto` searches logistic
 * regressions, boosted trees and networks by successive halving with log-loss, which rewards ranking and calibration
 * together, and answers with the best finalist or an average of finalists, refitted on all rows. Logistic regression is
 * the reference: it reaches the end of every search and is only passed over for what beats it by more than noise.
 */
import type { Clock } from '../../core/clock.js';
import { averageModels } from '../average.js';
import { calibrateModel } from '../calibrate.js';
import type { FitProgress, Model } from '../contract.js';
import { requireBothClasses } from '../fit-input.js';
import { NETWORK, REFERENCE, logisticCandidates, neuralCandidates, treesCandidates } from './candidates.js';
import type { FixedTreesSettings } from './candidates.js';
import { choose } from './choose.js';
import type { Choice } from './choose.js';
import { successiveHalving } from './halving.js';
import type { HalvingResult, Judged, SearchLine } from './halving.js';
import { innerSplits } from './inner-splits.js';
import type { Recipe } from './recipe.js';
import type { TrainingPart } from './training-part.js';

export const TABLE_LEARNERS = ['auto', 'boosted-trees', 'logistic', 'neural'] as const;
export type TableLearner = (typeof TABLE_LEARNERS)[number];

export interface AutoRequest {
  readonly learner: TableLearner;
  readonly seed: number;
  /** About what the search may take on a usual core; counted in work, so it changes no choice from run to run. */
  readonly budgetSeconds: number;
  /** Settings of boosted trees that are not searched. */
  readonly trees?: FixedTreesSettings;
  readonly clock: Clock;
  readonly onProgress?: FitProgress;
}

export interface AutoFit {
  readonly model: Model;
  /** What was chosen and why, for people. */
  readonly chosen: string;
  /** Empty where nothing was searched. */
  readonly search: readonly SearchLine[];
}

/** Throws `one-class` when the rows have one class only. */
export async function fitAuto(part: TrainingPart, request: AutoRequest): Promise<AutoFit> {
  requireBothClasses(part.frame, part.y);
  const { learner, seed } = request;
  if (learner === 'logistic') return alone(part, REFERENCE, seed, REFERENCE.name);
  if (learner === 'neural') return alone(part, NETWORK, seed, NETWORK.name);
  // Only trees keep what the data scientist knows about the features.
  const isAuto = learner === 'auto' && !isConstrained(request.trees);
  const splits = innerSplits(part, seed);
  const trees = treesCandidates(part.frame.rows, request.trees);
  if (splits === null) {
    const why = 'because the rows are too few to choose';
    if (isAuto) return alone(part, REFERENCE, seed, `logistic, ${why}`);
    return alone(part, trees[0]!, seed, `${trees[0]!.name}, ${why}`);
  }
  const others = [...logisticCandidates(part.frame), ...neuralCandidates(part.frame.rows)];
  const found = await successiveHalving({
    ...request,
    part,
    splits,
    reference: isAuto ? REFERENCE : null,
    recipes: isAuto ? [...trees, ...others] : trees,
  });
  const choice: Choice = isAuto
    ? choose(part, splits, found.finalists, REFERENCE)
    : { members: [found.finalists[0]!], calibration: null, reason: null };
  const model = await refit(part, choice, found, seed);
  return { model, chosen: describe(choice) + trainedOn(model), search: found.lines };
}

function isConstrained({ monotone = {}, interactions = [] }: FixedTreesSettings = {}): boolean {
  return Object.keys(monotone).length > 0 || interactions.length > 0;
}

async function alone(part: TrainingPart, recipe: Recipe, seed: number, chosen: string): Promise<AutoFit> {
  const { model } = await recipe.fit(part, { seed, refit: true });
  return { model, chosen: chosen + trainedOn(model), search: [] };
}

function trainedOn({ backend }: Model): string {
  return backend === undefined ? '' : ` (net trained on ${backend})`;
}

/** On all rows: to the length found, or where the search saw a sample only, to the length that these rows ask for. */
async function refit(
  part: TrainingPart,
  { members, calibration }: Choice,
  { allRows }: HalvingResult,
  seed: number,
): Promise<Model> {
  const fit = async ({ recipe, length }: Judged): Promise<Model> => {
    const { model } = await recipe.fit(part, { seed, refit: false, ...(allRows && { length }) });
    return model;
  };
  const [first, ...others] = members;
  const models: [Model, ...Model[]] = [await fit(first)];
  for (const member of others) models.push(await fit(member));
  const model = models.length === 1 ? models[0] : averageModels(models);
  return calibration === null ? model : calibrateModel(model, calibration);
}

function describe({ members, calibration, reason }: Choice): string {
  const names = members.map(({ recipe, length }) =>
    length === 0 ? recipe.name : `${length} ${recipe.name}`,
  );
  const what = names.length === 1 ? names[0]! : `average of ${names.join(' and ')}`;
  const how = calibration === null ? '' : `, calibrated (${calibration.method})`;
  return `${what}${how}${reason === null ? '' : `: ${reason}`}`;
}
