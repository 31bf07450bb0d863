import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { takeSteps } from '../../../billing/dunning/act.js';
import { adoptCampaign } from '../../../billing/dunning/campaigns.js';
import { BUILT_IN } from '../../../billing/dunning/campaign.js';
import { planDunning } from '../../../billing/dunning/plan.js';
import { relievePaid } from '../../../billing/dunning/relieve.js';
import { DAY_MS, HOUR_MS } from '../../../core/days.js';
import { constantModel } from '../../scoring/world.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { notices, openScene, owe, pay, payerOf, statusOf, steps } from './scene.js';
import type { Scene } from './scene.js';
import { NOON } from './situations.js';

let database: TestPostgres;
let scene: Scene;
beforeAll(async () => {
  database = await testPostgres();
}, 60_000);
beforeEach(async () => {
  scene = await openScene(database.pool);
});
afterAll(() => database.close());

describe('a step', () => {
  it('is a decision of the gate of kind dunning, in the chain of the first attempt, and a message with a link', async () => {
    await owe(scene, { reason: 'card_expired' });
    await scene.run();
    expect(await steps(scene.pool)).toEqual([
      { kind: 'update-instrument', status: 'sent', stage: 'second-reminder', action: 'allow' },
    ]);
    const { rows } = await scene.pool.query(
      `SELECT d.request->>'kind' AS kind, d.retry_of, d.payment_id = s.step_id AS is_step FROM decisions d, dunning_steps s`,
    );
    expect(rows).toEqual([{ kind: 'dunning', retry_of: 'deb_inv_1', is_step: true }]);
    expect(await notices(scene.pool)).toMatchObject(
      ['email', 'sms'].map((channel) => ({
        channel,
        template: 'dunning-update-instrument',
        values: { amountPaise: '150000', currency: 'INR', payUrl: 'https://pay.example/inv_1' },
      })),
    );
  });

  it('that the gate blocks is not taken: it is marked, with the reasons', async () => {
    scene.useModel(constantModel(0.99));
    await owe(scene, {});
    await scene.run();
    expect(await steps(scene.pool)).toMatchObject([{ status: 'blocked', action: 'block' }]);
    expect(await notices(scene.pool)).toEqual([]);
    await scene.run();
    expect(await steps(scene.pool)).toHaveLength(1);
  });

  it.each(['challenge', 'review'] as const)(
    'of which the gate says %s is not taken either',
    async (action) => {
      await owe(scene, {});
      await scene.plan();
      const { decide } = scene.act;
      await takeSteps({
        ...scene.act,
        decide: async (body, key) => ({ ...(await decide(body, key)), action }),
      });
      expect(await steps(scene.pool)).toMatchObject([{ status: 'blocked', action }]);
      expect(await notices(scene.pool)).toEqual([]);
    },
  );
});

describe('whatever dies, whoever else runs', () => {
  it('a run that is repeated, or doubled, says everything once', async () => {
    for (let i = 0; i < 12; i++)
      await owe(scene, { payerId: payerOf('campaign', i), invoiceId: `inv_${i}`, subscriptionId: null });
    await Promise.all([scene.plan(), scene.plan()]);
    await scene.plan();
    await Promise.all([scene.take(), scene.take()]);
    await scene.run();
    expect(await steps(scene.pool)).toHaveLength(12);
    expect(await notices(scene.pool)).toHaveLength(24);
    const { rows } = await scene.pool.query<{ count: bigint }>('SELECT count(*) AS count FROM decisions');
    expect(rows[0]?.count).toBe(12n);
  });

  it('a program that dies after the gate has decided goes on with the same decision', async () => {
    await owe(scene, {});
    await scene.plan();
    const dying = { ...scene.act, linkTo: () => Promise.reject(new Error('died')) };
    expect(await takeSteps(dying)).toBe(0);
    expect(await notices(scene.pool)).toEqual([]);
    expect(await scene.take()).toBe(1);
    const { rows } = await scene.pool.query(
      'SELECT s.decision_id = d.decision_id AS same FROM dunning_steps s, decisions d',
    );
    expect(rows).toEqual([{ same: true }]);
    expect(await notices(scene.pool)).toHaveLength(2);
  });

  it('who pays between the look and the step hears nothing', async () => {
    const owed = await owe(scene, {});
    await scene.plan();
    await pay(scene, owed);
    await scene.take();
    expect(await steps(scene.pool)).toMatchObject([{ status: 'withdrawn' }]);
    expect(await notices(scene.pool)).toEqual([]);
  });

  it('U13: whose outcome has become open meanwhile hears nothing, and is told when it is known', async () => {
    await owe(scene, {});
    await scene.plan();
    await scene.pool.query(`UPDATE debits SET status = 'unresolved', resolved_at = NULL`);
    await scene.take();
    expect(await notices(scene.pool)).toEqual([]);
    await scene.pool.query(
      `UPDATE debits SET status = 'failed', decline_reason = 'card_expired', resolved_at = to_timestamp($1 / 1000.0)`,
      [NOON],
    );
    await scene.run();
    expect(await notices(scene.pool)).toMatchObject([{ template: 'dunning-update-instrument' }, {}]);
  });

  it('a dry run says what it would do and writes nothing', async () => {
    await owe(scene, {});
    expect(await planDunning(scene.pool, { at: NOON, dryRun: true })).toEqual({
      looked: 1,
      cleared: 0,
      steps: { 'payday-hint': 1 },
      stages: { 'second-reminder': 1 },
      waits: {},
      listed: 0,
    });
    const { rowCount } = await scene.pool.query('SELECT FROM dunning_episodes');
    expect([rowCount, await steps(scene.pool)]).toEqual([0, []]);
  });
});

