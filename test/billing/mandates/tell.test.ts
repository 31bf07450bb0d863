import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { moveMandate } from '../../../billing/mandates/move.js';
import type { MandateEvent } from '../../../billing/mandates/states.js';
import { createEndpoint } from '../../../billing/notices/endpoints/endpoints.js';
import { manualClock } from '../../../core/clock.js';
import { inTransaction } from '../../../core/transaction.js';
import { writePlan, writeSubscription } from '../../support/billing-scene.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';

const EVENING = Date.parse('2026-07-01T22:00:00+05:30');
const MORNING = Date.parse('2026-07-02T08:00:00+05:30');
let database: TestPostgres;

beforeAll(async () => {
  database = await testPostgres();
  await writePlan(database.pool);
}, 60_000);
afterAll(() => database.close());

/** An active mandate. @param isUsed by a subscription. */
async function mandate(name: string, isUsed: boolean): Promise<string> {
  const { pool } = database;
  await pool.query(
    `INSERT INTO mandates (mandate_id, payer_id, method, status, frequency, max_paise, expires_at, created_at, changed_at)
     VALUES ($1, 'payer_1', 'upi', 'active', 'as_presented', 150000, '2036-01-01', now(), now())`,
    [name],
  );
  if (!isUsed) return name;
  await writeSubscription(pool, { subscriptionId: `sub_${name}` });
  await pool.query(
    "UPDATE subscriptions SET mandate_id = $1, collection = 'mandate' WHERE subscription_id = $2",
    [name, `sub_${name}`],
  );
  return name;
}

async function move(mandateId: string, ...events: readonly MandateEvent[]): Promise<void> {
  for (const [i, event] of events.entries())
    await inTransaction(database.pool, (client) => moveMandate(client, mandateId, event, EVENING + i));
}

async function said(mandateId: string) {
  const { rows } = await database.pool.query<{ template: string; due_at: number }>(
    "SELECT template, due_at FROM notices WHERE key LIKE '%:' || $1 || ':%' ORDER BY notice_id",
    [mandateId],
  );
  return rows.map(({ template, due_at: dueAt }) => [template, dueAt]);
}

describe('of a mandate that has changed', () => {
  it('its payer hears in the morning that it is paused, once for each pause, and that a new one is needed', async () => {
    await move(await mandate('m_used', true), 'pause', 'pause', 'resume', 'pause', 'cancel');
    expect(await said('m_used')).toEqual([
      ['mandate-paused', MORNING],
      ['mandate-paused', MORNING],
      ['mandate-needed', MORNING],
    ]);
  });

  it('nothing is said to the payer where no subscription stands on it', async () => {
    await move(await mandate('m_free', false), 'pause', 'cancel');
    expect(await said('m_free')).toEqual([]);
  });

  it('other programs hear each change', async () => {
    const { pool } = database;
    await createEndpoint(
      { pool, clock: manualClock(EVENING) },
      { url: 'https://shop.example/events', topics: ['mandate.changed'] },
      'shop',
    );
    await move(await mandate('m_heard', false), 'pause', 'resume', 'resume');
    const { rows } = await pool.query('SELECT payload FROM events ORDER BY sequence');
    expect(rows).toEqual([
      { payload: { mandateId: 'm_heard', fromStatus: 'active', status: 'paused' } },
      { payload: { mandateId: 'm_heard', fromStatus: 'paused', status: 'active' } },
    ]);
  });
});
