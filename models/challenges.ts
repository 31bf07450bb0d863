/**
 * Which saved model scores live payments in shadow, as a history that is only added to. One person may name a challenger and
 * end it: it decides nothing. A challenge ends by its stop, by another start, or when its model goes into production.
 */
import type { Pool, PoolClient } from 'pg';
import { AppError } from '../core/errors.js';
import { inTask } from './promotions.js';

export interface Challenge {
  readonly challengeId: number;
  readonly task: string;
  readonly version: string;
  readonly actor: string;
  readonly reason: string;
  /** Since when, UTC epoch milliseconds. */
  readonly at: number;
}

type Step = Omit<Challenge, 'challengeId'>;

export interface Challenges {
  /** Null when none runs. */
  current(task: string): Promise<Challenge | null>;
  /** Naming the present challenger again changes nothing. */
  start(step: Step): Promise<void>;
  /** @throws AppError `conflict` when this version is not the challenger. */
  stop(step: Step): Promise<void>;
}

export function openChallenges(pool: Pool): Challenges {
  const append = (step: Step, change: 'start' | 'stop', isDue: (running: Challenge | null) => boolean) =>
    inTask(pool, step.task, async (client) => {
      if (!isDue(await running(client, step.task))) return;
      await client.query(
        'INSERT INTO model_challenges (task, version, change, actor, reason, at) VALUES ($1, $2, $3, $4, $5, $6)',
        [step.task, step.version, change, step.actor, step.reason, new Date(step.at)],
      );
    });
  return {
    current: (task) => running(pool, task),
    start: (step) => append(step, 'start', (challenge) => challenge?.version !== step.version),
    stop: (step) =>
      append(step, 'stop', (challenge) => {
        if (challenge?.version === step.version) return true;
        const message = `${step.version.slice(0, 12)} is not the challenger of ${step.task}`;
        throw new AppError('conflict', 'not-the-challenger', message);
      }),
  };
}

async function running(client: Pool | PoolClient, task: string): Promise<Challenge | null> {
  const { rows } = await client.query<Challenge & { change: 'start' | 'stop' }>(
    `SELECT challenge_id AS "challengeId", task, version, actor, reason, at, change
     FROM model_challenges WHERE task = $1 ORDER BY challenge_id DESC LIMIT 1`,
    [task],
  );
  const [newest] = rows;
  if (newest === undefined || newest.change === 'stop') return null;
  const { change: _change, ...challenge } = newest;
  return challenge;
}
