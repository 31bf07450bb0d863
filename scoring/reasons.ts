/** Why a model says what it says, in plain words: the features that count most, each with its value and its direction. */
import { statementOf } from '../features/statements.js';
import type { Reason } from './request.js';

interface Contribution {
  readonly feature: string;
  /** In log-odds. */
  readonly contribution: number;
}

const EXPLAINED_FEATURES = 3;

/** The strongest few, strongest first; amounts of the vector (d) are in `currency`. */
export function strongestReasons(
  contributions: readonly Contribution[],
  vector: Float32Array,
  currency: string,
): Reason[] {
  return [...contributions]
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, EXPLAINED_FEATURES)
    .map((contribution) => reasonOf(contribution, vector, currency));
}

function reasonOf({ feature, contribution }: Contribution, vector: Float32Array, currency: string): Reason {
  const text = `${statementOf(feature, vector, currency)}, which ${contribution < 0 ? 'lowers' : 'raises'} the risk`;
  return { code: `feature-${feature}`, text, contribution };
}
