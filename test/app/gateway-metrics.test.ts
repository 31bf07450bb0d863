import { afterAll, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { createRazorpayGateway } from '../../adapters/gateway/razorpay/gateway.js';
import { countGatewayCalls, registerGatewayMetrics } from '../../app/gateway-metrics.js';
import { openScene } from '../adapters/gateway/scene.js';
import type { Scene } from '../adapters/gateway/scene.js';

const opened: Scene[] = [];
afterAll(async () => {
  for (const { double } of opened) await double.close();
});

it('every call to the gateway is counted by its end, and a gateway that is left alone shows as open', async () => {
  const scene = await openScene();
  opened.push(scene);
  const calls = countGatewayCalls();
  const registry = new Registry();
  registerGatewayMetrics(registry, calls);
  const { keyId, keySecret, url } = scene.double;
  const gateway = createRazorpayGateway({ keyId, keySecret, doubleUrl: url, timeoutMs: 2_000, ...calls });
  await gateway.orders.create({ amountPaise: 500_00n, receipt: 'term_1' });
  await gateway.payments.fetch('pay_unknown');
  const before = await registry.metrics();
  expect(before).toContain('gateway_calls_total{outcome="ok"} 1');
  expect(before).toContain('gateway_calls_total{outcome="declined"} 1');
  expect(before).toContain('gateway_breaker_open 0');

  scene.double.planFault({ fault: 'reset', on: 'POST /v1/customers', times: 5 });
  const customer = { name: 'Asha', contact: '9876543210' };
  for (let call = 0; call < 6; call++) await gateway.customers.ensure(customer);
  const after = await registry.metrics();
  expect(after).toMatch(/gateway_calls_total\{outcome="unknown"\} [1-9]/);
  expect(after).toMatch(/gateway_calls_total\{outcome="held-back"\} [1-9]/);
  expect(after).toContain('gateway_breaker_open 1');
});
