import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { httpWorld } from '../../app/http-world.js';
import { requireSoundLedger } from '../../../billing/ledger/check.js';
import { sign } from '../../../core/signature.js';
import { describeIfShared } from '../../support/skip.js';
import { postWebhook, webhookBody } from '../../support/webhooks.js';

const world = httpWorld();
const DAY_MS = 86_400_000;

const now = (): number => world().world.clock.now();
const query = async <Row extends object>(sql: string): Promise<Row[]> =>
  (await world().world.pool.query<Row>(sql)).rows;
const stored = async (): Promise<number> =>
  Number((await query<{ count: bigint }>('SELECT count(*) FROM webhook_events'))[0]?.count);
const outcomes = (): Record<string, number> =>
  Object.fromEntries(
    world()
      .webhooks.tally.counts()
      .map(({ event, outcome, count }) => [`${event} ${outcome}`, count]),
  );
const captured = (): string => webhookBody({ event: 'payment.captured', createdAt: now() });

beforeEach(async () => {
  await world().world.pool.query(
    'TRUNCATE webhook_events, payments, payment_attempts, payment_transactions, refunds, disputes, settlements',
  );
});

describe('a webhook that is let in', () => {
  it('is stored before it is acknowledged, and applied later', async () => {
    const { app, webhooks } = world();
    const response = await postWebhook(app, captured(), { 'x-razorpay-event-id': 'evt_1' });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ eventId: 'evt_1', outcome: 'stored' });
    expect(await query('SELECT event_id, status FROM webhook_events')).toEqual([
      { event_id: 'evt_1', status: 'waiting' },
    ]);
    expect(await webhooks.drain()).toBe(1);
    expect(await query('SELECT attempt_id, status FROM payment_attempts')).toEqual([
      { attempt_id: 'pay_1', status: 'captured' },
    ]);
    expect(outcomes()).toEqual({ 'payment.captured stored': 1, 'payment.captured applied': 1 });
  });

  it('is the same event under its id or with its bytes, at the same time or later', async () => {
    const { app } = world();
    const body = captured();
    const together = await Promise.all(
      Array.from({ length: 10 }, () => postWebhook(app, body, { 'x-razorpay-event-id': 'evt_2' })),
    );
    expect(together.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(together.filter((one) => one.json<{ outcome: string }>().outcome === 'stored')).toHaveLength(1);
    const again = await postWebhook(app, body, { 'x-razorpay-event-id': 'evt_other' });
    expect(again.json()).toMatchObject({ outcome: 'duplicate' });
    expect(await stored()).toBe(1);
  });

  it('has a hash of its body for an id when the provider sends none', async () => {
    const response = await postWebhook(world().app, captured());
    expect(response.json()).toMatchObject({ eventId: expect.stringMatching(/^body_[0-9a-f]{64}$/) });
  });

  it('may be signed with the previous secret', async () => {
    expect((await postWebhook(world().app, captured(), {}, 'whsec_previous')).statusCode).toBe(200);
  });

  it('may be of an event that nobody has published, which is kept and counted', async () => {
    const { app, webhooks } = world();
    await postWebhook(app, webhookBody({ event: 'payment.teleported', createdAt: now() }));
    await webhooks.drain();
    expect(await query('SELECT status FROM webhook_events')).toEqual([{ status: 'unknown' }]);
    expect(outcomes()).toEqual({ 'unknown stored': 1, 'unknown unknown': 1 });
    const shown = await app.inject('/v1/webhooks?status=unknown');
    expect(shown.json()).toMatchObject({ events: [{ event: 'payment.teleported', tries: 0 }] });
  });

  it('needs no API key, unlike the list of events', async () => {
    const app = await world().build({ apiKeys: ['a-key-of-sixteen-letters'], host: '127.0.0.1' });
    expect((await postWebhook(app, captured())).statusCode).toBe(200);
    expect((await app.inject('/v1/webhooks')).statusCode).toBe(401);
    await app.close();
  });
});

