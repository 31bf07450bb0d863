import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isSigned } from '../../../../core/signature.js';
import { DAY_MS, MINUTE_MS, must, openScene, paidOrder } from '../scene.js';
import type { Scene } from '../scene.js';

interface Received {
  readonly id: string;
  readonly event: string;
  readonly isSignedBy: string | undefined;
}

let scene: Scene;
let merchant: Server;
let received: Received[] = [];
let answerStatus = 200;
let target = { url: '', secret: 'whsec_one' };

beforeEach(async () => {
  received = [];
  answerStatus = 200;
  scene = await openScene();
  merchant = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const signature = request.headers['x-razorpay-signature'];
      received.push({
        id: String(request.headers['x-razorpay-event-id']),
        event: (JSON.parse(body.toString()) as { event: string }).event,
        isSignedBy: ['whsec_one', 'whsec_two'].find((secret) => isSigned(body, signature, [secret])),
      });
      response.writeHead(answerStatus).end();
    });
  });
  await new Promise<void>((resolve) => merchant.listen(0, '127.0.0.1', resolve));
  target = { url: `http://127.0.0.1:${(merchant.address() as AddressInfo).port}/hook`, secret: 'whsec_one' };
  scene.double.arrangeWebhooks({ target });
});
afterEach(async () => {
  await scene.double.close();
  merchant.closeAllConnections();
  await new Promise((resolve) => merchant.close(resolve));
});

const events = () => received.map(({ event }) => event);

describe('webhooks of the double', () => {
  it('tell the life of a payment, signed over the bytes', async () => {
    await paidOrder(scene, 'r1');
    await scene.double.advance(0);
    expect(events()).toEqual(['payment.authorized', 'payment.captured', 'order.paid']);
    expect(new Set(received.map(({ isSignedBy }) => isSignedBy))).toEqual(new Set(['whsec_one']));
  });

  it('come late, twice, out of order or not at all, as told', async () => {
    scene.double.arrangeWebhooks({
      rules: [
        { event: 'payment.authorized', delaysMs: [5_000] },
        { event: 'payment.captured', delaysMs: [0, 1_000] },
        { event: 'order.paid', delaysMs: [] },
      ],
    });
    await paidOrder(scene, 'r1');
    await scene.double.advance(MINUTE_MS);
    expect(events()).toEqual(['payment.captured', 'payment.captured', 'payment.authorized']);
    expect(received[0]?.id).toBe(received[1]?.id);
    const lost = scene.double.sender.events.find(({ event }) => event === 'order.paid');
    await scene.double.sender.redeliver(lost?.id ?? '');
    expect(events().at(-1)).toBe('order.paid');
  });

  it('come in the same bad weather for the same seed', async () => {
    const weather = { maxDelayMs: 60_000, twiceShare: 0.3, lostShare: 0.2 };
    const order = async () => {
      received = [];
      const other = await openScene({ seed: 7 });
      other.double.arrangeWebhooks({ target, weather });
      for (let i = 0; i < 10; i++) await paidOrder(other, `r${i}`);
      await other.double.advance(DAY_MS / 24);
      await other.double.close();
      return received.map(({ id }) => id);
    };
    const first = await order();
    expect(await order()).toEqual(first);
    expect(first.length).not.toBe(30);
  });

  it('are tried again with the secret of their time, and given up after a day', async () => {
    answerStatus = 503;
    scene.double.arrangeWebhooks({
      rules: [
        { event: 'payment.captured', delaysMs: [0] },
        { event: '*', delaysMs: [] },
      ],
    });
    await paidOrder(scene, 'r1');
    await scene.double.advance(0);
    scene.double.arrangeWebhooks({ target: { ...target, secret: 'whsec_two' } });
    answerStatus = 200;
    await scene.double.advance(MINUTE_MS);
    expect(received.map(({ isSignedBy }) => isSignedBy)).toEqual(['whsec_one', 'whsec_one']);
    answerStatus = 500;
    await paidOrder(scene, 'r2');
    await scene.double.advance(2 * DAY_MS);
    expect(scene.double.sender.isDisabled()).toBe(true);
    const before = received.length;
    await paidOrder(scene, 'r3');
    await scene.double.advance(MINUTE_MS);
    expect(received).toHaveLength(before);
  });

  it('tell of a failure and a late authorisation, and of the duplicate going back', async () => {
    const order = must(await scene.gateway.orders.create({ amountPaise: 50_000n, receipt: 'r1' }));
    const instrument = { method: 'netbanking', bank: 'HDFC' };
    scene.double.pay({ orderId: order.id, instrument, verdict: { outcome: 'late', lateAfterMs: MINUTE_MS } });
    scene.double.pay({ orderId: order.id, instrument });
    await scene.double.advance(5 * MINUTE_MS);
    expect(events()).toEqual([
      'payment.failed',
      'payment.authorized',
      'payment.captured',
      'order.paid',
      'payment.authorized',
      'refund.created',
      'refund.processed',
    ]);
    const payments = must(await scene.gateway.orders.payments(order.id));
    expect(payments.map(({ status, isLateAuthorized }) => [status, isLateAuthorized])).toEqual([
      ['captured', null],
      ['refunded', true],
    ]);
  });
});
