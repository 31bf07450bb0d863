import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { saveNight } from '../scoring/churn/nights.js';
import { body, constantModel, countRows, MAX_IN_FLIGHT, UNEXPLORED } from '../scoring/world.js';
import { decideOn, httpWorld } from './http-world.js';

const gate = httpWorld();

describe('POST /v1/decisions', () => {
  it('answers with the action, the probability and the reasons', async () => {
    const { app, world } = gate();
    world.useModel(constantModel(0.97));
    const response = await decideOn(app, body('pay_1'));
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({
      decisionId: expect.stringMatching(/^dec_/),
      action: 'block',
      decidedBy: 'model-block',
      cancelRetries: true,
      fraudProbability: 0.97,
      reasons: [
        { code: 'feature-deviceCount1h', text: expect.any(String), contribution: 1.5 },
        {
          code: 'feature-amount',
          text: expect.stringMatching(/^the amount is ₹.+, which raises the risk$/),
          contribution: 0.7,
        },
      ],
      modelVersion: 'model-constant',
      featureSetHash: expect.any(String),
    });
  });

  it('takes the smallest request and says that only rules decided', async () => {
    const { app } = gate();
    const response = await decideOn(app, { paymentId: 'pay_1', payerId: 'payer-1', amountPaise: 0 });
    expect(response.json()).toMatchObject({
      action: 'allow',
      fraudProbability: null,
      modelVersion: null,
      degraded: 'no-fraud-model',
    });
  });

  it('repeats its first answer for a repeated key and refuses another body', async () => {
    const { app, world } = gate();
    const key = { 'idempotency-key': 'key-1' };
    const first = await decideOn(app, body('pay_1'), key);
    expect((await decideOn(app, body('pay_1'), key)).json()).toEqual(first.json());
    const reused = await decideOn(app, body('pay_1', { amountPaise: 7 }), key);
    expect(reused.statusCode).toBe(409);
    expect(reused.json()).toMatchObject({ code: 'idempotency-key-reused' });
    expect(await countRows(world.pool, 'decisions')).toBe(1);
  });

  const valid = body('pay_1');
  it.each<[string, unknown]>([
    ['payerId', { paymentId: 'pay_1', amountPaise: 1 }],
    ['paymentId', { ...valid, paymentId: '' }],
    ['paymentId', { ...valid, paymentId: 'x'.repeat(129) }],
    ['paymentId', { ...valid, paymentId: 'nul\u0000' }],
    ['category', { ...valid, category: 'half \ud800' }],
    ['amountPaise', { ...valid, amountPaise: -1 }],
    ['amountPaise', { ...valid, amountPaise: 1.5 }],
    ['amountPaise', { ...valid, amountPaise: '100' }],
    ['amountPaise', { ...valid, amountPaise: 2 ** 53 }],
    ['kind', { ...valid, kind: 'gift' }],
    ['method', { ...valid, method: 'barter' }],
    ['ip', { ...valid, ip: '203.0.113.999' }],
    ['country', { ...valid, country: 'India' }],
    ['currency', { ...valid, currency: 'rupee' }],
    ['latitude', { ...valid, latitude: 91 }],
    ['occurredAt', { ...valid, occurredAt: 'yesterday' }],
    ['occurredAt', { ...valid, occurredAt: '2036-01-01T00:00:00Z' }],
    ['childName', { ...valid, childName: 'A' }],
    ['body', []],
    ['body', 'null'],
  ])('names the field %s that is wrong', async (field, payload) => {
    const { app, world } = gate();
    const response = await decideOn(app, payload);
    expect(response.statusCode).toBe(400);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toMatchObject({
      status: 400,
      code: 'invalid-request',
      errors: expect.any(Array),
    });
    expect(response.json<{ errors: { field: string }[] }>().errors.map((error) => error.field)).toContain(
      field,
    );
    expect(await countRows(world.pool, 'facts')).toBe(0);
  });
});

