import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerScore } from '../../../app/commands/score.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { openDuckdb } from '../../../core/duckdb.js';
import { seededRandom } from '../../../core/random.js';
import { featureSetHash } from '../../../features/definitions.js';
import { DEFAULT_FOLD_SETTINGS } from '../../../features/vocabulary.js';
import { appendFacts } from '../../../ingest/append-facts.js';
import { openLake } from '../../../ingest/lake.js';
import type { Lake } from '../../../ingest/lake.js';
import { openRegistry } from '../../../models/registry.js';
import { toFraudModel } from '../../../scoring/fraud-model.js';
import { restoreFromLake } from '../../../scoring/lake-history.js';
import type { Answer } from '../../../scoring/request.js';
import { saveNight } from '../../scoring/churn/nights.js';
import { anyModel, past } from '../../scoring/replay/busy-gate.js';
import { body, openWorld, START_AT } from '../../scoring/world.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { testTerminal } from '../../support/terminal.js';

const clock = manualClock(START_AT);
const random = seededRandom(3);

let database: TestPostgres;
let folder: string;
let lake: Lake;

beforeAll(async () => {
  database = await testPostgres();
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-score-'));
  lake = await openLake(path.join(folder, 'lake'));
  const history = past(random, 'old', START_AT - 20 * 86_400_000, 200);
  await appendFacts(
    lake,
    { name: 'history', source: 'test' },
    history.filter(({ knownAt }) => knownAt < START_AT),
  );
}, 60_000);

afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

async function score(...argv: string[]): Promise<{ code: number; output: string; errors: string }> {
  const terminal = testTerminal();
  const code = await runProgram({
    commands: [registerScore],
    argv: ['score', ...argv],
    env: { DATA_DIR: folder, DATABASE_URL: database.url, LOG_LEVEL: 'silent' },
    clock,
    terminal,
  });
  return { code, output: terminal.output(), errors: terminal.errors() };
}

const HEADER = 'paymentId,occurredAt,payerId,deviceId,method,latitude,longitude,amount,status';

const payments = Array.from({ length: 40 }, (_, i) => ({
  paymentId: `pay_${i}`,
  atMs: START_AT + i * 90_000,
  payerId: `payer-${random.below(9)}`,
  deviceId: `device-${random.below(9)}`,
  amountPaise: 100 + random.below(i % 9 === 0 ? 60_000_000 : 500_000),
}));

/** Under ids of their own, unless they are to be those that the gate decides. */
async function paymentsFile(name: string, prefix = '', extra: readonly string[] = []): Promise<string> {
  const lines = payments.map(
    ({ paymentId, atMs, payerId, deviceId, amountPaise }) =>
      `${prefix}${paymentId},${new Date(atMs).toISOString()},${payerId},${deviceId},upi,12.5,77.5,${(amountPaise / 100).toFixed(2)},attempted`,
  );
  const file = path.join(folder, name);
  await writeFile(file, [HEADER, ...lines, ...extra, ''].join('\n'));
  return file;
}

type Scored = Pick<Answer, 'action' | 'fraudProbability' | 'reasons' | 'decidedBy' | 'modelVersion'>;

async function decisionsIn(out: string): Promise<(Scored & { paymentId: string })[]> {
  const db = await openDuckdb(':memory:');
  const rows = await db.rows<{ row: string }>(`SELECT to_json(d)::VARCHAR AS row FROM '${out}' d`);
  db.close();
  return rows.map(({ row }) => JSON.parse(row) as Scored & { paymentId: string });
}

/** Parquet has a contribution in every reason. */
function asStored({ action, fraudProbability, reasons, decidedBy, modelVersion }: Answer) {
  const all = reasons.map(({ code, text, contribution = null }) => ({ code, text, contribution }));
  return { action, fraudProbability, reasons: all, decidedBy, modelVersion };
}

describe('hasivu score', () => {
  it('decides every row as the gate does, over the same history, and leaves nothing behind', async () => {
    const hashes = { fraud: featureSetHash(DEFAULT_FOLD_SETTINGS) };
    const registry = openRegistry({ dataDir: folder, pool: database.pool, clock, featureSetHashes: hashes });
    const { version } = await registry.save(anyModel(random, 1));
    await registry.promote('fraud', version, { actor: 'asha', reason: 'a test' });
    const scores = Array.from({ length: 5 }, (_, payer) => ({
      payerId: `payer-${payer}`,
      valuePaise: 1_200_000,
      leaves: 0.2,
    }));
    await saveNight(database.pool, START_AT - 3_600_000, scores);
    const file = await paymentsFile('payments.csv');
    const out = path.join(folder, 'decisions.parquet');
    const scored = await score('--file', file, '--out', out, '--json');
    expect(scored.errors).not.toContain('error');
    expect(JSON.parse(scored.output)).toMatchObject({ payments: 40, rejected: 0, modelVersion: version });
    expect((await readdir(folder)).filter((name) => name.startsWith('.score'))).toEqual([]);
    expect((await lake.batches()).map(({ name }) => name)).toEqual(['history']);

    const restore = () => restoreFromLake({ pool: database.pool, lake, clock });
    const world = await openWorld({ pool: database.pool, clock, restore });
    world.useModel(toFraudModel((await registry.production('fraud'))!));
    const decided = [];
    for (const { paymentId, atMs, ...fields } of payments) {
      clock.set(atMs);
      const {
        counterpartyId: _c,
        instrumentId: _i,
        ip: _ip,
        category: _g,
        country: _n,
        ...rest
      } = body(paymentId);
      const request = { ...rest, ...fields, latitude: 12.5, longitude: 77.5 };
      decided.push({ paymentId, ...asStored(await world.decide(request, null)) });
    }
    await world.liveLog.close();
    expect(new Set(decided.map(({ fraudProbability }) => fraudProbability)).size).toBeGreaterThan(1);
    expect(decided.some(({ reasons }) => reasons.some(({ code }) => code === 'churn-cost'))).toBe(true);
    expect(await decisionsIn(out)).toEqual(decided);
  });

  it('refuses bad rows or sets them aside, as an import does', async () => {
    const file = await paymentsFile('bad.csv', 'again_', ['pay_x,yesterday,payer-1,d,upi,1,1,5.00,captured']);
    const out = path.join(folder, 'bad.parquet');
    const refused = await score('--file', file, '--out', out);
    expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining('occurredAt')]);
    expect(await readdir(folder)).not.toContain('bad.parquet');
    const skipped = await score('--file', file, '--out', out, '--skip-bad', '--json');
    expect(JSON.parse(skipped.output)).toMatchObject({ payments: 40, rejected: 1 });
    expect(await decisionsIn(out)).toHaveLength(40);
    const rejects = await readFile(path.join(folder, 'rejects', 'bad.csv.scored.csv'), 'utf8');
    expect(rejects).toContain('yesterday');
    const known = await score('--file', await paymentsFile('known.csv'), '--out', out);
    expect([known.code, known.errors]).toEqual([1, expect.stringContaining('already in the lake')]);
  });

  it('says where it cannot write', async () => {
    const file = await paymentsFile('fresh.csv');
    const { code, errors } = await score('--file', file, '--out', path.join(folder, 'nowhere', 'd.parquet'));
    expect([code, errors]).toEqual([1, expect.stringContaining('give --out in a folder that exists')]);
  });
});
