import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { requireSoundLedger } from '../../../billing/ledger/check.js';
import { moveSubscription } from '../../../billing/subscriptions/move.js';
import { lockSubscription } from '../../../billing/subscriptions/subscription.js';
import { inTransaction } from '../../../core/transaction.js';
import { subscriptionScene } from './scene.js';

const scene = subscriptionScene();

/** Months pass in the order of the tests; each test begins in one of its own, and its subscription with it. */
beforeAll(async () => {
  const { plan } = scene();
  await plan('lunch');
  await plan('feast', {
    pricePaise: 4500_00,
    addOns: [{ addOnId: 'fruit', name: 'Fruit', pricePaise: 300_00 }],
  });
  await plan('yearly', { pricePaise: 30_000_00, interval: { unit: 'year' } });
  await plan('whole', { proration: 'none' });
});

/** What a test leaves behind is not billed on through the years of the others. */
afterEach(() => scene().pool.query(`UPDATE subscriptions SET parked_reason = 'its test is over'`));

const code = (error: unknown): unknown => (error as { code?: unknown }).code;
const refusal = async (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'done', code);

/** Of the change invoices: what each sums to, a credit that is kept being negative. */
async function changesOf(id: string): Promise<bigint[]> {
  const invoices = await scene().invoices(id);
  return invoices
    .filter(({ kind }) => kind === 'change')
    .map(({ total_paise: total, credit_paise: credit }) => total + credit);
}

async function paidFrom(
  day: string,
  body: Parameters<ReturnType<typeof scene>['subscribe']>[0] = {},
): Promise<string> {
  const { goTo, subscribe, payAll } = scene();
  await goTo(day);
  const { subscriptionId } = await subscribe(body);
  await goTo(day);
  await payAll();
  return subscriptionId;
}

describe('a change now', () => {
  it('charges the rest of the period at the new price and credits it at the old one', async () => {
    const id = await paidFrom('2026-04-01');
    await scene().goTo('2026-04-11');
    const changed = await scene().order(id, 'change', {
      at: 'now',
      planId: 'feast',
      addOns: [{ addOnId: 'fruit' }],
    });
    expect(changed).toMatchObject({
      planId: 'feast',
      periodPaise: 4800_00,
      period: { startOn: '2026-04-01' },
    });
    const [, change] = await scene().invoices(id);
    expect(change).toMatchObject({
      kind: 'change',
      total_paise: 1200_00n,
      period_start_on: '2026-04-01',
      lines: [
        { kind: 'proration-credit', amount_paise: -2000_00n, from_on: '2026-04-11' },
        { kind: 'proration-charge', amount_paise: 3000_00n },
        { kind: 'proration-charge', amount_paise: 200_00n },
      ],
    });
  });

  it('and another on the same day are two invoices with causes of their own, and back nets to zero', async () => {
    const id = await paidFrom('2026-04-01');
    await scene().goTo('2026-04-18');
    for (const quantity of [3, 2, 1]) await scene().order(id, 'change', { at: 'now', quantity });
    const invoices = (await scene().invoices(id)).filter(({ kind }) => kind === 'change');
    expect(new Set(invoices.map(({ cause }) => cause)).size).toBe(3);
    expect((await changesOf(id)).reduce((sum, one) => sum + one, 0n)).toBe(2600_00n - 1300_00n - 1300_00n);
  });

  it('to less leaves a credit, at most what was paid, that the next invoice uses', async () => {
    const id = await paidFrom('2026-04-01', { quantity: 3 });
    await scene().goTo('2026-04-16');
    const changed = await scene().order(id, 'change', { at: 'now', quantity: 1 });
    expect(changed).toMatchObject({ quantity: 1, creditPaise: 3000_00 });
    await scene().goTo('2026-05-01');
    const last = (await scene().invoices(id)).at(-1);
    expect(last).toMatchObject({
      kind: 'recurring',
      status: 'paid',
      total_paise: 0n,
      credit_paise: 3000_00n,
    });
  });

  it('to less is refused while the period is unpaid; to more costs the difference alone', async () => {
    const { goTo, subscribe, order } = scene();
    await goTo('2026-04-01');
    const { subscriptionId: id } = await subscribe({ quantity: 2 });
    await goTo('2026-04-16');
    expect(await refusal(order(id, 'change', { at: 'now', quantity: 1 }))).toBe('period-unpaid');
    expect(await refusal(order(id, 'change', { at: 'now', planId: 'yearly' }))).toBe('period-unpaid');
    await order(id, 'change', { at: 'now', quantity: 3 });
    expect(await changesOf(id)).toEqual([1500_00n]);
  });

  it('credits never more than was paid, less credits already given, whatever the quantities', async () => {
    const id = await paidFrom('2026-06-01', { quantity: 2 });
    await scene().goTo('2026-06-10');
    await scene().order(id, 'change', { at: 'now', quantity: 5 });
    await scene().goTo('2026-06-12');
    // Three more are not paid for yet: what was paid for two is less than what one would give back.
    expect(await refusal(scene().order(id, 'change', { at: 'now', quantity: 1 }))).toBe('period-unpaid');
    await scene().payAll();
    expect(await scene().order(id, 'change', { at: 'now', quantity: 1 })).toMatchObject({
      creditPaise: 7600_00,
    });
    expect(await changesOf(id)).toEqual([6300_00n, -7600_00n]);
    expect(await scene().order(id, 'cancel', { at: 'now' })).toMatchObject({ creditPaise: 9500_00 });
  });
});