describe('reading decisions', () => {
  it('lists the latest first, page by page, and shows one', async () => {
    const { app, world } = gate();
    world.useModel(constantModel(0.2));
    for (const id of ['pay_1', 'pay_2', 'pay_3']) await decideOn(app, body(id));
    const listed = async (query: string) =>
      (await app.inject({ url: `/v1/decisions${query}` })).json<{
        decisions: { paymentId: string; decisionId: string }[];
      }>().decisions;
    const newest = await listed('?limit=2');
    expect(newest.map(({ paymentId }) => paymentId)).toEqual(['pay_3', 'pay_2']);
    expect(
      (await listed(`?before=${newest[1]?.decisionId ?? ''}`)).map(({ paymentId }) => paymentId),
    ).toEqual(['pay_1']);
    expect(await listed('?action=block')).toEqual([]);
    const one = await app.inject({ url: `/v1/decisions/${newest[0]?.decisionId ?? ''}` });
    expect(one.json()).toMatchObject({
      paymentId: 'pay_3',
      action: 'challenge',
      decidedAt: '2026-01-05T06:00:00.000Z',
    });
  });
});

describe('GET /v1/models', () => {
  it('lists the models with their metrics beside the naive baseline', async () => {
    const { app } = gate();
    expect((await app.inject({ url: '/v1/models' })).json()).toEqual({
      models: [
        {
          task: 'fraud',
          version: 'a1b2',
          learner: 'boosted-trees',
          trainedAt: '2026-01-04T00:00:00.000Z',
          inProduction: true,
          metrics: { averagePrecision: 0.7 },
          baseline: { averagePrecision: 0.01 },
        },
      ],
    });
  });
});

describe('/v1/models/:version/challenges', () => {
  it('names no model that is not saved, wants to know who and why, and tells that none is in shadow', async () => {
    const { app } = gate();
    const post = (payload: object) =>
      app.inject({ method: 'POST', url: '/v1/models/abcdef0123/challenges', payload });
    const asked = { task: 'fraud', step: 'start', actor: 'asha', reason: 'compared' };
    const unknown = await post(asked);
    expect([unknown.statusCode, unknown.json()]).toMatchObject([404, { code: 'no-such-model' }]);
    expect((await post({ ...asked, actor: undefined })).statusCode).toBe(400);
    const found = await app.inject('/v1/models/challenger?task=fraud');
    expect([found.statusCode, found.json()]).toEqual([200, { challenger: null }]);
  });
});

describe('POST /v1/outcomes', () => {
  it('reports what became of a payment', async () => {
    const { app } = gate();
    await decideOn(app, body('pay_1'));
    const response = await app.inject({
      method: 'POST',
      url: '/v1/outcomes',
      payload: { paymentId: 'pay_1', outcome: 'fraud' },
    });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({
      reportId: expect.stringMatching(/^out_/),
      paymentId: 'pay_1',
      outcome: 'fraud',
    });
    const next = await decideOn(app, body('pay_2'));
    expect(next.json()).toMatchObject({ action: 'block' });
  });
});

