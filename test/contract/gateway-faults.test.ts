/** Whatever goes wrong between us and the gateway, one intention has one effect, and calling again finds it. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FAULTS, hasEffect } from '../../adapters/gateway/double/faults.js';
import type { Fault } from '../../adapters/gateway/double/faults.js';
import type { Outcome } from '../../core/ports/gateway.js';
import { DAY_MS, MINUTE_MS, must, openScene, paidOrder, said, START } from '../adapters/gateway/scene.js';
import type { Scene } from '../adapters/gateway/scene.js';

/** Long for an answer of the double on a busy machine, short for a test. */
const PATIENCE_MS = 300;

let scene: Scene;
beforeEach(async () => {
  scene = await openScene({}, PATIENCE_MS);
});
afterEach(() => scene.double.close());

interface Intention {
  readonly on: string;
  /** Ready to be sent any number of times. */
  prepare(key: string): Promise<{ send(): Promise<Outcome<unknown>>; effects(): number }>;
}

const WITHOUT_EFFECT: ReadonlyMap<Fault, string> = new Map([
  ['timeout', 'unknown:timeout'],
  ['server-error', 'unknown:server-error'],
  ['bad-gateway', 'unknown:server-error'],
  ['reset', 'unknown:connection'],
  ['too-many-requests', 'declined:too_many_requests'],
  ['lock-error', 'declined:operation_in_progress'],
]);

const INTENTIONS: Readonly<Record<string, Intention>> = {
  'making an order': {
    on: 'POST /v1/orders',
    prepare: async (receipt) => ({
      send: () => scene.gateway.orders.create({ amountPaise: 50_000n, receipt }),
      effects: () =>
        [...scene.double.world.orders.values()].filter((order) => order.receipt === receipt).length,
    }),
  },
  'capturing a payment': {
    on: 'POST /v1/payments/*/capture',
    prepare: async (receipt) => {
      const order = must(
        await scene.gateway.orders.create({ amountPaise: 5_000n, receipt, capture: 'manual' }),
      );
      const { payment } = scene.double.pay({ orderId: order.id, instrument: { method: 'upi' } });
      return {
        send: () => scene.gateway.payments.capture({ paymentId: payment.id, amountPaise: 5_000n }),
        effects: () =>
          scene.double.world.movements.filter(({ row }) => row['entity_id'] === payment.id).length,
      };
    },
  },
  'refunding a payment': {
    on: 'POST /v1/payments/*/refund',
    prepare: async (receipt) => {
      const { paymentId } = await paidOrder(scene, receipt);
      return {
        send: () =>
          scene.gateway.refunds.create({ paymentId, amountPaise: 10_000n, idempotencyKey: `key-${receipt}` }),
        effects: () =>
          [...scene.double.world.refunds.values()].filter((refund) => refund.payment_id === paymentId).length,
      };
    },
  },
  'making a payment link': {
    on: 'POST /v1/payment_links',
    prepare: async (reference) => ({
      send: () =>
        scene.gateway.links.create({ amountPaise: 10_000n, reference, description: 'March', customer: {} }),
      effects: () =>
        [...scene.double.world.links.values()].filter((link) => link.reference_id === reference).length,
    }),
  },
  'making a registration link': {
    on: 'POST /v1/subscription_registration/auth_links',
    prepare: async (receipt) => ({
      send: () =>
        scene.gateway.mandates.link({
          customer: { name: 'Test Payer', email: 'payer@example.com', contact: '+919000000001' },
          amountPaise: 100n,
          receipt,
          description: 'Meals',
          terms: {
            method: 'upi',
            maxPaise: 500_000n,
            expiresAt: START + 365 * DAY_MS,
            frequency: 'as_presented',
          },
        }),
      effects: () =>
        [...scene.double.world.invoices.values()].filter((link) => link.receipt === receipt).length,
    }),
  },
  'debiting a mandate': {
    on: 'POST /v1/payments/create/recurring',
    prepare: async (receipt) => {
      const { customers, mandates, tokens, orders } = scene.gateway;
      const contact = '+919000000001';
      const { id: customerId } = must(await customers.ensure({ name: 'Test Payer', contact }));
      const terms = { method: 'emandate', maxPaise: 500_000n, expiresAt: START + 365 * DAY_MS } as const;
      const mandate = must(
        await mandates.order({ customerId, amountPaise: 0n, receipt: `m-${receipt}`, terms }),
      );
      scene.double.pay({ orderId: mandate.id, instrument: { method: 'emandate', bank: 'HDFC' } });
      const tokenId = must(await tokens.list(customerId))[0]?.id ?? '';
      const order = must(await mandates.announce({ amountPaise: 30_000n, receipt, notice: null }));
      must(await orders.fetch(order.id));
      const debit = {
        orderId: order.id,
        amountPaise: 30_000n,
        customerId,
        tokenId,
        email: 'payer@example.com',
        contact,
      };
      return {
        send: () => mandates.charge(debit),
        effects: () =>
          [...scene.double.world.payments.values()].filter((payment) => payment.order_id === order.id).length,
      };
    },
  },
};