describe('a webhook that is refused', () => {
  const refusals: [
    why: string,
    status: number,
    code: string,
    request: () => ReturnType<typeof postWebhook>,
  ][] = [
    [
      'signed by somebody else',
      401,
      'webhook-signature-invalid',
      () => postWebhook(world().app, captured(), {}, 'not ours'),
    ],
    [
      'changed after it was signed',
      401,
      'webhook-signature-invalid',
      () =>
        postWebhook(world().app, `${captured()} `, {
          'x-razorpay-signature': sign(captured(), 'whsec_current'),
        }),
    ],
    [
      'without a proper signature',
      401,
      'webhook-signature-invalid',
      () => postWebhook(world().app, captured(), { 'x-razorpay-signature': 'yes' }),
    ],
    [
      'of an old event',
      400,
      'webhook-too-old',
      () =>
        postWebhook(world().app, webhookBody({ event: 'payment.captured', createdAt: now() - 16 * DAY_MS })),
    ],
    [
      'of an event ahead of our clock',
      400,
      'webhook-from-the-future',
      () =>
        postWebhook(world().app, webhookBody({ event: 'payment.captured', createdAt: now() + 10 * 60_000 })),
    ],
    [
      'too large',
      413,
      'body-too-large',
      () =>
        postWebhook(
          world().app,
          webhookBody({
            event: 'payment.captured',
            createdAt: now(),
            payment: { notes: 'x'.repeat(70_000) },
          }),
        ),
    ],
    [
      'of another content type',
      415,
      'unsupported-media-type',
      () => postWebhook(world().app, captured(), { 'content-type': 'text/plain' }),
    ],
    ['of broken JSON', 400, 'webhook-malformed', () => postWebhook(world().app, '{"event":')],
    ['of JSON that is no event', 400, 'webhook-malformed', () => postWebhook(world().app, '[]')],
    [
      'of bytes that are no text',
      400,
      'webhook-malformed',
      () => postWebhook(world().app, Buffer.from([0x7b, 0xff, 0x7d])),
    ],
    [
      'with an id that is none',
      400,
      'webhook-malformed',
      () => postWebhook(world().app, captured(), { 'x-razorpay-event-id': 'x'.repeat(300) }),
    ],
  ];
  it.each(refusals)('%s: a clear answer, a count, nothing stored', async (_why, status, code, request) => {
    const response = await request();
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toMatchObject({ status, code });
    expect(outcomes()).toEqual({ [`unread ${code}`]: 1 });
    expect(await stored()).toBe(0);
    const metrics = (await world().app.inject('/metrics')).body;
    expect(metrics).toContain(`webhook_events_total{event="unread",outcome="${code}"} 1`);
    expect(metrics).toContain('webhook_events_parked_total 0');
  });

  it('says nothing of the body in the log', async () => {
    const { app, logged, webhooks } = world();
    const payment = { contact: '+919000090000', email: 'somebody@example.com', amount: 'much' };
    await postWebhook(app, webhookBody({ event: 'payment.captured', createdAt: now(), payment }));
    await webhooks.drain();
    expect(logged.join('')).toContain('webhook-parked');
    expect(logged.join('')).not.toMatch(/9000090000|somebody@|much/);
  });
});

describe('a poison event', () => {
  it('is parked with its reason, shown without its body, and applied once it can be read', async () => {
    const { app, webhooks } = world();
    const poison = webhookBody({ event: 'payment.captured', createdAt: now(), payment: { amount: null } });
    await postWebhook(app, poison, { 'x-razorpay-event-id': 'evt_poison' });
    await postWebhook(app, captured(), { 'x-razorpay-event-id': 'evt_good' });
    await webhooks.drain();
    expect(outcomes()).toMatchObject({ 'payment.captured parked': 1, 'payment.captured applied': 1 });
    const shown = await app.inject('/v1/webhooks');
    expect(shown.json()).toMatchObject({
      events: [
        {
          eventId: 'evt_poison',
          status: 'parked',
          reason: 'payload.payment.entity.amount holds nothing: expected an amount',
        },
      ],
    });
    await world().world.pool.query('UPDATE webhook_events SET body = $1 WHERE event_id = $2', [
      captured(),
      'evt_poison',
    ]);
    const replay = await app.inject({ method: 'POST', url: '/v1/webhooks/replays', payload: {} });
    expect(replay.json()).toEqual({ replayed: 1 });
    await webhooks.drain();
    expect(await query("SELECT FROM webhook_events WHERE status <> 'applied'")).toEqual([]);
  });
});

describeIfShared('razorpay', 'every published body', (folder) => {
  const bodies = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({ file, body: readFileSync(path.join(folder, file), 'utf8') }))
    .filter(({ body }) => (JSON.parse(body) as { entity?: string }).entity === 'event');

  it('is let in and applied when it is new, and leaves a sound ledger', async () => {
    const { app, webhooks } = world();
    for (const { file, body } of bodies) {
      const fresh = { ...(JSON.parse(body) as object), created_at: Math.floor(now() / 1000) };
      const response = await postWebhook(app, JSON.stringify(fresh));
      expect([file, response.statusCode]).toEqual([file, 200]);
    }
    await webhooks.drain();
    expect(await query("SELECT event, status, reason FROM webhook_events WHERE status <> 'applied'")).toEqual(
      [],
    );
    await requireSoundLedger(world().world.pool);
  });
});
