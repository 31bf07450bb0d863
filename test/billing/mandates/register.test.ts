import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cancelMandate } from '../../../billing/mandates/cancel.js';
import { listMandates, readMandate } from '../../../billing/mandates/mandate.js';
import { refreshMandates } from '../../../billing/mandates/refresh.js';
import { registerMandate } from '../../../billing/mandates/register.js';
import { payPage, PAY_SCRIPT } from '../../../billing/checkout/page.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../core/days.js';
import { approve, CUSTOMER, openScene, payerDoes, tokenOf } from '../debits/scene.js';
import type { Scene } from '../debits/scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
}, 60_000);
afterAll(() => scene.close());

const body = { payerId: 'payer_a', method: 'upi', maxPaise: 5_000_00, customer: CUSTOMER } as const;
/** Of a payer whom the gateway does not know yet. */
const of = (payerId: string) => ({
  ...body,
  payerId,
  customer: { ...CUSTOMER, contact: `+91911000${String(payerId.charCodeAt(6))}0` },
});
const one = async <Row extends object>(sql: string, ...values: unknown[]): Promise<Row | undefined> =>
  (await scene.desk.pool.query<Row>(sql, values)).rows[0];

describe('registering a mandate', () => {
  it('U7: is asked for as presented, once for each key', async () => {
    const { desk } = scene;
    const first = await registerMandate(desk, body, 'once');
    expect(await registerMandate(desk, body, 'once')).toEqual(first);
    expect(first).toMatchObject({ status: 'pending', frequency: 'as_presented' });
    await expect(registerMandate(desk, { ...body, maxPaise: 1_00 }, 'once')).rejects.toMatchObject({
      code: 'idempotency-key-reused',
    });
    const terms = [...desk.double.world.orders.values()].map(({ token }) => token);
    expect(terms).toEqual([expect.objectContaining({ frequency: 'as_presented', max_amount: 5_000_00 })]);
  });

  it('goes on where a lost answer stopped it, with one order', async () => {
    const { desk } = scene;
    for (const fault of [
      'reset-after-success',
      'server-error-after-success',
      'reset',
      'html-body',
    ] as const) {
      const orders = desk.double.world.orders.size;
      desk.double.planFault({ fault, on: 'POST /v1/orders' });
      const ask = () => registerMandate(desk, of('payer_b'), `lost-${fault}`);
      const made = (await ask().catch(() => null)) ?? (await ask());
      expect(made.status).toBe('pending');
      expect(desk.double.world.orders.size).toBe(orders + 1);
    }
  });

  it('is refused for a contact that is another payer’s at the gateway, with the way out', async () => {
    const { desk } = scene;
    const taken = { ...of('payer_c'), payerId: 'payer_z', customer: CUSTOMER };
    await expect(registerMandate(desk, taken, 'taken')).rejects.toMatchObject({
      kind: 'conflict',
      code: 'contact-of-another-payer',
      message: expect.stringMatching(/payer_z.*name another/),
    });
    const own = { ...taken, customer: { ...CUSTOMER, contact: '+919110007770' } };
    expect(await registerMandate(desk, own, 'taken')).toMatchObject({ status: 'pending' });
  });

  it('E1: is approved by the payer with a factor, and not active before', async () => {
    const { desk } = scene;
    const asked = await registerMandate(desk, of('payer_c'), 'factor');
    expect(asked.checkoutPath).toBe(`/pay/${asked.paymentId}`);
    await scene.turn(HOUR_MS);
    expect(await readMandate(desk, asked.mandateId)).toMatchObject({
      status: 'pending',
      health: { probability: 0 },
    });
    await approve(desk, asked);
    await scene.turn(MINUTE_MS);
    expect(await readMandate(desk, asked.mandateId)).toMatchObject({ status: 'active' });
  });

  it('E1: may pay the first invoice with the same approval', async () => {
    const { desk } = scene;
    const mandate = await scene.mandate();
    const invoiceId = await scene.invoice(mandate, 700_00);
    const { payerId } = mandate;
    const second = await registerMandate(desk, { ...body, payerId, invoiceId }, 'combined');
    await approve(desk, second);
    await scene.turn(MINUTE_MS);
    await scene.turn(MINUTE_MS);
    expect(await one('SELECT status, paid_paise FROM invoices WHERE invoice_id = $1', invoiceId)).toEqual({
      status: 'paid',
      paid_paise: 700_00n,
    });
    await expect(registerMandate(desk, { ...body, payerId, invoiceId }, 'again')).rejects.toMatchObject({
      code: 'invoice-not-open',
    });
  });

  it('E7: costs the payer nothing: the rupee of the approval goes back', async () => {
    const { paymentId } = await scene.mandate();
    for (let turn = 0; turn < 3; turn++) await scene.turn(2 * MINUTE_MS);
    expect(
      await one(
        'SELECT status, captured_paise, refunded_paise FROM payments WHERE payment_id = $1',
        paymentId,
      ),
    ).toEqual({
      status: 'refunded',
      captured_paise: 100n,
      refunded_paise: 100n,
    });
  });

  it('U9: opens the UPI app or shows a code, and asks for no UPI id', async () => {
    const { desk } = scene;
    const asked = await registerMandate(desk, of('payer_d'), 'page');
    const page = payPage(await desk.read(asked.paymentId ?? ''), desk.gateway.checkout);
    expect(page.html).toContain('data-mandate="yes"');
    expect(PAY_SCRIPT).toContain("flows: ['intent', 'qr']");
    expect(PAY_SCRIPT).not.toContain('collect');
  });

  it('by a link sends it and becomes active when the payer approves there', async () => {
    const { desk } = scene;
    const asked = await registerMandate(desk, { ...of('payer_e'), collect: 'link' }, 'link');
    expect(asked).toMatchObject({ status: 'pending', checkoutPath: null });
    expect(asked.linkUrl).toMatch(/^http/);
    await approve(desk, asked);
    await scene.turn(MINUTE_MS);
    expect(await readMandate(desk, asked.mandateId)).toMatchObject({ status: 'active' });
  });
});

