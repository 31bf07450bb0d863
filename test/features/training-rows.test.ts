import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDuckdb, type Duckdb } from '../../core/duckdb.js';
import { createFold } from '../../features/fold.js';
import { replayRows } from '../../features/replay-rows.js';
import { fraudTarget, type TrainingRows } from '../../features/training-rows.js';
import { LAKE_COLUMNS } from '../../ingest/lake-tables.js';

const DAY_MS = 86_400_000;
const FROM_MS = Date.UTC(2026, 0, 1);

/** What was said of each payment and on which day, in the order in which it became known. */
const SAID: Readonly<Record<string, readonly (readonly [day: number, fraud: boolean])[]>> = {
  'never reported': [],
  reported: [[3, true]],
  'taken back': [
    [3, true],
    [6, false],
  ],
  'reported again': [
    [3, true],
    [6, false],
    [9, true],
  ],
  'cleared at first': [
    [3, false],
    [6, true],
  ],
  'both at one instant': [
    [3, true],
    [3, false],
  ],
};

describe('the target of fraud training', () => {
  let db: Duckdb;
  let rows: TrainingRows;

  beforeAll(async () => {
    db = await openDuckdb(':memory:');
    for (const table of ['payments', 'outcomes', 'labels'] as const) {
      const columns = Object.entries(LAKE_COLUMNS[table]).map(([name, type]) => `${name} ${type}`);
      await db.run(`CREATE TABLE ${table} (${columns.join(', ')})`);
    }
    let sequence = 0;
    const instant = (day: number): string => `make_timestamp_ms(${FROM_MS + day * DAY_MS})`;
    for (const id of Object.keys(SAID)) {
      await db.run(`INSERT INTO payments BY NAME SELECT '${id}' AS payment_id, 'payment' AS kind, 'p' AS payer_id,
        'INR' AS currency, 100 AS amount_paise, 'captured' AS status, ${sequence++} AS sequence,
        ${instant(0)} AS occurred_at, occurred_at AS known_at`);
    }
    for (const [id, labels] of Object.entries(SAID)) {
      for (const [day, fraud] of labels) {
        await db.run(`INSERT INTO labels BY NAME SELECT '${id}' AS payment_id, ${fraud} AS fraud,
          'chargeback' AS source, ${sequence++} AS sequence, ${instant(0)} AS occurred_at, ${instant(day)} AS known_at`);
      }
    }
    const untilMs = FROM_MS + DAY_MS;
    rows = await replayRows(db, createFold(), { fromMs: FROM_MS, untilMs, knownUntilMs: untilMs });
  });
  afterAll(() => db.close());

  it.each([
    [3, []],
    [4, ['reported', 'taken back', 'reported again']],
    [7, ['reported', 'cleared at first']],
    [10, ['reported', 'reported again', 'cleared at first']],
  ])('follows the newest label known before day %i', async (day, frauds) => {
    const y = await fraudTarget(db, rows, FROM_MS + day * DAY_MS);
    expect(Object.keys(SAID).filter((_, row) => y[row] === 1)).toEqual(frauds);
  });
});