describe('a change of the interval', () => {
  it('now credits the old period, charges the new one and moves the anchor; no day is billed twice', async () => {
    const id = await paidFrom('2026-06-01');
    await scene().goTo('2026-06-16');
    const changed = await scene().order(id, 'change', { at: 'now', planId: 'yearly' });
    expect(changed).toMatchObject({
      anchorOn: '2026-06-16',
      period: { number: 0, startOn: '2026-06-16', endOn: '2027-06-16' },
      creditPaise: 0,
    });
    expect(await changesOf(id)).toEqual([-1500_00n, 30_000_00n]);
    const [, , charge] = await scene().invoices(id);
    expect(charge).toMatchObject({ total_paise: 28_500_00n, credit_paise: 1500_00n });
  });

  it('on the first day of a period replaces it', async () => {
    const id = await paidFrom('2026-06-01');
    await scene().order(id, 'change', { at: 'now', planId: 'yearly' });
    expect(await changesOf(id)).toEqual([-3000_00n, 30_000_00n]);
  });

  it("at the period's end begins there, and can be undone before", async () => {
    const id = await paidFrom('2026-06-05');
    await scene().order(id, 'change', { at: 'period-end', planId: 'yearly' });
    expect(await scene().order(id, 'undo', { what: 'change' })).toMatchObject({ pendingChange: null });
    await scene().order(id, 'change', { at: 'period-end', planId: 'yearly' });
    await scene().goTo('2026-07-05');
    const [, next] = await scene().invoices(id);
    expect(next).toMatchObject({ kind: 'recurring', total_paise: 30_000_00n, period_start_on: '2026-07-05' });
    expect(await scene().order(id, 'collection', { collection: 'manual' })).toMatchObject({
      planId: 'yearly',
      period: { endOn: '2027-07-05' },
    });
  });

  it('without proration waits for the period to end', async () => {
    const id = await paidFrom('2026-07-01', { planId: 'whole' });
    expect(await refusal(scene().order(id, 'change', { at: 'now', planId: 'yearly' }))).toBe(
      'change-at-period-end',
    );
    await scene().order(id, 'change', { at: 'now', quantity: 2 });
    expect(await changesOf(id)).toEqual([]);
  });
});

