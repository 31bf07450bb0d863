/**
 * A model file of another library, known by its first bytes and not by its name: XGBoost JSON, XGBoost UBJSON or LightGBM
 * text. Everything in it is checked before it becomes a model of ours.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { AppError } from '../../core/errors.js';
import { boostedTrees } from '../trees/boosted-trees.js';
import { encodeTrees } from '../trees/trees-json.js';
import type { Model } from '../contract.js';
import type { ForeignModel } from './foreign-model.js';
import { readLightgbm } from './lightgbm-model.js';
import { parseNumberJson } from './number-json.js';
import { parseUbjson } from './ubjson.js';
import { readXgboost } from './xgboost-model.js';
import type { XgboostOptions } from './xgboost-model.js';

/** Ten times the largest model seen (10,000 trees); text must also fit into one JavaScript string. */
const MOST_BYTES = 256 * 1024 * 1024;

export interface ModelFile extends ForeignModel {
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
}

/** Throws `bad-model-file` or `unsupported-model`, and `no-such-file` when there is none. */
export async function readModelFile(file: string, options: XgboostOptions): Promise<ModelFile> {
  const size = await stat(file).then(
    (found) => (found.isFile() ? found.size : null),
    () => null,
  );
  if (size === null) throw new AppError('bad-input', 'no-such-file', `${file} is no file that can be read`);
  if (size > MOST_BYTES)
    throw new AppError('bad-input', 'bad-model-file', `${file} has ${size} bytes; ${MOST_BYTES} is the most`);
  const bytes = await readFile(file);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { ...parseModelBytes(bytes, options), sha256 };
}

/** The same from memory. */
function parseModelBytes(bytes: Buffer, options: XgboostOptions): ForeignModel {
  const start = bytes.toString('latin1', 0, 16);
  if (/^tree\r?\n/.test(start)) return readLightgbm(bytes.toString('utf8'));
  // In UBJSON the marker of the first name's length follows the brace.
  if (/^\{N*[iUIlL#$]/.test(start)) return readXgboost(parseUbjson(bytes), options);
  if (/^\s*\{/.test(start)) return readXgboost(parseNumberJson(bytes.toString('utf8')), options);
  throw new AppError(
    'bad-input',
    'unsupported-model',
    'the file is no model that can be imported: save it with XGBoost as .json or .ubj, or with LightGBM as text',
  );
}

/**
 * The file's model over the columns `featureNames`: it may use only some of them. `named` gives the file's columns when it
 * does not. Throws `unknown-feature` for a column that is not among them.
 */
export function modelOver(
  file: ForeignModel,
  featureNames: readonly string[],
  named?: readonly string[],
): Model {
  const names = columnNames(file, named);
  const position = names.map((name) => featureNames.indexOf(name));
  const unknown = names.filter((_, column) => position[column] === -1);
  if (unknown.length > 0) {
    const shown = unknown.slice(0, 5).join(', ') + (unknown.length > 5 ? ', …' : '');
    throw new AppError(
      'bad-input',
      'unknown-feature',
      `the model was trained on ${unknown.length} columns that are no features here: ${shown}; train it on the file of \`hasivu train fraud --frame FILE\``,
    );
  }
  const nodes = file.trees.nodes.map((node) =>
    node.feature < 0 ? node : { ...node, feature: position[node.feature]! },
  );
  const trees = encodeTrees({ ...file.trees, nodes });
  const { objective } = file;
  return boostedTrees.fromJSON({ learner: boostedTrees.name, featureNames, objective, ...trees });
}

function columnNames(
  { featureNames, featureCount, library }: ForeignModel,
  named?: readonly string[],
): readonly string[] {
  const names = featureNames ?? named;
  if (names === undefined) {
    throw new AppError(
      'bad-input',
      'unnamed-features',
      `the ${library} model does not name its ${featureCount} columns; give their names in order with --features FILE`,
    );
  }
  if (names.length !== featureCount || new Set(names).size !== names.length) {
    throw new AppError(
      'bad-input',
      'bad-features',
      `the ${library} model has ${featureCount} columns; ${new Set(names).size} different names are given`,
    );
  }
  return names;
}
