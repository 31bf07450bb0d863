import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readReconciliation } from '../../reporting/reconciliation-overview.js';
import { reconciliationPage } from '../../reporting/pages/reconciliation.js';
import { reconciliationOverview } from '../support/reconciliation-overview.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';

const NOW = Date.UTC(2026, 0, 31, 6);
let database: TestPostgres;
beforeAll(async () => {
  database = await testPostgres();
}, 60_000);
afterAll(() => database.close());

it('shows the newest day first, and open cases by the money at stake', async () => {
  expect(await readReconciliation(database.pool, NOW)).toEqual({
    days: [],
    waiting: [],
    cases: [],
    today: '2026-01-31',
  });
  await database.pool.query(
    `INSERT INTO settlement_days (settled_on, begun_at) VALUES ('2026-01-29', now()), ('2026-01-30', now()), ('2025-11-01', now())`,
  );
  await database.pool.query(
    `INSERT INTO recon_exceptions (subject, reason, difference_paise, stake_paise, currency, happened_on, occurred_at, status,
       opened_at, changed_at)
     SELECT subject, reason, stake, stake, 'INR', '2026-01-28', now(), status, now(), now()
     FROM (VALUES ('row:a', 'fee-differs', 100, 'open'), ('row:b', 'refund-unknown', 900, 'open'), ('row:c', 'fee-differs', 5000, 'cleared'))
       AS made (subject, reason, stake, status)`,
  );
  const { days, waiting, cases } = await readReconciliation(database.pool, NOW);
  expect(days.map(({ settledOn }) => settledOn)).toEqual(['2026-01-30', '2026-01-29']);
  expect(waiting.map(({ reason, stakePaise }) => `${reason} ${stakePaise}`)).toEqual([
    'refund-unknown 900',
    'fee-differs 100',
  ]);
  expect(cases.map(({ subject }) => subject)).toEqual(['row:b', 'row:a']);
});

it('the page says what is at stake, how old it is and what to do', () => {
  const page = reconciliationPage(reconciliationOverview());
  for (const text of ['₹48,21', '4 days', 'ask the bank with the UTR', 'not read to its end', '98.6'])
    expect(page).toContain(text);
});
