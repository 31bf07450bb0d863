/** The queue of scheduled jobs: in Redis when programs share one, otherwise in the database, in a schema of its own. */
import { openPostgresQueue, openRedisQueue } from '../adapters/queue/bullmq.js';
import type { Queue } from '../core/ports/queue.js';
import type { Cli } from './cli-io.js';
import type { Stores } from './stores.js';

export async function openQueue({ config, clock, log }: Cli, { databaseUrl }: Stores): Promise<Queue> {
  const { redisUrl } = config();
  return redisUrl === null
    ? openPostgresQueue({ url: databaseUrl, clock, log })
    : openRedisQueue({ url: redisUrl, clock, log });
}
