import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { chmod, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { inTransaction } from '../../core/transaction.js';
import { createFold } from '../../features/fold.js';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { openLake } from '../../ingest/lake.js';
import { manualClock } from '../../core/clock.js';
import { liveFacts } from '../../scoring/replay/live-facts.js';
import { loggedVector } from '../scoring/world.js';
import { type OtherPrograms, otherPrograms, startOther, removeFolder } from '../support/other-program.js';
import { testPostgres, type TestPostgres } from '../support/postgres.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { describeIf, hasProgram } from '../support/skip.js';

const PROCESSES = 3;
const PAYMENTS = 240;
/** So many requests at once. */
const LANES = 24;

describeIf(
  hasProgram('redis-server'),
  'redis-server is not installed',
  'three processes and one fold',
  () => {
    let programs: OtherPrograms;
    let database: TestPostgres;
    let redis: TestRedis;
    let dataDir: string;
    const servers: ChildProcess[] = [];
    const urls: string[] = [];

    beforeAll(async () => {
      programs = await otherPrograms();
      database = await testPostgres();
      redis = await testRedis();
      dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-many-'));
      await chmod(dataDir, 0o755);
      for (let i = 0; i < PROCESSES; i++) await start();
    }, 120_000);

    afterAll(async () => {
      for (const server of servers) {
        server.kill('SIGINT');
        if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
      }
      await redis.close();
      await database.close();
      await programs.close();
      await removeFolder(dataDir);
    });

    async function start(): Promise<void> {
      const server = startOther(programs, ['up', '--no-demo'], {
        DATA_DIR: dataDir,
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
        PORT: '0',
        LOG_LEVEL: 'silent',
      });
      servers.push(server);
      for await (const line of createInterface({ input: server.stdout! })) {
        const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
        if (url === undefined) continue;
        urls.push(url);
        return;
      }
    }

    /** Asks one of the processes until it answers with a decision, as a payment API does; answers its id. */
    async function decide(i: number, to: number): Promise<string> {
      for (;;) {
        const response = await fetch(`${urls[to % PROCESSES]!}/v1/decisions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            paymentId: `pay-${i}`,
            payerId: `payer-${i % 11}`,
            counterpartyId: `school-${i % 2}`,
            deviceId: `device-${i % 6}`,
            amountPaise: 10_000 + 37 * i,
          }),
        }).catch(() => null);
        if (response?.status === 200) return ((await response.json()) as { decisionId: string }).decisionId;
        if (response !== null) expect(response.status).toBe(503);
        await delay(50);
      }
    }

    async function decideAll(from: number, to: number, during?: () => Promise<void>): Promise<void> {
      let next = from;
      const lane = async (): Promise<void> => {
        while (next < to) {
          const i = next++;
          // Every fifth request reaches two processes at once.
          const asked = i % 5 === 0 ? [decide(i, i), decide(i, i + 1)] : [decide(i, i)];
          expect(new Set(await Promise.all(asked)).size).toBe(1);
        }
      };
      await Promise.all([...Array.from({ length: LANES }, lane), during?.()]);
    }

    /** The logged vectors that one fold in one process would not have seen. */
    async function differences(): Promise<{ decisions: number; wrong: string[] }> {
      const lake = await openLake(path.join(dataDir, 'lake'), manualClock(0));
      const fold = createFold();
      const wrong: string[] = [];
      let decisions = 0;
      await inTransaction(database.pool, async (client) => {
        for await (const fact of liveFacts(client, lake, 0)) {
          if (fact.fact === 'payment') {
            decisions++;
            const vector = fold.vector(fact, fact.knownAt, new Float32Array(FEATURE_NAMES.length));
            const logged = await loggedVector(database.pool, fact.paymentId);
            if (Buffer.from(vector.buffer).toString('hex') !== logged) wrong.push(fact.paymentId);
          }
          fold.observe(fact);
        }
      });
      return { decisions, wrong };
    }

    it('decide each payment once, on what one process would have seen', async () => {
      await decideAll(0, PAYMENTS);
      expect(await differences()).toEqual({ decisions: PAYMENTS, wrong: [] });
    }, 60_000);

    it('go on after Redis was killed and has forgotten everything', async () => {
      await decideAll(PAYMENTS, 2 * PAYMENTS, async () => {
        await redis.kill();
        await redis.start();
      });
      expect(await differences()).toEqual({ decisions: 2 * PAYMENTS, wrong: [] });
    }, 60_000);

    it('go on without one of them that was killed', async () => {
      await decideAll(2 * PAYMENTS, 3 * PAYMENTS, async () => {
        const [killed] = servers.splice(0, 1);
        killed!.kill('SIGKILL');
        await once(killed!, 'exit');
        urls[0] = urls[1]!;
      });
      expect(await differences()).toEqual({ decisions: 3 * PAYMENTS, wrong: [] });
    }, 90_000);
  },
);
