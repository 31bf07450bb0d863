import { describe, expect, it } from '@jest/globals';
import { readSighting } from '../../../ingest/webhooks/sighting.js';

const payment = {
  id: 'pay_1',
  amount: 500_00,
  currency: 'INR',
  status: 'captured',
  method: 'upi',
  created_at: 1_780_000_000,
};
const read = (fields: object, event = 'payment.captured') =>
  readSighting(event, { payload: { payment: { entity: { ...payment, ...fields } } } }, 5).payment;

describe('reading a webhook', () => {
  it('takes what the business needs and lets contact, e-mail and UPI id go', () => {
    const seen = read({
      fee: 11_80,
      tax: 1_80,
      email: 'a@example.com',
      contact: '+91',
      vpa: 'a@bank',
      notes: [],
    });
    expect(seen).toEqual({
      id: 'pay_1',
      orderId: null,
      invoiceId: null,
      customerId: null,
      tokenId: null,
      amountPaise: 500_00n,
      refundedPaise: 0n,
      currency: 'INR',
      status: 'captured',
      isCaptured: true,
      isInternational: false,
      method: 'upi',
      bank: null,
      wallet: null,
      feePaise: 11_80n,
      taxPaise: 1_80n,
      decline: null,
      createdAt: 1_780_000_000_000,
    });
  });

  it('does not believe a failed payment that says it was captured', () => {
    expect(read({ status: 'failed', captured: true, error_reason: 'card_expired', fee: 1 })).toMatchObject({
      isCaptured: false,
      feePaise: null,
      decline: { reason: 'card_expired' },
    });
  });

  it('knows a refunded payment that was captured from one that nobody captured', () => {
    expect(read({ status: 'refunded', captured: '1' })).toMatchObject({ isCaptured: true });
    expect(read({ status: 'refunded', captured: false })).toMatchObject({ isCaptured: false });
  });

  it('gives a failure without a reason its code, or a general one', () => {
    expect(read({ status: 'failed', error_code: 'BAD_REQUEST_ERROR' })?.decline?.reason).toBe(
      'BAD_REQUEST_ERROR',
    );
    expect(read({ status: 'failed', error_reason: '' })?.decline?.reason).toBe('payment_failed');
  });

  it.each([
    [
      { amount: 1.5 },
      'payload.payment.entity.amount holds a number: expected a whole number that is not negative',
    ],
    [{ amount: undefined }, 'payload.payment.entity.amount holds nothing: expected an amount'],
    [{ status: 'lost' }, 'payload.payment.entity.status holds a string: expected one of created'],
    [{ created_at: 0 }, 'payload.payment.entity.created_at holds a number: expected Unix seconds'],
  ])('names the field at fault and never its value: %j', (fields, message) => {
    expect(() => read(fields)).toThrow(message);
  });

  it('insists on the entity that the event is about, and on no other', () => {
    expect(() => readSighting('refund.processed', { payload: {} }, 5)).toThrow(
      'payload.refund holds nothing',
    );
    expect(() => readSighting('token.confirmed', { payload: { token: { entity: {} } } }, 5)).toThrow(
      'payload.token.entity.id holds nothing',
    );
    expect(readSighting('invoice.expired', { payload: { invoice: { entity: {} } } }, 5)).toEqual({
      occurredAt: 5,
    });
  });

  it('gives an order its prefix when the event leaves it out', () => {
    const body = {
      payload: { order: { entity: { id: 'Qf1', receipt: '23' } }, payment: { entity: payment } },
    };
    expect(readSighting('order.paid', body, 5).order).toEqual({ id: 'order_Qf1', receipt: '23' });
  });
});
