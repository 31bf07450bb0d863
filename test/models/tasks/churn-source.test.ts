import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openDuckdb, type Duckdb } from '../../../core/duckdb.js';
import { readSubscriptions } from '../../../models/tasks/churn-source.js';

let db: Duckdb;
let folder: string;

beforeEach(async () => {
  db = await openDuckdb(':memory:');
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-churn-source-'));
});

afterEach(async () => {
  db.close();
  await rm(folder, { recursive: true, force: true });
});

async function read(lines: readonly string[], query?: string): Promise<unknown[]> {
  const file = path.join(folder, 'events.csv');
  await writeFile(file, lines.join('\n'));
  await readSubscriptions(db, { file, query });
  return db.rows('SELECT subscription_id, event, amount_paise, known_at, currency FROM subscription_events');
}

const HEADER = 'subscription_id,payer_id,plan_id,event,amount_paise,occurred_at';

describe('subscription events of any file', () => {
  it('are known when they happened and in rupees unless the file says otherwise', async () => {
    const rows = await read([HEADER, 's1,p1,gold,started,9900,2026-01-05T10:00:00Z']);
    const known_at = Date.UTC(2026, 0, 5, 10);
    expect(rows).toEqual([
      { subscription_id: 's1', event: 'started', amount_paise: 9900n, known_at, currency: 'INR' },
    ]);
    expect(await db.rows('SELECT count(*)::INTEGER AS n FROM payments')).toEqual([{ n: 0 }]);
  });

  it('may be brought into form by a query', async () => {
    const query = `SELECT id AS subscription_id, id AS payer_id, 'gold' AS plan_id, 'started' AS event,
      rupees::INTEGER * 100 AS amount_paise, day AS occurred_at FROM input`;
    expect(await read(['id,rupees,day', 'x,12,2026-01-05'], query)).toMatchObject([{ amount_paise: 1200n }]);
  });

  const wrong: [what: string, lines: string[], message: RegExp][] = [
    [
      'a column is missing',
      ['subscription_id,payer_id', 's1,p1'],
      /has no column plan_id, event, amount_paise/,
    ],
    ['there are no rows', [HEADER], /has no rows/],
    [
      'an event is unknown',
      [HEADER, 's1,p1,gold,bought,1,2026-01-05'],
      /the event "bought"; known are started/,
    ],
    [
      'an instant cannot be read',
      [HEADER, 's1,p1,gold,started,1,soon'],
      /has 1 rows without an amount or an instant/,
    ],
  ];
  it.each(wrong)('are refused when %s', async (_what, lines, message) => {
    await expect(read(lines)).rejects.toThrow(message);
  });
});
