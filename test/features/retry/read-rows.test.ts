import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DAY_MS } from '../../../core/days.js';
import { openDuckdb } from '../../../core/duckdb.js';
import { readRetryRows } from '../../../features/retry/read-rows.js';
import { rowsOfWorld, simulateRetryWorld } from '../../../billing/retry-evaluation/world.js';
import { appendFacts } from '../../../ingest/append-facts.js';
import { openLake, type Lake } from '../../../ingest/lake.js';
import { openMerchant } from '../../../ingest/simulate/merchant.js';
import { SMALL } from '../../ingest/simulate/sample.js';

const SEED = 4;
const END = Date.parse('2027-01-01T00:00:00Z');

let folder: string;
let lake: Lake;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'retry-rows-'));
  lake = await openLake(path.join(folder, 'lake'));
  await appendFacts(lake, { name: 'history', source: 'simulate' }, openMerchant(SMALL, SEED).history());
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(asOfMs: number) {
  const db = await openDuckdb(':memory:');
  try {
    await lake.attach(db);
    return await readRetryRows(db, asOfMs);
  } finally {
    db.close();
  }
}

describe('debits of the lake', () => {
  it('are the same rows as of the facts themselves', async () => {
    const rows = await read(END);
    const key = ({ payer, moment }: (typeof rows)[number]): string =>
      `${payer} ${moment.slotAtMs} ${moment.attempt}`;
    const byKey = (of: typeof rows) => of.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
    const expected = rowsOfWorld(simulateRetryWorld(SMALL, SEED));
    expect(rows.length).toBeGreaterThan(100);
    expect(byKey(rows)).toEqual(byKey(expected));
  });

  it('hold nothing that was known at or after the instant asked for', async () => {
    const all = await read(END);
    const asOfMs = Math.max(...all.map(({ knownAtMs }) => knownAtMs)) - 20 * DAY_MS;
    const rows = await read(asOfMs);
    expect(rows.every(({ knownAtMs }) => knownAtMs < asOfMs)).toBe(true);
    expect(rows).toHaveLength(all.filter(({ knownAtMs }) => knownAtMs < asOfMs).length);
  });
});
