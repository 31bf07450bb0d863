/**
 * Maximum likelihood for a few positive parameters: Nelder and Mead's simplex (1965) on their logarithms, started again
 * from where it stopped until that changes nothing. No derivatives are needed and no step leaves the allowed region.
 */
import { AppError } from '../../core/errors.js';
import { minimiseSimplex, type SimplexSettings } from '../nelder-mead.js';

/** Logarithms are kept within this of zero: beyond it a parameter has run away and the data cannot tell it. */
const FARTHEST = 14;
const MOST_RESTARTS = 8;
const SEARCH: SimplexSettings = {
  evaluations: 4000, // never reached by data that can tell the parameters
  tolerance: 1e-10, // of the log-likelihood: parameters are then stable to four digits or more
  step: 0.5 / (2 * FARTHEST), // half a logarithm
};

export function mostLikely<Name extends string>(
  start: Readonly<Record<Name, number>>,
  logLikelihood: (parameters: Record<Name, number>) => number,
): { parameters: Record<Name, number>; logLikelihood: number } {
  const names = Object.keys(start) as Name[]; // Exactly the keys of `start`.
  const named = (logs: Float64Array): Record<Name, number> =>
    Object.fromEntries(names.map((name, k) => [name, Math.exp(logs[k]!)])) as Record<Name, number>;
  const loss = (logs: Float64Array): number => {
    const value = -logLikelihood(named(logs));
    return Number.isFinite(value) ? value : Infinity;
  };
  const at = Float64Array.from(names, (name) => Math.log(start[name]));
  const box = { low: at.map(() => -FARTHEST), high: at.map(() => FARTHEST) };
  let least = minimiseSimplex(loss, at, box, SEARCH);
  for (let restart = 0; restart < MOST_RESTARTS; restart++) {
    const before = least;
    least = minimiseSimplex(loss, at, box, SEARCH);
    if (before - least <= 1e-8 * (1 + Math.abs(least))) break;
  }
  if (!Number.isFinite(least))
    throw new AppError(
      'bad-input',
      'no-likely-parameters',
      'no parameters explain these customers: check their times',
    );
  return { parameters: named(at), logLikelihood: -least };
}
