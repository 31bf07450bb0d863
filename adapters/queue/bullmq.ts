/**
 * The queue on BullMQ: in PostgreSQL, in a schema of its own, or in Redis. A job scheduler makes one job for each turn, under the turn's
 * instant as its id, and the next one when a worker takes it, so several workers get each turn once. A worker that dies lets its lock
 * lapse and another gets the job (docs.bullmq.io/guide/job-schedulers, …/workers/stalled-jobs).
 */
import { createPostgresBackend, Queue as RedisQueue, withBackend, Worker as RedisWorker } from 'bullmq';
import type { Job, JobSchedulerJson, JobsOptions } from 'bullmq';
import { Redis } from 'ioredis';
import type { Clock } from '../../core/clock.js';
import { errorText } from '../../core/error-text.js';
import { AppError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import type { Delivery, Queue, Schedule } from '../../core/ports/queue.js';

const QUEUE = 'jobs';
const SCHEMA = 'hasivu_queue';
const PREFIX = 'hasivu-queue';
/** Of each of the two connections' pools: commands are short. */
const CONNECTIONS = 2;
/** Turns that may be under way in one process: more than there are jobs, so that a long one holds up no other. */
const CONCURRENCY = 32;
/** A worker that is silent for so long has died: renewed each half, and a busy event loop may miss one. */
const LOCK_MS = 60_000;
/** How often a turn may outlive its worker before it counts as failed. */
const MAX_DEATHS = 3;
/** Finished jobs that are kept to be looked at; what ran is told by job_runs. */
const KEPT = { done: 50, failed: 200 };

interface QueueSettings {
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
}

type Take = (job: Pick<Job, 'id' | 'name'>) => Promise<void>;

/** What is used of BullMQ's classes, whatever is behind them. */
interface Backend {
  readonly queue: Pick<
    RedisQueue,
    'upsertJobScheduler' | 'getJobSchedulers' | 'removeJobScheduler' | 'add' | 'close'
  >;
  /** Ready when it listens. */
  startWorker(take: Take): Promise<{ close(): Promise<void> }>;
  release(): Promise<void>;
}

const WORKER = {
  concurrency: CONCURRENCY,
  lockDuration: LOCK_MS,
  stalledInterval: LOCK_MS / 2,
  maxStalledCount: MAX_DEATHS,
} as const;

/** @param url of the database; the schema is made there when it is missing. */
export async function openPostgresQueue({ url, clock, log }: QueueSettings): Promise<Queue> {
  const { Queue: PostgresQueue, Worker } = withBackend(createPostgresBackend);
  const settings = {
    connectionString: url,
    schema: SCHEMA,
    migrate: true,
    max: CONNECTIONS,
    application_name: 'hasivu queue',
  };
  const queue = new PostgresQueue(QUEUE, { connection: settings });
  queue.on('error', warn(log));
  await reach(queue, 'DATABASE_URL');
  return queueOn(
    {
      queue,
      startWorker: async (take) => {
        const worker = new Worker(QUEUE, take, { ...WORKER, connection: settings });
        worker.on('error', warn(log));
        await worker.waitUntilReady();
        return worker;
      },
      release: async () => undefined,
    },
    clock,
  );
}

export async function openRedisQueue({ url, clock, log }: QueueSettings): Promise<Queue> {
  // A worker waits in a command without end, so commands must not be given up.
  const redis = new Redis(url, { maxRetriesPerRequest: null, protocol: 2 });
  redis.on('error', warn(log));
  const options = { connection: redis, prefix: PREFIX };
  const queue = new RedisQueue(QUEUE, options);
  queue.on('error', warn(log));
  await reach(queue, 'REDIS_URL');
  return queueOn(
    {
      queue,
      startWorker: async (take) => {
        const worker = new RedisWorker(QUEUE, take, { ...WORKER, ...options });
        worker.on('error', warn(log));
        await worker.waitUntilReady();
        return worker;
      },
      release: async () => void (await redis.quit()),
    },
    clock,
  );
}

/** A connection that is lost is told once for each reason, not at every attempt to have it back. */
function warn(log: Log): (error: Error) => void {
  let last = '';
  return ({ message }) => {
    if (message !== last) log.warn({ event: 'queue-connection-lost', reason: errorText(message) });
    last = message;
  };
}

async function reach(queue: { waitUntilReady(): Promise<unknown> }, variable: string): Promise<void> {
  await queue.waitUntilReady().catch((cause: unknown) => {
    const reason = errorText(cause);
    throw new AppError(
      'unavailable',
      'queue-unreachable',
      `the job queue cannot be opened (${reason}): check ${variable}`,
      { cause },
    );
  });
}

function queueOn({ queue, startWorker, release }: Backend, clock: Clock): Queue {
  const workers: { close(): Promise<void> }[] = [];
  return {
    schedule: async (schedules) => {
      const standing = await queue.getJobSchedulers();
      // Untouched unless it must change: what is overdue stays due, and two programs that start together add nothing.
      const kept = schedules.filter((wanted) =>
        standing.some((one) => one.key === wanted.name && isAsWanted(one, wanted, clock.now())),
      );
      for (const { key } of standing)
        if (!kept.some(({ name }) => name === key)) await queue.removeJobScheduler(key);
      for (const schedule of schedules) {
        const { name, everyMs } = schedule;
        if (!kept.includes(schedule))
          await queue.upsertJobScheduler(name, { every: everyMs }, { name, opts: optionsOf(schedule) });
      }
    },
    ask: async (schedule, key) => {
      await queue.add(schedule.name, {}, { ...optionsOf(schedule), jobId: key });
    },
    work: async (take) => {
      workers.push(await startWorker((job) => take(deliveryOf(job))));
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
      await queue.close();
      await release();
    },
  };
}

/** A turn that is further away than the interval is what a clock that jumped has left. */
function isAsWanted({ every, next, template }: JobSchedulerJson, wanted: Schedule, now: number): boolean {
  const { attempts, backoffMs } = wanted;
  const backoff = template?.opts?.backoff;
  return (
    every === wanted.everyMs &&
    (next ?? Infinity) <= now + wanted.everyMs &&
    template?.opts?.attempts === attempts &&
    typeof backoff === 'object' &&
    backoff.delay === backoffMs
  );
}

function optionsOf({ attempts, backoffMs }: Schedule): JobsOptions {
  return {
    attempts,
    backoff: { type: 'exponential', delay: backoffMs },
    removeOnComplete: { count: KEPT.done },
    removeOnFail: { count: KEPT.failed },
  };
}

function deliveryOf({ id, name }: Pick<Job, 'id' | 'name'>): Delivery {
  return { name, key: id ?? name };
}
