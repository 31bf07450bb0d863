/** The real SDK against the double over HTTP, with time that stands still. */
import { startDouble } from '../../../adapters/gateway/double/double.js';
import type { DoubleOptions, GatewayDouble } from '../../../adapters/gateway/double/double.js';
import { createRazorpayGateway } from '../../../adapters/gateway/razorpay/gateway.js';
import { manualClock } from '../../../core/clock.js';
import type { Gateway, Outcome } from '../../../core/ports/gateway.js';

export const START = Date.parse('2026-03-02T04:00:00Z');
export const DAY_MS = 86_400_000;
export const MINUTE_MS = 60_000;

export interface Scene {
  readonly double: GatewayDouble;
  readonly gateway: Gateway;
  /** Whether the breaker opened or closed, in order. */
  readonly breaker: boolean[];
  now(): number;
}

/** @param timeoutMs short where a test waits for silence. */
export async function openScene(options: Partial<DoubleOptions> = {}, timeoutMs = 5_000): Promise<Scene> {
  const double = await startDouble({ clock: manualClock(START), port: 0, ticks: false, ...options });
  const breaker: boolean[] = [];
  const { keyId, keySecret, url } = double;
  const gateway = createRazorpayGateway({
    keyId,
    keySecret,
    doubleUrl: url,
    timeoutMs,
    onBreaker: (isOpen) => breaker.push(isOpen),
  });
  return { double, gateway, breaker, now: () => double.world.agenda.now() };
}

export function must<T>(outcome: Outcome<T>): T {
  if (outcome.kind === 'ok') return outcome.value;
  throw new Error(`expected ok, got ${JSON.stringify(outcome)}`);
}

/** `declined:reason`, `unknown:cause` or `ok`: one word for a table. */
export function said(outcome: Outcome<unknown>): string {
  if (outcome.kind === 'declined') return `declined:${outcome.decline.reason}`;
  return outcome.kind === 'unknown' ? `unknown:${outcome.cause}` : 'ok';
}

export async function all<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}

export async function paidOrder(scene: Scene, receipt: string, amountPaise = 50_000n) {
  const order = must(await scene.gateway.orders.create({ amountPaise, receipt }));
  const { payment, answer } = scene.double.pay({ orderId: order.id, instrument: { method: 'upi' } });
  if (answer === null) throw new Error('the payer failed');
  return { order, paymentId: payment.id, answer };
}
