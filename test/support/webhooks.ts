/** Bodies and signed requests as Razorpay sends them, for tests. */
import type { FastifyInstance } from 'fastify';
import { sign } from '../../core/signature.js';

export interface WebhookBody {
  readonly event: string;
  readonly createdAt: number;
  /** Fields of the payment that differ from a captured one of ₹500. */
  readonly payment?: Readonly<Record<string, unknown>>;
}

export function webhookBody({ event, createdAt, payment = {} }: WebhookBody): string {
  const seconds = Math.floor(createdAt / 1000);
  const entity = {
    id: 'pay_1',
    entity: 'payment',
    amount: 500_00,
    currency: 'INR',
    status: event.split('.')[1],
    order_id: 'order_1',
    method: 'upi',
    captured: event === 'payment.captured',
    fee: 11_80,
    tax: 1_80,
    notes: [],
    created_at: seconds,
    ...payment,
  };
  return JSON.stringify({
    entity: 'event',
    account_id: 'acc_1',
    event,
    contains: ['payment'],
    payload: { payment: { entity } },
    created_at: seconds,
  });
}

export function postWebhook(
  app: FastifyInstance,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  secret = 'whsec_current',
) {
  return app.inject({
    method: 'POST',
    url: '/webhooks/razorpay',
    payload: body,
    headers: {
      'content-type': 'application/json',
      'x-razorpay-signature': sign(body, secret),
      ...headers,
    },
  });
}
