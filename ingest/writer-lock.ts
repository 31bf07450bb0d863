/**
 * One writer of a lake at a time. The lock is the operating system's lock on a small DuckDB file, which the kernel
 * releases when its holder dies, so that there is no stale lock to judge after a `kill -9`. The kernel's lock is per
 * process: writers inside one process take turns through a queue.
 */
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Duckdb } from '../core/duckdb.js';
import { openDuckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';

const POLL_MS = 50;
const queues = new Map<string, Promise<unknown>>();

/** Runs `action` alone; waits up to `waitMs` for another process's writer, then AppError `lake-busy`. */
export async function withWriterLock<T>(root: string, waitMs: number, action: () => Promise<T>): Promise<T> {
  const key = resolve(root);
  const before = queues.get(key) ?? Promise.resolve();
  const turn = before.then(async () => {
    const held = await lockFile(key, waitMs);
    try {
      return await action();
    } finally {
      held.close();
    }
  });
  // The next in the queue waits for this turn, however it ends; its failure belongs to this caller alone.
  queues.set(
    key,
    turn.catch(() => undefined),
  );
  return turn;
}

async function lockFile(root: string, waitMs: number): Promise<Duckdb> {
  for (let waited = 0; ; waited += POLL_MS) {
    try {
      return await openDuckdb(join(root, '_writer.lock'), { threads: 1 });
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (waited >= waitMs) throw lakeBusy(root, error);
    }
    await delay(POLL_MS);
  }
}

/** DuckDB's words for it on Unix and on Windows. */
function isLocked(error: unknown): boolean {
  return error instanceof AppError && /set lock|being used by/.test(error.message);
}

function lakeBusy(root: string, cause: unknown): AppError {
  const message = `another program is writing to the lake ${root}: wait until it has finished and try again`;
  return new AppError('conflict', 'lake-busy', message, { retryable: true, cause });
}
