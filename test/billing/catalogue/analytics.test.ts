import { beforeAll, describe, expect, it } from '@jest/globals';
import { planMix, planMoves, priceEffect } from '../../../billing/catalogue/analytics.js';
import { addVersion } from '../../../billing/catalogue/plan.js';
import { DAY_MS } from '../../../core/days.js';
import { subscriptionScene } from '../subscriptions/scene.js';

const scene = subscriptionScene();
let changedAt = 0;

/** Twenty have lunch; one leaves in the month before the price goes up, then sixteen are moved and five of them leave or take less. */
beforeAll(async () => {
  const { plan, subscribe, goTo, order, pool, clock } = scene();
  await plan('lunch');
  await plan('trial', { trialDays: 30 });
  const ids: string[] = [];
  for (let n = 0; n < 20; n++) ids.push((await subscribe({ quantity: n < 4 ? 2 : 1 })).subscriptionId);
  await goTo('2026-01-01');
  await goTo('2026-02-20');
  await order(ids[19] ?? '', 'cancel', { at: 'now' });
  await goTo('2026-03-05');
  await scene().payAll();
  changedAt = clock.now();
  await addVersion({ pool, clock }, 'lunch', { pricePaise: 3600_00, interval: { unit: 'month' } }, 'dearer');
  for (const id of ids.slice(0, 16)) await order(id, 'change', { at: 'now', planVersion: 2 });
  await scene().payAll();
  await subscribe({ planId: 'trial' });
  await goTo('2026-03-15');
  for (const id of ids.slice(4, 7)) await order(id, 'cancel', { at: 'now' });
  for (const id of ids.slice(0, 2)) await order(id, 'change', { at: 'now', quantity: 1 });
  await order(ids[8] ?? '', 'pause', {});
}, 60_000);

describe('how plans do', () => {
  it('is counted from events as of an instant', async () => {
    const mix = await planMix(scene().pool, scene().clock.now());
    expect(
      mix.map((row) => [
        row.planId,
        row.planVersion,
        row.status,
        row.subscriptions,
        row.quantity,
        row.mrrPaise,
      ]),
    ).toEqual([
      ['lunch', 1, 'active', 3, 3, 9000_00],
      ['lunch', 2, 'active', 12, 14, 50_400_00],
      ['lunch', 2, 'paused', 1, 1, 0],
      ['trial', 1, 'trialing', 1, 1, 0],
    ]);
    const before = await planMix(scene().pool, changedAt - DAY_MS);
    expect(before).toEqual([
      expect.objectContaining({ planVersion: 1, subscriptions: 19, mrrPaise: 69_000_00 }),
    ]);
  });

  it('names upgrades and downgrades between versions and within one', async () => {
    const moves = await planMoves(scene().pool, changedAt, scene().clock.now() + 1);
    expect(moves).toEqual([
      expect.objectContaining({
        fromVersion: 1,
        toVersion: 2,
        upgrades: 16,
        downgrades: 0,
        expansionPaise: 12_000_00,
      }),
      expect.objectContaining({
        fromVersion: 2,
        toVersion: 2,
        upgrades: 0,
        downgrades: 2,
        contractionPaise: 7200_00,
      }),
    ]);
    expect(await planMoves(scene().pool, 0, changedAt)).toEqual([]);
  });

  it('compares churn and contraction before and after a price with intervals', async () => {
    const effect = await priceEffect(
      scene().pool,
      { planId: 'lunch', version: 2, days: 30 },
      changedAt + 30 * DAY_MS,
    );
    expect(effect).toMatchObject({
      changedAt,
      days: 30,
      churn: {
        before: { subscriptions: 20, events: 1, share: 0.05 },
        after: { subscriptions: 19, events: 3 },
      },
      // Two pay less than before the price went up, though more for each.
      contraction: { before: { events: 0 }, after: { events: 2 } },
    });
    const difference = effect?.churn.difference;
    expect(difference?.points).toBeCloseTo(3 / 19 - 1 / 20, 10);
    expect(difference?.low).toBeLessThan(0);
    expect(difference?.high).toBeGreaterThan(0.2);
  });

  it('looks only as far back as it can look ahead, and says nothing of a version that nobody has', async () => {
    const { pool } = scene();
    expect(
      await priceEffect(pool, { planId: 'lunch', version: 2, days: 30 }, changedAt + 12 * DAY_MS),
    ).toMatchObject({ days: 12 });
    expect(await priceEffect(pool, { planId: 'lunch', version: 2, days: 30 }, changedAt)).toBeNull();
    expect(await priceEffect(pool, { planId: 'lunch', version: 9, days: 30 }, changedAt)).toBeNull();
  });
});
