/**
 * The production pointer of each task: a history in PostgreSQL that is only added to. Promotions stack: a rollback takes
 * the current version off and returns to the one below, so two rollbacks go two versions back.
 */
import type { Pool, PoolClient } from 'pg';
import { AppError } from '../core/errors.js';
import { inTransaction } from '../core/transaction.js';

export interface Promotion {
  readonly task: string;
  readonly version: string;
  readonly kind: 'promote' | 'rollback';
  readonly actor: string;
  readonly reason: string;
  /** UTC epoch milliseconds. */
  readonly at: number;
}

export interface Promotions {
  /** Oldest first. */
  history(task: string): Promise<Promotion[]>;
  /** The version in production, or null. */
  current(task: string): Promise<string | null>;
  /** Promoting what is in production already changes nothing. */
  promote(step: Omit<Promotion, 'kind'>): Promise<void>;
  /** Returns the version that is in production afterwards; not done when `check` refuses that version. */
  rollback(
    step: Omit<Promotion, 'kind' | 'version'>,
    check: (version: string) => Promise<void>,
  ): Promise<string>;
}

export function openPromotions(pool: Pool): Promotions {
  return {
    history: (task) => readHistory(pool, task),
    current: async (task) => productionStack(await readHistory(pool, task)).at(-1) ?? null,
    promote: (step) =>
      inTask(pool, step.task, async (client) => {
        const stack = productionStack(await readHistory(client, step.task));
        if (stack.at(-1) !== step.version) await append(client, { ...step, kind: 'promote' });
      }),
    rollback: (step, check) =>
      inTask(pool, step.task, async (client) => {
        const version = productionStack(await readHistory(client, step.task)).at(-2);
        if (version === undefined) {
          const message = `${step.task} has no earlier version in production to return to`;
          throw new AppError('conflict', 'nothing-to-roll-back', message);
        }
        await check(version);
        await append(client, { ...step, version, kind: 'rollback' });
        return version;
      }),
  };
}

/** Versions below the current one, oldest first; the last is in production. */
function productionStack(history: readonly Promotion[]): string[] {
  const stack: string[] = [];
  for (const { kind, version } of history) {
    if (kind === 'promote') stack.push(version);
    else stack.pop();
  }
  return stack;
}

async function readHistory(client: Pool | PoolClient, task: string): Promise<Promotion[]> {
  const { rows } = await client.query<Promotion>(
    'SELECT task, version, kind, actor, reason, at FROM model_promotions WHERE task = $1 ORDER BY id',
    [task],
  );
  return rows;
}

async function append(
  client: PoolClient,
  { task, version, kind, actor, reason, at }: Promotion,
): Promise<void> {
  if (actor.trim() === '' || reason.trim() === '') {
    throw new AppError('bad-input', 'no-reason', 'a change of production names who made it and why');
  }
  await client.query(
    'INSERT INTO model_promotions (task, version, kind, actor, reason, at) VALUES ($1, $2, $3, $4, $5, $6)',
    [task, version, kind, actor, reason, new Date(at)],
  );
}

/** One change of a task's pointer at a time, whichever process makes it. */
function inTask<T>(pool: Pool, task: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(pool, async (client) => {
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [
      `model promotions of ${task}`,
    ]);
    return work(client);
  });
}
