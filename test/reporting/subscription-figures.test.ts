import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../core/random.js';
import { readSubscriptionReport } from '../../reporting/subscription-figures.js';
import { latestSubscriptionReport, renewSubscriptionReports } from '../../reporting/subscription-store.js';
import { subscriptionsPage } from '../../reporting/pages/subscriptions.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';

let database: TestPostgres;
beforeAll(async () => {
  database = await testPostgres();
  await database.pool.query(
    `INSERT INTO plans (plan_id, name, tax_class, created_at) VALUES ('lunch', 'Lunch', 'none', now())`,
  );
  await database.pool.query(
    `INSERT INTO plan_versions (plan_id, version, currency, price_paise, interval_unit, interval_count, trial_days, setup_fee_paise,
       proration, created_at) VALUES ('lunch', 1, 'INR', 1000, 'month', 1, 0, 0, 'calendar-days', now())`,
  );
}, 60_000);
beforeEach(() => database.pool.query('TRUNCATE subscriptions CASCADE'));
afterAll(() => database.close());

interface Step {
  readonly on: string;
  readonly event: string;
  readonly to: string;
  readonly mrr: number;
}

/** Noon in Kolkata. */
const noon = (day: string): number => Date.parse(`${day}T06:30:00Z`);
const step = (on: string, event: string, to: string, mrr: number): Step => ({ on, event, to, mrr });

async function live(subscriptionId: string, steps: readonly Step[], payerId = subscriptionId): Promise<void> {
  const last = steps.at(-1);
  const isOver = last !== undefined && ['cancelled', 'expired'].includes(last.to);
  await database.pool.query(
    `INSERT INTO subscriptions (subscription_id, payer_id, plan_id, plan_version, quantity, currency, status, anchor_on, collection,
       started_at, ended_at, created_at, changed_at)
     VALUES ($1, $2, 'lunch', 1, 1, 'INR', $3, '2026-01-01', 'manual', to_timestamp($4 / 1000.0), to_timestamp($5 / 1000.0), now(), now())`,
    [
      subscriptionId,
      payerId,
      last?.to ?? 'active',
      noon(steps[0]?.on ?? '2026-01-01'),
      isOver ? noon(last.on) : null,
    ],
  );
  for (const { on, event, to, mrr } of steps)
    await database.pool.query(
      `INSERT INTO subscription_events (subscription_id, event, to_status, plan_id, plan_version, quantity, currency, period_paise,
         mrr_paise, actor, occurred_at, known_at)
       SELECT $1, $2, $3, 'lunch', 1, 1, 'INR', $4, $4, 'test', at, at FROM to_timestamp($5 / 1000.0) AS at`,
      [subscriptionId, event, to, mrr, noon(on)],
    );
}

const report = (asOf: string) => readSubscriptionReport(database.pool, 'INR', noon(asOf));

