import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DAY_MS, HOUR_MS } from '../../../core/days.js';
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
