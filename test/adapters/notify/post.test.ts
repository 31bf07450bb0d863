import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPost } from '../../../adapters/notify/post.js';
import { refusalOf } from '../../../adapters/notify/public-address.js';

let server: Server;
let url = '';
const bodies: string[] = [];

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

beforeAll(async () => {
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      bodies.push(body);
      if (request.url === '/moved') response.writeHead(302, { location: '/elsewhere' });
      else if (request.url === '/cut') return void request.socket.destroy();
      else response.statusCode = 200;
      response.end('x'.repeat(100_000));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('a POST to an address that others choose', () => {
  const headers = { 'content-type': 'application/json' };

  it('arrives where it is allowed to', async () => {
    const post = createPost('loopback');
    expect(await post({ url, headers, body: '{"a":"₹"}' })).toEqual({ kind: 'answered', status: 200 });
    expect(bodies.at(-1)).toBe('{"a":"₹"}');
  });

  it('follows no redirect', async () => {
    const before = bodies.length;
    expect(await createPost('loopback')({ url: `${url}/moved`, headers, body: '{}' })).toEqual({
      kind: 'answered',
      status: 302,
    });
    expect(bodies).toHaveLength(before + 1);
  });

  it('fails when the connection breaks', async () => {
    expect(await createPost('loopback')({ url: `${url}/cut`, headers, body: '{}' })).toMatchObject({
      kind: 'failed',
    });
  });

  it.each([
    'http://127.0.0.1:1',
    'http://localhost:1',
    'http://[::1]:1',
    'http://[::ffff:127.0.0.1]:1',
    'http://2130706433:1',
    'http://0x7f.1:1',
    'http://169.254.169.254/latest/meta-data',
    'http://10.1.2.3',
    'http://[fd00::1]',
    'ftp://example.com',
    'file:///etc/passwd',
    'http://user:password@example.com',
    'nonsense',
  ])('is refused to %s', async (target) => {
    expect(await createPost('none')({ url: target, headers, body: '{}' })).toMatchObject({ kind: 'refused' });
  });

  it.each([
    ['8.8.8.8', 'none', true],
    ['2606:4700:4700::1111', 'none', true],
    ['::ffff:10.0.0.1', 'none', false],
    ['64:ff9b::a00:1', 'none', false],
    ['172.31.255.255', 'none', false],
    ['172.32.0.1', 'none', true],
    ['100.64.0.1', 'none', false],
    ['255.255.255.255', 'none', false],
    ['10.0.0.1', 'loopback', false],
    ['127.8.8.8', 'loopback', true],
    ['::1', 'loopback', true],
    ['10.0.0.1', 'all', true],
  ] as const)('looks at the address %s under %s', (address, allowed, isAllowed) => {
    expect(refusalOf(address, allowed) === null).toBe(isAllowed);
  });
});
