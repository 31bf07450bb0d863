/** Who changes production or what runs beside it, for the history: named, or the user of the shell. */
import { AppError } from '../../core/errors.js';
import type { Cli } from '../cli-io.js';

export interface Person {
  readonly actor?: string;
}

/** @throws AppError `bad-input` when nobody is named and the shell does not say. */
export function actorOf(
  { env }: Pick<Cli, 'env'>,
  { actor = env['USER'] ?? env['LOGNAME'] }: Person,
): string {
  if (actor !== undefined) return actor;
  throw new AppError(
    'bad-input',
    'no-actor',
    'the user of this shell has no name; say who you are with --actor',
  );
}
