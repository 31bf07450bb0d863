import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DAY_MS, MINUTE_MS } from '../../../core/days.js';
import { at, clockOf, JULY, openScene, tokenOf } from './scene.js';
import type { Scene } from './scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
}, 60_000);
afterAll(() => scene.close());

interface Told {
  readonly key: string;
  readonly status: string;
  readonly due_at: number;
  readonly values: Readonly<Record<string, unknown>>;
}

async function failures(invoiceId: string): Promise<Told[]> {
  const { rows } = await scene.desk.pool.query<Told>(
    `SELECT key, n.status, n.due_at, values FROM notices n JOIN debits d ON key = 'debit-failed:' || debit_id
     WHERE invoice_id = $1 ORDER BY d.attempt`,
    [invoiceId],
  );
  return rows;
}

const untilFailed = async (invoiceId: string): Promise<void> => {
  for (let turn = 0; turn < 400; turn++) {
    if ((await scene.debits(invoiceId))[0]?.status === 'failed') return;
    await scene.turn(10 * MINUTE_MS);
  }
};

describe('of a debit that failed', () => {
  it('the payer hears once why, and when it is tried again, by day', async () => {
    const { invoiceId, mandate } = await scene.debit();
    await scene.script(mandate, 'insufficient_funds');
    await untilFailed(invoiceId);
    await scene.turn();
    const [told, ...others] = await failures(invoiceId);
    const retry = (await scene.debits(invoiceId)).at(-1);
    expect(others).toEqual([]);
    expect(told?.values).toMatchObject({ amountPaise: '50000', reason: 'funds' });
    expect(told?.values['nextTryAt']).toBe(Date.parse(retry?.slotAt ?? ''));
    const hour = clockOf(told?.due_at ?? null).slice(11, 13);
    expect(Number(hour) >= 8 && Number(hour) < 21).toBe(true);
  });

  it('nothing is said while its outcome is unresolved (U13), nor when the money comes', async () => {
    scene.desk.clock.set(JULY);
    const { invoiceId, mandate } = await scene.debit();
    scene.desk.double.world.verdicts.set(await tokenOf(scene, mandate), [
      { outcome: 'late', reason: 'payment_timed_out', lateAfterMs: 2 * DAY_MS },
    ]);
    await scene.until(at('2026-07-03 13:00'));
    expect((await scene.debits(invoiceId))[0]?.status).toBe('unresolved');
    expect(await failures(invoiceId)).toEqual([]);
    await scene.until(at('2026-07-05 13:00'));
    expect((await scene.debits(invoiceId))[0]?.status).toBe('succeeded');
    expect(await failures(invoiceId)).toEqual([]);
    const { rows } = await scene.desk.pool.query('SELECT FROM notices WHERE key LIKE $1', [
      `payment-received:${invoiceId}%`,
    ]);
    expect(rows).toEqual([]);
  });

  it('nothing is said beside dunning', async () => {
    scene.desk.clock.set(JULY);
    const { invoiceId, mandate } = await scene.debit();
    await scene.desk.pool.query(
      `INSERT INTO dunning_episodes (episode_id, payer_id, currency, arm, started_at, first_owed_paise, opened_at, computed_at,
         campaign, stage, reasons, oldest_due_at, owed_paise, invoices, decline_class, recovery, recovery_if_contacted,
         gain_paise, cost_paise, is_listed)
       SELECT 'ep_1', payer_id, 'INR', 'campaign', now(), 1, now(), now(), 0, 'friendly', '[]', now(), 1, 1, 'funds', 0.5, 0.5,
         1, 1, false FROM invoices WHERE invoice_id = $1`,
      [invoiceId],
    );
    await scene.script(mandate, 'insufficient_funds');
    await untilFailed(invoiceId);
    expect(await failures(invoiceId)).toEqual([]);
  });
});