for (const [name, intention] of Object.entries(INTENTIONS)) {
  describe(name, () => {
    for (const fault of FAULTS) {
      const expected = hasEffect(fault) ? 'ok' : (WITHOUT_EFFECT.get(fault) ?? 'no expectation');
      it(`answers ${expected} to ${fault}, and the second call finds one effect`, async () => {
        const { send, effects } = await intention.prepare('intent-1');
        scene.double.planFault({ fault, on: intention.on });
        expect(said(await send())).toBe(expected);
        expect(effects()).toBe(hasEffect(fault) ? 1 : 0);
        expect(said(await send())).toBe('ok');
        expect(said(await send())).toBe('ok');
        expect(effects()).toBe(1);
        await scene.double.advance(10 * MINUTE_MS);
        expect(effects()).toBe(1);
      });
    }
  });
}

describe('a customer', () => {
  it('is made once when the answer is lost', async () => {
    scene.double.planFault({ fault: 'reset-after-success', on: 'POST /v1/customers' });
    must(await scene.gateway.customers.ensure({ name: 'Test Payer', contact: '+919000000001' }));
    expect(scene.double.world.customers.size).toBe(1);
  });
});

describe('reads', () => {
  for (const fault of FAULTS.filter((name) => name !== 'duplicate-receipt')) {
    it(`survive one ${fault}`, async () => {
      const { order } = await paidOrder(scene, 'r1');
      scene.double.planFault({ fault, on: 'GET /v1/orders/*' });
      expect(must(await scene.gateway.orders.fetch(order.id)).id).toBe(order.id);
    });
  }

  it('throw from a list when the gateway stays away, with a remedy', async () => {
    scene.double.planFault({ fault: 'server-error', on: 'GET /v1/payments', times: 9 });
    const list = scene.gateway.payments.list({ fromAt: START, toAt: START })[Symbol.asyncIterator]();
    await expect(list.next()).rejects.toMatchObject({ code: 'gateway-unavailable', retryable: true });
  });
});

describe('an order whose account refuses a second receipt', () => {
  it('is found when the answer to the first call was lost and the second is refused', async () => {
    const wanted = { amountPaise: 50_000n, receipt: 'r1' };
    scene.double.planFault({ fault: 'timeout-after-success', on: 'POST /v1/orders' });
    scene.double.planFault({ fault: 'server-error', on: 'GET /v1/orders', times: 3 });
    expect(said(await scene.gateway.orders.create(wanted))).toBe('unknown:timeout');
    scene.double.planFault({ fault: 'duplicate-receipt', on: 'POST /v1/orders' });
    expect(must(await scene.gateway.orders.create(wanted)).receipt).toBe('r1');
    expect(scene.double.world.orders.size).toBe(1);
  });
});

describe('the breaker', () => {
  it('holds calls back after failures in a row, and says so; what is held back certainly had no effect', async () => {
    scene.double.planFault({ fault: 'server-error', on: 'POST /v1/orders', times: 9 });
    scene.double.planFault({ fault: 'server-error', on: 'GET /v1/orders', times: 9 });
    const { orders } = scene.gateway;
    const said1 = said(await orders.create({ amountPaise: 100n, receipt: 'r1' }));
    await orders.create({ amountPaise: 100n, receipt: 'r2' });
    const held = await orders.create({ amountPaise: 100n, receipt: 'r3' });
    expect(said1).toBe('unknown:server-error');
    expect(said(held)).toBe('declined:gateway_unavailable');
    expect(scene.breaker).toEqual([true]);
    expect(scene.double.world.orders.size).toBe(0);
  });

  it('declines when nobody listens', async () => {
    await scene.double.close();
    const outcome = await scene.gateway.orders.create({ amountPaise: 100n, receipt: 'r1' });
    expect(said(outcome)).toBe('declined:gateway_unavailable');
  });

  it('is not concerned with refusals', async () => {
    for (let i = 0; i < 8; i++) await scene.gateway.payments.fetch('pay_00000000000000');
    expect(scene.breaker).toEqual([]);
  });
});

describe('wrong keys', () => {
  it('are refused by name', async () => {
    const other = await openScene({ keySecret: 'another' });
    const { createRazorpayGateway } = await import('../../adapters/gateway/razorpay/gateway.js');
    const gateway = createRazorpayGateway({
      keyId: other.double.keyId,
      keySecret: 'wrong',
      doubleUrl: other.double.url,
      onBreaker: () => undefined,
    });
    expect(said(await gateway.orders.fetch('order_00000000000000'))).toBe('declined:authentication_refused');
    await other.double.close();
  });
});
