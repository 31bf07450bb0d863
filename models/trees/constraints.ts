/**
 * What the user knows about features: that the answer rises or falls with one (monotone), and which may meet on one path
 * of a tree (interactions). A feature in no group meets only itself.
 */
import { AppError } from '../../core/errors.js';
import type { Frame } from '../contract.js';
import type { Bins } from './bins.js';

export interface ConstraintSettings {
  readonly monotone: Readonly<Record<string, 1 | -1>>;
  readonly interactions: readonly (readonly string[])[];
}

export interface Constraints {
  /** Sign of each binned feature, 0 without a constraint; null when none has one. */
  readonly monotone: Int8Array | null;
  /** For each group 1 for the binned features in it; null when all may meet. */
  readonly groups: readonly Uint8Array[] | null;
}

/** Throws `unknown-feature` for names that the frame has not, `bad-monotone` for an order of categories. */
export function constraintsOf(frame: Frame, bins: Bins, settings: ConstraintSettings): Constraints {
  const { monotone, interactions } = settings;
  const unknown = [...Object.keys(monotone), ...interactions.flat()].find(
    (name) => !frame.names.includes(name),
  );
  if (unknown !== undefined) {
    const message = `a constraint names the feature "${unknown}", which the table has not`;
    throw new AppError('bad-input', 'unknown-feature', message);
  }
  const category = Object.keys(monotone).find((name) => frame.categorical.includes(name));
  if (category !== undefined) {
    const message = `"${category}" is categorical and has no order; take its monotone constraint away`;
    throw new AppError('bad-input', 'bad-monotone', message);
  }
  if (Object.values(monotone).some((sign) => Math.abs(sign) !== 1))
    throw new AppError(
      'bad-input',
      'bad-monotone',
      'a monotone constraint is 1 or -1; leave out what is free',
    );
  const names = bins.features.map(({ feature }) => frame.names[feature]!);
  const signs = Int8Array.from(names, (name) => monotone[name] ?? 0);
  const grouped = new Set(interactions.flat());
  const alone = names.filter((name) => !grouped.has(name)).map((name) => [name]);
  const groups = [...interactions, ...alone].map((group) =>
    Uint8Array.from(names, (name) => (group.includes(name) ? 1 : 0)),
  );
  return {
    monotone: signs.some((sign) => sign !== 0) ? signs : null,
    groups: interactions.length === 0 ? null : groups,
  };
}
