/** The HTTP server over a fresh database for each test file, assembled anew for each test, with what it logged. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { buildHttp } from '../../app/http.js';
import type { HttpDeps } from '../../app/http.js';
import { countGatewayCalls } from '../../app/gateway-metrics.js';
import { openWebhooks } from '../../app/webhooks.js';
import type { Webhooks } from '../../app/webhooks.js';
import { createLog, silentLog } from '../../core/log.js';
import type { Log } from '../../core/log.js';
import type { Gateway } from '../../core/ports/gateway.js';
import { createFold } from '../../features/fold.js';
import { openRegistry } from '../../models/registry.js';
import type { ModelRecord, Registry } from '../../models/registry.js';
import { readDunning } from '../../reporting/dunning.js';
import type { ReplayReport } from '../../scoring/replay/report.js';
import { openWorld } from '../scoring/world.js';
import type { World } from '../scoring/world.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';

const FEATURE_SET_HASH = createFold().featureSetHash;

const MODEL_RECORD: ModelRecord = {
  task: 'fraud',
  version: 'a1b2',
  learner: 'boosted-trees',
  featureSetHash: FEATURE_SET_HASH,
  savedAt: Date.UTC(2026, 0, 4),
  production: true,
  protocol: 'newest week',
  metrics: { averagePrecision: 0.7 },
  baseline: { averagePrecision: 0.01 },
};

interface HttpWorld {
  readonly world: World;
  readonly app: FastifyInstance;
  /** What the app stores webhooks in; they are applied when the test says so. */
  readonly webhooks: Webhooks;
  /** What the server promotes models by; it lists an invented one. */
  readonly registry: Registry;
  /** The lines that the gate and the server wrote since the test began. */
  readonly logged: readonly string[];
  /** Another server over the same gate, which writes no log. */
  build(access: Access): Promise<FastifyInstance>;
}

interface Access {
  /** Who takes payments; nobody if absent. */
  readonly gateway?: Gateway;
  readonly apiKeys: readonly string[];
  readonly host: string;
}

/** Signed with the current or the previous secret. */
export const WEBHOOKS = { webhookSecrets: ['whsec_current', 'whsec_previous'], webhookMaxAgeDays: 15 };

const THIS_MACHINE: Access = { apiKeys: [], host: '127.0.0.1' };

/** Registers the hooks of a test file; the function that it returns gives the present test's server. */
export function httpWorld(): () => HttpWorld {
  let database: TestPostgres;
  let folder: string;
  let current: HttpWorld;
  beforeAll(async () => {
    database = await testPostgres();
    folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-http-'));
  }, 60_000);
  beforeEach(async () => {
    await database.pool.query('TRUNCATE facts, decisions, outcome_reports');
    const logged: string[] = [];
    const log = createLog({ level: 'debug', pretty: false, destination: linesInto(logged) });
    const world = await openWorld({ pool: database.pool, log });
    const build = (access: Access) => buildHttp(httpDeps(world, folder, silentLog, access));
    const deps = httpDeps(world, folder, log, THIS_MACHINE);
    const app = await buildHttp(deps);
    current = { world, logged, app, webhooks: deps.webhooks, build, registry: registryOf(world, folder) };
  });
  afterEach(() => current.app.close());
  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });
  return () => current;
}

function httpDeps(world: World, folder: string, log: Log, access: Access): HttpDeps & { webhooks: Webhooks } {
  const { pool, clock } = world;
  return {
    ...world,
    gateway: access.gateway ?? null,
    gatewayCalls: countGatewayCalls(),
    webhooks: openWebhooks({ pool, clock, log, config: WEBHOOKS }),
    config: access,
    log,
    replay: async (decisionId) => equalReplay(decisionId),
    registry: { ...registryOf(world, folder), list: async () => [MODEL_RECORD] },
    reporting: {
      warehousePath: path.join(folder, 'warehouse.duckdb'),
      featureSetHash: FEATURE_SET_HASH,
      latestDecisions: async () => [],
      decision: async () => null,
      cases: async () => [],
      case: async () => null,
      productionModel: async () => null,
      modelHistory: async () => [],
      challenge: async () => null,
      latestComparison: async () => null,
      guardrails: async () => null,
      latestWatch: async () => null,
      latestForecast: () => Promise.resolve(null),
      dunning: () => readDunning(pool, clock.now()),
      watchedDays: async () => [],
      subscriptions: async () => null,
      churn: async () => null,
      churnUplift: async () => null,
      reconciliation: async () => ({ days: [], waiting: [], cases: [], today: '2026-01-31' }),
    },
  };
}

function equalReplay(decisionId: string): ReplayReport {
  const decidedAt = new Date(MODEL_RECORD.savedAt).toISOString();
  const parts = [{ part: 'answer' as const, outcome: 'equal' as const, differences: [] }];
  return { decisionId, paymentId: 'pay_1', decidedAt, outcome: 'equal', parts };
}

function registryOf({ pool, clock }: World, dataDir: string): Registry {
  return openRegistry({ dataDir, pool, clock, featureSetHashes: {} });
}

export function decideOn(app: FastifyInstance, payload: unknown, headers: Record<string, string> = {}) {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return app.inject({
    method: 'POST',
    url: '/v1/decisions',
    payload: text,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

function linesInto(lines: string[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
}
