import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { manualClock } from '../../../core/clock.js';
import { seededRandom } from '../../../core/random.js';
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
import { decisionsBetween } from '../../../scoring/decisions.js';
import { at, valueOf } from '../../../scoring/off-policy/action-value.js';
import type { ActionShares } from '../../../scoring/off-policy/action-value.js';
import { decideOtherwise } from '../../../scoring/off-policy/decide-otherwise.js';
import type { Alternative } from '../../../scoring/off-policy/decide-otherwise.js';
import { evaluatePolicy } from '../../../scoring/off-policy/evaluate-policy.js';
import type { PolicyQuestion } from '../../../scoring/off-policy/evaluate-policy.js';
import { DEFAULT_POLICY } from '../../../scoring/policy-settings.js';
import type { Policy } from '../../../scoring/policy-settings.js';
import { openPast } from '../../../scoring/replay/past.js';
import type { FraudModel } from '../../../scoring/score.js';
import { label } from '../../support/facts.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { body, openWorld, START_AT } from '../world.js';
import type { World } from '../world.js';

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
const PAYMENTS = 400;
const EXPLORED = 0.3;
const PASSES = 0.5;

const costs = { ...DEFAULT_POLICY.costs['INR']!, challengePassShare: PASSES };
const POLICY: Policy = {
  costs: { INR: costs },
  exploration: { share: EXPLORED, seed: 3, maxAmountPaise: { INR: 100_000_000 } },
  blockCap: { ...DEFAULT_POLICY.blockCap, share: 1 },
};
const yardstick = { costs, reviewCostPaise: 5000 };

/** What really is: frauds are large. */
const truthOf = (amountPaise: number): number => (amountPaise > 200_000 ? 0.65 : 0.01);

interface Latent {
  readonly amountPaise: number;
  readonly fraud: boolean;
  readonly reported: boolean;
}

interface Shop {
  readonly database: TestPostgres;
  readonly lake: Lake;
  readonly registry: Registry;
  readonly world: World;
  readonly dataDir: string;
  readonly model: FraudModel;
  /** Blocks only the largest. */
  readonly bolder: FraudModel;
  /** Payments with what they really were, blocked or not. */
  readonly latent: ReadonlyMap<string, Latent>;
}

let shop: Shop;

beforeAll(async () => {
  const database = await testPostgres();
  const { pool } = database;
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-policy-'));
  const clock = manualClock(START_AT);
  const lake = await openLake(path.join(dataDir, 'lake'));
  const hashes = { fraud: featureSetHash(DEFAULT_FOLD_SETTINGS) };
  const registry = openRegistry({ dataDir, pool, clock, featureSetHashes: hashes });
  const world = await openWorld({ pool, clock, policy: POLICY });
  const modelOf = async (blocksFrom: number) =>
    toFraudModel(await registry.load((await registry.save(amountModel(blocksFrom))).version));
  const [model, bolder] = [await modelOf(200_000), await modelOf(300_000)];
  world.useModel(model);
  const latent = await pay(world, lake);
  shop = { database, lake, registry, world, dataDir, model, bolder, latent };
}, 60_000);

afterAll(async () => {
  await shop.world.liveLog.close();
  await shop.database.close();
  await rm(shop.dataDir, { recursive: true, force: true });
});

/** Fears what is above an amount, so that it blocks there. */
function amountModel(blocksFrom: number) {
  const rows = 400;
  const random = seededRandom(blocksFrom);
  const amount = FEATURE_NAMES.indexOf('amount');
  const columns = FEATURE_NAMES.map((_, j) =>
    Float32Array.from({ length: rows }, () => (j === amount ? random.below(400_000) : NaN)),
  );
  const y = Uint8Array.from(columns[amount]!, (paise) =>
    Number(random.unit() < (paise > blocksFrom ? 0.9 : 0.001)),
  );
  return {
    task: 'fraud',
    featureSetHash: featureSetHash(DEFAULT_FOLD_SETTINGS),
    model: boostedTrees.fit({ rows, names: FEATURE_NAMES, columns, categorical: CATEGORICAL_FEATURES }, y, {
      settings: { ...boostedTrees.defaults, trees: 60 },
      seed: 1,
    }),
    policy: { blockFrom: 0.5, reviewFrom: 0.3 },
    training: { blocksFrom },
    evaluation: { metrics: { aucRoc: 0.9 }, baseline: { aucRoc: 0.5 }, protocol: 'Drawn.' },
    intendedUse: 'Tests only.',
  };
}

