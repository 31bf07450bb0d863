/**
 * Reads an XGBoost model document (JSON or UBJSON, versions 1 to 3): gbtree with one output, logistic or squared loss. Values
 * below a condition go left there, up to a threshold here; the codes of a category split go right, all others left.
 * Source: the model schema of XGBoost's documentation, "Introduction to Model IO".
 */
import { AppError } from '../../core/errors.js';
import { logit } from '../sigmoid.js';
import { arrayAt, fieldsAt, numberAt, textsAt } from './document.js';
import type { Fields } from './document.js';
import type { ForeignModel } from './foreign-model.js';
import { flattenForeign } from './foreign-trees.js';
import { modelFileFault } from './model-file-fault.js';
import { readXgboostTree } from './xgboost-tree.js';

const FILE = 'the XGBoost model';

const OBJECTIVES = new Map<unknown, ForeignModel['objective']>([
  ['binary:logistic', 'logistic'],
  ['reg:logistic', 'logistic'],
  ['reg:squarederror', 'squared'],
]);

export interface XgboostOptions {
  /** Also the trees after the best iteration of early stopping. */
  readonly allTrees: boolean;
}

/** Throws `bad-model-file` for a damaged document and `unsupported-model` for a whole one of another kind. */
export function readXgboost(document: unknown, { allTrees }: XgboostOptions): ForeignModel {
  const file = fieldsAt({ document }, 'document', FILE);
  const learner = fieldsAt(file, 'learner', FILE);
  const booster = fieldsAt(learner, 'gradient_booster', FILE);
  const parameters = fieldsAt(learner, 'learner_model_param', FILE);
  requireOneOutput(booster, parameters);
  const objective = objectiveOf(learner);
  const model = fieldsAt(booster, 'model', FILE);
  requireRawCodes(model);
  const featureCount = numberAt(parameters, 'num_feature', FILE);
  const names = learner['feature_names'] === undefined ? [] : textsAt(learner, 'feature_names', FILE);
  if (names.length > 0 && names.length !== featureCount)
    throw modelFileFault(FILE, `names ${names.length} of its ${featureCount} columns`);
  const all = arrayAt(model, 'trees', FILE);
  const kept = allTrees ? all : all.slice(0, bestTrees(learner, model));
  const trees = kept.map((tree, t) => {
    const place = `tree ${t}`;
    return readXgboostTree(fieldsAt({ [place]: tree }, place, FILE), featureCount, place);
  });
  return {
    library: 'XGBoost',
    version: Array.isArray(file['version']) ? file['version'].join('.') : 'unknown',
    featureNames: names.length === 0 ? null : names,
    featureCount,
    objective,
    trees: flattenForeign(trees, baseScore(parameters, objective), 1),
    treesInFile: all.length,
  };
}

function unsupported(reason: string): AppError {
  return new AppError('bad-input', 'unsupported-model', `${FILE} ${reason}`);
}

function requireOneOutput(booster: Fields, parameters: Fields): void {
  const name = booster['name'];
  if (name !== 'gbtree')
    throw unsupported(`is of the booster "${String(name)}"; train it with booster=gbtree`);
  const classes = numberAt(parameters, 'num_class', FILE, 0);
  const targets = numberAt(parameters, 'num_target', FILE, 1);
  if (classes > 1 || targets > 1)
    throw unsupported(`has ${Math.max(classes, targets)} outputs; only one is supported`);
  const leaves = fieldsAt(fieldsAt(booster, 'model', FILE), 'gbtree_model_param', FILE);
  if (numberAt(leaves, 'size_leaf_vector', FILE, 0) > 1) throw unsupported('has a vector in every leaf');
}

function objectiveOf(learner: Fields): ForeignModel['objective'] {
  const { name } = fieldsAt(learner, 'objective', FILE);
  const objective = OBJECTIVES.get(name);
  if (objective !== undefined) return objective;
  throw unsupported(`has the objective ${String(name)}; supported are ${[...OBJECTIVES.keys()].join(', ')}`);
}

/** From 3.1 on a model can hold the categories of a data frame and renumber them: then codes are not what we call codes. */
function requireRawCodes(model: Fields): void {
  if (model['cats'] === undefined) return;
  if (arrayAt(fieldsAt(model, 'cats', FILE), 'enc', FILE).length === 0) return;
  throw unsupported('renumbers categories; give it codes as numbers, with feature_types of "c"');
}

/** Trees up to the best iteration, as the library's scikit-learn interface predicts; all when nothing says so. */
function bestTrees(learner: Fields, model: Fields): number {
  if (learner['attributes'] === undefined) return Infinity;
  const attributes = fieldsAt(learner, 'attributes', FILE);
  if (attributes['best_iteration'] === undefined) return Infinity;
  const parallel = numberAt(fieldsAt(model, 'gbtree_model_param', FILE), 'num_parallel_tree', FILE, 1);
  const best = numberAt(attributes, 'best_iteration', FILE);
  if (!Number.isInteger(best) || best < 0) throw modelFileFault(FILE, `has the best_iteration ${best}`);
  return (best + 1) * Math.max(1, parallel);
}

/** Written as a probability (or a mean), as text, and from 3.1 on as the text of a list of one. */
function baseScore(parameters: Fields, objective: ForeignModel['objective']): number {
  const written = parameters['base_score'];
  const score =
    typeof written === 'string'
      ? numberAt({ base_score: written.replace(/^\[(.*)\]$/, '$1') }, 'base_score', FILE)
      : numberAt(parameters, 'base_score', FILE);
  if (objective === 'squared') return score;
  if (score > 0 && score < 1) return logit(Math.fround(score));
  throw modelFileFault(FILE, `has a base_score of ${score}, which is no probability between 0 and 1`);
}
