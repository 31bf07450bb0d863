import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { approveDebit } from '../../../billing/debits/approve.js';
import type { DebitDeps } from '../../../billing/debits/hand-over.js';
import { DAY_MS, MINUTE_MS } from '../../../core/days.js';
import { isOpenHour } from '../../../billing/retry/windows.js';
import type { Action } from '../../../scoring/request.js';
import { JULY, openScene, payerDoes, tokenOf } from './scene.js';
import type { Begun, Scene } from './scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
}, 60_000);
beforeEach(() => scene.desk.clock.set(JULY));
afterAll(() => scene.close());

const WORD = { by: 'asha', reason: 'known family' };
/** A gate that says this of every debit. */
const gateSays = (action: Action): DebitDeps => ({
  ...scene.deps,
  decide: async (body, key) => ({ ...(await scene.deps.decide(body, key)), action }),
});
const pass = (days: number, deps: DebitDeps): Promise<void> =>
  scene.until(scene.desk.clock.now() + days * DAY_MS, undefined, deps);

async function reviewed(): Promise<Begun> {
  const begun = await scene.debit();
  await pass(3, gateSays('review'));
  expect(await scene.debits(begun.invoiceId)).toMatchObject([
    { status: 'withdrawn', note: 'a person must review it' },
  ]);
  return begun;
}

describe('a debit that the gate leaves for a person', () => {
  it('is planned anew by a person, once, announced, and made though the gate says the same again', async () => {
    const { debitId, invoiceId } = await reviewed();
    const approved = await approveDebit(scene.desk, debitId, WORD);
    expect(approved).toMatchObject({
      status: 'planned',
      attempt: 1,
      choice: { by: 'person', considered: { approves: debitId, ...WORD } },
    });
    expect(await approveDebit(scene.desk, debitId, WORD)).toEqual(approved);
    await pass(4, gateSays('review'));
    const [, made, ...others] = await scene.debits(invoiceId);
    expect(others).toEqual([]);
    expect(made).toMatchObject({ debitId: approved.debitId, status: 'succeeded' });
    expect(made?.noticedAt).not.toBeNull();
    expect(isOpenHour('upi', Date.parse(made?.chargedAt ?? ''))).toBe(true);
  }, 20_000);

  it('is not made against a block', async () => {
    const { debitId, invoiceId } = await reviewed();
    await approveDebit(scene.desk, debitId, WORD);
    await pass(4, gateSays('block'));
    expect((await scene.debits(invoiceId)).at(-1)).toMatchObject({
      status: 'withdrawn',
      note: 'the gate blocks it',
      chargedAt: null,
    });
  }, 20_000);

  it('stays the person’s when its notice must go out again', async () => {
    const { debitId, invoiceId, mandate } = await reviewed();
    await scene.script(mandate, 'pre_debit_notification_failed');
    await approveDebit(scene.desk, debitId, WORD);
    await scene.until(scene.desk.clock.now() + 20 * MINUTE_MS, undefined, gateSays('review'));
    await scene.script(mandate);
    await pass(5, gateSays('review'));
    expect((await scene.debits(invoiceId)).at(-1)).toMatchObject({
      status: 'succeeded',
      choice: { by: 'person' },
    });
  }, 20_000);

  it('cannot be approved when nothing waits, or when the mandate does not stand', async () => {
    const { debitId } = await scene.debit();
    await expect(approveDebit(scene.desk, debitId, WORD)).rejects.toMatchObject({
      code: 'debit-not-in-review',
    });
    const other = await reviewed();
    payerDoes(scene.desk, await tokenOf(scene, other.mandate), 'paused');
    await scene.turn();
    await expect(approveDebit(scene.desk, other.debitId, WORD)).rejects.toMatchObject({
      code: 'debit-not-possible',
      message: expect.stringMatching(/the mandate is paused/),
    });
  }, 20_000);
});
