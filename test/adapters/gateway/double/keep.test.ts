import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DAY_MS, MINUTE_MS, must, openScene, paidOrder, START } from '../scene.js';
import type { Scene } from '../scene.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-double-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** As after a stop and a start of the program, at a port to which this one has no idle connection. */
async function restarted(scene: Scene, file: string, seed: number): Promise<Scene> {
  await scene.double.close();
  const { double } = await openScene();
  await double.close();
  return openScene({ file, seed, port: portOf(double.url) });
}

const portOf = (url: string): number => Number(new URL(url).port);

const CUSTOMER = { name: 'Test Payer', email: 'payer@example.com', contact: '+919000000001' };
const TERMS = {
  method: 'upi',
  maxPaise: 500_000n,
  expiresAt: START + 365 * DAY_MS,
  frequency: 'as_presented',
} as const;

it('a double that starts again knows its mandates, and what was to happen happens', async () => {
  const file = path.join(folder, 'mandates.json');
  let scene = await openScene({ file });
  const { id: customerId } = must(await scene.gateway.customers.ensure(CUSTOMER));
  const asked = { customerId, amountPaise: 100n, receipt: 'm1', terms: TERMS };
  const { id: orderId } = must(await scene.gateway.mandates.order(asked));
  scene.double.pay({ orderId, instrument: { method: 'upi', vpa: 'payer@bank' } });
  const [token] = must(await scene.gateway.tokens.list(customerId));
  const tokenId = token?.id ?? '';
  const notice = { tokenId, payAfter: scene.now() + DAY_MS };
  const debit = must(await scene.gateway.mandates.announce({ amountPaise: 30_000n, receipt: 'd1', notice }));

  scene = await restarted(scene, file, 2);
  await scene.double.advance(DAY_MS + MINUTE_MS);
  expect(must(await scene.gateway.orders.fetch(debit.id)).notice).toMatchObject({ status: 'delivered' });
  const charge = { orderId: debit.id, customerId, tokenId, amountPaise: 30_000n, ...CUSTOMER };
  const { paymentId } = must(await scene.gateway.mandates.charge(charge));
  const at = scene.now();

  scene = await restarted(scene, file, 3);
  expect(scene.now()).toBe(at);
  expect(must(await scene.gateway.payments.fetch(paymentId)).status).toBe('created');
  await scene.double.advance(10 * MINUTE_MS);
  expect(must(await scene.gateway.payments.fetch(paymentId)).status).toBe('captured');
  expect(scene.double.sender.events.map(({ event }) => event)).toContain('payment.captured');
  await scene.double.close();
});

it('a double that starts again settles what it took before, once a day', async () => {
  const file = path.join(folder, 'settlements.json');
  let scene = await openScene({ file });
  await paidOrder(scene, 'first');
  scene = await restarted(scene, file, 2);
  await paidOrder(scene, 'second');
  await scene.double.advance(4 * DAY_MS);
  const settled = [...scene.double.world.settlements.values()];
  expect(settled).toHaveLength(1);
  expect(settled[0]).toMatchObject({ amount: 2 * 48_820 });
  expect([...scene.double.world.waiting].map(({ kind }) => kind)).toEqual(['daily-settlement']);
  await scene.double.close();
});

it('links stay good: a double starts at its former port, or at another when that is taken', async () => {
  const file = path.join(folder, 'port.json');
  const { double: first } = await openScene({ file });
  await first.close();
  const { double: second } = await openScene({ file });
  expect(second.url).toBe(first.url);
  await second.close();
  const { double: taker } = await openScene({ port: portOf(first.url) });
  const { double: third } = await openScene({ file });
  expect(third.url).not.toBe(first.url);
  await Promise.all([taker.close(), third.close()]);
});

it('a memory that cannot be read is named, with what to do', async () => {
  const file = path.join(folder, 'torn.json');
  await writeFile(file, '{"maps":');
  await expect(openScene({ file })).rejects.toMatchObject({
    code: 'double-state-unreadable',
    message: expect.stringContaining('remove it'),
  });
});
