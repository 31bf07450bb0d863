/** Fits a model of repeat buying by maximum likelihood. */
import { AppError } from '../../core/errors.js';
import { betaGeometric } from './beta-geometric.js';
import { mostLikely } from './most-likely.js';
import { pareto } from './pareto.js';
import { counted } from './repeat-buyers.js';
import type { RepeatBuyers, RepeatFamily, RepeatModel, RepeatModelName } from './repeat-buyers.js';

const FAMILIES: Readonly<Record<RepeatModelName, RepeatFamily>> = {
  'bg-nbd': betaGeometric(0),
  'mbg-nbd': betaGeometric(1),
  'pareto-nbd': pareto,
};

/** @throws AppError bad-input when nobody bought again: there is then nothing to learn from. */
export function fitRepeatBuying(name: RepeatModelName, buyers: RepeatBuyers): RepeatModel {
  if (buyers.repeats.every((repeats) => repeats === 0))
    throw new AppError(
      'bad-input',
      'no-repeat-buyers',
      'nobody bought a second time in the span to fit: bring a longer history',
    );
  const family = FAMILIES[name];
  const rows = counted(buyers);
  const { parameters, logLikelihood } = mostLikely(family.start(rows), (given) =>
    family.logLikelihood(rows, given),
  );
  return { name, parameters, logLikelihood, ...family.answers(parameters) };
}
