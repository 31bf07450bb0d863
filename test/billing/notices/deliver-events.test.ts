import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createPost } from '../../../adapters/notify/post.js';
import { deliverEvents } from '../../../billing/notices/deliver-events.js';
import {
  createEndpoint,
  listDeliveries,
  listEndpoints,
  replayDelivery,
  rotateSecret,
  setEndpointStatus,
} from '../../../billing/notices/endpoints/endpoints.js';
import { publishEvent } from '../../../billing/notices/publish.js';
import { manualClock } from '../../../core/clock.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../core/days.js';
import { isSigned } from '../../../core/signature.js';
import { inTransaction } from '../../../core/transaction.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';

const START = Date.UTC(2026, 6, 1);

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let postgres: TestPostgres;
let server: Server;
let url = '';
let status = 200;
let got: Got[] = [];
const clock = manualClock(START);

beforeAll(async () => {
  postgres = await testPostgres();
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      got.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
});

beforeEach(async () => {
  await postgres.pool.query('TRUNCATE event_deliveries, events, event_endpoints');
  clock.set(START);
  status = 200;
  got = [];
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await postgres.close();
});

const deps = () => ({ pool: postgres.pool, clock, post: createPost('loopback') });
const publish = (key: string) =>
  inTransaction(postgres.pool, (client) =>
    publishEvent(
      client,
      { key, topic: 'debit.succeeded', payload: { invoiceId: key, paidPaise: 12_345n } },
      clock.now(),
    ),
  );
const deliveries = (endpointId: string) =>
  listDeliveries({ pool: postgres.pool }, { endpointId, status: null, limit: 99 });

function isSignedBy({ headers, body }: Got, secret: string): boolean {
  const signatures = String(headers['x-hasivu-signature']).split(',');
  const message = `${String(headers['x-hasivu-timestamp'])}.${body}`;
  return signatures.some((one) => isSigned(message, one.replace('v1=', ''), [secret]));
}

let endpoints = 0;
const listen = (topics: readonly string[]) =>
  createEndpoint(deps(), { url, topics }, `endpoint-${(endpoints += 1)}`);

describe('an event', () => {
  it('is told once to who asked for its topic, signed, with its number', async () => {
    const wanted = await listen(['debit.*']);
    await listen(['payment.captured']);
    expect([await publish('inv_1'), await publish('inv_1')]).toEqual([true, false]);
    expect(await deliverEvents(deps())).toEqual({ delivered: 1, failed: 0, dead: 0 });
    await deliverEvents(deps());
    expect(got).toHaveLength(1);
    const [first] = got as [Got];
    expect(isSignedBy(first, wanted.secret)).toBe(true);
    expect(isSignedBy(first, 'another')).toBe(false);
    expect(JSON.parse(first.body)).toEqual({
      id: first.headers['x-hasivu-id'],
      sequence: expect.any(Number),
      topic: 'debit.succeeded',
      occurredAt: '2026-07-01T00:00:00.000Z',
      data: { invoiceId: 'inv_1', paidPaise: '12345' },
    });
  });

  it('is signed with both secrets for a day after a rotation', async () => {
    const { endpointId, secret } = await listen(['debit.succeeded']);
    const next = await rotateSecret(deps(), endpointId, 'rotation');
    await publish('inv_1');
    await deliverEvents(deps());
    clock.advance(DAY_MS + 1);
    await publish('inv_2');
    await deliverEvents(deps());
    expect(got.map((one) => [isSignedBy(one, secret), isSignedBy(one, next)])).toEqual([
      [true, true],
      [false, true],
    ]);
  });

  it('that fails is tried for a day, then dead, and can be replayed under its id', async () => {
    const { endpointId } = await listen(['debit.succeeded']);
    await publish('inv_1');
    status = 500;
    for (let minute = 0; minute < 30 * 60; minute += 10) {
      await deliverEvents(deps());
      clock.advance(10 * MINUTE_MS);
    }
    expect(await deliveries(endpointId)).toMatchObject([{ status: 'dead', httpStatus: 500 }]);
    expect(got.length).toBeGreaterThan(8);
    expect(new Set(got.map(({ headers }) => headers['x-hasivu-id'])).size).toBe(1);
    status = 200;
    const eventId = String(got[0]?.headers['x-hasivu-id']);
    await replayDelivery(deps(), { endpointId, eventId });
    expect(await deliverEvents(deps())).toMatchObject({ delivered: 1 });
    expect(await listEndpoints(deps())).toMatchObject([{ failures: 0, restingUntil: null }]);
  });

  it('for an endpoint that goes on failing waits while that rests, and then comes one at a time', async () => {
    await listen(['debit.succeeded']);
    for (let i = 0; i < 20; i++) await publish(`inv_${i}`);
    status = 503;
    await deliverEvents(deps());
    const tried = got.length;
    expect(tried).toBeLessThan(10);
    await deliverEvents(deps());
    expect(got).toHaveLength(tried);
    clock.advance(HOUR_MS);
    await deliverEvents(deps());
    expect(got).toHaveLength(tried + 1);
    status = 200;
    clock.advance(HOUR_MS);
    await deliverEvents(deps());
    expect(await listEndpoints(deps())).toMatchObject([{ failures: 0 }]);
    await deliverEvents(deps());
    expect(new Set(got.filter((_one, i) => i > tried).map(({ body }) => body)).size).toBe(20);
  });

  it('is not for a disabled endpoint', async () => {
    const { endpointId } = await listen(['debit.succeeded']);
    await publish('inv_1');
    await setEndpointStatus(deps(), endpointId, 'disabled');
    await publish('inv_2');
    await deliverEvents(deps());
    expect(got).toEqual([]);
    expect(await deliveries(endpointId)).toMatchObject([
      { status: 'dead', reason: 'the endpoint was disabled' },
    ]);
  });

  it('does not reach private addresses unless that is set', async () => {
    const { endpointId } = await listen(['debit.succeeded']);
    await publish('inv_1');
    await deliverEvents({ ...deps(), post: createPost('none') });
    expect(got).toEqual([]);
    expect(await deliveries(endpointId)).toMatchObject([
      { httpStatus: null, reason: 'it stands for an address that is not public' },
    ]);
  });

  it('has one of the known topics', async () => {
    await expect(listen(['debit.lost'])).rejects.toMatchObject({
      code: 'unknown-topic',
    });
  });
});
