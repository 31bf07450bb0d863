import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { manualClock } from '../../core/clock.js';
import type { ManualClock } from '../../core/clock.js';
import { createLog } from '../../core/log.js';
import { seededRandom } from '../../core/random.js';
import { newestSnapshots } from '../../features/snapshot-folder.js';
import { appendFacts } from '../../ingest/append-facts.js';
import { openLake } from '../../ingest/lake.js';
import type { Lake } from '../../ingest/lake.js';
import { replayableDecisions } from '../../scoring/decisions.js';
import { flushFacts } from '../../scoring/flush.js';
import { restoreFromLake } from '../../scoring/lake-history.js';
import type { LiveState } from '../../scoring/live-log.js';
import { isSnapshotDue, keepLiveState, renewSnapshot, restoreLive } from '../../scoring/live-snapshot.js';
import type { LiveSnapshotDeps } from '../../scoring/live-snapshot.js';
import { replayDecisions } from '../../scoring/replay/replay-decisions.js';
import { toGateRequest } from '../../scoring/request.js';
import { label, payment } from '../support/facts.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { body, openWorld, START_AT } from './world.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

let database: TestPostgres;
let root: string;
let lake: Lake;
let clock: ManualClock;
let said: { event: string; reason?: string }[];
let deps: LiveSnapshotDeps;

beforeAll(async () => {
  database = await testPostgres();
}, 60_000);

beforeEach(async () => {
  await database.pool.query('TRUNCATE facts, decisions, outcome_reports');
  root = await mkdtemp(path.join(os.tmpdir(), 'hasivu-live-snapshot-'));
  lake = await openLake(path.join(root, 'lake'));
  clock = manualClock(START_AT);
  said = [];
  const destination = { write: (line: string) => void said.push(JSON.parse(line) as (typeof said)[number]) };
  const log = createLog({ level: 'info', pretty: false, destination });
  deps = { pool: database.pool, lake, clock, log, folder: path.join(root, 'fold-snapshots') };
  await appendFacts(lake, { name: 'history', source: 'test' }, history('old', START_AT - 20 * DAY_MS));
});

afterEach(() => rm(root, { recursive: true, force: true }));

afterAll(() => database.close());

/** Sixty payments; their frauds are known at once. */
function history(name: string, from: number) {
  return Array.from({ length: 60 }, (_, i) => {
    const occurredAt = from + i * HOUR_MS;
    const parties = {
      payerId: `payer-${i % 7}`,
      counterpartyId: `school-${i % 3}`,
      deviceId: `device-${i % 9}`,
    };
    const one = payment({
      paymentId: `${name}_${i}`,
      occurredAt,
      amountPaise: BigInt(100 * i + 7),
      ...parties,
    });
    return i % 9 === 0 ? [one, label({ paymentId: one.paymentId, occurredAt, knownAt: occurredAt })] : [one];
  }).flat();
}

let payments = 0;

/** Decisions and reports of one start of the gate, which rests afterwards. */
async function serve(count: number, restore = () => restoreLive(deps)): Promise<LiveState> {
  const random = seededRandom(payments + 1);
  const world = await openWorld({ pool: database.pool, clock, restore });
  for (let i = 0; i < count; i++) {
    clock.advance(random.below(3) * 61_007);
    const paymentId = `pay_${payments++}`;
    const parties = { payerId: `payer-${random.below(9)}`, deviceId: `device-${random.below(12)}` };
    await world.decide(body(paymentId, { ...parties, amountPaise: random.below(90_000) }), null);
    if (i % 3 === 0) await world.reportOutcome({ paymentId, outcome: 'failed' }, null);
    if (i % 5 === 0) await world.reportOutcome({ paymentId, outcome: 'fraud' }, null);
  }
  const state = await world.liveLog.close();
  if (state === null) throw new Error('the log was not at rest');
  return state;
}

/** Bits of what probes see: known and unknown parties, now and later. */
function probes({ fold }: LiveState): string[] {
  return Array.from({ length: 40 }, (_, i) => {
    const { payment: probe } = toGateRequest(
      body(`probe_${i}`, { payerId: `payer-${i % 10}`, deviceId: `device-${i % 13}`, amountPaise: 999 * i }),
    );
    return Buffer.from(fold.vector(probe, clock.now() + 1 + i * HOUR_MS).buffer).toString('hex');
  });
}

async function expectSameAsReplay(): Promise<LiveState> {
  const state = await restoreLive(deps);
  const replayed = await restoreFromLake(deps);
  expect(state.sequence).toBe(replayed.sequence);
  expect(state.knownAt).toBe(replayed.knownAt);
  expect(probes(state)).toEqual(probes(replayed));
  return state;
}

const heard = (event: string) => said.filter((line) => line.event === event);
const refusals = () => heard('snapshot-refused').map(({ reason }) => reason);

