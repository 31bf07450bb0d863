/** Puts the running system together: live state, gate, pages and the HTTP server over the shared stores. */
import { progressDebits } from '../billing/debits/progress.js';
import { followInstalments } from '../billing/instalments/follow.js';
import { feedFold } from '../billing/payments/feed.js';
import { followPayments } from '../billing/payments/follow.js';
import { repairPayments } from '../billing/payments/repair.js';
import type { Clock } from '../core/clock.js';
import type { Config } from '../core/config.js';
import { AppError } from '../core/errors.js';
import { FEATURE_NAMES, featureSetHash } from '../features/definitions.js';
import { DEFAULT_FOLD_SETTINGS } from '../features/vocabulary.js';
import { metricTitle } from '../models/metric-titles.js';
import type { Registry } from '../models/registry.js';
import type { ModelChange, ProductionModel, ReportingDeps } from '../reporting/deps.js';
import { readChurn } from '../reporting/churn/overview.js';
import { latestUplift } from '../reporting/churn/uplift-store.js';
import { latestComparison } from '../reporting/comparison-store.js';
import { readDunning } from '../reporting/dunning.js';
import { latestForecast } from '../reporting/forecast-store.js';
import { latestCheck } from '../reporting/guardrail-store.js';
import { warehousePath } from '../reporting/warehouse.js';
import { latestSubscriptionReport } from '../reporting/subscription-store.js';
import { readReconciliation } from '../reporting/reconciliation-overview.js';
import { latestWatch, watchedDays } from '../reporting/watch-store.js';
import { createCaseAdmin } from '../scoring/cases/admin.js';
import { inspectCase } from '../scoring/cases/inspect.js';
import { findCases } from '../scoring/cases/store.js';
import { createGate } from '../scoring/decide.js';
import { readPolicy } from '../scoring/policy-file.js';
import { recordPolicy } from '../scoring/policy-store.js';
import { findDecision, latestDecisions } from '../scoring/decisions.js';
import { openGeo } from '../scoring/geo.js';
import { createListAdmin } from '../scoring/lists/admin.js';
import { openLiveChurn } from '../scoring/live-churn.js';
import { openLiveRules } from '../scoring/live-rules.js';
import { createOutcomes } from '../scoring/outcomes.js';
import { createRuleAdmin } from '../scoring/rules/admin.js';
import { createSafeguards } from '../scoring/safeguards.js';
import type { Safeguards } from '../scoring/safeguards.js';
import type { Cli } from './cli-io.js';
import { createDryRunner } from './dry-runner.js';
import type { OpenGateway } from './gateway.js';
import { countGatewayCalls } from './gateway-metrics.js';
import { buildHttp } from './http.js';
import { openLiveModels } from './live-models.js';
import { openLiveSnapshots, snapshotDeps } from './live-snapshots.js';
import type { LiveSnapshots } from './live-snapshots.js';
import { openLog } from './open-log.js';
import { openLiveRetry } from './retry-model.js';
import type { OnStage } from './stages.js';
import { createReplayRunner } from './replay-runner.js';
import type { Stores } from './stores.js';
import { takeDunning } from './take-dunning.js';
import { openWebhooks } from './webhooks.js';

export interface Server {
  readonly url: string;
  /** Takes up what is in production and in shadow now, and the newest churn scores: after a promotion, a challenge, a night. */
  refreshModel(): Promise<void>;
  /** Takes up the rules and lists that another process has changed. */
  refreshRules(): Promise<void>;
  /** Reports the verdicts of closed cases that a crash left unreported. */
  reportVerdicts(): Promise<void>;
  /** Applies the events that wait in the webhook inbox. */
  drainWebhooks(): Promise<number>;
  /** Shows the fold what the gateway told of payments that did not pass the gate. */
  feedFold(): Promise<void>;
  /** Does what follows from changed payments. */
  followPayments(): Promise<void>;
  /** Asks for instalments that fall due and ends plans that are over. */
  followInstalments(): Promise<void>;
  /** Takes every debit that is due one step on, and looks after mandates. */
  progressDebits(): Promise<void>;
  /** Takes the steps of dunning that are due, clears who has paid. */
  takeDunning(): Promise<number>;
  /** Settles with the gateway what crashes and lost answers left open. */
  repairPayments(): Promise<void>;
  /** Commits what other processes that share the fold have left. */
  repairFold(): Promise<void>;
  /** What a start need not replay. */
  readonly snapshots: Pick<LiveSnapshots, 'renew' | 'stop'>;
  /** Answers what has been asked, then lets go of the live log; the stores stay open. */
  close(): Promise<void>;
}

