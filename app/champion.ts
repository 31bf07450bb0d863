/** The fraud model in production, as far as this version of the program can use it. */
import { AppError } from '../core/errors.js';
import type { LoadedModel, Registry } from '../models/registry.js';

/** Null when there is none, or when it was trained on another feature set: then rules decide until one is trained anew. */
export async function usableChampion(registry: Registry): Promise<LoadedModel | null> {
  return registry.production('fraud').catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'other-feature-set') return null;
    throw error;
  });
}

/** Its version, by one small query: the model itself takes a tenth of a second to read. */
export async function championVersion(registry: Registry): Promise<string | null> {
  return (await registry.history('fraud')).at(-1)?.version ?? null;
}
