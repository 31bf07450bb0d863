/**
 * How fast the gate decides in one program: reading and scoring alone, and whole decisions that are durable in the
 * embedded PostgreSQL when they are counted. The model is a forest of 300 boosted trees on the fold's own vectors.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { manualClock, systemClock } from '../../core/clock.js';
import { silentLog } from '../../core/log.js';
import { migrate } from '../../core/migrations.js';
import { openPostgres } from '../../core/postgres.js';
import type { Postgres } from '../../core/postgres.js';
import { seededRandom } from '../../core/random.js';
import type { Random } from '../../core/random.js';
import { FEATURE_NAMES } from '../../features/definitions.js';
import type { Fold } from '../../features/fold.js';
import type { Model } from '../../models/contract.js';
import { createGate } from '../../scoring/decide.js';
import { openLiveLog } from '../../scoring/live-log.js';
import { DEFAULT_POLICY } from '../../scoring/policy-settings.js';
import { toGateRequest } from '../../scoring/request.js';
import { createListIndex } from '../../scoring/lists/list-index.js';
import type { ListIndex } from '../../scoring/lists/list-index.js';
import { openLiveRules } from '../../scoring/live-rules.js';
import { DEFAULT_RULES } from '../../scoring/rules/defaults.js';
import { compileRuleSet } from '../../scoring/rules/rule-set.js';
import { createSafeguards } from '../../scoring/safeguards.js';
import { score } from '../../scoring/score.js';
import type { FraudModel } from '../../scoring/score.js';
import { LIST_ENTRIES, listedValue, MORE_RULES, requestBody, warm } from './gate-scene.js';
import { quantile } from './measure.js';
import type { Figure } from './measure.js';

const PAYERS = 5_000;
const SCORED = 20_000;
const DECIDED = 10_000;
const CALLERS = 64;
const START_AT = Date.UTC(2026, 0, 1);
const MONTH_MS = 30 * 86_400_000;

export async function benchGate(): Promise<Figure[]> {
  const random = seededRandom(1);
  const atMs = START_AT + 2 * MONTH_MS;
  const { fold, model: forest } = warm(random, PAYERS, atMs);
  const model = fraudModel(forest, fold);
  return [...benchScoring(fold, atMs, model, random), ...(await benchDecisions(fold, model, random))];
}

function fraudModel(model: Model, fold: Fold): FraudModel {
  return {
    version: 'bench',
    featureSetHash: fold.featureSetHash,
    predictOne: (vector) => model.predictOne(vector),
    explain: (vector) => {
      const contributions = model.explain(vector);
      return model.featureNames.map((feature, i) => ({ feature, contribution: contributions[i] ?? 0 }));
    },
    thresholds: null,
  };
}

const BENCH_RULES = [...DEFAULT_RULES, ...MORE_RULES];

function benchLists(): ListIndex {
  const lists = createListIndex();
  const entry = {
    change: 'add',
    kind: 'block',
    overridable: true,
    expiresAt: null,
    reason: 'bench',
  } as const;
  for (let i = 0; i < LIST_ENTRIES; i++) lists.apply({ changeId: i + 1, ...entry, ...listedValue(i) });
  return lists;
}

const GIVEN = {
  decisionId: 'bench',
  policy: DEFAULT_POLICY,
  circumstances: { modelTooSlow: false, blockCapOpen: false, originalBlocked: false },
};

function benchScoring(fold: Fold, atMs: number, model: FraudModel, random: Random): Figure[] {
  const rules = compileRuleSet(BENCH_RULES, FEATURE_NAMES);
  const lists = benchLists();
  const { featureSetHash } = fold;
  const out = new Float32Array(FEATURE_NAMES.length);
  const requests = Array.from({ length: SCORED }, (_, i) =>
    toGateRequest(requestBody(`pay_${i}`, random, PAYERS)),
  );
  const micros = requests.map(({ payment, signals }, i) => {
    const startedAt = performance.now();
    const vector = fold.vector(payment, atMs + i, out);
    const subject = { payment, signals: { ...signals, ipCountry: null }, vector };
    score({ ...GIVEN, subject, featureSetHash, atMs: atMs + i, rules, lists, model });
    return (performance.now() - startedAt) * 1000;
  });
  const note = `${BENCH_RULES.length} rules, ${LIST_ENTRIES} list entries`;
  return [
    {
      name: 'vector, lists, rules, model and policy, median',
      value: quantile(micros, 0.5),
      unit: 'µs',
      note,
    },
    {
      name: 'vector, lists, rules, model and policy, 99th percentile',
      value: quantile(micros, 0.99),
      unit: 'µs',
    },
  ];
}

async function benchDecisions(fold: Fold, model: FraudModel, random: Random): Promise<Figure[]> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-bench-'));
  // Root runs PostgreSQL as another user, who must be able to pass.
  await chmod(dataDir, 0o755);
  const postgres = await openPostgres({ dataDir, databaseUrl: null, log: silentLog });
  try {
    await migrate(postgres.pool);
    return await decideMany(postgres, fold, model, random);
  } finally {
    await postgres.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function decideMany(
  { pool }: Postgres,
  fold: Fold,
  model: FraudModel,
  random: Random,
): Promise<Figure[]> {
  const clock = manualClock(systemClock.now());
  const history = { batches: 0, untilMs: clock.now(), sequence: 0 };
  const restore = async () => ({ fold, sequence: 0, knownAt: clock.now(), history });
  const liveLog = await openLiveLog({ pool, clock, log: silentLog, restore });
  const stopwatch = () => performance.now();
  const safeguards = createSafeguards({
    log: silentLog,
    stopwatch,
    policy: DEFAULT_POLICY,
    maxInFlight: 2000,
  });
  const decide = createGate({
    safeguards,
    pool,
    clock,
    log: liveLog,
    model: () => model,
    rules: await openLiveRules({ pool, clock, log: silentLog, featureNames: FEATURE_NAMES }),
    churn: { risk: () => null },
    countryOf: () => null,
    stopwatch,
    featureNames: FEATURE_NAMES,
    shadow: { observe: () => undefined },
  });
  const bodies = Array.from({ length: DECIDED }, (_, i) => requestBody(`pay_${i}`, random, PAYERS));
  const latencies: number[] = [];
  const startedAt = performance.now();
  const caller = async () => {
    for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
      const askedAt = performance.now();
      await decide(body, null);
      latencies.push(performance.now() - askedAt);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const seconds = (performance.now() - startedAt) / 1000;
  await liveLog.close();
  return [
    { name: `durable decisions, ${CALLERS} callers`, value: DECIDED / seconds, unit: '1/s' },
    { name: `durable decision, ${CALLERS} callers, median`, value: quantile(latencies, 0.5), unit: 'ms' },
    {
      name: `durable decision, ${CALLERS} callers, 99th percentile`,
      value: quantile(latencies, 0.99),
      unit: 'ms',
    },
  ];
}
