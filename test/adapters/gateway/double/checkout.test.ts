import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { must, openScene } from '../scene.js';
import type { Scene } from '../scene.js';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.double.close());

async function order() {
  return must(await scene.gateway.orders.create({ amountPaise: 50_000n, receipt: 'r1' }));
}

async function submit(fields: Record<string, string>): Promise<string> {
  const answer = await fetch(`${scene.double.url}/double/checkout`, {
    method: 'POST',
    body: new URLSearchParams(fields),
  });
  return answer.text();
}

interface Message {
  readonly success?: { razorpay_payment_id: string; razorpay_order_id: string; razorpay_signature: string };
  readonly failed?: { reason: string; metadata: { order_id: string } };
}

function message(page: string): Message {
  return JSON.parse(/postMessage\((\{.*\}), '\*'\)/.exec(page)?.[1] ?? '{}') as Message;
}

describe('the checkout of the double', () => {
  it('serves a script that defines Razorpay, where the port says', async () => {
    const script = await (await fetch(scene.gateway.checkout.scriptUrl)).text();
    const window: { Razorpay?: unknown } = {};
    new Function('window', 'document', script)(window, {
      currentScript: { src: scene.gateway.checkout.scriptUrl },
    });
    expect(typeof window.Razorpay).toBe('function');
  });

  it('asks at the bank, and posts back a signed answer that the port accepts', async () => {
    const { id } = await order();
    const page = await (await fetch(`${scene.double.url}/double/checkout?order_id=${id}&framed=1`)).text();
    expect(page).toContain('Pay 500.00 INR');
    const bank = await submit({ order_id: id, method: 'netbanking', bank: 'HDFC' });
    expect(bank).toContain('value="failure"');
    expect(scene.double.world.payments.size).toBe(0);
    const { success } = message(
      await submit({ order_id: id, method: 'netbanking', bank: 'HDFC', outcome: 'success' }),
    );
    expect(
      scene.gateway.authentic.checkout({
        orderId: id,
        paymentId: success?.razorpay_payment_id ?? '',
        signature: success?.razorpay_signature ?? '',
      }),
    ).toBe(true);
  });

  it('declines as published for test ids and cards, and keeps no card number', async () => {
    const { id } = await order();
    const upi = message(await submit({ order_id: id, method: 'upi', vpa: 'failure@razorpay' }));
    expect(upi.failed).toMatchObject({ reason: 'payment_failed', metadata: { order_id: id } });
    const number = `${'4'.padEnd(11, '1')}80001`;
    const card = message(await submit({ order_id: id, method: 'card', number }));
    expect(card.failed?.reason).toBe('insufficient_fund');
    const [payment] = must(await scene.gateway.orders.payments(id));
    const stored = JSON.stringify([...scene.double.world.payments.values(), ...scene.double.sender.events]);
    expect(payment?.method).toBe('card');
    expect(stored).toContain('0001');
    expect(stored).not.toContain(number.slice(0, -4));
  });

  it('lets a bank refuse with a reason, and escapes what it is given', async () => {
    const { id } = await order();
    const refused = await submit({
      order_id: id,
      method: 'netbanking',
      outcome: 'failure',
      reason: 'card_expired',
    });
    expect(message(refused).failed?.reason).toBe('card_expired');
    const page = await submit({ order_id: id, method: 'netbanking', bank: '"><script>alert(1)</script>' });
    expect(page).not.toContain('<script>alert');
  });
});