describe('a pause', () => {
  it('credits what is paid and not served; going on in the same period charges what is served then', async () => {
    const id = await paidFrom('2026-09-01');
    await scene().goTo('2026-09-11');
    expect(await scene().order(id, 'pause', {})).toMatchObject({
      status: 'paused',
      nextStepAt: null,
      pausedOn: '2026-09-11',
    });
    await scene().goTo('2026-09-21');
    const resumed = await scene().order(id, 'resume', {});
    expect(resumed).toMatchObject({
      status: 'active',
      creditPaise: 1000_00,
      period: { endOn: '2026-10-01' },
    });
    expect(await changesOf(id)).toEqual([-2000_00n, 1000_00n]);
  });

  it('for a later day, and its end, are kept by the calendar; it goes on on the old anchor', async () => {
    const id = await paidFrom('2026-10-31');
    await scene().order(id, 'pause', { from: '2026-11-10', resumeOn: '2026-12-16' });
    await scene().goTo('2026-11-12');
    // The run was late: the pause counts from its day.
    expect(await changesOf(id)).toEqual([-2000_00n]);
    await scene().goTo('2026-12-16');
    const [, , stub] = await scene().invoices(id);
    expect(stub).toMatchObject({
      kind: 'change',
      period_start_on: '2026-11-30',
      credit_paise: 1451_61n,
      total_paise: 0n,
    });
    await scene().goTo('2026-12-31');
    const last = (await scene().invoices(id)).at(-1);
    expect(last).toMatchObject({ kind: 'recurring', period_start_on: '2026-12-31', credit_paise: 548_39n });
  });

  it('that ends with a period begins the next one whole', async () => {
    const id = await paidFrom('2027-01-01');
    await scene().order(id, 'pause', { from: '2027-01-16', resumeOn: '2027-03-01' });
    await scene().goTo('2027-03-01');
    const last = (await scene().invoices(id)).at(-1);
    expect(last).toMatchObject({ kind: 'recurring', period_start_on: '2027-03-01', credit_paise: 1548_39n });
  });

  it('of an unpaid period credits nothing and charges nothing again', async () => {
    const { goTo, subscribe, order } = scene();
    await goTo('2027-04-01');
    const { subscriptionId: id } = await subscribe();
    await goTo('2027-04-11');
    expect(await order(id, 'pause', {})).toMatchObject({ status: 'paused', creditPaise: 0 });
    await goTo('2027-04-21');
    expect(await order(id, 'resume', {})).toMatchObject({ status: 'past_due', creditPaise: 0 });
    expect(await changesOf(id)).toEqual([]);
  });

  it('that was paid for later is credited when it goes on', async () => {
    const { goTo, subscribe, order, payAll } = scene();
    await goTo('2027-04-01');
    const { subscriptionId: id } = await subscribe();
    await goTo('2027-04-01');
    await goTo('2027-04-04');
    await order(id, 'pause', { resumeOn: '2027-06-01' });
    expect(await changesOf(id)).toEqual([]);
    await payAll();
    await goTo('2027-06-01');
    expect(await changesOf(id)).toEqual([-2700_00n]);
    expect((await scene().invoices(id)).at(-1)).toMatchObject({
      period_start_on: '2027-06-01',
      credit_paise: 2700_00n,
    });
  });

  it('without proration neither credits nor splits: the period in which it goes on is charged whole', async () => {
    const id = await paidFrom('2027-05-01', { planId: 'whole' });
    await scene().order(id, 'pause', { from: '2027-05-11', resumeOn: '2027-06-11' });
    await scene().goTo('2027-06-11');
    const invoices = await scene().invoices(id);
    expect(invoices.map(({ period_start_on: on, total_paise: total }) => [on, total])).toEqual([
      ['2027-05-01', 3000_00n],
      ['2027-06-01', 3000_00n],
    ]);
  });
});

