import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDuckdb, type Duckdb } from '../../../core/duckdb.js';
import { createFold } from '../../../features/fold.js';
import { replayRows } from '../../../features/replay-rows.js';
import { rowsBetween } from '../../../features/training-rows.js';
import { fraudDrift, type FraudDrift } from '../../../models/tasks/fraud-drift.js';
import { compromisedCounters, DAY_MS, emptyTables, HISTORY_FROM } from './compromised-counters.js';

const MATURITY_DAYS = 5;
const OLDER_TO = HISTORY_FROM + 60 * DAY_MS;
const UNTIL = HISTORY_FROM + 90 * DAY_MS;

let db: Duckdb;

beforeEach(async () => {
  db = await openDuckdb(':memory:');
  await emptyTables(db);
  await compromisedCounters(db, { days: 90, paymentsPerDay: 60, delayDays: 3 });
});

afterEach(() => db.close());

/** The record's whole beginning beside its last month. */
async function drift(): Promise<FraudDrift> {
  const fold = createFold({ maturityDays: MATURITY_DAYS });
  const rows = await replayRows(db, fold, { fromMs: HISTORY_FROM, untilMs: UNTIL, knownUntilMs: UNTIL });
  const older = rowsBetween(rows, -Infinity, OLDER_TO);
  const newer = rowsBetween(rows, OLDER_TO, Infinity);
  return fraudDrift(db, { older, newer, maturityDays: MATURITY_DAYS, seed: 1 });
}

describe('drift of the payments', () => {
  it('is none between months of one kind, although counts of a young record grow', async () => {
    const { aucRoc, aucRocOfAll, features, warning } = await drift();
    expect(aucRoc).toBeLessThan(0.6);
    expect(aucRocOfAll).toBeGreaterThan(0.8);
    expect(warning).toBeNull();
    const named = features.map(({ feature }) => feature);
    expect(named).not.toContain('monthDayIst');
    expect(named.filter((name) => /Ever$|90d$/.test(name))).toEqual([]);
  }, 120_000);

  it('is named by the features that moved, in a sentence', async () => {
    await db.run(
      `UPDATE payments SET amount_paise = amount_paise * 3 WHERE epoch_ms(occurred_at) >= ${OLDER_TO}`,
    );
    const { aucRoc, features, warning } = await drift();
    expect(aucRoc).toBeGreaterThan(0.7);
    expect(features[0]!.feature).toMatch(/mount|Mean|Max|Sum|Spread/);
    expect(warning).toMatch(
      /^the newest payments differ from those that trained \(told apart with AUC \d\.\d\d\)/,
    );
    expect(warning).toContain(`most by ${features[0]!.feature}, `);
  }, 120_000);
});
