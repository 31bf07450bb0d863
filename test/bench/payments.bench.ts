/**
 * 10,000 random schedules of payments (test/support/payment-schedules.ts): the real SDK against the double over HTTP, with faults,
 * crashes and bad weather. HASIVU_SCHEDULES asks for another number. A schedule that ends wrongly stops the benchmark with its reason.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { systemEnvironment } from '../../core/config.js';
import { silentLog } from '../../core/log.js';
import { migrate } from '../../core/migrations.js';
import { openPostgres } from '../../core/postgres.js';
import { openDesk } from '../support/payment-desk.js';
import { runSchedules } from '../support/payment-schedules.js';
import type { Figure } from './measure.js';

const SCHEDULES = Number(systemEnvironment['HASIVU_SCHEDULES'] ?? 10_000);
/** On one database and one double, so that what is compared stays small. */
const AT_ONCE = 250;

export async function benchPayments(): Promise<Figure[]> {
  const startedAt = performance.now();
  let payments = 0;
  for (let done = 0; done < SCHEDULES; done += AT_ONCE)
    payments += await round(Math.min(AT_ONCE, SCHEDULES - done), done + 1);
  const seconds = (performance.now() - startedAt) / 1000;
  return [
    { name: 'random schedules without a double charge or a lost payment', value: SCHEDULES, unit: '' },
    { name: 'attempts to pay in them', value: payments, unit: '' },
    { name: 'schedules a second', value: SCHEDULES / seconds, unit: '/s' },
  ];
}

async function round(count: number, seed: number): Promise<number> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-payments-'));
  // Root runs PostgreSQL as another user, who must be able to pass.
  await chmod(dataDir, 0o755);
  const postgres = await openPostgres({ dataDir, databaseUrl: null, log: silentLog });
  await migrate(postgres.pool);
  const desk = await openDesk(undefined, postgres);
  try {
    await runSchedules(desk, count, seed);
    return desk.double.world.payments.size;
  } finally {
    await desk.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