describe('operating it', () => {
  it('is ready while it serves and PostgreSQL answers', async () => {
    const { app, world } = gate();
    expect((await app.inject({ url: '/readyz' })).json()).toEqual({
      ready: true,
      liveState: true,
      postgres: true,
      blockCapOpen: false,
    });
    await world.liveLog.close();
    const closed = await app.inject({ url: '/readyz' });
    expect(closed.statusCode).toBe(503);
    expect(closed.json()).toMatchObject({ ready: false, liveState: false, postgres: true });
  });

  it('counts for Prometheus', async () => {
    const { app } = gate();
    await decideOn(app, body('pay_1'));
    await decideOn(app, {});
    const { body: text, headers } = await app.inject({ url: '/metrics' });
    expect(headers['content-type']).toContain('text/plain');
    expect(text).toContain('decisions_total{action="allow"} 1');
    expect(text).toContain('decisions_degraded_total{reason="no-fraud-model"} 1');
    expect(text).toContain('decision_latency_seconds_count 1');
    expect(text).toContain('http_errors_total{status="400",code="invalid-request"} 1');
    expect(text).toContain('fold_entities{entity="payer"} 1');
    expect(text).toContain('decisions_in_flight 0');
    expect(text).toContain('block_cap_open 0');
    expect(text).toContain('watch_max_psi Nan');
    expect(text).toContain('challenger_scores_total 0');
    expect(text).toContain('challenger_dropped_total{reason="busy"} 0');
    expect(text).toContain('guardrail_breached{guardrail="blocks"} Nan');
    expect(text).toContain('model_automatic_rollbacks 0');
    expect(text).toContain('process_cpu_seconds_total');
  });

  it('turns decisions away at once when too many are in flight, and counts them', async () => {
    const { app, world } = gate();
    const { admission } = world.safeguards;
    let finish: () => void = () => undefined;
    const busy = new Promise<void>((resolve) => (finish = resolve));
    const full = Array.from({ length: MAX_IN_FLIGHT }, () => admission.admit(() => busy));
    const refused = await decideOn(app, body('pay_1'));
    expect(refused.statusCode).toBe(503);
    expect(refused.headers).toMatchObject({
      'retry-after': '1',
      'content-type': expect.stringContaining('application/problem+json'),
    });
    expect(refused.json()).toMatchObject({ code: 'gate-overloaded', status: 503 });
    const { body: text } = await app.inject({ url: '/metrics' });
    expect(text).toContain('http_errors_total{status="503",code="gate-overloaded"} 1');
    expect(text).toContain(`decisions_in_flight ${MAX_IN_FLIGHT}`);
    finish();
    await Promise.all(full);
    expect((await decideOn(app, body('pay_1'))).statusCode).toBe(200);
  });

  it('shows the policy that a decision was made under', async () => {
    const { app } = gate();
    const { decisionId } = (await decideOn(app, body('pay_1'))).json();
    const { evidence } = (await app.inject(`/v1/decisions/${decisionId}`)).json();
    expect(evidence).toMatchObject({
      circumstances: { modelTooSlow: false, blockCapOpen: false, originalBlocked: false },
    });
    const shown = await app.inject(`/v1/policies/${evidence.policyHash}`);
    expect(shown.json()).toEqual(UNEXPLORED);
    expect((await app.inject('/v1/policies/0123456789abcdef')).statusCode).toBe(404);
  });

  it('shows what a decision knew of the payer by the churn scores', async () => {
    const { app, world } = gate();
    const at = world.clock.now() - 3_600_000;
    await saveNight(world.pool, at, [{ payerId: 'payer-1', valuePaise: 1_200_000, leaves: 0.2 }]);
    await world.churn.refresh();
    const { decisionId } = (await decideOn(app, body('pay_1'))).json();
    const { evidence } = (await app.inject(`/v1/decisions/${decisionId}`)).json();
    const scoredAt = new Date(at).toISOString();
    expect(evidence.circumstances.churn).toEqual({
      scoredAt,
      valuePaise: 1_200_000,
      expectedLossPaise: 240_000,
    });
  });

  it('describes itself', async () => {
    const { app } = gate();
    const { paths } = (await app.inject({ url: '/docs/json' })).json<{ paths: Record<string, object> }>();
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/v1/decisions', '/v1/decisions/{decisionId}', '/v1/outcomes', '/readyz']),
    );
    expect((await app.inject({ url: '/docs/' })).statusCode).toBe(200);
  });

  it('sends headers that keep a browser safe', async () => {
    const { app } = gate();
    for (const url of ['/', '/v1/decisions', '/nothing']) {
      const { headers } = await app.inject({ url });
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
    }
  });

  it('logs each request without naming anybody', async () => {
    const { app, logged } = gate();
    await decideOn(
      app,
      body('pay_1', { payerId: 'payer-secret', instrumentId: 'token-secret', ip: '203.0.113.77' }),
    );
    await decideOn(app, body('pay_1', { payerId: 'payer-secret', amountPaise: 3 }));
    await decideOn(app, { payerId: 'payer-secret', ip: 'secret' });
    const text = logged.join('');
    expect(text).toContain('"event":"request"');
    expect(text).not.toMatch(/secret|203\.0\.113\.77/);
  });

  it('answers over a real socket', async () => {
    const { app } = gate();
    const address = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(address.port), address.hostname);
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(/^HTTP\/1.1 200 OK/);
    expect(text).toContain('{"status":"ok"}');
  });
});
