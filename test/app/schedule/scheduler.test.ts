import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openJobLocks } from '../../../app/schedule/locks.js';
import type { JobLocks } from '../../../app/schedule/locks.js';
import { runDelivery } from '../../../app/schedule/run-delivery.js';
import { isOverdue } from '../../../app/schedule/overdue.js';
import { startScheduler } from '../../../app/schedule/scheduler.js';
import { jobRuns, jobTotals } from '../../../app/schedule/store.js';
import { manualClock } from '../../../core/clock.js';
import { silentLog } from '../../../core/log.js';
import type { Delivery, Queue } from '../../../core/ports/queue.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2026, 6, 1);

let postgres: TestPostgres;
const clock = manualClock(START);
const locks: JobLocks[] = [];

beforeAll(async () => {
  postgres = await testPostgres();
});

beforeEach(async () => {
  clock.set(START);
  await postgres.pool.query('TRUNCATE job_runs, job_totals');
});

afterEach(() => {
  for (const one of locks.splice(0)) one.close();
});

afterAll(async () => {
  await postgres.close();
});

/** As another program would have it: with locks of its own. */
function program() {
  const own = openJobLocks(postgres.pool, silentLog);
  locks.push(own);
  return { pool: postgres.pool, clock, log: silentLog, locks: own };
}

/** Waits at a gate in its middle. */
function slowJob() {
  let runs = 0;
  let open = (): void => undefined;
  let entered = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const inside = new Promise<void>((resolve) => (entered = resolve));
  const run = async (): Promise<number> => {
    runs += 1;
    entered();
    await gate;
    return runs;
  };
  return { job: { name: 'billing', run }, open: () => open(), inside, runs: () => runs };
}

/** Delivers when the test says so; forgets nothing. */
function handDelivered() {
  let take: (delivery: Delivery) => Promise<void> = async () => undefined;
  const asked: string[] = [];
  let scheduled = 0;
  const queue: Queue = {
    schedule: async () => void (scheduled += 1),
    ask: async (_schedule, key) => void asked.push(key),
    work: async (taker) => void (take = taker),
    close: async () => undefined,
  };
  return {
    queue,
    asked,
    scheduled: () => scheduled,
    deliver: (name: string, key: string) => take({ name, key }),
  };
}

