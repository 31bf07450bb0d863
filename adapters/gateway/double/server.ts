/**
 * The double's HTTP side: basic auth, routing, JSON in and out, and faults, on node:http, because a double must also be able to
 * reset a connection, keep silent or answer nonsense. Answers on the loopback interface only.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { CHECKOUT_SCRIPT, payerChoice, payerPage } from './checkout.js';
import type { Call, Endpoint, Endpoints } from './endpoint.js';
import { hasEffect, takeFault } from './faults.js';
import type { Fault } from './faults.js';
import { Refused } from './refuse.js';
import type { Json } from './wire.js';
import type { World } from './world.js';

const BODY_LIMIT_BYTES = 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly type: 'application/json' | 'text/html' | 'text/javascript';
  readonly text: string;
}

export function createDoubleServer(world: World, endpoints: Endpoints): Server {
  const routes = Object.entries(endpoints)
    .map(([route, endpoint]) => ({ parts: route.split('/'), endpoint }))
    .sort((a, b) => wildcards(a.parts) - wildcards(b.parts));
  return createServer((request, response) => {
    void answer(world, routes, request)
      .then((reply) => {
        send(reply, request, response);
      })
      .catch(() => {
        response.destroy();
      });
  });
}

interface Route {
  readonly parts: readonly string[];
  readonly endpoint: Endpoint;
}

function wildcards(parts: readonly string[]): number {
  return parts.filter((part) => part === '*').length;
}

interface Reply {
  readonly fault: Fault | null;
  readonly answer: Answer;
}

async function answer(world: World, routes: readonly Route[], request: IncomingMessage): Promise<Reply> {
  const url = new URL(request.url ?? '/', 'http://double');
  const call = `${request.method ?? 'GET'} ${url.pathname}`;
  const text = await bodyText(request);
  const page = pageAnswer(world, call, url, text);
  if (page !== null) return { fault: null, answer: page };
  const fault = takeFault(world.faults, call);
  if (fault !== null && !hasEffect(fault)) return { fault, answer: apiAnswer(200, {}) };
  return { fault, answer: await apiCall(world, routes, call, url, { text, headers: request.headers }) };
}

/** Pages and scripts, which need no key. */
function pageAnswer(world: World, call: string, url: URL, text: string): Answer | null {
  try {
    if (call === 'GET /v1/checkout.js')
      return { status: 200, type: 'text/javascript', text: CHECKOUT_SCRIPT };
    if (call === 'GET /double/checkout') return html(200, payerPage(world, url.searchParams));
    if (call === 'POST /double/checkout') return html(200, payerChoice(world, new URLSearchParams(text)));
    return null;
  } catch (error) {
    if (error instanceof Refused) return apiAnswer(error.status, error.body);
    throw error;
  }
}

async function apiCall(
  world: World,
  routes: readonly Route[],
  call: string,
  url: URL,
  { text, headers }: { readonly text: string; readonly headers: Call['headers'] },
): Promise<Answer> {
  try {
    if (!url.pathname.startsWith('/double/')) checkKey(world, headers['authorization']);
    const { endpoint, ids } = findRoute(routes, call);
    return apiAnswer(200, await endpoint(world, { ids, query: url.searchParams, body: json(text), headers }));
  } catch (error) {
    if (error instanceof Refused) return apiAnswer(error.status, error.body);
    throw error;
  }
}

function checkKey(world: World, authorization: string | readonly string[] | undefined): void {
  const { keyId, keySecret } = world.settings;
  const expected = `Basic ${Buffer.from(`${keyId}:${keySecret}`).toString('base64')}`;
  if (authorization !== expected) throw new Refused(401, 'Authentication failed');
}

function findRoute(routes: readonly Route[], call: string): { endpoint: Endpoint; ids: string[] } {
  const parts = call.split('/');
  const route = routes.find(
    (candidate) =>
      candidate.parts.length === parts.length &&
      candidate.parts.every((part, i) => part === '*' || part === parts[i]),
  );
  if (route === undefined) throw new Refused(400, 'The requested URL was not found on the server');
  return { endpoint: route.endpoint, ids: parts.filter((_, i) => route.parts[i] === '*') };
}

function json(text: string): Json {
  if (text === '') return {};
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Json;
  } catch {
    // Told below, in the API's words.
  }
  throw new Refused(400, 'EOF.');
}

async function bodyText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) throw new Error('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function apiAnswer(status: number, body: object): Answer {
  return { status, type: 'application/json', text: JSON.stringify(body) };
}

function html(status: number, text: string): Answer {
  return { status, type: 'text/html', text };
}

function send(reply: Reply, request: IncomingMessage, response: ServerResponse): void {
  const outcome = reply.fault === null ? reply.answer : faulty(reply.fault, reply.answer);
  if (outcome === 'silence') return;
  if (outcome === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  response.writeHead(outcome.status, { 'content-type': `${outcome.type}; charset=utf-8` });
  response.end(outcome.text);
}

const SERVER_ERROR = {
  error: {
    code: 'SERVER_ERROR',
    description:
      'We are facing some trouble completing your request at the moment. Please try again shortly.',
    source: 'NA',
    step: 'NA',
    reason: 'NA',
    metadata: {},
  },
};
const BAD_GATEWAY =
  '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

function faulty(fault: Fault, answer: Answer): Answer | 'silence' | 'reset' {
  switch (fault) {
    case 'timeout':
    case 'timeout-after-success':
      return 'silence';
    case 'reset':
    case 'reset-after-success':
      return 'reset';
    case 'server-error':
    case 'server-error-after-success':
      return apiAnswer(500, SERVER_ERROR);
    case 'bad-gateway':
      return html(502, BAD_GATEWAY);
    case 'html-body':
      return html(200, BAD_GATEWAY);
    case 'malformed-json':
      return { ...answer, text: answer.text.slice(0, answer.text.length / 2) };
    case 'too-many-requests':
      return apiAnswer(429, new Refused(429, 'Too many requests').body);
    case 'duplicate-receipt':
      return apiAnswer(
        400,
        new Refused(400, 'Duplicate request. This request has already been processed.').body,
      );
    case 'lock-error':
      return apiAnswer(
        400,
        new Refused(400, 'Request failed because another order operation is in progress.').body,
      );
  }
}
