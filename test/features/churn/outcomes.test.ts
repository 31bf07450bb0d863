import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Duckdb } from '../../../core/duckdb.js';
import { settledPeriods } from '../../../features/churn/outcomes.js';
import { CHURN_OUTCOMES, churnRows } from '../../../features/churn/rows.js';
import { DAY_MS, drawLives, livesDb } from './subscription-lives.js';

const AS_OF = Date.UTC(2025, 9, 20);
let db: Duckdb;

beforeAll(async () => {
  db = await livesDb(drawLives({ subscriptions: 200, months: 10, seed: 5 }).happenings);
});

afterAll(() => db.close());

it('tells what became of a period as training labels do, also where it ended long before expiry', async () => {
  const settled = await settledPeriods(db, { asOfMs: AS_OF, dueFromMs: 0 });
  const told = new Map(settled.map((one) => [`${one.subscriptionId} ${one.dueAt}`, one]));
  expect(told.size).toBe(settled.length);
  const rows = await churnRows(db, { asOfMs: AS_OF, leads: [1] });
  expect(rows.outcome.length).toBeGreaterThan(300);
  rows.outcome.forEach((code, row) => {
    const one = told.get(`${rows.subscriptionId[row]!} ${rows.dueAt[row]!}`)!;
    expect([one.outcome, one.period]).toEqual([CHURN_OUTCOMES[code], rows.period[row]]);
  });
  // Cancellations come two days before expiry: no row a day before sees them alive.
  expect(settled.length).toBeGreaterThan(rows.outcome.length);
  expect(
    settled.every(({ dueAt, settledAt }) => settledAt === dueAt + 30 * DAY_MS && settledAt <= AS_OF),
  ).toBe(true);
});

it('changes no outcome that was told, whatever becomes known later', async () => {
  const early = await settledPeriods(db, { asOfMs: AS_OF - 60 * DAY_MS, dueFromMs: 0 });
  const late = await settledPeriods(db, { asOfMs: AS_OF, dueFromMs: 0 });
  expect(early.length).toBeLessThan(late.length);
  expect(late.slice(0, early.length)).toEqual(early);
});
