/**
 * Group commit (DeWitt et al. 1984): while one write runs, whatever arrives waits and is written together by the next.
 * Items are written in the order of their arrival, one batch at a time. When a batch fails, everything that waits
 * behind it fails too, since it was prepared on top of the failed items. The queue is bounded: beyond it, callers are told
 * to come back later instead of waiting without end.
 */
import { AppError, assert } from './errors.js';

interface GroupCommit<Item, Result> {
  /** Resolves when the item's batch is written, rejects when it is not. */
  add(item: Item): Promise<Result>;
  /** @throws AppError `unavailable` when the queue is full: ask before preparing an item. */
  requireRoom(): void;
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>;
}

interface GroupCommitSettings<Item, Result> {
  /** Writes all items or none; answers one result for each, in order. */
  readonly write: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly maxBatch: number;
  readonly maxWaiting: number;
  /** Called before the waiting callers learn of a failure. */
  readonly onFailure?: (error: unknown) => void;
}

interface Waiter<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

export function createGroupCommit<Item, Result>(
  settings: GroupCommitSettings<Item, Result>,
): GroupCommit<Item, Result> {
  let queue: Waiter<Item, Result>[] = [];
  let running: Promise<void> | null = null;

  async function writeBatch(batch: readonly Waiter<Item, Result>[]): Promise<void> {
    try {
      const results = await settings.write(batch.map((waiter) => waiter.item));
      assert(results.length === batch.length, 'a batch has one result for each item');
      batch.forEach((waiter, i) => waiter.resolve(results[i] as Result));
    } catch (error) {
      const failed = [...batch, ...queue];
      queue = [];
      settings.onFailure?.(error);
      for (const waiter of failed) waiter.reject(error);
    }
  }

  async function run(): Promise<void> {
    // One turn of the event loop lets everything that the sockets already hold join the first batch.
    await new Promise(setImmediate);
    while (queue.length > 0) await writeBatch(queue.splice(0, settings.maxBatch));
    running = null;
  }

  function requireRoom(): void {
    if (queue.length < settings.maxWaiting) return;
    throw unavailable('too-busy', 'too many requests wait to be written; try again shortly');
  }

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        requireRoom();
        queue.push({ item, resolve, reject });
        running ??= run();
      }),
    requireRoom,
    async idle() {
      while (running !== null) await running;
    },
  };
}

const RETRY_AFTER_SECONDS = 1;

/** The same request may succeed a moment later. */
export function unavailable(code: string, message: string, cause?: unknown): AppError {
  return new AppError('unavailable', code, message, {
    cause,
    details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
  });
}
