import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DAY_MS, MINUTE_MS, must, openScene, said, START } from '../scene.js';
import type { Scene } from '../scene.js';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.double.close());

describe('customers, tokens and mandates', () => {
  const contact = '+919000000001';
  const customer = async () =>
    must(await scene.gateway.customers.ensure({ name: 'Test Payer', email: 'payer@example.com', contact }));
  const terms = {
    method: 'upi',
    maxPaise: 500_000n,
    expiresAt: START + 365 * DAY_MS,
    frequency: 'as_presented',
  } as const;

  async function confirmedMandate() {
    const { id: customerId } = await customer();
    const order = must(
      await scene.gateway.mandates.order({ customerId, amountPaise: 100n, receipt: 'm1', terms }),
    );
    scene.double.pay({ orderId: order.id, instrument: { method: 'upi', vpa: 'payer@bank' } });
    const [token] = must(await scene.gateway.tokens.list(customerId));
    return { customerId, tokenId: token?.id ?? '' };
  }

  async function announced(tokenId: string, receipt = 'debit-1') {
    const payAfter = scene.now() + DAY_MS;
    const { mandates, orders } = scene.gateway;
    const order = must(
      await mandates.announce({ amountPaise: 30_000n, receipt, notice: { tokenId, payAfter } }),
    );
    await scene.double.advance(DAY_MS + MINUTE_MS);
    return must(await orders.fetch(order.id));
  }

  const debitOf = (orderId: string, mandate: { customerId: string; tokenId: string }) => ({
    orderId,
    ...mandate,
    amountPaise: 30_000n,
    email: 'payer@example.com',
    contact,
  });

  it('find a customer again instead of making another', async () => {
    const made = await customer();
    expect((await customer()).id).toBe(made.id);
    expect(must(await scene.gateway.customers.fetch(made.id))).toEqual(made);
    expect(said(await scene.gateway.customers.ensure({ name: 'Test Payer', contact: '12' }))).toBe(
      'declined:invalid_contact_number',
    );
  });

  it('confirm a mandate at the first payment, and show it', async () => {
    const { customerId, tokenId } = await confirmedMandate();
    expect(must(await scene.gateway.tokens.fetch(customerId, tokenId))).toMatchObject({
      method: 'upi',
      vpa: 'payer@bank',
      isRecurring: true,
      mandateStatus: 'confirmed',
      maxPaise: 500_000n,
    });
  });

  it('debit after the notice, once for an order, with the result later', async () => {
    const mandate = await confirmedMandate();
    const order = await announced(mandate.tokenId);
    expect(order.notice).toMatchObject({ tokenId: mandate.tokenId, status: 'delivered' });
    const debit = debitOf(order.id, mandate);
    const { paymentId } = must(await scene.gateway.mandates.charge(debit));
    expect(must(await scene.gateway.mandates.charge(debit))).toEqual({ paymentId, orderId: order.id });
    expect(must(await scene.gateway.payments.fetch(paymentId)).status).toBe('created');
    await scene.double.advance(5 * MINUTE_MS);
    expect(must(await scene.gateway.payments.fetch(paymentId))).toMatchObject({
      status: 'captured',
      tokenId: mandate.tokenId,
    });
    expect(must(await scene.gateway.mandates.charge(debit)).paymentId).toBe(paymentId);
    expect(must(await scene.gateway.orders.payments(order.id))).toHaveLength(1);
  });

  it('may debit an order again after a failed debit', async () => {
    const mandate = await confirmedMandate();
    const order = await announced(mandate.tokenId);
    scene.double.world.verdicts.set(mandate.tokenId, [{ outcome: 'failure', reason: 'insufficient_funds' }]);
    const debit = debitOf(order.id, mandate);
    const first = must(await scene.gateway.mandates.charge(debit));
    await scene.double.advance(5 * MINUTE_MS);
    const failed = must(await scene.gateway.payments.fetch(first.paymentId));
    expect(failed.decline).toMatchObject({ reason: 'insufficient_funds', class: 'funds' });
    expect(must(await scene.gateway.mandates.charge(debit)).paymentId).not.toBe(first.paymentId);
  });

  it('refuse a debit before its hour, without notice, over the limit, or on a mandate that ended', async () => {
    const mandate = await confirmedMandate();
    const { mandates } = scene.gateway;
    const payAfter = scene.now() + DAY_MS;
    const { tokenId } = mandate;
    const early = must(
      await mandates.announce({ amountPaise: 30_000n, receipt: 'd1', notice: { tokenId, payAfter } }),
    );
    expect(said(await mandates.charge(debitOf(early.id, mandate)))).toBe(
      'declined:pre_debit_notification_not_sent',
    );
    await scene.double.advance(MINUTE_MS);
    expect(said(await mandates.charge(debitOf(early.id, mandate)))).toBe(
      'declined:BAD_REQUEST_MANDATE_PROMISED_DEBIT_DATE_NOT_HONOURED',
    );
    const large = must(await mandates.announce({ amountPaise: 500_001n, receipt: 'd2', notice: null }));
    expect(said(await mandates.charge({ ...debitOf(large.id, mandate), amountPaise: 500_001n }))).toBe(
      'declined:input_validation_failed',
    );
    expect(must(await mandates.cancel(mandate.customerId, tokenId))).toBeNull();
    expect(must(await mandates.cancel(mandate.customerId, tokenId))).toBeNull();
    await scene.double.advance(DAY_MS);
    expect(said(await mandates.charge(debitOf(early.id, mandate)))).toBe('declined:mandate_not_active');
    expect(must(await scene.gateway.tokens.fetch(mandate.customerId, tokenId)).mandateStatus).toBe(
      'cancelled',
    );
  });

  it('forget a token, and forgetting it again is no failure', async () => {
    const { customerId, tokenId } = await confirmedMandate();
    expect(must(await scene.gateway.tokens.remove(customerId, tokenId))).toBeNull();
    expect(must(await scene.gateway.tokens.remove(customerId, tokenId))).toBeNull();
    expect(must(await scene.gateway.tokens.list(customerId))).toEqual([]);
  });

  it('register by link, once for a receipt, and cancel it', async () => {
    const { mandates } = scene.gateway;
    const wanted = {
      customer: { name: 'Test Payer', email: 'payer@example.com', contact },
      amountPaise: 0n,
      receipt: 'link-1',
      description: 'Meals',
      terms: { ...terms, method: 'emandate', authType: 'netbanking' },
    } as const;
    const link = must(await mandates.link(wanted));
    expect(must(await mandates.link(wanted)).id).toBe(link.id);
    expect(link).toMatchObject({ status: 'issued', amountPaise: 0n, receipt: 'link-1' });
    scene.double.pay({ orderId: link.orderId ?? '', instrument: { method: 'emandate', bank: 'HDFC' } });
    expect(must(await mandates.fetchLink(link.id)).status).toBe('paid');
    const second = must(await mandates.link({ ...wanted, receipt: 'link-2' }));
    expect(must(await mandates.cancelLink(second.id)).status).toBe('cancelled');
    expect(must(await mandates.cancelLink(second.id)).status).toBe('cancelled');
    expect(said(await mandates.cancelLink(link.id))).toBe('declined:invalid_state');
  });
});