/** @param payments who takes payments, and the secrets of its webhooks; absent: nobody, and the configured secrets. */
export async function startServer(
  cli: Cli,
  stores: Stores,
  onStage: OnStage,
  { gateway, webhookSecrets, calls }: Pick<OpenGateway, 'gateway' | 'webhookSecrets' | 'calls'> = {
    gateway: null,
    calls: countGatewayCalls(),
    webhookSecrets: cli.config().webhookSecrets,
  },
): Promise<Server> {
  const { pool, registry } = stores;
  const { clock, log } = cli;
  const config = cli.config();
  const dryRuns = createDryRunner({ pool, clock, log, env: cli.env });
  const replays = createReplayRunner({ log, env: cli.env });
  const { safeguards, rules, churn, models, snapshots, liveLog, repair, letGo, decide } = await openGate(
    cli,
    stores,
    onStage,
  );
  const reportOutcome = createOutcomes({ pool, clock, log: liveLog });
  const caseAdmin = createCaseAdmin({ pool, clock, reportOutcome });
  const webhooks = openWebhooks({ pool, clock, log, config: { ...config, webhookSecrets } });
  const app = await buildHttp({
    config,
    clock,
    log,
    pool,
    liveLog,
    decide,
    reportOutcome,
    gateway,
    gatewayCalls: calls,
    webhooks,
    caseAdmin,
    safeguards,
    shadow: models.shadow,
    replay: replays.replay,
    rules,
    ruleAdmin: createRuleAdmin({ pool, clock, rules, dryRuns }),
    listAdmin: createListAdmin({ pool, clock, rules }),
    registry,
    reporting: reportingDeps(stores, clock),
  });
  const payments = gateway && { pool, clock, log, gateway, reportOutcome };
  const retries = await openLiveRetry(registry, log);
  const debits = payments && { ...payments, decide, adviser: retries.adviser, stopwatch };
  return {
    url: await listen(app, config),
    refreshModel: async () => void (await Promise.all([models, retries, churn].map((one) => one.refresh()))),
    refreshRules: () => rules.refresh(),
    reportVerdicts: async () => void (await caseAdmin.reportVerdicts()),
    drainWebhooks: () => webhooks.drain(),
    feedFold: async () => void (await feedFold({ pool, log: liveLog })),
    followPayments: async () => void (payments && (await followPayments(payments))),
    followInstalments: async () => void (payments && (await followInstalments({ ...payments, decide }))),
    progressDebits: async () => void (debits && (await progressDebits(debits))),
    takeDunning: () => takeDunning({ pool, clock, log, decide, gateway }),
    repairPayments: async () => void (payments && (await repairPayments(payments))),
    repairFold: repair,
    snapshots,
    close: async () => {
      await app.close();
      await Promise.all([models.shadow.idle(), dryRuns.close(), replays.close()]);
      const atRest = await liveLog.close();
      if (atRest !== null) await snapshots.keep(atRest);
      await letGo();
    },
  };
}

const stopwatch = (): number => performance.now();

/** The gate and what it decides with. */
async function openGate(cli: Cli, stores: Stores, onStage: OnStage) {
  const { pool, registry } = stores;
  const { clock, log } = cli;
  const safeguards = await openSafeguards(cli, stores);
  const rules = await openLiveRules({ pool, clock, log, featureNames: FEATURE_NAMES });
  const churn = await openLiveChurn(pool);
  const { policy } = safeguards;
  const models = await openLiveModels({ pool, registry, log, stopwatch, policy });
  const onProgress = (done: number, total: number): void => onStage('live state', done, total);
  const snapshots = openLiveSnapshots(snapshotDeps(stores, cli), cli.env);
  const { liveLog, repair, letGo } = await openLog(cli, stores, snapshots, onProgress);
  const decide = createGate({
    pool,
    clock,
    log: liveLog,
    model: models.champion,
    rules,
    churn,
    countryOf: await openGeo(cli.config().geoipFile),
    stopwatch,
    safeguards,
    featureNames: FEATURE_NAMES,
    shadow: models.shadow,
  });
  return { safeguards, rules, churn, models, snapshots, liveLog, repair, letGo, decide };
}

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

function reportingDeps({ pool, registry, dataDir }: Stores, clock: Clock): ReportingDeps {
  return {
    warehousePath: warehousePath(dataDir),
    featureSetHash: featureSetHash(DEFAULT_FOLD_SETTINGS),
    latestDecisions: (query) => latestDecisions(pool, query),
    decision: (decisionId) => findDecision(pool, decisionId),
    cases: (query) => findCases(pool, query),
    case: (caseId) => inspectCase(pool, caseId),
    productionModel: () => productionModel(registry),
    modelHistory: () => modelHistory(registry),
    challenge: () => registry.challenger('fraud'),
    latestComparison: () => latestComparison(pool),
    guardrails: () => latestCheck(pool),
    latestWatch: () => latestWatch(pool),
    latestForecast: () => latestForecast(pool),
    dunning: () => readDunning(pool, clock.now()),
    watchedDays: () => watchedDays(pool),
    subscriptions: (currency) => latestSubscriptionReport(pool, currency),
    churn: (currency) => readChurn(pool, { now: clock.now(), currency }),
    churnUplift: (currency) => latestUplift(pool, currency),
    reconciliation: () => readReconciliation(pool, clock.now()),
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
