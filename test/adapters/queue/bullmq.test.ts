import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openPostgresQueue, openRedisQueue } from '../../../adapters/queue/bullmq.js';
import { manualClock } from '../../../core/clock.js';
import { silentLog } from '../../../core/log.js';
import type { Delivery, Queue, Schedule } from '../../../core/ports/queue.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { REDIS, testRedis } from '../../support/redis.js';
import type { TestRedis } from '../../support/redis.js';
import { describeIf, hasProgram } from '../../support/skip.js';

/** The library reads the wall clock; this one only says whether a turn is too far away, and of the year 2100 none is. */
const settings = { clock: manualClock(Date.UTC(2100, 0)), log: silentLog };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function hourly(name: string): Schedule {
  return { name, everyMs: HOUR_MS, attempts: 3, backoffMs: 1 };
}

/** Collects deliveries; `nth(n)` resolves when there are n. */
function inbox() {
  const got: Delivery[] = [];
  const waiting: (() => void)[] = [];
  return {
    got,
    take: async (delivery: Delivery) => {
      got.push(delivery);
      for (const wake of waiting.splice(0)) wake();
    },
    nth: async (n: number) => {
      while (got.length < n) await new Promise<void>((wake) => waiting.push(wake));
    },
  };
}

/** The contract of the port, whatever is behind it. */
function keepsTheContract(connect: () => Promise<Queue>): void {
  const opened: Queue[] = [];
  const open = async (): Promise<Queue> => {
    const queue = await connect();
    opened.push(queue);
    return queue;
  };

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.close()));
  });

  it('delivers a new turn at once, to one of two workers', async () => {
    const [one, two] = [await open(), await open()];
    const mail = inbox();
    await Promise.all([one.work(mail.take), two.work(mail.take)]);
    await one.schedule([hourly('billing')]);
    await two.schedule([hourly('billing')]);
    await mail.nth(1);
    // What a second copy would be ahead of.
    await one.ask(hourly('last'), 'last');
    await mail.nth(2);
    expect(mail.got.map(({ name }) => name).sort()).toEqual(['billing', 'last']);
  });

  it('delivers a turn that failed again, under the same key, until its attempts are used up', async () => {
    const queue = await open();
    const mail = inbox();
    await queue.work(async (delivery) => {
      await mail.take(delivery);
      throw new Error('no');
    });
    await queue.ask(hourly('dunning'), 'dunning-1');
    await mail.nth(3);
    expect(mail.got).toEqual(Array(3).fill({ name: 'dunning', key: 'dunning-1' }));
  });

  it('asks for a key once', async () => {
    const queue = await open();
    const mail = inbox();
    await queue.ask(hourly('notices'), 'twice');
    await queue.ask(hourly('notices'), 'twice');
    await queue.ask(hourly('notices'), 'after');
    await queue.work(mail.take);
    await mail.nth(2);
    expect(mail.got.map(({ key }) => key).sort()).toEqual(['after', 'twice']);
  });
}

describe('the queue in PostgreSQL', () => {
  let postgres: TestPostgres;
  let url = '';

  beforeAll(async () => {
    postgres = await testPostgres();
    url = postgres.url;
  });

  beforeEach(async () => {
    await postgres.pool.query('DROP SCHEMA IF EXISTS hasivu_queue CASCADE');
  });

  afterAll(async () => {
    await postgres.close();
  });

  keepsTheContract(() => openPostgresQueue({ url, ...settings }));

  it('makes up once for three days in which nobody ran', async () => {
    const before = await openPostgresQueue({ url, ...settings });
    const first = inbox();
    await before.work(first.take);
    await before.schedule([hourly('billing')]);
    await first.nth(1);
    await before.close();

    const { pool } = postgres;
    const moved = await pool.query(
      `UPDATE hasivu_queue.job SET process_at_ms = process_at_ms - ${3 * DAY_MS} WHERE state = 'delayed'`,
    );
    await pool.query(`UPDATE hasivu_queue.scheduler SET next_run_ms = next_run_ms - ${3 * DAY_MS}`);
    expect(moved.rowCount).toBe(1);

    const after = await openPostgresQueue({ url, ...settings });
    const second = inbox();
    await after.schedule([hourly('billing')]);
    await after.work(second.take);
    await second.nth(1);
    await after.ask(hourly('last'), 'last');
    await second.nth(2);
    await after.close();
    expect(second.got.map(({ name }) => name).sort()).toEqual(['billing', 'last']);
  });

  it('delivers at once again when the clock has gone back and the next turn is out of reach', async () => {
    const before = await openPostgresQueue({ url, ...settings });
    const first = inbox();
    await before.work(first.take);
    await before.schedule([hourly('billing')]);
    await first.nth(1);
    await before.close();

    const after = await openPostgresQueue({ url, ...settings, clock: manualClock(0) });
    const second = inbox();
    await after.work(second.take);
    await after.schedule([hourly('billing')]);
    await second.nth(1);
    await after.close();
    expect(second.got).toMatchObject([{ name: 'billing' }]);
  });

  it('says which setting to look at when there is no database', async () => {
    await expect(
      openPostgresQueue({ url: 'postgres://nobody@127.0.0.1:1/none', ...settings }),
    ).rejects.toMatchObject({ code: 'queue-unreachable', message: expect.stringContaining('DATABASE_URL') });
  });
});

describeIf(hasProgram(REDIS), `${REDIS} is not installed`, 'the queue in Redis', () => {
  const servers: TestRedis[] = [];
  let redis: TestRedis;

  beforeEach(async () => {
    redis = await testRedis();
    servers.push(redis);
  });

  afterAll(async () => {
    for (const server of servers) await server.close();
  });

  keepsTheContract(() => openRedisQueue({ url: redis.url, ...settings }));
});
