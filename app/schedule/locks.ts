/**
 * One run of a job at a time, in all programs on the database: PostgreSQL's session locks, held on one connection for all jobs of
 * this program, so that a dead program holds none. When that connection breaks, the locks are gone while their runs go on: another
 * program may then run the same job, which every job has to bear.
 */
import { errorText } from '../../core/error-text.js';
import type { Pool, PoolClient } from 'pg';
import type { Log } from '../../core/log.js';

export interface JobLocks {
  /** What lets go of it, or null while somebody else has it. */
  take(job: string): Promise<(() => Promise<void>) | null>;
  close(): void;
}

/** "jobs" in ASCII; with the hash of a name. */
const JOBS = 0x6a6f6273;

export function openJobLocks(pool: Pool, log: Log): JobLocks {
  // A session may take its own lock twice, so what this program has is remembered here.
  const held = new Set<string>();
  let session: Promise<PoolClient> | null = null;

  async function connect(): Promise<PoolClient> {
    const client = await pool.connect();
    client.once('error', (error: Error) => {
      log.warn({ event: 'job-locks-lost', reason: errorText(error) });
      session = null;
      client.release(error);
    });
    return client;
  }

  async function current(): Promise<PoolClient> {
    session ??= connect();
    const attempt = session;
    return attempt.catch((error: unknown) => {
      if (session === attempt) session = null;
      throw error;
    });
  }

  async function take(job: string) {
    const client = await current();
    const mine = session;
    if (!(await ask(client, 'pg_try_advisory_lock', job))) {
      held.delete(job);
      return null;
    }
    return async () => {
      held.delete(job);
      // Another session has no lock of ours, and a closed one has let go of all.
      if (session === mine) await ask(client, 'pg_advisory_unlock', job);
    };
  }

  return {
    take: async (job) => {
      if (held.has(job)) return null;
      held.add(job);
      return take(job).catch((error: unknown) => {
        held.delete(job);
        throw error;
      });
    },
    close: () => {
      void session?.then((client) => client.release(true)).catch(() => undefined);
      session = null;
    },
  };
}

/** One question at a time on a connection. */
const waiting = new WeakMap<PoolClient, Promise<unknown>>();

function ask(
  client: PoolClient,
  call: 'pg_try_advisory_lock' | 'pg_advisory_unlock',
  job: string,
): Promise<boolean> {
  const answer = (waiting.get(client) ?? Promise.resolve()).then(async () => {
    const { rows } = await client.query<{ done: boolean }>(`SELECT ${call}($1, hashtext($2)) AS done`, [
      JOBS,
      job,
    ]);
    return rows[0]?.done === true;
  });
  waiting.set(
    client,
    answer.catch(() => undefined),
  );
  return answer;
}