describe('a delivery', () => {
  it('is left to the program that runs the job', async () => {
    const slow = slowJob();
    const [one, two] = [program(), program()];
    const first = runDelivery(one, slow.job, 'turn-1');
    await slow.inside;
    expect(await runDelivery(two, slow.job, 'turn-1')).toEqual({ kind: 'busy' });
    expect(await runDelivery(one, slow.job, 'turn-2')).toEqual({ kind: 'busy' });
    slow.open();
    expect(await first).toEqual({ kind: 'done', report: 1 });
    expect(slow.runs()).toBe(1);
  });

  it('that comes twice is run once', async () => {
    let runs = 0;
    const job = { name: 'billing', run: async () => (runs += 1) };
    expect(await runDelivery(program(), job, 'turn-1')).toEqual({ kind: 'done', report: 1 });
    expect(await runDelivery(program(), job, 'turn-1')).toEqual({ kind: 'repeat' });
    expect(await runDelivery(program(), job, 'turn-2')).toEqual({ kind: 'done', report: 2 });
    expect(await jobTotals(postgres.pool)).toMatchObject([{ job: 'billing', succeeded: 2, failed: 0 }]);
  });

  it('that failed is visible, and run again under its key', async () => {
    let isBroken = true;
    const job = {
      name: 'billing',
      run: async () => {
        if (isBroken) throw new Error('no bank');
      },
    };
    await expect(runDelivery(program(), job, 'turn-1')).rejects.toThrow('no bank');
    expect(await jobTotals(postgres.pool)).toMatchObject([
      { failed: 1, failuresInRow: 1, lastReason: 'no bank', lastFailureAt: START, lastSuccessAt: null },
    ]);
    isBroken = false;
    expect(await runDelivery(program(), job, 'turn-1')).toMatchObject({ kind: 'done' });
    expect(await jobTotals(postgres.pool)).toMatchObject([{ succeeded: 1, failed: 1, failuresInRow: 0 }]);
    expect((await jobRuns(postgres.pool, 'billing', 9)).map(({ status }) => status)).toEqual([
      'succeeded',
      'failed',
    ]);
  });

  it('finds what a program that died has left, and runs', async () => {
    const slow = slowJob();
    const dying = program();
    void runDelivery(dying, slow.job, 'turn-1').catch(() => undefined);
    await slow.inside;
    await postgres.pool.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'
         AND classid = 0x6a6f6273 AND objid = hashtext('billing')::oid`,
    );
    const job = { name: 'billing', run: async () => 'again' };
    expect(await runDelivery(program(), job, 'turn-1')).toEqual({ kind: 'done', report: 'again' });
    expect((await jobRuns(postgres.pool, 'billing', 9)).map(({ status }) => status)).toEqual([
      'succeeded',
      'lost',
    ]);
    slow.open();
  });
});

describe('the scheduler', () => {
  it('asks once for what has not begun for three days, and not for what has', async () => {
    const by = handDelivered();
    const jobs = [{ name: 'billing', everyMs: HOUR_MS, run: async () => undefined }];
    const askForOverdue = await startScheduler({ ...program(), queue: by.queue }, jobs);
    await by.deliver('billing', 'turn-1');
    await askForOverdue();
    expect(by.asked).toEqual([]);

    clock.advance(3 * DAY_MS);
    await askForOverdue();
    await askForOverdue();
    expect(new Set(by.asked).size).toBe(1);
    await by.deliver('billing', by.asked[0] ?? '');
    const asked = by.asked.length;
    await askForOverdue();
    expect(by.asked).toHaveLength(asked);
  });

  it('goes on when the clock has gone back', async () => {
    const by = handDelivered();
    let runs = 0;
    const jobs = [{ name: 'billing', everyMs: HOUR_MS, run: async () => (runs += 1) }];
    const askForOverdue = await startScheduler({ ...program(), queue: by.queue }, jobs);
    await by.deliver('billing', 'turn-1');
    clock.advance(-3 * DAY_MS);
    await askForOverdue();
    expect(by.asked).toHaveLength(1);
    expect(by.scheduled()).toBe(2);
    await by.deliver('billing', by.asked[0] ?? '');
    expect(runs).toBe(2);
    await askForOverdue();
    expect(by.asked).toHaveLength(1);
  });

  it('of two programs that start at once may give both a first turn: one after the other, and each thing is done once', async () => {
    const slow = slowJob();
    const invoices = new Set<string>();
    let side = 0;
    let most = 0;
    const run = async (): Promise<void> => {
      most = Math.max(most, (side += 1));
      await slow.job.run();
      invoices.add('inv_1');
      side -= 1;
    };
    const [one, two] = [handDelivered(), handDelivered()];
    for (const by of [one, two])
      await startScheduler({ ...program(), queue: by.queue }, [{ name: 'billing', everyMs: HOUR_MS, run }]);
    const first = one.deliver('billing', 'repeat-billing-1');
    await slow.inside;
    // Neither the same turn nor the other program's own one runs beside it.
    await two.deliver('billing', 'repeat-billing-1');
    await two.deliver('billing', 'repeat-billing-2');
    slow.open();
    await first;
    await two.deliver('billing', 'repeat-billing-1');
    expect([most, slow.runs(), invoices.size]).toEqual([1, 1, 1]);
    expect(await jobTotals(postgres.pool)).toMatchObject([{ succeeded: 1, failed: 0 }]);
  });

  it('keeps what a failed turn quoted from the queue', async () => {
    const by = handDelivered();
    const run = () => Promise.reject(new Error('no parent@example.com'));
    await startScheduler({ ...program(), queue: by.queue }, [{ name: 'billing', everyMs: HOUR_MS, run }]);
    await expect(by.deliver('billing', 'turn-1')).rejects.toThrow(/^no \[address\]$/);
  });

  it('leaves alone what it does not know', async () => {
    const by = handDelivered();
    await startScheduler({ ...program(), queue: by.queue }, []);
    await by.deliver('of-another-version', 'turn-1');
    expect(await jobRuns(postgres.pool, null, 9)).toEqual([]);
  });

  it.each([
    ['began just now', START, HOUR_MS, START, false],
    ['a little late', START, HOUR_MS, START + 1.4 * HOUR_MS, false],
    ['half an interval late', START, HOUR_MS, START + 1.6 * HOUR_MS, true],
    ['each minute, half a minute late', START, 60_000, START + 90_000, false],
    ['in a future that is not to come', START + HOUR_MS, HOUR_MS, START, true],
  ])('tells what is overdue: %s', (_name, startedAt, everyMs, now, expected) => {
    expect(isOverdue(startedAt, everyMs, now)).toBe(expected);
  });
});
