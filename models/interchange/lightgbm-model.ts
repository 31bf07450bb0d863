/**
 * Reads a LightGBM text model (versions 2 to 4): one output, `binary` or a regression whose output is the sum itself. The
 * starting score is in the first tree and the learning rate in the leaves, so the trees are all there is.
 * Source: the format that `save_model` of LightGBM 4.1 writes.
 */
import { AppError } from '../../core/errors.js';
import type { ForeignModel } from './foreign-model.js';
import { flattenForeign } from './foreign-trees.js';
import { readLightgbmTree } from './lightgbm-tree.js';
import { modelFileFault } from './model-file-fault.js';
import { textBlock } from './text-block.js';
import type { TextBlock } from './text-block.js';

const FILE = 'the LightGBM model';
const END = 'end of trees';

/** Objectives whose prediction is the sum of the leaves. */
const IDENTITY = ['regression', 'regression_l1', 'huber', 'fair', 'quantile', 'mape'];

/** Throws `bad-model-file` for a damaged text and `unsupported-model` for a whole one of another kind. */
export function readLightgbm(text: string): ForeignModel {
  const lines = text.split(/\r?\n/);
  const end = lines.indexOf(END);
  if (end < 0) throw modelFileFault(FILE, `has no line "${END}"; copy it again`);
  const starts = lines.flatMap((line, i) => (i < end && line.startsWith('Tree=') ? [i] : []));
  const header = textBlock(lines.slice(0, starts[0] ?? end), FILE);
  requireOneOutput(header);
  requireRawCodes(lines);
  const { objective, sigmoid } = objectiveOf(header.has('objective') ? header.text('objective') : 'none');
  const featureCount = header.count('max_feature_idx') + 1;
  const featureNames = header.text('feature_names').split(' ');
  if (featureNames.length !== featureCount)
    throw modelFileFault(FILE, `names ${featureNames.length} of its ${featureCount} columns`);
  const trees = starts.map((start, t) =>
    readLightgbmTree(textBlock(lines.slice(start, starts[t + 1] ?? end), `tree ${t}`), featureCount),
  );
  const scale = header.has('average_output') ? sigmoid / Math.max(1, trees.length) : sigmoid;
  return {
    library: 'LightGBM',
    version: header.text('version'),
    featureNames,
    featureCount,
    objective,
    trees: flattenForeign(trees, 0, scale),
    treesInFile: trees.length,
  };
}

function unsupported(reason: string): AppError {
  return new AppError('bad-input', 'unsupported-model', `${FILE} ${reason}`);
}

function requireOneOutput(header: TextBlock): void {
  const version = header.text('version');
  if (!/^v[234]$/.test(version)) throw unsupported(`is of version ${version}; v2, v3 and v4 are supported`);
  const outputs = Math.max(header.count('num_class'), header.count('num_tree_per_iteration'));
  if (outputs !== 1) throw unsupported(`has ${outputs} outputs; only one is supported`);
}

/** The probability is sigmoid(s x sum) for `binary sigmoid:s`. */
function objectiveOf(text: string): { objective: ForeignModel['objective']; sigmoid: number } {
  const [name = '', ...parameters] = text.split(' ');
  const given = parameters.find((parameter) => parameter.startsWith('sigmoid:'));
  const sigmoid = Number(given?.slice('sigmoid:'.length) ?? 1);
  if (name === 'binary' && sigmoid > 0 && sigmoid < Infinity) return { objective: 'logistic', sigmoid };
  if (IDENTITY.includes(name) && !parameters.includes('sqrt')) return { objective: 'squared', sigmoid: 1 };
  throw unsupported(`has the objective "${text}"; supported are binary, ${IDENTITY.join(', ')}`);
}

/** With pandas categories the codes of the file are positions in lists; only lists that number themselves are what we call codes. */
function requireRawCodes(lines: readonly string[]): void {
  const PREFIX = 'pandas_categorical:';
  const lists = lines.findLast((line) => line.startsWith(PREFIX))?.slice(PREFIX.length);
  if (lists === undefined || lists === 'null') return;
  const isCode = (value: unknown, i: number): boolean => value === i;
  const parsed = parseLists(lists);
  if (parsed.every((list) => Array.isArray(list) && list.every(isCode))) return;
  throw unsupported('renumbers pandas categories; train it on codes as numbers, with categorical_feature');
}

function parseLists(text: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed)) return parsed;
  } catch {
    // The same answer as for another form.
  }
  throw modelFileFault(FILE, 'has a damaged line of pandas categories');
}
