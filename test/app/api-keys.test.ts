import { describe, expect, it } from '@jest/globals';
import { httpWorld } from './http-world.js';

const gate = httpWorld();

describe('who may call', () => {
  const KEY = 'key-of-the-first-caller';
  const OTHER = 'key-of-the-second-caller';
  const basic = (password: string) => `Basic ${Buffer.from(`any:${password}`).toString('base64')}`;

  it.each<[number, Record<string, string>]>([
    [401, {}],
    [401, { authorization: 'Bearer wrong' }],
    [401, { authorization: KEY }],
    [401, { authorization: 'Bearer ' }],
    [401, { 'x-api-key': '' }],
    [401, { authorization: basic('wrong') }],
    [200, { authorization: `Bearer ${KEY}` }],
    [200, { authorization: `bearer ${OTHER}` }],
    [200, { 'x-api-key': KEY }],
    [200, { authorization: basic(OTHER) }],
  ])('is answered %i with the headers %j', async (status, headers) => {
    const { build } = gate();
    const guarded = await build({ apiKeys: [KEY, OTHER], host: '0.0.0.0' });
    for (const url of ['/v1/decisions', '/metrics', '/readyz', '/docs/json', '/']) {
      const response = await guarded.inject({ url, headers });
      expect([url, response.statusCode]).toEqual([url, status]);
      if (status === 401) expect(response.json()).toMatchObject({ code: 'api-key-required' });
    }
    expect((await guarded.inject({ url: '/nothing', headers })).statusCode).toBe(status === 401 ? 401 : 404);
    expect((await guarded.inject({ url: '/healthz' })).statusCode).toBe(200);
    await guarded.close();
  });

  it('is settled before listening: no address that others reach without keys', async () => {
    const { build } = gate();
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'gate.example.com']) {
      await expect(build({ apiKeys: [], host })).rejects.toMatchObject({
        kind: 'bad-input',
        code: 'api-keys-required',
      });
    }
  });

  it('is this machine only, by a loopback name, when there are no keys', async () => {
    const { app } = gate();
    expect(
      (await app.inject({ url: '/v1/decisions', headers: { host: 'evil.example.com' } })).statusCode,
    ).toBe(401);
    expect((await app.inject({ url: '/v1/decisions', headers: { host: '127.0.0.1:8080' } })).statusCode).toBe(
      200,
    );
    expect((await app.inject({ url: '/v1/decisions', headers: { host: '[::1]:8080' } })).statusCode).toBe(
      200,
    );
  });
});
