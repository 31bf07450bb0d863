import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openRedisMemory } from '../../../adapters/redis/shared-memory.js';
import { silentLog } from '../../../core/log.js';
import type { RecordSpace, SharedMemory } from '../../../core/ports/record-space.js';
import { seededRandom } from '../../../core/random.js';
import { inTransaction } from '../../../core/transaction.js';
import { FEATURE_NAMES, featureSetHash } from '../../../features/definitions.js';
import { createFold } from '../../../features/fold.js';
import { DEFAULT_FOLD_SETTINGS } from '../../../features/vocabulary.js';
import { openLake } from '../../../ingest/lake.js';
import { openRegistry } from '../../../models/registry.js';
import { replayableDecisions } from '../../../scoring/decisions.js';
import { toFraudModel } from '../../../scoring/fraud-model.js';
import { endEpochs, newestEpoch } from '../../../scoring/home/epochs.js';
import { openSharedLog } from '../../../scoring/home/shared-log.js';
import type { SharedLog } from '../../../scoring/home/shared-log.js';
import { loggedFacts, restoreLiveState } from '../../../scoring/live-state.js';
import { replayDecisions } from '../../../scoring/replay/replay-decisions.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { testRedis } from '../../support/redis.js';
import type { TestRedis } from '../../support/redis.js';
import { describeIf, hasProgram } from '../../support/skip.js';
import { saveNight } from '../churn/nights.js';
import { anyModel } from '../replay/busy-gate.js';
import { body, countRows, loggedVector, NO_HISTORY, openWorld, START_AT } from '../world.js';
import type { World } from '../world.js';

const DECISIONS = 60;

