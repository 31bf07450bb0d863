/**
 * The load of the webhook benchmark, in a process of its own: autocannon with signed bodies of real size, each an event of its own.
 * Either so many connections are kept busy, or so many requests are sent a second.
 */
import autocannon from 'autocannon';
import { sign } from '../../core/signature.js';

export interface WebhookLoad {
  readonly url: string;
  readonly secret: string;
  /** Goes into the ids. */
  readonly name: string;
  readonly seconds: number;
  readonly connections: number;
  readonly perSecond?: number;
  /** Epoch seconds of the events. */
  readonly createdAt: number;
}

export interface WebhookLoadReport {
  readonly accepted: number;
  readonly refused: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const body = (id: string, createdAt: number): string =>
  JSON.stringify({
    entity: 'event',
    account_id: 'acc_1',
    event: 'payment.captured',
    contains: ['payment'],
    payload: {
      payment: {
        entity: {
          id,
          entity: 'payment',
          amount: 50000,
          currency: 'INR',
          base_amount: 50000,
          status: 'captured',
          order_id: `order_${id}`,
          invoice_id: null,
          international: false,
          method: 'upi',
          amount_refunded: 0,
          amount_transferred: 0,
          refund_status: null,
          captured: true,
          description: 'A benchmark',
          card_id: null,
          bank: null,
          wallet: null,
          vpa: 'customer@examplebank',
          email: 'customer@example.com',
          contact: '+919000090000',
          notes: [],
          fee: 1180,
          tax: 180,
          error_code: null,
          error_description: null,
          error_source: null,
          error_step: null,
          error_reason: null,
          acquirer_data: { rrn: '000000000000' },
          created_at: createdAt,
        },
      },
    },
    created_at: createdAt,
  });

async function run(load: WebhookLoad): Promise<WebhookLoadReport> {
  let asked = 0;
  const startedAt = performance.now();
  const result = await autocannon({
    url: load.url,
    connections: load.connections,
    duration: load.seconds,
    ...(load.perSecond === undefined ? {} : { overallRate: load.perSecond }),
    requests: [
      {
        method: 'POST',
        path: '/webhooks/razorpay',
        setupRequest: (request) => {
          const id = `pay_${load.name}_${asked++}`;
          const text = body(id, load.createdAt);
          const headers = {
            'content-type': 'application/json',
            'x-razorpay-event-id': `evt_${id}`,
            'x-razorpay-signature': sign(text, load.secret),
          };
          return { ...request, headers, body: text };
        },
      },
    ],
  });
  return {
    accepted: result['2xx'],
    refused: result.non2xx + result.errors,
    seconds: (performance.now() - startedAt) / 1000,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}

process.on('message', (load: WebhookLoad) => {
  void run(load).then((report) => process.send?.(report));
});
