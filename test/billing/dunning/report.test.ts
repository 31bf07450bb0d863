import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { armOf } from '../../../billing/dunning/hold-out.js';
import { learnRecovery } from '../../../billing/dunning/learn-recovery.js';
import { RECOVERY } from '../../../billing/dunning/recovery.js';
import { dunningReport } from '../../../billing/dunning/report.js';
import { DAY_MS } from '../../../core/days.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { clearArrears } from './scene.js';
import { NOON } from './situations.js';

let database: TestPostgres;
beforeAll(async () => {
  database = await testPostgres();
}, 60_000);
beforeEach(() => clearArrears(database.pool));
afterAll(() => database.close());

interface Past {
  readonly arm: 'campaign' | 'hold-out';
  readonly openedDaysAgo: number;
  /** Days after it began; null: still open. */
  readonly paidAfter: number | null;
  readonly contactedAfter: number | null;
  readonly clearedBy: 'paid' | 'set-aside';
}

let made = 0;
async function episodes(count: number, given: Partial<Past>): Promise<void> {
  const past = {
    arm: 'campaign',
    openedDaysAgo: 60,
    paidAfter: null,
    contactedAfter: null,
    clearedBy: 'paid',
    ...given,
  };
  const openedAt = NOON - past.openedDaysAgo * DAY_MS;
  const ids = Array.from({ length: count }, () => `dun_${made++}`);
  await database.pool.query(
    `INSERT INTO dunning_episodes (episode_id, payer_id, currency, arm, started_at, first_owed_paise, opened_at, computed_at, campaign,
       stage, reasons, oldest_due_at, owed_paise, invoices, decline_class, recovery, recovery_if_contacted, gain_paise, cost_paise,
       is_listed, listed_at, listed_class, listed_age_days, listed_owed_paise, cleared_at, cleared_by)
     SELECT id, 'payer of ' || id, 'INR', $2, opened, 100000, opened, opened, 0, 'urgent', '[]', opened, 100000, 1, 'funds', 0.4, 0.5,
       1, 1, true, opened, 'funds', 10, 100000, opened + make_interval(days => $4::int), CASE WHEN $4::int IS NOT NULL THEN $5 END
     FROM unnest($1::text[]) AS given(id), to_timestamp($3 / 1000.0) AS opened`,
    [ids, past.arm, openedAt, past.paidAfter, past.clearedBy],
  );
  if (past.contactedAfter === null) return;
  await database.pool.query(
    `INSERT INTO dunning_contacts (contact_id, episode_id, payer_id, actor, outcome, contacted_at)
     SELECT 'dct ' || id, id, 'payer of ' || id, 'asha', 'reached', to_timestamp($2 / 1000.0) FROM unnest($1::text[]) AS given(id)`,
    [ids, openedAt + past.contactedAfter * DAY_MS],
  );
}

it('the lift is the share that paid within the horizon beside the hold-out, with its interval', async () => {
  await episodes(70, { paidAfter: 20 });
  await episodes(20, {});
  // After the horizon is too late to count, younger episodes and set-aside ones are not judged.
  await episodes(10, { paidAfter: 31 });
  await episodes(500, { openedDaysAgo: 29, paidAfter: 1 });
  await episodes(500, { paidAfter: 3, clearedBy: 'set-aside' });
  await episodes(20, { arm: 'hold-out', paidAfter: 20 });
  await episodes(20, { arm: 'hold-out' });
  const { lift } = await dunningReport(database.pool, NOON);
  expect(lift.campaign).toEqual({ payers: 100, paid: 70, owedPaise: 100_000_00, recoveredPaise: 70_000_00 });
  expect(lift.holdOut).toEqual({ payers: 40, paid: 20, owedPaise: 40_000_00, recoveredPaise: 20_000_00 });
  expect(lift.paidShare?.lift).toBeCloseTo(0.2, 10);
  // Newcombe's method 10 for 70/100 against 20/40.
  expect(lift.paidShare?.low).toBeCloseTo(0.0237, 3);
  expect(lift.paidShare?.high).toBeCloseTo(0.3686, 3);
  expect(lift.recoveredShare?.lift).toBeCloseTo(0.2, 10);
  expect(lift.recoveredShare?.low).toBeGreaterThan(-0.05);
  expect(lift.recoveredShare?.high).toBeLessThan(0.45);
});

it('the lift is not told while an arm is small', async () => {
  await episodes(100, { paidAfter: 5 });
  await episodes(29, { arm: 'hold-out' });
  const { lift } = await dunningReport(database.pool, NOON);
  expect(lift).toMatchObject({ leastPayers: 30, paidShare: null, recoveredShare: null });
  expect(lift.holdOut.payers).toBe(29);
});

it('recovery is learned from listed cases whose horizon is over, contacted in time or not', async () => {
  const late = RECOVERY.contactDays + 1;
  await episodes(300, { paidAfter: 10, contactedAfter: 2 });
  await episodes(100, { contactedAfter: 2 });
  await episodes(80, { paidAfter: 10 });
  await episodes(280, {});
  await episodes(40, { contactedAfter: late });
  await episodes(900, { openedDaysAgo: RECOVERY.horizonDays - 1, paidAfter: 1 });
  const estimate = await learnRecovery(database.pool, NOON);
  const { probability, ifContacted } = estimate({ class: 'funds', ageDays: 10, owedPaise: 1_000_00n });
  expect(ifContacted).toBeCloseTo(0.75, 2);
  expect(probability).toBeCloseTo(0.2, 1);
});

it('about a tenth of all payers is held out, the same ones always', () => {
  const ids = Array.from({ length: 20_000 }, (_, i) => `payer-${i}`);
  const heldOut = ids.filter((id) => armOf(id) === 'hold-out');
  expect(heldOut.length / ids.length).toBeCloseTo(0.1, 2);
  expect(ids.filter((id) => armOf(id) === 'hold-out')).toEqual(heldOut);
});