describe('a mandate', () => {
  it('pays for its subscription from its approval on', async () => {
    const { mandateId, subscriptionId } = await scene.mandate();
    expect(
      await one(
        'SELECT mandate_id, collection FROM subscriptions WHERE subscription_id = $1',
        subscriptionId,
      ),
    ).toEqual({
      mandate_id: mandateId,
      collection: 'mandate',
    });
  });

  it('U8: is resumed by the payer alone, and is ended at the gateway when it is ended here', async () => {
    const { desk } = scene;
    const mandate = await scene.mandate();
    payerDoes(desk, await tokenOf(scene, mandate), 'paused');
    await scene.turn(MINUTE_MS);
    expect(await readMandate(desk, mandate.mandateId)).toMatchObject({
      status: 'paused',
      health: { probability: 0 },
    });
    payerDoes(desk, await tokenOf(scene, mandate), 'resumed');
    await scene.turn(MINUTE_MS);
    expect(await readMandate(desk, mandate.mandateId)).toMatchObject({
      status: 'active',
      health: { facts: { pauses: 1 } },
    });
    expect(await cancelMandate(desk, mandate.mandateId)).toMatchObject({ status: 'cancelled' });
    await cancelMandate(desk, mandate.mandateId);
    await scene.turn(2 * MINUTE_MS);
    expect(desk.double.world.tokens.get(await tokenOf(scene, mandate))?.recurring_details.status).toBe(
      'cancelled',
    );
  });

  it('is asked about when its webhooks were lost, and expires by the calendar', async () => {
    const { desk } = scene;
    const asked = await registerMandate(desk, { ...of('payer_f'), expiresOn: '2026-08-01' }, 'silent');
    await approve(desk, asked);
    await desk.deliver(() => []);
    for (let turn = 0; turn < 3; turn++) {
      await desk.wait(5 * MINUTE_MS);
      await refreshMandates(desk);
    }
    expect(await readMandate(desk, asked.mandateId)).toMatchObject({ status: 'active' });
    desk.clock.advance(40 * DAY_MS);
    await refreshMandates(desk);
    expect(await readMandate(desk, asked.mandateId)).toMatchObject({ status: 'expired' });
    expect((await listMandates(desk, { payerId: 'payer_f', status: 'expired', limit: 5 })).length).toBe(1);
  });
});