describe('a start from a snapshot', () => {
  it('comes to the vectors of a replay from scratch, be the tail in the log, in the lake or split by a flush', async () => {
    const first = await serve(10);
    await flushFacts(database.pool, lake);
    await keepLiveState(deps, await serve(5));
    // The snapshot ends inside what this flush moves.
    await serve(10, () => restoreFromLake(deps));
    await flushFacts(database.pool, lake);
    const moved = await expectSameAsReplay();
    await serve(4);
    const inBoth = await expectSameAsReplay();
    expect(inBoth.sequence).toBeGreaterThan(moved.sequence);
    expect(inBoth.history).toEqual(first.history);
    expect(refusals()).toEqual([]);
    expect(heard('live-state-from-snapshot').length).toBeGreaterThanOrEqual(3);
  });

  it('leaves every decision replayable without a difference', async () => {
    for (let start = 0; start < 4; start++) {
      await keepLiveState(deps, await serve(6));
      if (start === 2) await flushFacts(database.pool, lake);
    }
    expect(heard('live-state-from-snapshot')).toHaveLength(3);
    const decisions = await replayableDecisions(database.pool, { last: 100 });
    expect(decisions).toHaveLength(24);
    const registry = { load: () => Promise.reject(new Error('no model decided')) };
    const reports = await replayDecisions({ pool: database.pool, lake, registry }, decisions);
    expect(reports.filter(({ outcome }) => outcome !== 'equal')).toEqual([]);
  });
});

describe('a snapshot is refused, and the lake replayed and kept,', () => {
  const replayed = async (reason: string): Promise<void> => {
    said.length = 0;
    await expectSameAsReplay();
    expect(new Set(refusals())).toEqual(new Set([reason]));
    expect(heard('snapshot-kept')).toHaveLength(1);
    // The new one serves the next start.
    await restoreLive(deps);
    expect(heard('live-state-from-snapshot')).toHaveLength(1);
  };

  it('when facts were imported since', async () => {
    await serve(5);
    await appendFacts(lake, { name: 'late', source: 'test' }, history('late', START_AT - 10 * DAY_MS));
    await replayed('batch late was imported since');
  });

  it('when imported facts have become known since', async () => {
    const paid = payment({ paymentId: 'slow', occurredAt: START_AT - DAY_MS, payerId: 'payer-1' });
    const known = START_AT + 3 * HOUR_MS;
    const facts = [paid, label({ paymentId: 'slow', occurredAt: paid.occurredAt, knownAt: known })];
    await appendFacts(lake, { name: 'slow', source: 'test' }, facts);
    await serve(3);
    said.length = 0;
    await restoreLive(deps);
    expect(refusals()).toEqual([]);
    clock.set(known);
    await replayed('imported facts have become known since');
  });

  it('when the decision log is another one', async () => {
    await keepLiveState(deps, await serve(5));
    await database.pool.query('TRUNCATE facts, decisions, outcome_reports');
    await serve(7, () => restoreFromLake(deps));
    said.length = 0;
    await restoreLive(deps);
    // The older one was made before any decision, and is as good for this log.
    expect(refusals()).toEqual(['the decision log is another one']);
    await expectSameAsReplay();
  });

  it('when the lake is another one', async () => {
    await serve(5);
    await flushFacts(database.pool, lake);
    const other = await openLake(path.join(root, 'other'));
    await appendFacts(other, { name: 'other', source: 'test' }, history('other', START_AT - 15 * DAY_MS));
    deps = { ...deps, lake: other };
    lake = other;
    await database.pool.query('TRUNCATE facts, decisions, outcome_reports');
    await replayed('the lake is another one');
  });

  it('when processes with clocks of their own have written the facts since', async () => {
    await keepLiveState(deps, await serve(4));
    await serve(4);
    // The newest fact, as a process would have written it whose clock is behind.
    await database.pool.query(
      `UPDATE facts SET body = (body::jsonb || jsonb_build_object('knownAt', (body ->> 'knownAt')::bigint - 500000))::json
       WHERE sequence = (SELECT max(sequence) FROM facts)`,
    );
    said.length = 0;
    await expectSameAsReplay();
    expect(new Set(refusals())).toEqual(new Set(['the facts since are not in the order of their instants']));
  });

  it('when it is torn; a whole one before it is used first', async () => {
    await keepLiveState(deps, await serve(5));
    const [newest] = await newestSnapshots(deps.folder);
    await truncate(newest!, 2000);
    said.length = 0;
    await expectSameAsReplay();
    expect(refusals()).toEqual(['it is torn or altered']);
    expect(heard('live-state-from-snapshot')).toHaveLength(1);
  });
});

describe('the renewal of snapshots', () => {
  it('does nothing until there is enough to save, and then goes on from the one before', async () => {
    expect(await isSnapshotDue(deps)).toBe(true);
    await renewSnapshot(deps);
    expect(await isSnapshotDue(deps)).toBe(false);
    await serve(3);
    await renewSnapshot(deps);
    expect(await readdir(deps.folder)).toHaveLength(1);
    // As if ten thousand decisions had followed.
    await database.pool.query('UPDATE decisions SET sequence = sequence + 10000');
    await database.pool.query('UPDATE facts SET sequence = sequence + 10000');
    await renewSnapshot(deps);
    expect(await readdir(deps.folder)).toHaveLength(2);
    expect(heard('snapshot-kept')).toHaveLength(2);
    expect(heard('live-state-from-snapshot').length).toBeGreaterThan(0);
  });

  it('writes nothing while another program writes', async () => {
    const state = await restoreFromLake(deps);
    const client = await database.pool.connect();
    await client.query('SELECT pg_advisory_lock($1)', [0x736e6170]);
    await keepLiveState(deps, state);
    expect(await newestSnapshots(deps.folder)).toEqual([]);
    await client.query('SELECT pg_advisory_unlock($1)', [0x736e6170]);
    client.release();
    await keepLiveState(deps, state);
    expect(await newestSnapshots(deps.folder)).toHaveLength(1);
  });
});
