/**
 * The live state of a million payers: its memory, and a start from a snapshot of it beside a replay of the lake. Each payer has an
 * instrument and a device of their own and pays once or twice.
 */
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '../../core/clock.js';
import { silentLog } from '../../core/log.js';
import { migrate } from '../../core/migrations.js';
import { openPostgres } from '../../core/postgres.js';
import { newestSnapshots } from '../../features/snapshot-folder.js';
import { appendFacts } from '../../ingest/append-facts.js';
import type { PaymentFact } from '../../ingest/facts.js';
import { openLake } from '../../ingest/lake.js';
import { restoreFromLake } from '../../scoring/lake-history.js';
import { keepLiveState, restoreLive } from '../../scoring/live-snapshot.js';
import type { LiveSnapshotDeps } from '../../scoring/live-snapshot.js';
import { payment } from '../support/facts.js';
import type { Figure } from './measure.js';

const PAYERS = 1_000_000;
const PAYMENTS = 1_200_000;
const MEGABYTE = 2 ** 20;

export async function benchFoldSnapshot(): Promise<Figure[]> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-bench-'));
  // Root runs PostgreSQL as another user, who must be able to pass.
  await chmod(dataDir, 0o755);
  const postgres = await openPostgres({ dataDir, databaseUrl: null, log: silentLog });
  try {
    await migrate(postgres.pool);
    const lake = await openLake(path.join(dataDir, 'lake'));
    await appendFacts(lake, { name: 'history', source: 'bench' }, payments());
    const folder = path.join(dataDir, 'fold-snapshots');
    return await measure({ pool: postgres.pool, lake, clock: systemClock, log: silentLog, folder });
  } finally {
    await postgres.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function* payments(): Generator<PaymentFact> {
  const from = systemClock.now() - 80 * 86_400_000;
  for (let i = 0; i < PAYMENTS; i++) {
    // A large odd stride visits every payer before it comes to one again.
    const payer = (i * 7_368_787) % PAYERS;
    yield payment({
      paymentId: `pay_${i}`,
      occurredAt: from + i * 5_000,
      payerId: `payer_${payer}`,
      instrumentId: `token_${payer}`,
      deviceId: `device_${payer}`,
      counterpartyId: `school_${payer % 400}`,
      ip: `10.${payer & 127}.${(payer >> 7) & 255}.7`,
      latitude: 12.9,
      longitude: 77.5,
      amountPaise: BigInt(10_000 + (i % 90_000)),
    });
  }
}

async function measure(deps: LiveSnapshotDeps): Promise<Figure[]> {
  const replay = await timed(() => restoreFromLake(deps));
  const arrays = process.memoryUsage().arrayBuffers / MEGABYTE;
  const write = await timed(() => keepLiveState(deps, replay.value));
  const [file] = await newestSnapshots(deps.folder);
  const bytes = (await stat(file ?? '')).size;
  Object.assign(replay, { value: null });
  collectGarbage();
  const start = await timed(() => restoreLive(deps));
  collectGarbage();
  const resident = process.memoryUsage().rss / MEGABYTE;
  const payers = start.value.fold.sizes().payer;
  return [
    { name: `arrays of a fold with ${payers} payers, instruments and devices`, value: arrays, unit: 'MiB' },
    { name: 'resident memory of the program that holds it', value: resident, unit: 'MiB' },
    { name: 'its snapshot', value: bytes / MEGABYTE, unit: 'MiB' },
    { name: 'writing the snapshot', value: write.seconds, unit: 's' },
    { name: 'start from the snapshot', value: start.seconds, unit: 's' },
    { name: `start by a replay of ${PAYMENTS} payments`, value: replay.seconds, unit: 's' },
  ];
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const startedAt = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - startedAt) / 1000 };
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
