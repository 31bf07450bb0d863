import { beforeAll, describe, expect, it } from '@jest/globals';
import { createSubscription } from '../../../billing/subscriptions/create.js';
import { subscriptionScene } from './scene.js';

const scene = subscriptionScene();
beforeAll(async () => {
  await scene().plan('lunch');
  await scene().plan('tasting', { trialDays: 14, setupFeePaise: 250_00 });
});

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error as { code?: unknown }).code,
  );

describe('a new subscription', () => {
  it('without a trial is active at once, and its first period is invoiced with the setup fee by the next run', async () => {
    const { subscribe, goTo, invoices } = scene();
    await goTo('2026-01-31');
    const { subscriptionId, ...created } = await subscribe({ planId: 'tasting', trialDays: 0, quantity: 2 });
    expect(created).toMatchObject({
      status: 'active',
      anchorOn: '2026-01-31',
      period: null,
      periodPaise: 6000_00,
    });
    for (const day of ['2026-01-31', '2026-03-02', '2026-03-31', '2026-04-30']) await goTo(day);
    const made = await invoices(subscriptionId);
    expect(made.map(({ period_start_on: on, total_paise: total }) => [on, total])).toEqual([
      ['2026-01-31', 6250_00n],
      ['2026-02-28', 6000_00n],
      ['2026-03-31', 6000_00n],
      ['2026-04-30', 6000_00n],
    ]);
  });

  it('on a later day is scheduled, then on trial, then invoiced from the day on which the trial ends', async () => {
    const { subscribe, goTo, invoices, order } = scene();
    await goTo('2026-05-01');
    const { subscriptionId: id, status } = await subscribe({ planId: 'tasting', startOn: '2026-05-10' });
    expect(status).toBe('scheduled');
    await goTo('2026-05-10');
    const look = () => order(id, 'collection', { collection: 'manual' });
    expect(await look()).toMatchObject({
      status: 'trialing',
      trialEndOn: '2026-05-24',
      anchorOn: '2026-05-24',
    });
    await goTo('2026-05-23');
    expect(await invoices(id)).toEqual([]);
    await goTo('2026-05-24');
    expect(await look()).toMatchObject({ status: 'active', period: { number: 0, startOn: '2026-05-24' } });
    expect(await invoices(id)).toMatchObject([{ total_paise: 3250_00n }]);
  });

  it('may be cancelled on trial, and then ends with it uninvoiced', async () => {
    const { subscribe, goTo, invoices, order } = scene();
    await goTo('2026-06-01');
    const { subscriptionId: id } = await subscribe({ planId: 'tasting' });
    expect(await order(id, 'cancel', { at: 'period-end' })).toMatchObject({ status: 'trialing' });
    await goTo('2026-07-01');
    expect(await invoices(id)).toEqual([]);
    expect(await codeOf(order(id, 'resume', {}))).toBe('subscription-state');
  });

  it('is one for a payer, a plan and a beneficiary until it ends', async () => {
    const { subscribe, order } = scene();
    const child = { payerId: 'parent', beneficiary: 'first child' };
    const { subscriptionId: id } = await subscribe(child);
    expect(await codeOf(subscribe(child))).toBe('already-subscribed');
    await subscribe({ ...child, beneficiary: 'second child' });
    await order(id, 'cancel', { at: 'now' });
    await subscribe(child);
  });

  it('is made once for its key, also by twins', async () => {
    const { pool, clock } = scene();
    const create = () => createSubscription({ pool, clock }, { payerId: 'twin', planId: 'lunch' }, 'twins');
    const made = await Promise.all([create(), create(), create()]);
    expect(new Set(made.map(({ subscriptionId }) => subscriptionId)).size).toBe(1);
    const { rows } = await pool.query(`SELECT FROM subscriptions WHERE payer_id = 'twin'`);
    expect(rows).toHaveLength(1);
  });

  it('is refused for a past day, an unknown plan or mandate', async () => {
    const { subscribe } = scene();
    expect(await codeOf(subscribe({ startOn: '2026-01-01' }))).toBe('start-in-the-past');
    expect(await codeOf(subscribe({ startOn: '2026-02-30' }))).toBe('invalid-request');
    expect(await codeOf(subscribe({ planId: 'dinner' }))).toBe('plan-not-found');
    expect(await codeOf(subscribe({ planVersion: 7 }))).toBe('plan-not-found');
    expect(await codeOf(subscribe({ addOns: [{ addOnId: 'fruit' }] }))).toBe('add-on-not-found');
    expect(await codeOf(subscribe({ collection: 'mandate', mandateId: 'mandate_1' }))).toBe(
      'mandate-not-found',
    );
  });
});
