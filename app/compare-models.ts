/**
 * Champion beside challenger on live payments: computed for the command line, and by a job for the page. A server has the job done
 * by a program of its own, since intervals are a second or two of arithmetic that no payment should wait for.
 */
import type { Clock } from '../core/clock.js';
import type { Environment } from '../core/config.js';
import { AppError } from '../core/errors.js';
import { compareModels } from '../reporting/comparison.js';
import type { ComparedModels, Span } from '../reporting/comparison-pairs.js';
import type { ComparisonReport } from '../reporting/comparison-report.js';
import { saveComparison } from '../reporting/comparison-store.js';
import { openWarehouseReader } from '../reporting/reader.js';
import { warehousePath } from '../reporting/warehouse.js';
import { championVersion } from './champion.js';
import { startOwnProgram } from './own-program.js';
import type { OwnProgram } from './own-program.js';
import type { Stores } from './stores.js';

type ComparisonStores = Pick<Stores, 'pool' | 'registry' | 'dataDir'>;

/** All that the challenger ever scored. */
export function wholeShadow(clock: Clock): Span {
  return { fromMs: 0, untilMs: clock.now() + 1 };
}

/** By version or first digits; the models in production and in shadow if absent. */
export async function comparedModels(
  { registry }: Pick<Stores, 'registry'>,
  asked: Partial<ComparedModels>,
): Promise<ComparedModels> {
  const full = async (version: string): Promise<string> => (await registry.show(version)).version;
  const champion = asked.champion === undefined ? null : await full(asked.champion);
  const challenger = asked.challenger === undefined ? null : await full(asked.challenger);
  const found = {
    champion: champion ?? (await championVersion(registry)),
    challenger: challenger ?? (await registry.challenger('fraud'))?.version,
  };
  if (found.champion === null) throw missing('no fraud model is in production', 'promote');
  if (found.challenger === undefined) throw missing('no fraud model is in shadow', 'challenge');
  return { champion: found.champion, challenger: found.challenger };
}

function missing(what: string, command: string): AppError {
  return new AppError(
    'not-found',
    'nothing-to-compare',
    `${what}: name one, or see \`hasivu models ${command}\``,
  );
}

/** Labels and results count as of now. */
export async function compareOn(
  { pool, dataDir }: ComparisonStores,
  clock: Clock,
  models: ComparedModels,
  span: Span,
): Promise<ComparisonReport> {
  const reader = openWarehouseReader(warehousePath(dataDir));
  try {
    return await compareModels({ pool, reader, nowMs: clock.now() }, models, span);
  } finally {
    reader.close();
  }
}

/** Of the present pair, kept for the page; without one, or before its first payment, there is nothing to do. */
export async function runComparison(stores: ComparisonStores, clock: Clock): Promise<void> {
  try {
    const models = await comparedModels(stores, {});
    await saveComparison(stores.pool, await compareOn(stores, clock, models, wholeShadow(clock)));
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'nothing-to-compare') throw error;
  }
}

const TIMEOUT_MS = 600_000;

/** The job, in a program of its own while something is in shadow. */
export function createComparer({ registry }: Pick<Stores, 'registry'>, env: Environment) {
  let running: OwnProgram | null = null;
  return {
    run: async (): Promise<void> => {
      if ((await registry.challenger('fraud')) === null) return;
      running = startOwnProgram(['jobs', 'run', 'compare-models'], { env, timeoutMs: TIMEOUT_MS });
      const { failure, said } = await running.ended;
      running = null;
      if (failure !== null)
        throw new AppError('internal', 'comparison-failed', `${failure}: ${said.trimEnd()}`);
    },
    stop: (): void => running?.stop(),
  };
}
