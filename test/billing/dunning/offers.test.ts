import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decideOffer, offersOf } from '../../../billing/dunning/offers.js';
import { DAY_MS } from '../../../core/days.js';
import { payReference } from '../../support/billing-scene.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { settleInvoices } from '../../../billing/invoices/settle.js';
import { openScene, owe, payerOf } from './scene.js';
import type { Scene } from './scene.js';
import { NOON } from './situations.js';

describe('an offer', () => {
  let database: TestPostgres;
  let scene: Scene;
  beforeAll(async () => {
    database = await testPostgres();
  }, 60_000);
  beforeEach(async () => {
    scene = await openScene(database.pool);
  });
  afterAll(() => database.close());

  const payerId = payerOf('campaign');

  /** Much worth, likely to stay, and owing enough. */
  async function offered(invoiceId: string): Promise<string> {
    const { pool } = scene;
    await owe(scene, { payerId, invoiceId, ageDays: 8, amountPaise: 3_000_00n });
    await pool.query(
      `INSERT INTO churn_scores (scored_at, subscription_id, payer_id, plan_id, currency, model_version, due_at, voluntary,
         involuntary, value_paise, priority_paise, held_out, reasons)
       VALUES (to_timestamp($1 / 1000.0), 'sub_1', $2, 'lunch', 'INR', repeat('a', 64), to_timestamp($1 / 1000.0), 0.1, 0.3, 2000000, 0,
         false, '[]')`,
      [NOON - DAY_MS, payerId],
    );
    await scene.run();
    const [offer] = await offersOf(pool, payerId);
    expect(offer).toMatchObject({ status: 'offered', totalPaise: 3_000_00n, invoiceIds: [invoiceId] });
    return offer?.offerId ?? '';
  }

  const decide = (offerId: string, decision: 'accepted' | 'declined') =>
    decideOffer({ pool: scene.pool, beginInstalments: null }, offerId, decision, scene.clock.now());
  const stands = async () =>
    (
      await scene.pool.query(
        `SELECT e.waits_for, i.held_reason, o.status FROM dunning_episodes e, dunning_offers o, invoices i`,
      )
    ).rows as unknown[];

  it('that is accepted holds the invoice and stops dunning; broken, everything goes on', async () => {
    const offerId = await offered('inv_broken');
    await decide(offerId, 'accepted');
    expect(await decide(offerId, 'accepted')).toMatchObject({ status: 'accepted' });
    await expect(decide(offerId, 'declined')).rejects.toMatchObject({ code: 'offer-closed' });
    scene.clock.advance(16 * DAY_MS);
    await scene.run();
    expect(await stands()).toEqual([
      { waits_for: 'plan-kept', held_reason: 'payment plan', status: 'accepted' },
    ]);
    scene.clock.advance(2 * DAY_MS);
    await scene.run();
    expect(await stands()).toMatchObject([{ held_reason: null, status: 'broken' }]);
    const { rows } = await scene.pool.query(
      `SELECT kind FROM dunning_steps WHERE status = 'sent' ORDER BY step_id`,
    );
    expect(rows).toMatchObject([{ kind: 'plan-offer' }, { kind: 'suspension-notice' }]);
  });

  it('that is kept to the last part is over with the debt', async () => {
    const offerId = await offered('inv_kept');
    await decide(offerId, 'accepted');
    for (const part of [1, 2, 3]) {
      const paying = {
        reference: `inv_kept:${part}`,
        amountPaise: 1_000_00n,
        paymentId: `part_${part}`,
        payerId,
      };
      await payReference(scene.pool, paying, scene.clock.now());
      await settleInvoices(scene);
      scene.clock.advance(13 * DAY_MS);
      await scene.run();
    }
    const { rows } = await scene.pool.query(
      'SELECT o.status, e.cleared_by FROM dunning_offers o, dunning_episodes e',
    );
    expect(rows).toEqual([{ status: 'kept', cleared_by: 'paid' }]);
  });

  it('hands an accepted plan to whoever collects the parts, in the same transaction', async () => {
    const offerId = await offered('inv_handed');
    const failing = () => Promise.reject(new Error('nobody collects'));
    const decided = decideOffer(
      { pool: scene.pool, beginInstalments: failing },
      offerId,
      'accepted',
      scene.clock.now(),
    );
    await expect(decided).rejects.toThrow('nobody collects');
    expect(await stands()).toMatchObject([{ held_reason: null, status: 'offered' }]);
  });

  it('lapses, and is not made twice in an episode', async () => {
    const offerId = await offered('inv_lapsed');
    scene.clock.advance(11 * DAY_MS);
    await expect(decide(offerId, 'accepted')).rejects.toMatchObject({ code: 'offer-closed' });
    await scene.run();
    expect(await offersOf(scene.pool, payerId)).toMatchObject([{ status: 'lapsed' }]);
  });
});
