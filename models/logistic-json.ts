/** Is a parsed JSON document a logistic model? The shape is checked once here; afterwards it is trusted. */
import type { FeatureEncoding } from './encode.js';

export interface LogisticJson {
  readonly featureNames: readonly string[];
  readonly encodings: readonly FeatureEncoding[];
  readonly bias: number;
  /** One for each term (p). */
  readonly weights: readonly number[];
  /** Training mean of each term (p): what a contribution is measured from. */
  readonly means: readonly number[];
}

export function isLogisticJson(json: unknown): json is LogisticJson {
  if (typeof json !== 'object' || json === null) return false;
  const { featureNames, encodings, bias, weights, means } = json as Record<string, unknown>;
  if (!isNumbers(weights) || !isNumbers(means) || !Array.isArray(featureNames) || !Array.isArray(encodings))
    return false;
  if (typeof bias !== 'number' || means.length !== weights.length || featureNames.length !== encodings.length)
    return false;
  return encodings.every((encoding) => isEncoding(encoding, weights.length));
}

function isEncoding(value: unknown, terms: number): value is FeatureEncoding {
  if (typeof value !== 'object' || value === null) return false;
  const encoding = value as Record<string, unknown>;
  const { kind, offset } = encoding;
  if (!Number.isInteger(offset) || !Number.isInteger(encoding['terms'])) return false;
  if (Number(offset) + Number(encoding['terms']) > terms) return false;
  if (kind === 'category') return isNumbers(encoding['codes']);
  return (
    kind === 'number' &&
    isNumbers(encoding['edges']) &&
    isNumbers(['mean', 'scale', 'low', 'high'].map((name) => encoding[name]))
  );
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'number' && Number.isFinite(entry));
}