/** Decides, and tells of the frauds that the action let happen: some by report, some by import, some taken back. */
async function pay(world: World, lake: Lake) {
  const random = seededRandom(11).fork('shop');
  const latent = new Map<string, Latent>();
  for (let i = 0; i < PAYMENTS; i++) {
    world.clock.advance(MINUTE_MS);
    const amountPaise = 1000 + random.below(390_000);
    const fraud = random.unit() < truthOf(amountPaise);
    const paymentId = `pay_${i}`;
    const own = {
      payerId: `payer_${i >> 1}`,
      deviceId: `device_${i}`,
      instrumentId: `token_${i}`,
      ip: `198.51.${i >> 7}.${i & 127}`,
    };
    const { action } = await world.decide(body(paymentId, { ...own, amountPaise }), null);
    const happens = action === 'challenge' ? random.unit() < PASSES : action !== 'block';
    const reported = fraud && happens;
    latent.set(paymentId, { amountPaise, fraud, reported });
    if (!reported) {
      if (i % 50 !== 0 || action === 'block') continue;
      // A report that is taken back was none.
      await world.reportOutcome({ paymentId, outcome: 'fraud' }, null);
      world.clock.advance(1);
      await world.reportOutcome({ paymentId, outcome: 'legitimate' }, null);
      continue;
    }
    const knownAt = world.clock.now();
    if (i % 8 > 0) await world.reportOutcome({ paymentId, outcome: 'fraud', source: 'chargeback' }, null);
    else {
      const imported = label({ paymentId, occurredAt: knownAt, knownAt });
      await appendFacts(lake, { name: `chargebacks-${i}`, source: 'test' }, [imported]);
    }
    if (i % 200 === 1) await flushFacts(world.pool, lake);
  }
  return latent;
}

function ask(given: Partial<PolicyQuestion> = {}) {
  const asOfMs = START_AT + 40 * DAY_MS;
  return evaluatePolicy(
    { pool: shop.database.pool, lake: shop.lake, registry: shop.registry },
    {
      candidate: { model: null, policy: null, rules: null },
      fromMs: 0,
      untilMs: asOfMs,
      asOfMs,
      matureAfterMs: 30 * DAY_MS,
      currency: 'INR',
      yardstick,
      challengedReported: PASSES,
      seed: 1,
      ...given,
    },
  );
}

const bolder = () => ({ candidate: { model: shop.bolder, policy: null, rules: null } });

/** By the payment: what each policy may do. */
async function sharesOfBoth(): Promise<Map<string, Alternative>> {
  const past = openPast({ pool: shop.database.pool, registry: shop.registry });
  const found = new Map<string, Alternative>();
  for await (const decision of decisionsBetween(shop.world.pool, 0, START_AT + DAY_MS)) {
    const otherwise = await decideOtherwise(decision, bolder().candidate, past);
    if (typeof otherwise !== 'string') found.set(decision.paymentId, otherwise);
  }
  return found;
}

