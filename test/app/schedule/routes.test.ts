import { beforeEach, describe, expect, it } from '@jest/globals';
import { LISTED_JOBS } from '../../../app/jobs.js';
import { openJobLocks } from '../../../app/schedule/locks.js';
import { runDelivery } from '../../../app/schedule/run-delivery.js';
import { silentLog } from '../../../core/log.js';
import { httpWorld } from '../http-world.js';

const current = httpWorld();

beforeEach(() => current().world.pool.query('TRUNCATE job_runs, job_totals'));

async function read(url: string) {
  const reply = await current().app.inject({ method: 'GET', url });
  return { status: reply.statusCode, type: reply.headers['content-type'], body: reply.json<unknown>() };
}

async function runOnce(delivery: string, run: () => Promise<void>): Promise<void> {
  const { pool, clock } = current().world;
  const locks = openJobLocks(pool, silentLog);
  const job = { name: 'deliver-notices', run };
  await runDelivery({ pool, clock, log: silentLog, locks }, job, delivery).catch(() => undefined);
  locks.close();
}

describe('recurring work', () => {
  it('is listed whole, also what has never run', async () => {
    const { status, body } = await read('/v1/jobs');
    expect(status).toBe(200);
    expect((body as { name: string }[]).map(({ name }) => name)).toEqual(LISTED_JOBS.map(({ name }) => name));
    expect(body).toContainEqual(
      expect.objectContaining({ name: 'deliver-notices', isScheduled: true, succeeded: 0, lastReason: null }),
    );
  });

  it('tells how each job fares and what its runs were, newest first, without an address', async () => {
    await runOnce('turn-1', async () => {
      throw new Error('row (payer_1, parent@example.com, +919876543210) is refused');
    });
    await runOnce('turn-2', async () => undefined);
    const reason = 'row (payer_1, [address], [number]) is refused';
    expect((await read('/v1/jobs')).body).toContainEqual(
      expect.objectContaining({ succeeded: 1, failed: 1, failuresInRow: 0, lastReason: reason }),
    );
    expect(await read('/v1/jobs/runs?job=deliver-notices')).toMatchObject({
      status: 200,
      body: [
        { delivery: 'turn-2', status: 'succeeded', reason: null },
        { delivery: 'turn-1', status: 'failed', reason },
      ],
    });
    expect((await read('/v1/jobs/runs?job=unheard')).body).toEqual([]);
  });

  it.each(['limit=0', 'limit=501', 'limit=some'])('refuses to list its runs by %s', async (query) => {
    expect(await read(`/v1/jobs/runs?${query}`)).toMatchObject({
      status: 400,
      type: expect.stringContaining('application/problem+json'),
      body: { code: 'invalid-request' },
    });
  });
});
