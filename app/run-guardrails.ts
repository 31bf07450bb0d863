/**
 * One look of the guardrails at the fraud model in production. On a breach the registry returns to the champion before, which is
 * an alert: an error in the log, a metric and a card on the dashboard. What cannot be rolled back, or was rolled back to by a
 * guardrail less than a day ago, is left to people, with the same alert.
 */
import type { Clock } from '../core/clock.js';
import { AppError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { DAY_MS } from '../features/vocabulary.js';
import { automaticAgainAt, formerChampion } from '../models/promotions.js';
import type { Promotion } from '../models/promotions.js';
import type { Registry } from '../models/registry.js';
import { guardrailFigures } from '../reporting/guardrail-figures.js';
import { latestCheck, saveCheck } from '../reporting/guardrail-store.js';
import { judge } from '../reporting/guardrails.js';
import type { GuardrailCheck, Rail } from '../reporting/guardrails.js';
import { openWarehouseReader } from '../reporting/reader.js';
import { warehousePath } from '../reporting/warehouse.js';
import type { Guardrails } from '../scoring/guardrail-settings.js';
import type { Stores } from './stores.js';

interface GuardrailDeps {
  readonly stores: Pick<Stores, 'pool' | 'registry' | 'dataDir'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: Guardrails;
}

/** Who changes production then. */
const GUARDRAIL = 'guardrail';

export async function runGuardrails(deps: GuardrailDeps): Promise<GuardrailCheck> {
  const { pool, registry } = deps.stores;
  const nowMs = deps.clock.now();
  const history = await registry.history('fraud');
  const current = history.at(-1);
  const before = await latestCheck(pool);
  const check =
    current === undefined ? { ...NOTHING, at: nowMs } : await look(deps, { current, history, nowMs });
  await saveCheck(pool, check);
  alert(deps.log, check, before);
  return check;
}

const NOTHING = {
  modelVersion: null,
  standing: 'no-model',
  decisions: 0,
  rails: [],
  note: null,
} as const satisfies Partial<GuardrailCheck>;

interface Sight {
  readonly current: Promotion;
  readonly history: readonly Promotion[];
  readonly nowMs: number;
}

async function look({ stores, settings }: GuardrailDeps, sight: Sight): Promise<GuardrailCheck> {
  const { current, history, nowMs } = sight;
  const { version: modelVersion, at: promotedAtMs } = current;
  const unjudged = { ...NOTHING, at: nowMs, modelVersion };
  if (!settings.on) return { ...unjudged, standing: 'off' };
  if (nowMs - promotedAtMs > settings.watchedDays * DAY_MS) return { ...unjudged, standing: 'past' };
  const reader = openWarehouseReader(warehousePath(stores.dataDir));
  try {
    const former = formerChampion(history);
    const judged = { version: modelVersion, former, promotedAtMs, nowMs };
    const figures = await guardrailFigures({ pool: stores.pool, reader }, judged, settings);
    const rails = judge(figures, settings);
    const seen = { ...unjudged, rails, decisions: figures.answers.decisions };
    const breached = rails.filter((rail) => rail.breached);
    if (breached.length > 0) return { ...seen, ...(await rollBack(stores.registry, sight, breached)) };
    return { ...seen, standing: rails.length === 0 ? 'too-few' : 'watching' };
  } finally {
    reader.close();
  }
}

async function rollBack(
  registry: Pick<Registry, 'rollBackFrom'>,
  { current, history, nowMs }: Sight,
  breached: readonly Rail[],
): Promise<Pick<GuardrailCheck, 'standing' | 'note'>> {
  const again = automaticAgainAt(history);
  if (current.kind === 'guardrail' && again !== null && nowMs < again) {
    const note = `a guardrail put it into production itself: until ${new Date(again).toISOString()} people decide`;
    return { standing: 'held', note };
  }
  const reason = breached.map(({ guardrail, text }) => `${guardrail}: ${text}`).join('; ');
  try {
    const { version } = await registry.rollBackFrom('fraud', current.version, { actor: GUARDRAIL, reason });
    return { standing: 'rolled-back', note: `production is back at ${version.slice(0, 12)}` };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { standing: 'held', note: error.message };
  }
}

/** Once for each breach, not at every look. */
function alert(log: Log, check: GuardrailCheck, before: GuardrailCheck | null): void {
  const { standing, modelVersion, note, rails } = check;
  const breached = rails.filter((rail) => rail.breached).map(({ text }) => text);
  const told = { modelVersion, note, breached };
  if (standing === 'rolled-back') log.error({ event: 'guardrail-rolled-back', ...told });
  else if (standing === 'held' && (before?.standing !== 'held' || before.modelVersion !== modelVersion))
    log.error({ event: 'guardrail-breached', ...told });
}