describe('the waterfall of recurring revenue', () => {
  it('calls each change by its kind, and every month closes', async () => {
    await live('grows', [
      step('2026-01-05', 'start', 'active', 1000),
      step('2026-02-10', 'change', 'active', 1500),
    ]);
    await live('shrinks', [
      step('2026-01-05', 'start', 'active', 1000),
      step('2026-02-10', 'change', 'active', 400),
    ]);
    await live('pauses', [
      step('2026-01-05', 'start', 'active', 1000),
      step('2026-02-01', 'pause', 'paused', 0),
      step('2026-03-01', 'resume', 'active', 1000),
    ]);
    await live('owes', [
      step('2026-01-05', 'start', 'active', 1000),
      step('2026-02-15', 'suspend', 'suspended', 0),
      step('2026-03-02', 'recover', 'active', 1000),
    ]);
    await live('leaves', [
      step('2026-01-05', 'start', 'active', 1000),
      step('2026-02-20', 'cancel', 'cancelled', 0),
    ]);
    await live('lapses', [
      step('2026-01-05', 'start', 'active', 1000),
      step('2026-02-20', 'lapse', 'cancelled', 0),
    ]);
    await live('returns', [step('2026-03-10', 'start', 'active', 700)], 'leaves');
    await live('tries', [
      step('2026-01-20', 'begin-trial', 'trialing', 0),
      step('2026-02-03', 'cancel', 'cancelled', 0),
    ]);
    const { months } = await report('2026-03-20');
    expect(months.map((month) => [month.month, month.openingPaise, month.closingPaise])).toEqual([
      ['2026-01-01', 0, 6000],
      ['2026-02-01', 6000, 1900],
      ['2026-03-01', 1900, 4600],
    ]);
    expect(months[1]).toMatchObject({
      newPaise: 0,
      expansionPaise: 500,
      reactivationPaise: 0,
      contractionPaise: 1600,
      churnPaise: 3000,
      involuntaryChurnPaise: 2000,
      endedVoluntary: 1,
      endedInvoluntary: 1,
      logoChurn: 2 / 6,
      revenueChurn: 4600 / 6000,
    });
    expect(months[2]).toMatchObject({ expansionPaise: 1000, reactivationPaise: 1700, newPaise: 0 });
  });

  it('belongs to the month of the Indian calendar, and sees only what was known', async () => {
    await live('late', [step('2026-01-31', 'start', 'active', 1000)]);
    await database.pool.query(
      `UPDATE subscription_events SET occurred_at = '2026-01-31T18:45:00Z', known_at = '2026-02-02T00:00:00Z'`,
    );
    expect((await report('2026-02-01')).months).toEqual([]);
    expect((await report('2026-02-03')).months.map(({ month }) => month)).toEqual(['2026-02-01']);
  });

  it('closes for any lives, and closes at what the last events say', async () => {
    const random = seededRandom(7);
    const lives = Array.from({ length: 40 }, (_, i) => {
      const days = Array.from({ length: 1 + Math.floor(random.unit() * 8) }, () =>
        Math.floor(random.unit() * 300),
      ).sort((a, b) => a - b);
      return days.map((day) => ({
        ...step(
          new Date(Date.UTC(2026, 0, 1) + day * 86_400_000).toISOString().slice(0, 10),
          'change',
          'active',
          random.unit() < 0.3 ? 0 : Math.floor(random.unit() * 5000),
        ),
        id: `life-${i}`,
      }));
    });
    for (const one of lives) await live(one[0]?.id ?? '', one);
    const { months, cohorts } = await report('2026-12-31');
    for (const month of months) {
      const after = (date: string) => date.slice(0, 7) <= month.month.slice(0, 7);
      const closing = lives.reduce(
        (sum, one) => sum + (one.filter(({ on }) => after(on)).at(-1)?.mrr ?? 0),
        0,
      );
      expect([month.month, month.closingPaise]).toEqual([month.month, closing]);
      expect(
        month.openingPaise +
          month.newPaise +
          month.expansionPaise +
          month.reactivationPaise -
          month.contractionPaise -
          month.churnPaise,
      ).toBe(month.closingPaise);
    }
    expect(cohorts.reduce((sum, { subscriptions }) => sum + subscriptions, 0)).toBe(
      lives.filter((one) => one.some(({ mrr }) => mrr > 0)).length,
    );
  });
});

it('a cohort keeps those that pay at the end of each month after', async () => {
  await live('stays', [step('2026-01-05', 'start', 'active', 1000)]);
  await live('goes', [
    step('2026-01-09', 'start', 'active', 1000),
    step('2026-03-20', 'cancel', 'cancelled', 0),
  ]);
  const { cohorts } = await report('2026-04-15');
  expect(cohorts).toEqual([
    {
      month: '2026-01-01',
      subscriptions: 2,
      mrrPaise: 2000,
      kept: [
        { age: 0, share: 1, revenueShare: 1 },
        { age: 1, share: 1, revenueShare: 1 },
        { age: 2, share: 0.5, revenueShare: 0.5 },
        { age: 3, share: 0.5, revenueShare: 0.5 },
      ],
    },
  ]);
});

it('the newest report of a currency is kept, never replaced by an older one, and shown', async () => {
  await live('stays', [step('2026-01-05', 'start', 'active', 1000)]);
  expect(await latestSubscriptionReport(database.pool, 'USD')).toBeNull();
  await renewSubscriptionReports(database.pool, noon('2026-02-05'));
  await renewSubscriptionReports(database.pool, noon('2026-02-01'));
  const found = await latestSubscriptionReport(database.pool, null);
  expect(found).toMatchObject({ asOf: '2026-02-05T06:30:00.000Z', currency: 'INR' });
  const page = subscriptionsPage(found);
  for (const text of ['₹10.00', 'Waterfall', 'What beginners became', 'lunch']) expect(page).toContain(text);
});