describe('another policy on decisions of the real gate', () => {
  it('that is the same is worth exactly the same', async () => {
    const { decisions, judgement, naive, transitions } = await ask();
    expect(decisions).toMatchObject({ logged: PAYMENTS, decidedAgain: PAYMENTS, mature: PAYMENTS });
    expect(transitions.filter(({ logged, candidate }) => logged !== candidate)).toEqual([]);
    expect(naive).toEqual({ decisions: PAYMENTS, differencePaise: 0 });
    const { direct, ips, snips, dr, never } = judgement!.difference;
    for (const found of [direct, ips, snips, dr])
      expect(found).toEqual({ paise: 0, interval: { low: 0, high: 0 } });
    expect(never.decisions).toBe(0);
  });

  it('is worth what the payments really were, also those that were blocked', async () => {
    const { judgement } = await ask(bolder());
    const { difference, overlap } = judgement!;
    let truth = 0;
    for (const [paymentId, { logged, candidate }] of await sharesOfBoth()) {
      const { amountPaise, fraud } = shop.latent.get(paymentId)!;
      const worth = (shares: ActionShares) => at(valueOf(shares, { amountPaise }, yardstick), fraud ? 1 : 0);
      truth += worth(candidate) - worth(logged);
    }
    expect(Math.abs(truth)).toBeGreaterThan(100_000);
    // What is explored depends on random ids: six standard errors is a bug, not bad luck.
    for (const { paise, interval } of [difference.ips, difference.snips!, difference.dr]) {
      const standardError = (interval!.high - interval!.low) / 3.92;
      expect(Math.abs(paise - truth) / standardError).toBeLessThan(6);
    }
    expect(overlap.drawn).toBeGreaterThan(60);
    expect(overlap.largestWeight).toBeCloseTo(1 / EXPLORED);
    expect(overlap.effectiveSampleSize).toBeCloseTo(overlap.drawnSeen);
    expect(overlap.never).toBe(0);
  });

  it('weights by the logged propensity, as added up by hand', async () => {
    const { judgement } = await ask(bolder());
    const { rows } = await shop.database.pool.query<{ payment_id: string; propensity: number }>(
      `SELECT payment_id, propensity FROM decisions WHERE decided_by = 'explored-challenge'`,
    );
    const shares = await sharesOfBoth();
    const sum = rows.reduce((total, { payment_id: paymentId, propensity }) => {
      const { amountPaise, reported } = shop.latent.get(paymentId)!;
      const worth = (of: ActionShares) =>
        at(valueOf(of, { amountPaise }, yardstick), reported ? 1 / PASSES : 0);
      const { logged, candidate } = shares.get(paymentId)!;
      return total + (worth(candidate) - worth(logged)) / propensity;
    }, 0);
    expect(rows.length).toBeGreaterThan(30);
    expect(judgement!.difference.ips.paise).toBeCloseTo(sum, 3);
  });

  it("prices each refusal by the payer's churn score, as the decision saw it", async () => {
    const { pool } = shop.database;
    const alike = (await ask(bolder())).judgement!.logged.direct.paise;
    const churn =
      '{"scoredAt": "2026-01-05T20:00:00.000Z", "valuePaise": 1200000, "expectedLossPaise": 240000}';
    await pool.query(
      `UPDATE decisions SET circumstances = jsonb_set(circumstances::jsonb, '{churn}', $1::jsonb)::json`,
      [churn],
    );
    const own = (await ask(bolder())).judgement!.logged.direct.paise;
    await pool.query(`UPDATE decisions SET circumstances = (circumstances::jsonb - 'churn')::json`);
    expect(own).toBeLessThan(alike - 100_000);
    expect((await ask(bolder())).judgement!.logged.direct.paise).toBe(alike);
  });

  it('counts what it leaves out: other currencies, young and lost decisions', async () => {
    const { pool } = shop.database;
    expect((await ask({ currency: 'USD' })).decisions.excluded['other-currency']).toBe(PAYMENTS);
    const young = await ask({ matureAfterMs: 40 * DAY_MS - 100 * MINUTE_MS });
    expect(young.decisions.mature).toBe(99);
    expect((await ask({ matureAfterMs: 41 * DAY_MS })).judgement).toBeNull();
    await pool.query(`UPDATE decisions SET model_version = repeat('0', 64) WHERE payment_id = 'pay_7'`);
    await pool.query(`UPDATE decisions SET feature_set_hash = 'another' WHERE payment_id = 'pay_8'`);
    const { decisions } = await ask({ fromMs: START_AT, untilMs: START_AT + 20 * MINUTE_MS });
    expect(decisions).toMatchObject({
      logged: 19,
      decidedAgain: 17,
      excluded: { 'model-lost': 1, 'other-feature-set': 1, 'not-logged': 0 },
    });
    await pool.query(`UPDATE decisions SET model_version = $1 WHERE payment_id = 'pay_7'`, [
      shop.model.version,
    ]);
    await pool.query(`UPDATE decisions SET feature_set_hash = $1 WHERE payment_id = 'pay_8'`, [
      shop.model.featureSetHash,
    ]);
  });
});
