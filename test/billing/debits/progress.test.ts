import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requireSoundLedger } from '../../../billing/ledger/check.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, minuteOfDay } from '../../../core/days.js';
import { skipDebit } from '../../../billing/debits/skip.js';
import { at, clockOf, JULY, openScene, payerDoes, tokenOf } from './scene.js';
import type { Scene } from './scene.js';

/** A cycle is a month: far from its last day. */
let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
}, 60_000);
afterAll(() => scene.close());

const restart = (): void => scene.desk.clock.set(JULY);
const one = async <Row extends object>(sql: string, ...values: unknown[]): Promise<Row | undefined> =>
  (await scene.desk.pool.query<Row>(sql, values)).rows[0];
const invoiceStatus = async (invoiceId: string) =>
  (await one<{ status: string }>('SELECT status FROM invoices WHERE invoice_id = $1', invoiceId))?.status;
const statuses = async (invoiceId: string) => (await scene.debits(invoiceId)).map(({ status }) => status);
const last = async (invoiceId: string) => {
  const debit = (await scene.debits(invoiceId)).at(-1);
  if (debit === undefined) throw new Error('no debit');
  return debit;
};
const kept = async (invoiceId: string) =>
  (
    await one<{ sum: bigint }>(
      'SELECT sum(captured_paise - refunded_paise)::bigint AS sum FROM payments WHERE reference = $1',
      invoiceId,
    )
  )?.sum;
const now = () => scene.desk.clock.now();

describe('a debit', () => {
  it('is planned with its invoice, announced, decided, made and booked, once', async () => {
    const { invoiceId, debitId, mandate } = await scene.debit();
    expect(mandate).toMatchObject({ status: 'active', frequency: 'as_presented' });
    expect(await scene.plan(invoiceId)).toMatchObject({ kind: 'none' });
    await scene.until(now() + 2 * DAY_MS);
    const [debit, ...others] = await scene.debits(invoiceId);
    expect(others).toEqual([]);
    expect(debit).toMatchObject({ debitId, status: 'succeeded', attempt: 1, choice: { by: 'first' } });
    expect(await invoiceStatus(invoiceId)).toBe('paid');
    expect(
      await one('SELECT status, reference, captured_paise FROM payments WHERE payment_id = $1', debitId),
    ).toEqual({
      status: 'paid',
      reference: invoiceId,
      captured_paise: 500_00n,
    });
    expect(
      await one('SELECT count(*)::int AS n FROM notices WHERE key = $1', `debit-done:${debitId}`),
    ).toEqual({ n: 1 });
    await requireSoundLedger(scene.desk.pool);
  });

  it('is not made when the invoice was paid, held or voided meanwhile', async () => {
    const { pool } = scene.desk;
    const changes: ((invoiceId: string) => Promise<unknown>)[] = [
      (id) => pool.query("UPDATE invoices SET held_reason = 'plan' WHERE invoice_id = $1", [id]),
      (id) =>
        pool.query("UPDATE invoices SET status = 'void', voided_at = issued_at WHERE invoice_id = $1", [id]),
      async (id) => {
        scene.desk.pay(await scene.desk.create({ reference: id }, `by-hand-${id}`));
      },
    ];
    for (const change of changes) {
      const { invoiceId } = await scene.debit();
      await scene.turn(HOUR_MS);
      await change(invoiceId);
      await scene.until(now() + 2 * DAY_MS);
      expect(await statuses(invoiceId)).toEqual(['withdrawn']);
    }
  });

  it('asks for what is still owed, with a new notice, when a part was paid', async () => {
    const { invoiceId } = await scene.debit();
    await scene.turn(HOUR_MS);
    await scene.desk.pool.query('UPDATE invoices SET paid_paise = 20000 WHERE invoice_id = $1', [invoiceId]);
    await scene.until(now() + 4 * DAY_MS);
    expect((await scene.debits(invoiceId)).map(({ status, amountPaise }) => [status, amountPaise])).toEqual([
      ['withdrawn', 500_00],
      ['succeeded', 300_00],
    ]);
  });
});

