import { describe, expect, it } from '@jest/globals';
import type { InjectOptions } from 'fastify';
import { body } from '../scoring/world.js';
import { decideOn, httpWorld } from './http-world.js';

const gate = httpWorld();

describe('a problem', () => {
  it.each<[number, string, InjectOptions]>([
    [
      400,
      'malformed-json',
      {
        method: 'POST',
        url: '/v1/decisions',
        payload: '{"a":',
        headers: { 'content-type': 'application/json' },
      },
    ],
    [
      400,
      'malformed-json',
      { method: 'POST', url: '/v1/decisions', payload: '', headers: { 'content-type': 'application/json' } },
    ],
    [
      400,
      'malformed-json',
      {
        method: 'POST',
        url: '/v1/decisions',
        payload: '{"__proto__":{}}',
        headers: { 'content-type': 'application/json' },
      },
    ],
    [
      415,
      'unsupported-media-type',
      {
        method: 'POST',
        url: '/v1/decisions',
        payload: 'a=1',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
    ],
    [
      413,
      'body-too-large',
      {
        method: 'POST',
        url: '/v1/decisions',
        payload: JSON.stringify({ paymentId: 'x'.repeat(70_000) }),
        headers: { 'content-type': 'application/json' },
      },
    ],
    [404, 'route-not-found', { method: 'GET', url: '/v1/nothing' }],
    [405, 'method-not-allowed', { method: 'DELETE', url: '/v1/decisions' }],
    [405, 'method-not-allowed', { method: 'PUT', url: '/v1/decisions/dec_1' }],
    [404, 'decision-not-found', { method: 'GET', url: '/v1/decisions/dec_1' }],
    [400, 'invalid-request', { method: 'GET', url: '/v1/decisions?limit=0' }],
    [
      404,
      'payment-not-found',
      { method: 'POST', url: '/v1/outcomes', payload: { paymentId: 'pay_x', outcome: 'fraud' } },
    ],
  ])('has the status %i and the code %s', async (status, code, request) => {
    const { app } = gate();
    const response = await app.inject(request);
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status,
      code,
      detail: expect.any(String),
      requestId: expect.stringMatching(/^req_/),
      ...(code === 'invalid-request' ? { errors: expect.any(Array) } : {}),
    });
    if (status === 405) expect(response.headers.allow).toMatch(/GET/);
  });

  it('of our own making hides its text and is logged under the request id', async () => {
    const { app, world, logged } = gate();
    await world.pool.query('ALTER TABLE decisions RENAME TO hidden');
    const response = await app.inject({ method: 'GET', url: '/v1/decisions' });
    await world.pool.query('ALTER TABLE hidden RENAME TO decisions');
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toContain('relation');
    const { requestId } = response.json<{ requestId: string }>();
    const line = logged.find((text) => text.includes('request-failed'));
    expect(line).toContain(requestId);
    expect(line).toContain('relation');
  });

  it('of a log that cannot be written is a 503 that says when to come back', async () => {
    const { app, world } = gate();
    await world.liveLog.close();
    const response = await decideOn(app, body('pay_1'));
    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBe('1');
    expect(response.json()).toMatchObject({ code: 'gate-not-ready' });
  });
});
