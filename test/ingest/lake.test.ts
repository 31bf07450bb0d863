import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { manualClock } from '../../core/clock.js';
import { openDuckdb } from '../../core/duckdb.js';
import type { Lake, Stage } from '../../ingest/lake.js';
import { openLake } from '../../ingest/lake.js';
import { stageTable } from '../../ingest/stage-table.js';
import { otherPrograms, type OtherPrograms } from '../support/other-program.js';

const LABELS = `SELECT 'p' || i AS payment_id, true AS fraud, 'import' AS source, 1000 + i AS sequence,
  TIMESTAMP '2026-01-01' AS occurred_at, TIMESTAMP '2026-01-02' + i * INTERVAL 1 MINUTE AS known_at FROM range(5) t(i)`;

/** Two tables, so that half of a batch would show. */
const stageBoth: Stage = async (dir) => {
  const db = await openDuckdb(':memory:');
  const labels = await stageTable(db, dir, { table: 'labels', select: LABELS, ordered: false });
  const outcomes = `SELECT payment_id, 'failed' AS status, NULL::VARCHAR AS failure_reason, sequence + 100 AS sequence, occurred_at, known_at FROM (${LABELS})`;
  const failed = await stageTable(db, dir, { table: 'outcomes', select: outcomes, ordered: false });
  db.close();
  if (labels === null || failed === null) throw new Error('both tables have rows');
  return { labels, outcomes: failed };
};

async function temporaryRoot(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'lake-')), 'lake');
}

async function rowCounts(lake: Lake): Promise<number[]> {
  const db = await openDuckdb(':memory:');
  await lake.attach(db);
  const rows = await db.rows<{ n: bigint }>(
    'SELECT count(*) AS n FROM labels UNION ALL SELECT count(*) FROM outcomes',
  );
  db.close();
  return rows.map(({ n }) => Number(n));
}

describe('a lake', () => {
  it('has every table, empty and typed, before anything is committed', async () => {
    const lake = await openLake(await temporaryRoot());
    const db = await openDuckdb(':memory:');
    await lake.attach(db);
    expect(
      await db.rows('SELECT sum(amount_paise)::BIGINT AS total, max(known_at) AS latest FROM payments'),
    ).toEqual([{ total: null, latest: null }]);
    for (const table of ['outcomes', 'labels', 'refunds', 'disputes', 'subscription_events']) {
      expect(await db.rows(`SELECT * FROM ${table}`)).toEqual([]);
    }
    db.close();
  });

  it('records what a batch holds and where it came from', async () => {
    const root = await temporaryRoot();
    const lake = await openLake(root, manualClock(42));
    expect(await lake.commit({ name: 'one', source: 'a.csv', contentHash: 'h1' }, stageBoth)).toBe(
      'committed',
    );
    const [batch] = await lake.batches();
    expect(batch).toMatchObject({
      ordinal: 1,
      name: 'one',
      source: 'a.csv',
      contentHash: 'h1',
      committedAt: 42,
    });
    expect(batch?.tables.labels).toEqual({
      rows: 5,
      files: ['labels/batch=one/part-0.parquet'],
      minKnownAt: Date.UTC(2026, 0, 2),
      maxKnownAt: Date.UTC(2026, 0, 2, 0, 4),
      minSequence: 1000,
      maxSequence: 1004,
    });
    expect(await rowCounts(await openLake(root))).toEqual([5, 5]);
    expect(await readdir(join(root, '.staging'))).toEqual([]);
  });

  it('commits the same content once, whatever its name', async () => {
    const lake = await openLake(await temporaryRoot());
    await lake.commit({ name: 'one', source: 'a.csv', contentHash: 'h1' }, stageBoth);
    expect(await lake.commit({ name: 'two', source: 'a.csv', contentHash: 'h1' }, stageBoth)).toBe(
      'already-committed',
    );
    expect(await rowCounts(lake)).toEqual([5, 5]);
  });

  it('refuses a name that other content has', async () => {
    const lake = await openLake(await temporaryRoot());
    await lake.commit({ name: 'one', source: 'a.csv', contentHash: 'h1' }, stageBoth);
    const again = lake.commit({ name: 'one', source: 'b.csv', contentHash: 'h2' }, stageBoth);
    await expect(again).rejects.toThrow(
      'already has a batch "one" with other content (from a.csv): choose another name',
    );
  });

  it('keeps nothing of a batch whose staging fails', async () => {
    const root = await temporaryRoot();
    const lake = await openLake(root);
    const failing = lake.commit({ name: 'one', source: 'a.csv', contentHash: 'h1' }, async (dir, first) => {
      await stageBoth(dir, first);
      throw new Error('disk full');
    });
    await expect(failing).rejects.toThrow('disk full');
    expect(await lake.batches()).toEqual([]);
    expect(await readdir(join(root, '.staging'))).toEqual([]);
  });

  it('gives concurrent writers their turns and each batch its own range of sequences', async () => {
    const root = await temporaryRoot();
    const lakes = await Promise.all([openLake(root), openLake(root)]);
    const firsts: number[] = [];
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(
      names.map((name, i) =>
        lakes[i % 2]!.commit({ name, source: name, contentHash: name }, (dir, first) => {
          firsts.push(first);
          return stageBoth(dir, first);
        }),
      ),
    );
    expect(firsts).toEqual([1, 2, 3, 4].map((ordinal) => ordinal * 2 ** 32));
    expect(await rowCounts(lakes[0])).toEqual([20, 20]);
  });

  it('ignores Parquet files that no record names', async () => {
    const root = await temporaryRoot();
    const lake = await openLake(root);
    await lake.commit({ name: 'one', source: 'a.csv', contentHash: 'h1' }, stageBoth);
    await mkdir(join(root, 'labels', 'batch=stray'));
    await writeFile(join(root, 'labels', 'batch=stray', 'part-0.parquet'), 'not parquet');
    expect(await rowCounts(lake)).toEqual([5, 5]);
  });
});

