/**
 * What happens later in the double: results of debits, settlements, webhook deliveries. The double's time is its clock's plus
 * whatever it was told to skip; what is due runs in order of its instant, ties in order of arrival.
 */
import type { Clock } from '../../../core/clock.js';

type Task = () => void | Promise<void>;

export interface Agenda {
  now(): number;
  /** Ahead of its clock by so much. */
  skippedMs(): number;
  /** Time goes forward, and nothing is done on the way. */
  skip(byMs: number): void;
  after(delayMs: number, task: Task): void;
  /** Starts everything that is due by now, in order, without waiting for one before the next: as a live service would. */
  runDue(): Promise<void>;
  /** Moves time forward, stopping at each task on the way until it is done. */
  advance(byMs: number): Promise<void>;
}

interface Entry {
  readonly dueAt: number;
  readonly task: Task;
}

export function createAgenda(clock: Clock): Agenda {
  const entries: Entry[] = [];
  let skippedMs = 0;
  const now = (): number => clock.now() + skippedMs;

  function takeDue(): Task | undefined {
    const next = entries[0];
    if (next === undefined || next.dueAt > now()) return undefined;
    entries.shift();
    return next.task;
  }

  return {
    now,
    skippedMs: () => skippedMs,
    skip: (byMs) => {
      skippedMs += byMs;
    },
    after: (delayMs, task) => {
      const dueAt = now() + delayMs;
      const at = entries.findIndex((entry) => entry.dueAt > dueAt);
      entries.splice(at === -1 ? entries.length : at, 0, { dueAt, task });
    },
    runDue: async () => {
      const running: Promise<void>[] = [];
      for (let task = takeDue(); task !== undefined; task = takeDue()) running.push(Promise.resolve(task()));
      await Promise.all(running);
    },
    advance: async (byMs) => {
      const target = now() + byMs;
      for (let next = entries[0]; next !== undefined && next.dueAt <= target; next = entries[0]) {
        skippedMs += Math.max(0, next.dueAt - now());
        await takeDue()?.();
      }
      skippedMs += Math.max(0, target - now());
    },
  };
}
