import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import type { Problem } from '../../app/problem.js';
import { httpWorld } from './http-world.js';

const current = httpWorld();

/** What comes back for bytes that are sent as they are. */
async function answerTo(bytes: string): Promise<{ head: string; problem: Problem }> {
  const { app } = current();
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const socket = net.connect(Number(url.port), url.hostname);
  await once(socket, 'connect');
  socket.write(bytes);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  return { head, problem: JSON.parse(body) as Problem };
}

it('answers what is no HTTP with a problem, and logs none of it', async () => {
  const { head, problem } = await answerTo('POST secret-payer\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1.1 400 Bad Request\r\nContent-Type: application\/problem\+json\r\n/);
  expect(problem).toMatchObject({ status: 400, code: 'malformed-request' });
  expect(current().logged.join('')).not.toContain('secret-payer');
});

it('answers headers without end with a problem', async () => {
  const { head, problem } = await answerTo(
    `GET /healthz HTTP/1.1\r\nHost: localhost\r\nCookie: ${'a'.repeat(20_000)}\r\n\r\n`,
  );
  expect(head).toMatch(/^HTTP\/1.1 431 Request Header Fields Too Large/);
  expect(problem).toMatchObject({ status: 431, code: 'headers-too-large' });
});
