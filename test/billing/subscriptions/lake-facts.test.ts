import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { flushGatewayFacts } from '../../../billing/payments/facts.js';
import { moveSubscription } from '../../../billing/subscriptions/move.js';
import { lockSubscription } from '../../../billing/subscriptions/subscription.js';
import { openDuckdb } from '../../../core/duckdb.js';
import { inTransaction } from '../../../core/transaction.js';
import { defineCalendar, findRenewals } from '../../../features/churn/renewals.js';
import { openLake } from '../../../ingest/lake.js';
import { subscriptionScene } from './scene.js';

const scene = subscriptionScene();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-told-'));
  await scene().plan('lunch');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Told {
  readonly subscriptionId: string;
  readonly event: string;
  readonly amountPaise: string;
}

async function toldOf(id: string): Promise<[string, string][]> {
  const { rows } = await scene().pool.query<{ body: Told }>(
    `SELECT body FROM fact_queue WHERE body ->> 'subscriptionId' = $1 ORDER BY number`,
    [id],
  );
  return rows.map(({ body }) => [body.event, body.amountPaise]);
}

it('the lake hears of paid periods, other prices, pauses and ends, in the words of imported facts', async () => {
  const { goTo, subscribe, order, payAll } = scene();
  const { subscriptionId: id } = await subscribe({ quantity: 1 });
  const { subscriptionId: unpaid } = await subscribe();
  const { subscriptionId: unwanted } = await subscribe({ trialDays: 7 });
  await order(unwanted, 'cancel', { at: 'now' });
  await goTo('2026-01-01');
  await order(unpaid, 'cancel', { at: 'now' });
  await payAll();
  await goTo('2026-02-01');
  await payAll();
  await order(id, 'change', { at: 'now', quantity: 2 });
  await goTo('2026-02-10');
  await order(id, 'pause', { from: '2026-02-10' });
  await goTo('2026-02-20');
  await order(id, 'resume', {});
  await goTo('2026-02-21');
  await order(id, 'cancel', { at: 'now' });
  expect(await toldOf(id)).toEqual([
    ['started', '300000'],
    ['renewed', '300000'],
    ['price_changed', '600000'],
    ['paused', '600000'],
    ['resumed', '600000'],
    ['cancelled', '600000'],
  ]);
  expect(await toldOf(unwanted)).toEqual([]);
});

it('who ends for arrears lapses, whoever paid late was renewed before', async () => {
  const { goTo, subscribe, payAll, pool, clock } = scene();
  await goTo('2026-03-01');
  const { subscriptionId: id } = await subscribe();
  await goTo('2026-03-01');
  await payAll();
  await goTo('2026-04-01');
  await goTo('2026-04-20');
  await inTransaction(pool, async (client) => {
    const late = await lockSubscription(client, id);
    await moveSubscription(
      client,
      late,
      { event: 'lapse', actor: 'test', occurredAt: clock.now() },
      clock.now(),
    );
  });
  expect((await toldOf(id)).map(([event]) => event)).toEqual(['started', 'lapsed']);
});

it('D3: the beneficiary is in no fact, no event and not in the subscription that billing passes on', async () => {
  const { goTo, subscribe, payAll, order, pool } = scene();
  await goTo('2026-05-01');
  const { subscriptionId: id } = await subscribe({ payerId: 'guardian', beneficiary: 'a-child-of-nine' });
  await goTo('2026-05-01');
  await payAll();
  await order(id, 'pause', {});
  const { rows } = await pool.query<{ text: string }>(
    `SELECT body::text AS text FROM fact_queue UNION ALL SELECT e::text FROM subscription_events e
     UNION ALL SELECT i::text FROM invoices i UNION ALL SELECT l::text FROM invoice_lines l`,
  );
  expect(rows.length).toBeGreaterThan(5);
  expect(rows.filter(({ text }) => text?.includes('a-child-of-nine'))).toEqual([]);
  const passedOn = await inTransaction(pool, (client) => lockSubscription(client, id));
  expect(Object.values(passedOn)).not.toContain('a-child-of-nine');
  expect(Object.keys(passedOn)).not.toContain('beneficiary');
});

it('churn sees the periods of a real subscription as those of an imported one', async () => {
  const { goTo, subscribe, payAll, pool, clock } = scene();
  await goTo('2026-06-01');
  const ids: string[] = [];
  for (let n = 0; n < 12; n++) ids.push((await subscribe()).subscriptionId);
  for (const month of ['06', '07', '08', '09', '10']) {
    await goTo(`2026-${month}-01`);
    await payAll();
  }
  const lake = await openLake(folder, clock);
  expect(await flushGatewayFacts(pool, lake)).toBeGreaterThan(50);
  const db = await openDuckdb(':memory:');
  await lake.attach(db);
  await defineCalendar(db);
  await findRenewals(db, { asOfMs: clock.now(), leads: [7] });
  const rows = await db.rows<{ subscription_id: string; outcome: string; n: bigint }>(
    `SELECT subscription_id, outcome, count(*) AS n FROM churn_renewals GROUP BY ALL ORDER BY 1, 2`,
  );
  const ours = rows.filter((row) => ids.includes(row.subscription_id));
  expect(new Set(ours.map(({ outcome }) => outcome))).toEqual(new Set(['kept']));
  expect(ours).toHaveLength(12);
  db.close();
});
