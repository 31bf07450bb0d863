import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../core/days.js';
import { carryOut } from '../../../billing/subscriptions/orders.js';
import { progressDebits } from '../../../billing/debits/progress.js';
import { JULY, openScene, payerDoes, tokenOf } from './scene.js';
import type { Begun, Scene } from './scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
}, 60_000);
beforeEach(() => scene.desk.clock.set(JULY));
afterAll(() => scene.close());

async function paused(): Promise<Begun> {
  const begun = await scene.debit();
  await scene.turn(HOUR_MS);
  payerDoes(scene.desk, await tokenOf(scene, begun.mandate), 'paused');
  await scene.turn(HOUR_MS);
  expect(await scene.debits(begun.invoiceId)).toMatchObject([{ status: 'withdrawn' }]);
  return begun;
}
const resume = async ({ mandate }: Begun): Promise<void> =>
  payerDoes(scene.desk, await tokenOf(scene, mandate), 'resumed');
/** Without a word to us. */
async function setAtGateway({ mandate }: Begun, status: 'confirmed' | 'paused'): Promise<void> {
  const token = scene.desk.double.world.tokens.get(await tokenOf(scene, mandate));
  if (token !== undefined) token.recurring_details.status = status;
}

/** Step by step, as the desk's clock goes. */
async function untilStatus(invoiceId: string, status: string): Promise<void> {
  for (let turn = 0; turn < 400 && (await statuses(invoiceId)).at(-1) !== status; turn++)
    await scene.turn(15 * MINUTE_MS);
  expect((await statuses(invoiceId)).at(-1)).toBe(status);
}
const statuses = async (invoiceId: string) => (await scene.debits(invoiceId)).map(({ status }) => status);

