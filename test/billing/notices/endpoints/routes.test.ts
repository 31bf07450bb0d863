import { beforeEach, describe, expect, it } from '@jest/globals';
import { publishEvent, publishEvents } from '../../../../billing/notices/publish.js';
import { inTransaction } from '../../../../core/transaction.js';
import { httpWorld } from '../../../app/http-world.js';

const current = httpWorld();
const URL_PATH = '/v1/event-endpoints';
const WANTED = { url: 'https://shop.example/events', topics: ['invoice.*'] };

beforeEach(() => current().world.pool.query('TRUNCATE event_deliveries, events, event_endpoints'));

let keys = 0;

async function call(method: 'GET' | 'POST', url: string, payload?: object, key = `key-${(keys += 1)}`) {
  const headers = { 'idempotency-key': key };
  const reply = await current().app.inject({
    method,
    url,
    headers,
    ...(payload === undefined ? {} : { payload }),
  });
  return {
    status: reply.statusCode,
    type: reply.headers['content-type'],
    body: reply.body === '' ? null : reply.json<unknown>(),
  };
}

const problem = (status: number, code: string) => ({
  status,
  type: expect.stringContaining('application/problem+json'),
  body: expect.objectContaining({ code, status }),
});

async function make(): Promise<{ endpointId: string; secret: string }> {
  const { status, body } = await call('POST', URL_PATH, WANTED);
  expect(status).toBe(201);
  return body as { endpointId: string; secret: string };
}

const publish = (...numbers: number[]): Promise<void> =>
  inTransaction(current().world.pool, (client) =>
    publishEvents(
      client,
      numbers.map((n) => ({ key: `invoice.paid:${n}`, topic: 'invoice.paid', payload: { n, paise: 5n } })),
      current().world.clock.now(),
    ),
  );
const countEvents = async (): Promise<number> =>
  (await current().world.pool.query('SELECT FROM events')).rowCount ?? 0;

describe('an event endpoint', () => {
  it('shows its secret when it is made, and never again', async () => {
    const { endpointId, secret } = await make();
    const listed = await call('GET', URL_PATH);
    expect(listed).toMatchObject({
      status: 200,
      body: [{ endpointId, ...WANTED, status: 'active', failures: 0 }],
    });
    expect(JSON.stringify(listed.body)).not.toContain(secret);
    const { body } = await call('POST', `${URL_PATH}/${endpointId}/rotate`);
    const { secret: next } = body as { secret: string };
    expect(next).not.toBe(secret);
    const after = JSON.stringify((await call('GET', URL_PATH)).body);
    expect([after.includes(secret), after.includes(next)]).toEqual([false, false]);
    expect(current().logged.join('')).not.toContain(secret);
    expect(current().logged.join('')).not.toContain(next);
  });

  it('is made once under a key, and its secret changed once', async () => {
    const first = await call('POST', URL_PATH, WANTED, 'lost answer');
    expect(await call('POST', URL_PATH, WANTED, 'lost answer')).toEqual(first);
    expect((await call('GET', URL_PATH)).body).toHaveLength(1);
    const other = { ...WANTED, topics: ['payment.*'] };
    expect(await call('POST', URL_PATH, other, 'lost answer')).toEqual(
      problem(409, 'idempotency-key-reused'),
    );
    const { endpointId } = first.body as { endpointId: string };
    const rotate = () => call('POST', `${URL_PATH}/${endpointId}/rotate`, undefined, 'new secret');
    const rotated = await rotate();
    expect(rotated.body).not.toMatchObject({ secret: (first.body as { secret: string }).secret });
    expect(await rotate()).toEqual(rotated);
    const bare = await current().app.inject({ method: 'POST', url: URL_PATH, payload: WANTED });
    expect([bare.statusCode, bare.json()]).toMatchObject([400, { code: 'invalid-request' }]);
  });

  it('is refused for a topic or an address that there is not', async () => {
    const unknown = { ...WANTED, topics: ['weather.changed'] };
    expect(await call('POST', URL_PATH, unknown)).toEqual(problem(400, 'unknown-topic'));
    for (const url of ['ftp://shop.example', 'https://user:pw@shop.example', 'shop'])
      expect(await call('POST', URL_PATH, { ...WANTED, url })).toEqual(problem(400, 'invalid-request'));
  });

  it('is switched off and on, however often', async () => {
    const { endpointId } = await make();
    await publish(1);
    for (const _time of [1, 2])
      expect(await call('POST', `${URL_PATH}/${endpointId}/disable`)).toMatchObject({ status: 204 });
    expect(await call('GET', `${URL_PATH}/${endpointId}/deliveries`)).toMatchObject({
      body: [{ status: 'dead', reason: 'the endpoint was disabled' }],
    });
    await publish(2);
    expect(await countEvents()).toBe(1);
    expect(await call('POST', `${URL_PATH}/${endpointId}/enable`)).toMatchObject({ status: 204 });
    await publish(3);
    expect(await countEvents()).toBe(2);
  });

  it('has its deliveries listed by status, and sent again under their id', async () => {
    const { endpointId } = await make();
    await publish(1, 2);
    const url = `${URL_PATH}/${endpointId}/deliveries`;
    const { body } = await call('GET', `${url}?status=waiting&limit=1`);
    const [newest] = body as [{ eventId: string }];
    expect(newest).toMatchObject({ topic: 'invoice.paid', tries: 0, deliveredAt: null });
    for (const _time of [1, 2])
      expect(await call('POST', `${url}/${newest.eventId}/replay`)).toMatchObject({ status: 202 });
    expect(await call('GET', url)).toMatchObject({ body: [{ status: 'waiting' }, { status: 'waiting' }] });
    expect(await call('POST', `${url}/evt_none/replay`)).toEqual(problem(404, 'delivery-not-found'));
    expect(await call('GET', `${url}?status=lost`)).toEqual(problem(400, 'invalid-request'));
  });

  it.each(['rotate', 'disable', 'enable'])('that is not there is not found: %s', async (verb) => {
    expect(await call('POST', `${URL_PATH}/epo_none/${verb}`)).toEqual(problem(404, 'endpoint-not-found'));
  });
});

describe('many events', () => {
  it('leave no row where nobody listens', async () => {
    await publish(1, 2);
    expect(await countEvents()).toBe(0);
  });

  it('are told once, in their order, to who listens to them or their family', async () => {
    const { endpointId } = await make();
    await publish(2, 1);
    await publish(1, 2, 3);
    const { rows } = await current().world.pool.query<{ key: string; endpoint_id: string; payload: object }>(
      'SELECT key, endpoint_id, payload FROM events JOIN event_deliveries USING (sequence) ORDER BY sequence',
    );
    expect(rows.map(({ key }) => key)).toEqual(['invoice.paid:2', 'invoice.paid:1', 'invoice.paid:3']);
    expect(rows[0]).toMatchObject({ endpoint_id: endpointId, payload: { n: 2, paise: '5' } });
  });

  it('that may be told again are remembered though nobody listened', async () => {
    const { pool, clock } = current().world;
    const tell = () =>
      inTransaction(pool, (client) =>
        publishEvent(
          client,
          { key: 'payment.captured:1', topic: 'payment.captured', payload: {} },
          clock.now(),
        ),
      );
    expect([await tell(), await tell()]).toEqual([true, false]);
  });
});