describe('an end', () => {
  it('with the period can be undone; otherwise nothing is invoiced any more', async () => {
    const id = await paidFrom('2027-07-01');
    const cancel = { at: 'period-end', reason: 'moving away' } as const;
    expect(await scene().order(id, 'cancel', cancel)).toMatchObject({
      status: 'active',
      cancelAtPeriodEnd: true,
    });
    expect(await refusal(scene().order(id, 'pause', {}))).toBe('pause-after-end');
    expect(await scene().order(id, 'undo', { what: 'cancel' })).toMatchObject({ cancelAtPeriodEnd: false });
    await scene().order(id, 'cancel', cancel);
    await scene().goTo('2027-08-15');
    expect(await scene().invoices(id)).toHaveLength(1);
    await expect(scene().order(id, 'resume', {})).rejects.toThrow('is cancelled');
  });

  it('now credits what is paid and not served, unless that is not wanted', async () => {
    const [kept, given] = [await paidFrom('2027-09-01'), await paidFrom('2027-09-01')];
    await scene().goTo('2027-09-16');
    expect(await scene().order(kept, 'cancel', { at: 'now', credit: false })).toMatchObject({
      creditPaise: 0,
    });
    expect(await scene().order(given, 'cancel', { at: 'now' })).toMatchObject({
      status: 'cancelled',
      endedBy: 'voluntary',
      creditPaise: 1500_00,
      nextStepAt: null,
    });
  });

  it('by plan comes after its periods', async () => {
    const id = await paidFrom('2027-10-31', { periods: 2 });
    await scene().goTo('2028-02-01');
    const invoices = await scene().invoices(id);
    expect(invoices.map(({ period_start_on: on }) => on)).toEqual(['2027-10-31', '2027-11-30']);
    await expect(scene().order(id, 'resume', {})).rejects.toThrow('is expired');
  });
});

describe('a suspension', () => {
  it('that outlasts the period is not invoiced, and a new anchor begins when what is owed is paid', async () => {
    const { goTo, subscribe, payAll, pool, clock, invoices } = scene();
    await goTo('2028-03-01');
    const { subscriptionId: id } = await subscribe();
    await goTo('2028-03-01');
    await goTo('2028-03-20');
    await inTransaction(pool, async (client) => {
      const late = await lockSubscription(client, id);
      expect(late.status).toBe('past_due');
      const event = { event: 'suspend', actor: 'test', occurredAt: clock.now() } as const;
      await moveSubscription(client, late, event, clock.now());
    });
    await goTo('2028-05-10');
    expect(await invoices(id)).toHaveLength(1);
    await payAll();
    await goTo('2028-05-10');
    expect((await invoices(id)).at(-1)).toMatchObject({ kind: 'recurring', period_start_on: '2028-05-10' });
    expect(await scene().order(id, 'collection', { collection: 'manual' })).toMatchObject({
      status: 'active',
      anchorOn: '2028-05-10',
    });
  });
});

describe('an order', () => {
  it('is done once for its key, also when it comes twice at the same time; with another body it is refused', async () => {
    const id = await paidFrom('2028-06-01');
    const twins = [1, 2, 3].map(() => scene().order(id, 'change', { at: 'now', quantity: 2 }, 'twin'));
    for (const view of await Promise.all(twins)) expect(view).toMatchObject({ quantity: 2 });
    expect(await changesOf(id)).toEqual([3000_00n]);
    expect(await refusal(scene().order(id, 'change', { at: 'now', quantity: 3 }, 'twin'))).toBe(
      'idempotency-key-reused',
    );
  });

  it('that its status does not take is a conflict', async () => {
    const id = await paidFrom('2028-06-01');
    expect(await refusal(scene().order(id, 'resume', {}))).toBe('subscription-state');
    await scene().order(id, 'pause', {});
    expect(await refusal(scene().order(id, 'pause', {}))).toBe('subscription-state');
    expect(await refusal(scene().order(id, 'change', { at: 'now', planId: 'yearly' }))).toBe(
      'change-not-possible',
    );
    expect(await refusal(scene().order(id, 'resume', { on: '2028-05-01' }))).toBe('invalid-request');
  });
});

it('leaves the books in balance', async () => {
  await requireSoundLedger(scene().pool);
});
