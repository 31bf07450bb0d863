/**
 * A model of ours as one sum of trees in log-odds, as far as it is one: boosted trees, a mean of several in log-odds, and
 * Platt's calibration, which only stretches and shifts the sum.
 */
import { AppError } from '../../core/errors.js';
import { decodeTrees } from '../trees/trees-json.js';
import type { FlatTrees } from '../trees/trees.js';

export interface Ensemble {
  readonly featureNames: readonly string[];
  readonly trees: FlatTrees;
}

/** `model` is what `toJSON` answers. Throws `not-exportable` for any other model. */
export function ensembleOf(model: unknown): Ensemble {
  const { learner, calibration, model: inner, models, objective } = fieldsOf(model);
  if (learner === 'boosted-trees') {
    if (objective === undefined || objective === 'logistic') return decodeTrees(model);
    throw notExportable(`minimises ${String(objective)} loss and has no log-odds`);
  }
  if (learner === 'calibrated') {
    const { method, slope, shift } = fieldsOf(calibration);
    if (method === 'platt') return scaled(ensembleOf(inner), Number(slope), Number(shift));
    throw notExportable(`is calibrated by ${String(method)} regression, which no sum of trees can say`);
  }
  if (learner === 'average' && Array.isArray(models)) {
    return sumOf(models.map((member) => scaled(ensembleOf(member), 1 / models.length, 0)));
  }
  throw notExportable(`is of kind "${String(learner)}", which is no sum of trees in log-odds`);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function notExportable(reason: string): AppError {
  return new AppError('bad-input', 'not-exportable', `the model ${reason}; export a boosted-trees model`);
}

function scaled({ featureNames, trees }: Ensemble, slope: number, shift: number): Ensemble {
  const nodes = trees.nodes.map((node) => ({ ...node, value: node.value * slope }));
  return { featureNames, trees: { ...trees, bias: trees.bias * slope + shift, nodes } };
}

/** The members have the same features in the same order, or they would be no mean. */
function sumOf(members: readonly Ensemble[]): Ensemble {
  const roots: number[] = [];
  const nodes: FlatTrees['nodes'][number][] = [];
  for (const { trees } of members) {
    const before = nodes.length;
    for (const root of trees.roots) roots.push(root + before);
    for (const node of trees.nodes)
      nodes.push({ ...node, right: node.feature < 0 ? -1 : node.right + before });
  }
  const bias = members.reduce((sum, { trees }) => sum + trees.bias, 0);
  return { featureNames: members[0]?.featureNames ?? [], trees: { bias, roots, nodes } };
}