describe('a lake whose writer is killed', () => {
  let programs: OtherPrograms;
  beforeAll(async () => {
    programs = await otherPrograms(['core', 'ingest']);
  });
  afterAll(() => programs.close());

  /** Answers the signal that ended the writer, which kills itself at an occurrence of a step. */
  async function writeAndDie(root: string, step: string, occurrence: number): Promise<string | null> {
    const { child } = await programs.start(writer(root, step, occurrence));
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.signalCode;
  }

  it.each([
    ['staged', 1, 0],
    ['synced', 1, 0],
    ['recorded', 1, 3],
    ['moved', 1, 3],
    ['moved', 2, 3],
    ['cleaned', 1, 3],
  ])('has none or all of the batch after death at "%s" %i', async (step, occurrence, rows) => {
    const root = await temporaryRoot();
    await (await openLake(root)).commit({ name: 'before', source: 'x', contentHash: 'before' }, stageBoth);
    expect(await writeAndDie(root, step, occurrence)).toBe('SIGKILL');
    const lake = await openLake(root);
    expect(await rowCounts(lake)).toEqual([5 + rows, 5 + rows]);
    expect(await readdir(join(root, '.staging'))).toEqual([]);
    expect(await writeAndDie(root, 'never', 1)).toBeNull();
    expect(await rowCounts(lake)).toEqual([8, 8]);
  });
});

/** Prints first, so that its end can be awaited. */
function writer(root: string, fatalStep: string, occurrence: number): string {
  return `
import { openLake } from './ingest/lake.js';
import { appendFacts } from './ingest/append-facts.js';
process.stdout.write('ready\\n');
let seen = 0;
const lake = await openLake(${JSON.stringify(root)}, undefined, (step) => {
  if (step === '${fatalStep}' && ++seen === ${occurrence}) process.kill(process.pid, 'SIGKILL');
});
const known = { sequence: 0, occurredAt: 1, knownAt: 2 };
await appendFacts(lake, { name: 'killed', source: 'child' }, ['a', 'b', 'c'].flatMap((paymentId) => [
  { fact: 'label', paymentId, fraud: true, source: 'review', ...known },
  { fact: 'outcome', paymentId, status: 'failed', failureReason: null, ...known },
]));
`;
}
