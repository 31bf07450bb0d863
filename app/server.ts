/** Puts the running system together: live state, gate, pages and the HTTP server over the shared stores. */
import type { Config } from '../core/config.js';
import { AppError } from '../core/errors.js';
import { FEATURE_NAMES, featureSetHash } from '../features/definitions.js';
import { DEFAULT_FOLD_SETTINGS } from '../features/vocabulary.js';
import { metricTitle } from '../models/metric-titles.js';
import type { Registry } from '../models/registry.js';
import type { ModelChange, ProductionModel, ReportingDeps } from '../reporting/deps.js';
import { warehousePath } from '../reporting/warehouse.js';
import { latestWatch, watchedDays } from '../reporting/watch-store.js';
import { createCaseAdmin } from '../scoring/cases/admin.js';
import { inspectCase } from '../scoring/cases/inspect.js';
import { findCases } from '../scoring/cases/store.js';
import { createGate } from '../scoring/decide.js';
import { readPolicy } from '../scoring/policy-file.js';
import { recordPolicy } from '../scoring/policy-store.js';
import { findDecision, latestDecisions } from '../scoring/decisions.js';
import { toFraudModel } from '../scoring/fraud-model.js';
import { openGeo } from '../scoring/geo.js';
import { restoreFromLake } from '../scoring/lake-history.js';
import { createListAdmin } from '../scoring/lists/admin.js';
import { openLiveLog } from '../scoring/live-log.js';
import { openLiveRules } from '../scoring/live-rules.js';
import { createOutcomes } from '../scoring/outcomes.js';
import { createRuleAdmin } from '../scoring/rules/admin.js';
import { createSafeguards } from '../scoring/safeguards.js';
import type { Safeguards } from '../scoring/safeguards.js';
import type { FraudModel } from '../scoring/score.js';
import { championVersion, usableChampion } from './champion.js';
import type { Cli } from './cli-io.js';
import { createDryRunner } from './dry-runner.js';
import { buildHttp } from './http.js';
import type { OnStage } from './stages.js';
import { createReplayRunner } from './replay-runner.js';
import type { Stores } from './stores.js';

export interface Server {
  readonly url: string;
  /** Takes up what is in production now: after a promotion or a rollback. */
  refreshModel(): Promise<void>;
  /** Takes up the rules and lists that another process has changed. */
  refreshRules(): Promise<void>;
  /** Reports the verdicts of closed cases that a crash left unreported. */
  reportVerdicts(): Promise<void>;
  /** Answers what has been asked, then lets go of the live log; the stores stay open. */
  close(): Promise<void>;
}

export async function startServer(cli: Cli, stores: Stores, onStage: OnStage): Promise<Server> {
  const { pool, lake, registry } = stores;
  const { clock, log } = cli;
  const config = cli.config();
  const countryOf = await openGeo(config.geoipFile);
  const safeguards = await openSafeguards(cli, stores);
  const rules = await openLiveRules({ pool, clock, log, featureNames: FEATURE_NAMES });
  const dryRuns = createDryRunner({ pool, clock, log, env: cli.env });
  const replays = createReplayRunner({ log, env: cli.env });
  let { version, model } = await takeUpChampion(registry);
  const onProgress = (done: number, total: number): void => onStage('live state', done, total);
  let starting = true;
  const liveLog = await openLiveLog({
    pool,
    clock,
    log,
    restore: () => restoreFromLake({ pool, lake, clock, ...(starting ? { onProgress } : {}) }),
  });
  starting = false;
  const decide = createGate({
    pool,
    clock,
    log: liveLog,
    model: () => model,
    rules,
    countryOf,
    stopwatch,
    safeguards,
    featureNames: FEATURE_NAMES,
  });
  const reportOutcome = createOutcomes({ pool, clock, log: liveLog });
  const caseAdmin = createCaseAdmin({ pool, clock, reportOutcome });
  const app = await buildHttp({
    config,
    clock,
    log,
    pool,
    liveLog,
    decide,
    reportOutcome,
    caseAdmin,
    safeguards,
    replay: replays.replay,
    rules,
    ruleAdmin: createRuleAdmin({ pool, clock, rules, dryRuns }),
    listAdmin: createListAdmin({ pool, clock, rules }),
    registry,
    reporting: reportingDeps(stores),
  });
  return {
    url: await listen(app, config),
    refreshModel: async () => {
      if ((await championVersion(registry)) === version) return;
      ({ version, model } = await takeUpChampion(registry));
    },
    refreshRules: () => rules.refresh(),
    reportVerdicts: async () => void (await caseAdmin.reportVerdicts()),
    close: async () => {
      await app.close();
      await dryRuns.close();
      await replays.close();
    },
  };
}

const stopwatch = (): number => performance.now();

/** Under a policy that the database knows before a decision names it. */
async function openSafeguards(cli: Cli, { pool }: Stores): Promise<Safeguards> {
  const { policyFile, maxInFlight } = cli.config();
  const policy = await readPolicy(policyFile);
  await recordPolicy(pool, policy, cli.clock);
  return createSafeguards({ log: cli.log, stopwatch, policy, maxInFlight });
}

async function listen(
  app: Awaited<ReturnType<typeof buildHttp>>,
  { host, port }: Pick<Config, 'host' | 'port'>,
): Promise<string> {
  return app.listen({ host, port }).catch(async (cause: unknown) => {
    await app.close();
    throw new AppError(
      'conflict',
      'port-in-use',
      `cannot listen on ${host}:${port}: stop what uses it or set PORT`,
      { cause },
    );
  });
}

/** The version is the one that was promoted, also when its model cannot be used. */
async function takeUpChampion(
  registry: Registry,
): Promise<{ version: string | null; model: FraudModel | null }> {
  const version = await championVersion(registry);
  const loaded = await usableChampion(registry);
  return { version, model: loaded === null ? null : toFraudModel(loaded) };
}

function reportingDeps({ pool, registry, dataDir }: Stores): ReportingDeps {
  return {
    warehousePath: warehousePath(dataDir),
    featureSetHash: featureSetHash(DEFAULT_FOLD_SETTINGS),
    latestDecisions: (query) => latestDecisions(pool, query),
    decision: (decisionId) => findDecision(pool, decisionId),
    cases: (query) => findCases(pool, query),
    case: (caseId) => inspectCase(pool, caseId),
    productionModel: () => productionModel(registry),
    modelHistory: () => modelHistory(registry),
    latestWatch: () => latestWatch(pool),
    watchedDays: () => watchedDays(pool),
  };
}

async function productionModel(registry: Registry): Promise<ProductionModel | null> {
  const promotion = (await registry.history('fraud')).at(-1);
  if (promotion === undefined) return null;
  const record = await registry.show(promotion.version);
  const metrics = Object.entries(record.metrics).map(([name, value]) => ({
    name: metricTitle(name),
    value,
    low: record.interval?.[name]?.low ?? null,
    high: record.interval?.[name]?.high ?? null,
    baseline: record.baseline[name] ?? null,
  }));
  return { version: promotion.version, promotedAt: promotion.at, metrics };
}

async function modelHistory(registry: Registry): Promise<ModelChange[]> {
  const history = await registry.history('fraud');
  const current = history.at(-1)?.version;
  return history
    .map(({ task, version, kind, at, actor, reason }) => ({
      task,
      version,
      kind,
      changedAt: at,
      actor,
      reason,
      inProduction: version === current,
    }))
    .reverse();
}