describeIf(hasProgram('redis-server'), 'redis-server is not installed', 'gates that share one fold', () => {
  let redis: TestRedis;
  let database: TestPostgres;
  let memory: SharedMemory;
  const open: SharedLog[] = [];

  beforeAll(async () => {
    redis = await testRedis();
    memory = await openRedisMemory({ url: redis.url, log: silentLog });
  });
  beforeEach(async () => {
    database = await testPostgres();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((liveLog) => liveLog.close()));
    await database.close();
  });
  afterAll(async () => {
    await memory.close();
    await redis.close();
  });

  async function gate(over: SharedMemory = memory): Promise<World & { readonly shared: SharedLog }> {
    const { pool } = database;
    const { clock, liveLog } = await openWorld({ pool });
    await liveLog.close();
    const shared = await openSharedLog({
      pool,
      clock,
      log: silentLog,
      memory: over,
      featureSetHash: featureSetHash(DEFAULT_FOLD_SETTINGS),
      restore: () => restoreLiveState({ pool, clock, createFold, history: NO_HISTORY }),
      importedBatch: 0,
    });
    open.push(shared);
    return { ...(await openWorld({ pool, clock, liveLog: shared })), shared };
  }

  function payment(i: number) {
    return body(`pay-${i}`, {
      payerId: `payer-${i % 7}`,
      deviceId: `device-${i % 5}`,
      amountPaise: 1000 + i,
    });
  }

  /** Every logged vector is what one fold in memory sees at that place of the log. */
  async function expectOneFold(): Promise<void> {
    const fold = createFold();
    const wrong: string[] = [];
    await inTransaction(database.pool, async (client) => {
      for await (const fact of loggedFacts(client, 0)) {
        if (fact.fact === 'payment') {
          const vector = fold.vector(fact, fact.knownAt, new Float32Array(FEATURE_NAMES.length));
          const seen = Buffer.from(vector.buffer).toString('hex');
          if (seen !== (await loggedVector(database.pool, fact.paymentId))) wrong.push(fact.paymentId);
        }
        fold.observe(fact);
      }
    });
    expect(wrong).toEqual([]);
  }

  it('decide as one gate would, bit for bit, whoever is asked', async () => {
    const gates = [await gate(), await gate(), await gate()];
    const decided = Array.from({ length: DECISIONS }, (_, i) => gates[i % 3]!.decide(payment(i), null));
    await Promise.all(decided);
    for (let i = 0; i < DECISIONS; i += 9)
      await gates[i % 3]!.reportOutcome(
        { paymentId: `pay-${i}`, outcome: i % 2 === 0 ? 'fraud' : 'failed' },
        null,
      );
    for (let i = DECISIONS; i < DECISIONS + 15; i++) {
      gates[i % 3]!.clock.advance(1000);
      await gates[i % 3]!.decide(payment(i), null);
    }
    expect(await countRows(database.pool, 'decisions')).toBe(DECISIONS + 15);
    await expectOneFold();
  });

  it('answer one request that reaches several of them once', async () => {
    const gates = [await gate(), await gate(), await gate()];
    const answers = await Promise.allSettled(gates.map(({ decide }) => decide(payment(1), null)));
    expect(answers.some(({ status }) => status === 'fulfilled')).toBe(true);
    const repeated = await Promise.all(gates.map(({ decide }) => decide(payment(1), null)));
    expect(new Set(repeated.map(({ decisionId }) => decisionId)).size).toBe(1);
    expect(await countRows(database.pool, 'facts')).toBe(1);
  });

  it('build the fold again from the log when Redis has lost it', async () => {
    const first = await gate();
    const second = await gate();
    for (let i = 0; i < 10; i++) await first.decide(payment(i), null);
    const before = await newestEpoch(database.pool);
    await memory.drop(before!.space);
    await expect(second.decide(payment(10), null)).rejects.toMatchObject({ kind: 'unavailable' });
    const again = async (world: World, i: number): Promise<void> => {
      const refused = await world.decide(payment(i), null).then(
        () => false,
        () => true,
      );
      if (!refused) return;
      await new Promise(setImmediate);
      await again(world, i);
    };
    await again(second, 10);
    await again(first, 11);
    expect((await newestEpoch(database.pool))!.epoch).toBeGreaterThan(before!.epoch);
    expect(await countRows(database.pool, 'decisions')).toBe(12);
    await expectOneFold();
  });

  it('commit what one of them applied before it died', async () => {
    const survivor = await gate();
    const dying = await gate(neverSettled(memory));
    await dying.decide(payment(1), null);
    // As if it had died between the memory and the log.
    await database.pool.query('DELETE FROM facts');
    await database.pool.query('DELETE FROM decisions');
    survivor.clock.advance(20_000);
    await survivor.shared.repair();
    expect(await countRows(database.pool, 'decisions')).toBe(1);
    await survivor.shared.repair();
    expect(await countRows(database.pool, 'facts')).toBe(1);
    await survivor.decide(payment(2), null);
    await expectOneFold();
  });

  it('each take up a night of churn scores in their own time, and a replay finds what each of them saw', async () => {
    const { pool } = database;
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-shared-'));
    try {
      const gates = [await gate(), await gate()];
      const hashes = { fraud: featureSetHash(DEFAULT_FOLD_SETTINGS) };
      const { clock } = gates[0]!;
      const registry = openRegistry({ dataDir, pool, clock, featureSetHashes: hashes });
      const { version } = await registry.save(anyModel(seededRandom(3), 1));
      for (const { useModel } of gates) useModel(toFraudModel(await registry.load(version)));
      for (let night = 0; night < 2; night++) {
        const scored = Array.from({ length: 5 }, (_, payer) => ({
          payerId: `payer-${payer}`,
          valuePaise: 1_000_000 + night,
          leaves: 0.1 * payer,
        }));
        await saveNight(pool, START_AT - 10_000 + night, scored);
        for (const [i, { churn, decide }] of gates.entries()) {
          const decideFive = (from: number) =>
            Array.from({ length: 5 }, (_, n) => decide(payment(100 * night + 10 * i + from + n), null));
          const meanwhile = decideFive(0);
          await churn.refresh();
          await Promise.all([...meanwhile, ...decideFive(5)]);
        }
      }
      const lake = await openLake(path.join(dataDir, 'lake'));
      const decisions = await replayableDecisions(pool, { last: 100 });
      const nights = decisions.map(({ circumstances }) => circumstances?.churn?.scoredAt);
      expect(new Set(nights.filter((name) => name !== undefined)).size).toBe(2);
      const reports = await replayDecisions({ pool, lake, registry }, decisions);
      expect(reports.map(({ outcome }) => outcome)).toEqual(decisions.map(() => 'equal'));
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('can commit nothing any more once a gate alone has taken over', async () => {
    const sharing = await gate();
    await sharing.decide(payment(1), null);
    await endEpochs(database.pool);
    await expect(sharing.decide(payment(2), null)).rejects.toMatchObject({ code: 'not-durable' });
    expect(await countRows(database.pool, 'decisions')).toBe(1);
    expect(sharing.shared.isReady()).toBe(false);
  });
});

/** A memory whose entries go on waiting, as those of a process that was killed do. */
function neverSettled(memory: SharedMemory): SharedMemory {
  return {
    ...memory,
    space: (name): RecordSpace => ({ ...memory.space(name), settle: async () => undefined }),
  };
}