/** Six-hourly looks over so many days. */
async function pass(days: number): Promise<void> {
  for (let look = 0; look < days * 4; look++) {
    scene.clock.advance(6 * HOUR_MS);
    await scene.run();
  }
}

describe('delivery is withheld', () => {
  it('from the one child whose meals are owed, after a notice, and given back in one hop on payment', async () => {
    const owed = await owe(scene, { invoiceId: 'inv_one_child', ageDays: 12 });
    await owe(scene, { invoiceId: 'inv_other_child', subscriptionId: 'sub_2', ageDays: 1 });
    await scene.run();
    expect(await steps(scene.pool)).toMatchObject([{ kind: 'suspension-notice', status: 'sent' }]);
    await pass(3);
    expect(await statusOf(scene.pool, 'sub_1')).toBe('past_due');
    await pass(1);
    expect([await statusOf(scene.pool, 'sub_1'), await statusOf(scene.pool, 'sub_2')]).toEqual([
      'suspended',
      'past_due',
    ]);
    const { rows } = await scene.pool.query(
      'SELECT subscription_id, beneficiary FROM dunning_effects WHERE lifted_at IS NULL',
    );
    expect(rows).toEqual([{ subscription_id: 'sub_1', beneficiary: 'child of sub_1' }]);

    await pay(scene, owed);
    expect(await relievePaid(scene.pool, scene.clock.now())).toBe(1);
    expect(await statusOf(scene.pool, 'sub_1')).toBe('active');
    expect((await scene.pool.query('SELECT FROM dunning_effects WHERE lifted_at IS NULL')).rowCount).toBe(0);
  });

  it('from siblings too where the campaign says so, and given back with the debt that it was for', async () => {
    const suspension = { ...BUILT_IN.suspension, blocksSiblings: true };
    await adoptCampaign(
      scene.pool,
      { campaign: { ...BUILT_IN, suspension }, actor: 'asha', reason: 'one family' },
      NOON,
    );
    const owed = await owe(scene, { invoiceId: 'inv_family', ageDays: 12 });
    const sibling = await owe(scene, {
      invoiceId: 'inv_sibling',
      subscriptionId: 'sub_2',
      ageDays: 0,
      amountPaise: 10_00n,
    });
    await pay(scene, sibling);
    await pass(7);
    expect([await statusOf(scene.pool, 'sub_1'), await statusOf(scene.pool, 'sub_2')]).toEqual([
      'suspended',
      'suspended',
    ]);
    await pay(scene, owed);
    await relievePaid(scene.pool, scene.clock.now());
    expect([await statusOf(scene.pool, 'sub_1'), await statusOf(scene.pool, 'sub_2')]).toEqual([
      'active',
      'active',
    ]);
  });
});

describe('an episode', () => {
  it('is one from the first overdue day until nothing is owed, and a later debt begins another', async () => {
    const owed = await owe(scene, { invoiceId: 'inv_first', subscriptionId: null });
    await scene.run();
    await pass(8);
    await pay(scene, owed);
    await relievePaid(scene.pool, scene.clock.now());
    const episodes = async () =>
      (
        await scene.pool.query(
          'SELECT stage, cleared_by, owed_paise FROM dunning_episodes ORDER BY opened_at',
        )
      ).rows as unknown[];
    expect(await episodes()).toEqual([{ stage: 'clear', cleared_by: 'paid', owed_paise: 0n }]);
    await owe(scene, { invoiceId: 'inv_2', subscriptionId: null });
    await scene.run();
    expect(await episodes()).toMatchObject([
      { cleared_by: 'paid' },
      { stage: 'second-reminder', cleared_by: null },
    ]);
  });

  it('that a person holds is set aside, not paid', async () => {
    await owe(scene, { subscriptionId: null });
    await scene.run();
    await scene.pool.query(`UPDATE invoices SET held_reason = 'asked for time'`);
    await scene.run();
    expect((await scene.pool.query('SELECT cleared_by FROM dunning_episodes')).rows).toEqual([
      { cleared_by: 'set-aside' },
    ]);
  });

  it('of six weeks says each thing once, within the caps, at decent hours', async () => {
    await owe(scene, { subscriptionId: null, ageDays: 0, reason: 'card_declined' });
    await pass(46);
    expect(
      (await steps(scene.pool)).filter(({ status }) => status === 'sent').map(({ stage }) => stage),
    ).toEqual(['reminder', 'second-reminder', 'urgent', 'collection', 'last-word']);
    const { rows } = await scene.pool.query<{ done_at: number }>(
      `SELECT done_at FROM dunning_steps WHERE status = 'sent'`,
    );
    for (const { done_at: at } of rows) expect(((at - NOON) / HOUR_MS) % 24).toBe(0);
    expect(DAY_MS).toBe(24 * HOUR_MS);
  });
});