describe('India rules of debits', () => {
  it('U1: makes no UPI debit between 10:00 and 13:00 or 17:00 and 21:30', async () => {
    restart();
    const { invoiceId } = await scene.debit();
    scene.desk.clock.set(at('2026-07-01 11:20'));
    await scene.turn();
    await scene.until(at('2026-07-02 12:58'));
    expect(await statuses(invoiceId)).toEqual(['announced']);
    await scene.until(at('2026-07-02 13:01'));
    const { chargedAt } = await last(invoiceId);
    const minute = minuteOfDay(Date.parse(chargedAt ?? ''));
    expect(minute >= 13 * 60 && minute < 17 * 60).toBe(true);
  });

  it('U2: makes at most one attempt and three retries in a cycle', async () => {
    restart();
    const { invoiceId, mandate } = await scene.debit();
    await scene.script(mandate, ...Array.from({ length: 9 }, () => 'insufficient_funds'));
    await scene.until(JULY + 28 * DAY_MS);
    const made = (await scene.debits(invoiceId)).filter(({ chargedAt }) => chargedAt !== null);
    expect(made.map(({ attempt, status }) => [attempt, status])).toEqual(
      [1, 2, 3, 4].map((attempt) => [attempt, 'failed']),
    );
    expect(made.at(-1)?.note).toMatch(/no further attempt/);
    expect(await invoiceStatus(invoiceId)).toBe('open');
  }, 30_000);

  it('U3: follows the delivery of the notice by 25 h on UPI and 36 h 05 min on cards', async () => {
    restart();
    for (const method of ['upi', 'card'] as const) {
      const { invoiceId } = await scene.debit({ mandate: { method, maxPaise: 15_000_00 } });
      await scene.until(now() + 3 * DAY_MS);
      const { noticedAt, chargedAt, status } = await last(invoiceId);
      expect(status).toBe('succeeded');
      const led = (Date.parse(chargedAt ?? '') - Date.parse(noticedAt ?? '')) / MINUTE_MS;
      expect(led).toBeGreaterThanOrEqual(method === 'upi' ? 25 * 60 : 36 * 60 + 5);
    }
  });

  it('U4: announces again, for a later slot, when the payer was not told', async () => {
    restart();
    const { invoiceId, mandate } = await scene.debit();
    await scene.script(mandate, 'pre_debit_notification_failed');
    await scene.until(now() + 20 * MINUTE_MS);
    expect(await statuses(invoiceId)).toContain('withdrawn');
    await scene.script(mandate);
    await scene.until(now() + 3 * DAY_MS);
    const debits = await scene.debits(invoiceId);
    expect(debits.at(-1)).toMatchObject({ status: 'succeeded', attempt: 1 });
    expect(
      debits
        .slice(0, -1)
        .every(({ note, chargedAt }) => note === 'its notice was not delivered' && chargedAt === null),
    ).toBe(true);
  });

  it('U5: gives notice 48 h ahead where there is time, and makes no debit on the last day of the cycle', async () => {
    restart();
    const mandate = await scene.mandate();
    const early = await scene.invoice(mandate, 500_00, JULY + 5 * DAY_MS);
    expect(await scene.plan(early)).toMatchObject({ kind: 'planned' });
    const { slotAt, noticeDueAt } = await last(early);
    expect(Date.parse(slotAt) - Date.parse(noticeDueAt ?? '')).toBe(48 * HOUR_MS);
    const late = await scene.invoice(mandate);
    await scene.desk.pool.query("UPDATE invoices SET period_end_on = '2026-07-08' WHERE invoice_id = $1", [
      late,
    ]);
    scene.desk.clock.set(at('2026-07-06 09:00'));
    expect(await scene.plan(late)).toEqual({ kind: 'none', reason: 'no lawful slot is left in its cycle' });
  });

  it('U8, E5: a pause by the payer withdraws the debit and is no failure', async () => {
    restart();
    const { invoiceId, mandate } = await scene.debit();
    await scene.turn(HOUR_MS);
    payerDoes(scene.desk, await tokenOf(scene, mandate), 'paused');
    await scene.until(now() + 4 * DAY_MS);
    expect(await scene.debits(invoiceId)).toMatchObject([
      { status: 'withdrawn', note: 'the mandate is paused', failure: null },
    ]);
    expect(
      await one(
        "SELECT count(*)::int AS n FROM events WHERE topic = 'debit.failed' AND payload ->> 'invoiceId' = $1",
        invoiceId,
      ),
    ).toEqual({ n: 0 });
  });

  it('U8, E5: a mandate cancelled while the bank is asked is no failure either, and is not tried again', async () => {
    restart();
    const { invoiceId, mandate } = await scene.debit();
    await scene.until(at('2026-07-02 09:00'));
    for (let turn = 0; turn < 20 && (await last(invoiceId)).status !== 'unresolved'; turn++)
      await scene.turn(3 * MINUTE_MS);
    expect(await statuses(invoiceId)).toEqual(['unresolved']);
    payerDoes(scene.desk, await tokenOf(scene, mandate), 'cancelled');
    await scene.until(now() + 3 * DAY_MS);
    expect(await scene.debits(invoiceId)).toMatchObject([
      { status: 'withdrawn', note: 'no failure: mandate_cancelled' },
    ]);
  });

  it('E5: a debit that the payer skips is not made, not tried again, and nobody is reminded of it', async () => {
    restart();
    const { invoiceId, debitId } = await scene.debit();
    await skipDebit(scene.desk, debitId, null);
    expect(await skipDebit(scene.desk, debitId, null)).toMatchObject({ status: 'skipped' });
    await scene.until(now() + 3 * DAY_MS);
    expect(await statuses(invoiceId)).toEqual(['skipped']);
    expect(await scene.plan(invoiceId)).toMatchObject({ kind: 'none' });
    expect(await one('SELECT held_reason FROM invoices WHERE invoice_id = $1', invoiceId)).toEqual({
      held_reason: 'the payer skipped its debit',
    });
  });

  it('E2, U11: debits 15,000.00 unasked and sends a payment link for 15,000.01', async () => {
    restart();
    const allowed = await scene.debit({ amountPaise: 15_000_00 });
    const above = await scene.debit({ amountPaise: 15_000_01 });
    await scene.until(now() + 2 * DAY_MS);
    expect(await statuses(allowed.invoiceId)).toEqual(['succeeded']);
    const [debit] = await scene.debits(above.invoiceId);
    expect(debit).toMatchObject({ status: 'withdrawn', chargedAt: null });
    expect(debit?.note).toMatch(/paid by link pmt_/);
    expect(
      await one(
        'SELECT link_url IS NOT NULL AS sent, amount_paise FROM payments WHERE reference = $1 AND link_id IS NOT NULL',
        above.invoiceId,
      ),
    ).toEqual({ sent: true, amount_paise: 15_000_01n });
  });

  it('E4: tells the payer of a bank mandate 24 h before by a notice of our own', async () => {
    restart();
    const { invoiceId, debitId } = await scene.debit({
      mandate: { method: 'emandate', maxPaise: 50_000_00 },
    });
    await scene.until(now() + 3 * DAY_MS);
    const { noticedAt, chargedAt, status } = await last(invoiceId);
    expect(status).toBe('succeeded');
    expect(Date.parse(chargedAt ?? '') - Date.parse(noticedAt ?? '')).toBeGreaterThanOrEqual(24 * HOUR_MS);
    expect(
      await one('SELECT count(*)::int AS n FROM notices WHERE key = $1', `debit-notice:${debitId}`),
    ).toEqual({ n: 1 });
    expect(clockOf(chargedAt).slice(11) < '09:00').toBe(true);
  });

  it('U13: waits three days for a bank that did not answer, and takes its late yes', async () => {
    restart();
    const { invoiceId, mandate } = await scene.debit();
    scene.desk.double.world.verdicts.set(await tokenOf(scene, mandate), [
      { outcome: 'late', reason: 'payment_timed_out', lateAfterMs: 2 * DAY_MS },
    ]);
    await scene.until(at('2026-07-03 13:00'));
    expect(await statuses(invoiceId)).toEqual(['unresolved']);
    await scene.until(at('2026-07-05 13:00'));
    expect(await statuses(invoiceId)).toEqual(['succeeded']);
  });

  it('U13: takes a silent bank for a failure after three days, and keeps once whatever comes', async () => {
    restart();
    const { invoiceId, mandate } = await scene.debit();
    scene.desk.double.world.verdicts.set(await tokenOf(scene, mandate), [
      { outcome: 'late', reason: 'payment_timed_out', lateAfterMs: 4 * DAY_MS },
    ]);
    await scene.until(at('2026-07-05 20:00'));
    expect((await statuses(invoiceId))[0]).toBe('failed');
    await scene.until(at('2026-07-10 13:00'));
    expect((await statuses(invoiceId)).filter((status) => status === 'succeeded')).toHaveLength(1);
    expect(await kept(invoiceId)).toBe(500_00n);
  });

  it('U13: a yes after a no ends the retry that was planned', async () => {
    restart();
    const { invoiceId, mandate } = await scene.debit();
    scene.desk.double.world.verdicts.set(await tokenOf(scene, mandate), [
      { outcome: 'late', reason: 'insufficient_funds', lateAfterMs: 5 * HOUR_MS },
    ]);
    await scene.until(at('2026-07-08 13:00'));
    expect(await statuses(invoiceId)).toEqual(['succeeded', 'withdrawn']);
    expect(await kept(invoiceId)).toBe(500_00n);
  });
});

describe('the gate', () => {
  it('ends a chain of debits that it blocks', async () => {
    restart();
    const { invoiceId, mandate } = await scene.debit();
    const entry = { kind: 'block', subject: 'payer', value: mandate.payerId, reason: 'stolen' } as const;
    await scene.desk.world.listAdmin.add({ entries: [entry], actor: 'ops' }, null);
    await scene.until(now() + 3 * DAY_MS);
    expect(await scene.debits(invoiceId)).toMatchObject([
      { status: 'withdrawn', note: 'the gate blocks it' },
    ]);
  });
});
