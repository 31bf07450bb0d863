import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MINUTE_MS, must, openScene, said, START } from '../scene.js';
import type { Scene } from '../scene.js';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.double.close());

const BY_UPI = { method: 'upi', vpa: 'success@razorpay' };

describe('payment links', () => {
  const wanted = {
    amountPaise: 10_000n,
    reference: 'invoice-1',
    description: 'March',
    customer: { name: 'Test Payer' },
    firstPartPaise: 2_000n,
    callbackUrl: 'https://merchant.example/back',
  };

  it('are made once for a reference, paid in parts, and cancelled before that', async () => {
    const { links } = scene.gateway;
    const link = must(await links.create(wanted));
    expect(must(await links.create(wanted)).id).toBe(link.id);
    expect(said(await links.create({ ...wanted, amountPaise: 20_000n }))).toBe('declined:receipt_reused');
    expect(must(await links.notify(link.id, 'sms'))).toBeNull();
    const orderId = link.orderId ?? '';
    scene.double.pay({ orderId, instrument: BY_UPI, amountPaise: 2_000 });
    expect(must(await links.fetch(link.id))).toMatchObject({ status: 'partially_paid', paidPaise: 2_000n });
    expect(said(await links.cancel(link.id))).toBe('declined:invalid_state');
    scene.double.pay({ orderId, instrument: BY_UPI });
    expect(must(await links.findByReference('invoice-1'))).toMatchObject({
      status: 'paid',
      paidPaise: 10_000n,
    });
    const other = must(await links.create({ ...wanted, reference: 'invoice-2' }));
    expect(must(await links.cancel(other.id)).status).toBe('cancelled');
    expect(must(await links.cancel(other.id)).status).toBe('cancelled');
  });

  it('expire, and come back signed', async () => {
    const expiresAt = START + 20 * MINUTE_MS;
    const { links, authentic } = scene.gateway;
    const link = must(await links.create({ ...wanted, expiresAt }));
    const paid = must(await links.create({ ...wanted, reference: 'invoice-2' }));
    await scene.double.advance(21 * MINUTE_MS);
    expect(must(await links.fetch(link.id)).status).toBe('expired');
    const fields = new URLSearchParams({
      order_id: paid.orderId ?? '',
      method: 'upi',
      vpa: 'success@razorpay',
    });
    const page = await (
      await fetch(`${scene.double.url}/double/checkout`, { method: 'POST', body: fields })
    ).text();
    const href = /href="(https:[^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const back = new URL(href).searchParams;
    const answer = {
      linkId: back.get('razorpay_payment_link_id') ?? '',
      reference: back.get('razorpay_payment_link_reference_id') ?? '',
      status: back.get('razorpay_payment_link_status') ?? '',
      paymentId: back.get('razorpay_payment_id') ?? '',
      signature: back.get('razorpay_signature') ?? '',
    };
    expect(authentic.paymentLink(answer)).toBe(true);
    expect(authentic.paymentLink({ ...answer, status: 'created' })).toBe(false);
  });
});
