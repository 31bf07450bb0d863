/**
 * A gate with a history that makes replays hard: late and tied facts, results and frauds reported afterwards, rules revised and
 * retired, list entries that expire, models promoted and nights of churn scores written in between, an import and a flush between two starts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { manualClock } from '../../../core/clock.js';
import type { ManualClock } from '../../../core/clock.js';
import { seededRandom } from '../../../core/random.js';
import type { Random } from '../../../core/random.js';
import { CATEGORICAL_FEATURES, FEATURE_NAMES, featureSetHash } from '../../../features/definitions.js';
import { DEFAULT_FOLD_SETTINGS } from '../../../features/vocabulary.js';
import { appendFacts } from '../../../ingest/append-facts.js';
import { openLake } from '../../../ingest/lake.js';
import type { Lake } from '../../../ingest/lake.js';
import { openRegistry } from '../../../models/registry.js';
import type { Registry } from '../../../models/registry.js';
import { boostedTrees } from '../../../models/trees/boosted-trees.js';
import { flushFacts } from '../../../scoring/flush.js';
import { toFraudModel } from '../../../scoring/fraud-model.js';
import { restoreFromLake } from '../../../scoring/lake-history.js';
import { DEFAULT_POLICY } from '../../../scoring/policy-settings.js';
import { label, payment } from '../../support/facts.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { saveNight } from '../churn/nights.js';
import { body, openWorld, START_AT } from '../world.js';
import type { World } from '../world.js';

const HOUR_MS = 3_600_000;
const INR = DEFAULT_POLICY.costs['INR']!;
const DAY_MS = 24 * HOUR_MS;

export interface BusyGate {
  readonly database: TestPostgres;
  readonly dataDir: string;
  readonly lake: Lake;
  readonly registry: Registry;
  readonly clock: ManualClock;
  readonly decisions: number;
  close(): Promise<void>;
}

/** About `3 * each` decisions in three starts of the gate. */
export async function busyGate(each: number): Promise<BusyGate> {
  const database = await testPostgres();
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-replay-'));
  const clock = manualClock(START_AT);
  const lake = await openLake(path.join(dataDir, 'lake'));
  const hashes = { fraud: featureSetHash(DEFAULT_FOLD_SETTINGS) };
  const registry = openRegistry({ dataDir, pool: database.pool, clock, featureSetHashes: hashes });
  const random = seededRandom(7);
  await appendFacts(
    lake,
    { name: 'history', source: 'test' },
    past(random, 'old', START_AT - 40 * DAY_MS, 300),
  );
  let decisions = 0;
  for (let start = 0; start < 3; start++) {
    const restore = () => restoreFromLake({ pool: database.pool, lake, clock });
    const countryOf = (ip: string) => (ip.endsWith('7') ? 'NP' : 'IN');
    // Half of the model's blocks are explored, so that draws are replayed too.
    const exploration = { ...DEFAULT_POLICY.exploration, share: 0.5, maxAmountPaise: { INR: 10_000_000 } };
    const policy = {
      ...DEFAULT_POLICY,
      // Dear enough to change what is done at the probabilities of these models.
      costs: { INR: { ...INR, churn: { refusalOddsRatio: 6, leastPaise: 25_000, mostPaise: 200_000 } } },
      exploration,
      blockCap: { ...DEFAULT_POLICY.blockCap, share: 0.3, minDecisions: 20 },
    };
    const world = await openWorld({ pool: database.pool, clock, restore, countryOf, policy });
    decisions += await work(world, { random, clock, registry, lake, start, each });
    await world.liveLog.close();
    // Known before facts that the next start has seen: a fold built from all of the lake would differ.
    await appendFacts(
      lake,
      { name: `late-${start}`, source: 'test' },
      past(random, `late-${start}`, START_AT - 10 * DAY_MS, 60),
    );
  }
  return {
    database,
    dataDir,
    lake,
    registry,
    clock,
    decisions,
    close: async () => {
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Imported payments; some of their frauds become known only while the gate runs. */
export function past(random: Random, name: string, from: number, payments: number) {
  return Array.from({ length: payments }, (_, i) => {
    const occurredAt = from + i * HOUR_MS;
    const one = payment({ paymentId: `${name}_${i}`, occurredAt, ...partiesOf(random) });
    const fraud = random.unit() < 0.2;
    const knownAt = occurredAt + random.below(40) * DAY_MS;
    return fraud ? [one, label({ paymentId: one.paymentId, occurredAt, knownAt })] : [one];
  }).flat();
}

function partiesOf(random: Random) {
  return {
    payerId: `payer-${random.below(30)}`,
    counterpartyId: `school-${random.below(4)}`,
    deviceId: `device-${random.below(60)}`,
    instrumentId: `token-${random.below(80)}`,
    ip: `203.0.113.${random.below(90)}`,
    amountPaise: BigInt(1 + random.below(400_000)),
  };
}

interface Work {
  readonly random: Random;
  readonly clock: ManualClock;
  readonly registry: Registry;
  readonly lake: Lake;
  readonly start: number;
  readonly each: number;
}

async function work(world: World, { random, clock, registry, lake, start, each }: Work): Promise<number> {
  const paid: string[] = [];
  for (let i = 0; i < each; i++) {
    // Ties: every third comes at the instant of the one before.
    if (i % 3 > 0) clock.advance(random.below(240) * 60_000);
    if (i % 25 === 5) await changeSomething(world, { random, clock, registry, seed: start * 100 + i });
    if (i % 40 === 20) await flushFacts(world.pool, lake);
    const paymentId = `pay_${start}_${i}`;
    const { amountPaise, ...parties } = partiesOf(random);
    const again = random.unit() < 0.15 ? paid[random.below(paid.length)] : undefined;
    const fields = {
      ...parties,
      method: 'upi' as const,
      category: `plan-${random.below(3)}`,
      latitude: 12 + random.unit(),
      bin: `41111${random.below(3)}`,
      emailDomain: `mail${random.below(3)}.example`,
      amountPaise: Number(amountPaise) * (random.unit() < 0.05 ? 200 : 1),
      occurredAt: new Date(clock.now() - random.below(3) * HOUR_MS).toISOString(),
    };
    await world.decide(
      body(paymentId, again === undefined ? fields : { ...fields, kind: 'retry', retryOf: again }),
      null,
    );
    paid.push(paymentId);
    const told = paid[random.below(paid.length)]!;
    const occurredAt = new Date(clock.now() - 1).toISOString();
    if (random.unit() < 0.3)
      await world.reportOutcome({ paymentId: told, outcome: 'failed', occurredAt }, null);
    if (random.unit() < 0.2) await world.reportOutcome({ paymentId: told, outcome: 'fraud' }, null);
  }
  return each;
}

interface Change extends Pick<Work, 'random' | 'clock' | 'registry'> {
  readonly seed: number;
}

async function changeSomething(world: World, { random, clock, registry, seed }: Change): Promise<void> {
  const actor = 'asha';
  // Every other night is taken up late: the gate goes on with one that is no longer the newest.
  if (seed % 50 === 5) await world.churn.refresh();
  await saveNight(
    world.pool,
    clock.now() - HOUR_MS,
    Array.from({ length: 12 }, (_, payer) => ({
      payerId: `payer-${payer}`,
      valuePaise: 50_000 * ((payer + seed) % 20),
      leaves: ((3 * payer + seed) % 20) / 20,
    })),
  );
  if (seed % 50 !== 5) await world.churn.refresh();
  const { version } = await registry.save(anyModel(random, seed));
  await registry.promote('fraud', version, { actor, reason: 'a test' });
  world.useModel(toFraudModel((await registry.production('fraud'))!));
  const definition = {
    owner: 'risk',
    action: 'challenge' as const,
    text: 'often',
    condition: `payerCount1d > ${seed % 7}`,
  };
  const author = { actor, note: 'a test' };
  const ruleId = `often-${seed}`;
  await world.ruleAdmin.create(ruleId, definition, author, null);
  await world.ruleAdmin.changeMode(ruleId, 1, { mode: 'shadow', actor, reason: 'a test' }, null);
  if (seed === 105)
    await world.ruleAdmin.changeMode('amount-cap', 1, { mode: 'retired', actor, reason: 'a test' }, null);
  const expiresAt = new Date(clock.now() + 12 * HOUR_MS).toISOString();
  const reason = 'a test';
  await world.listAdmin.add(
    {
      entries: [
        { kind: 'allow', subject: 'payer', value: `payer-${random.below(30)}`, expiresAt, reason },
        { kind: 'block', subject: 'ip', value: '203.0.113.16/30', expiresAt, reason },
        { kind: 'block', subject: 'bin', value: '411111', reason, overridable: random.unit() < 0.5 },
      ],
      actor,
    },
    null,
  );
  const removed = { kind: 'block' as const, subject: 'bin' as const, value: '411111' };
  if (random.unit() < 0.5) await world.listAdmin.remove({ entries: [removed], reason, actor }, null);
}

/** Learned from noise, so that it says something else of every payment. */
export function anyModel(random: Random, seed: number) {
  const rows = 120;
  const columns = FEATURE_NAMES.map(() => Float32Array.from({ length: rows }, () => random.below(20)));
  const frame = { rows, names: FEATURE_NAMES, columns, categorical: CATEGORICAL_FEATURES };
  const y = Uint8Array.from({ length: rows }, () => Number(random.unit() < 0.8));
  const evaluation = { metrics: { aucRoc: 0.5 }, baseline: { aucRoc: 0.5 }, protocol: 'Noise.' };
  return {
    task: 'fraud',
    featureSetHash: featureSetHash(DEFAULT_FOLD_SETTINGS),
    model: boostedTrees.fit(frame, y, { settings: { ...boostedTrees.defaults, trees: 5 }, seed }),
    policy: { blockFrom: 0.78, reviewFrom: 0.75 },
    training: { seed },
    evaluation,
    intendedUse: 'Tests only.',
  };
}