describe('a mandate that its payer resumes', () => {
  it('U8: has its open invoices debited again in their cycle, once, also by two programs', async () => {
    const begun = await paused();
    await scene.until(scene.desk.clock.now() + 5 * DAY_MS);
    expect(await statuses(begun.invoiceId)).toEqual(['withdrawn']);
    await resume(begun);
    await scene.desk.wait(HOUR_MS);
    await scene.desk.deliver();
    await Promise.all([progressDebits(scene.deps), progressDebits(scene.deps)]);
    expect(await statuses(begun.invoiceId)).toEqual(['withdrawn', 'announcing']);
    await scene.until(scene.desk.clock.now() + 4 * DAY_MS);
    expect(await scene.debits(begun.invoiceId)).toMatchObject([
      { note: 'the mandate is paused, until the payer resumed it' },
      { status: 'succeeded', attempt: 1 },
    ]);
  }, 20_000);

  it('U12: has nothing debited of a cycle that is over', async () => {
    const begun = await paused();
    scene.desk.clock.set(JULY + 31 * DAY_MS);
    await resume(begun);
    for (let turn = 0; turn < 3; turn++) await scene.turn(HOUR_MS);
    expect(await statuses(begun.invoiceId)).toEqual(['withdrawn']);
  }, 20_000);

  it('is paused again: the debit is withdrawn again, and planned by the next resumption', async () => {
    const begun = await paused();
    const token = await tokenOf(scene, begun.mandate);
    for (const event of ['resumed', 'paused', 'resumed'] as const) {
      await scene.desk.wait(HOUR_MS);
      payerDoes(scene.desk, token, event);
      await scene.turn(HOUR_MS);
    }
    expect(await statuses(begun.invoiceId)).toEqual(['withdrawn', 'withdrawn', expect.anything()]);
    await scene.until(scene.desk.clock.now() + 3 * DAY_MS);
    expect((await statuses(begun.invoiceId)).at(-1)).toBe('succeeded');
  }, 20_000);

  it('has tried again what failed while it was paused', async () => {
    const begun = await scene.debit();
    await scene.script(begun.mandate, 'insufficient_funds');
    await untilStatus(begun.invoiceId, 'unresolved');
    payerDoes(scene.desk, await tokenOf(scene, begun.mandate), 'paused');
    // The bank had it before the pause, and answers for the account.
    await setAtGateway(begun, 'confirmed');
    await untilStatus(begun.invoiceId, 'failed');
    expect(await scene.debits(begun.invoiceId)).toMatchObject([{ note: 'no retry: the mandate is paused' }]);
    await scene.until(scene.desk.clock.now() + DAY_MS);
    await resume(begun);
    await scene.turn(HOUR_MS);
    expect(await scene.debits(begun.invoiceId)).toMatchObject([
      { status: 'failed', note: 'no retry: the mandate is paused, until the payer resumed it' },
      { attempt: 2, choice: { by: 'ladder' } },
    ]);
    await scene.until(scene.desk.clock.now() + 6 * DAY_MS);
    expect(await statuses(begun.invoiceId)).toEqual(['failed', 'succeeded']);
  }, 20_000);

  it('has planned what the gateway refused before anybody told us of the pause', async () => {
    const begun = await scene.debit();
    await setAtGateway(begun, 'paused');
    await untilStatus(begun.invoiceId, 'withdrawn');
    expect(await scene.debits(begun.invoiceId)).toMatchObject([
      { note: 'not announced: mandate_not_active' },
    ]);
    await scene.desk.wait(HOUR_MS);
    await resume(begun);
    await scene.until(scene.desk.clock.now() + 4 * DAY_MS);
    expect(await statuses(begun.invoiceId)).toEqual(['withdrawn', 'succeeded']);
  }, 20_000);

  it('has the first debit of what was invoiced meanwhile planned, and not of what is paid or held', async () => {
    const begun = await paused();
    const [owed, held] = [await scene.invoice(begun.mandate), await scene.invoice(begun.mandate)];
    expect(await scene.plan(owed)).toEqual({ kind: 'none', reason: 'the mandate is paused' });
    await scene.desk.pool.query("UPDATE invoices SET held_reason = 'plan' WHERE invoice_id = ANY($1)", [
      [held, begun.invoiceId],
    ]);
    await scene.desk.wait(HOUR_MS);
    await resume(begun);
    await scene.until(scene.desk.clock.now() + 3 * DAY_MS);
    expect(await statuses(owed)).toEqual(['succeeded']);
    expect(await statuses(held)).toEqual([]);
    expect(await statuses(begun.invoiceId)).toEqual(['withdrawn']);
  }, 20_000);
});

describe('a subscription that is paused and resumed', () => {
  /** As orders do it, on the day that the clock shows. */
  const order = (name: 'pause' | 'resume', { mandate }: Begun) => {
    const subscriptionId = mandate.subscriptionId ?? '';
    return carryOut(scene.desk, { subscriptionId, name, body: {}, key: `${name}-${subscriptionId}` });
  };

  it.each([
    ['into the pause', 6],
    ['behind it', 1],
  ])(
    'is debited once for what it owed before, when the debit falls %s',
    async (_where, pausedDays) => {
      const begun = await scene.debit();
      await scene.desk.pool.query(
        `UPDATE subscriptions SET period = 0, period_start_on = '2026-07-01', period_end_on = '2026-08-01'
       WHERE subscription_id = $1`,
        [begun.mandate.subscriptionId],
      );
      await scene.turn(HOUR_MS);
      await order('pause', begun);
      await scene.until(scene.desk.clock.now() + pausedDays * DAY_MS);
      expect(await statuses(begun.invoiceId)).toEqual([pausedDays === 1 ? expect.anything() : 'succeeded']);
      await order('resume', begun);
      await scene.until(scene.desk.clock.now() + 6 * DAY_MS);
      expect(await statuses(begun.invoiceId)).toEqual(['succeeded']);
      const { rows } = await scene.desk.pool.query(
        `SELECT i.status, paid_paise = total_paise AS settled, s.status AS runs
       FROM invoices i JOIN subscriptions s USING (subscription_id) WHERE invoice_id = $1`,
        [begun.invoiceId],
      );
      expect(rows).toEqual([{ status: 'paid', settled: true, runs: 'active' }]);
    },
    20_000,
  );
});
