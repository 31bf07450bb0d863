import { beforeEach, describe, expect, it } from '@jest/globals';
import { deliverNotices, listNotices } from '../../../billing/notices/deliver-notices.js';
import { postNotice } from '../../../billing/notices/post.js';
import { inTransaction } from '../../../core/transaction.js';
import { httpWorld } from '../../app/http-world.js';

const current = httpWorld();

beforeEach(() => current().world.pool.query('TRUNCATE notices, contacts, unsubscribes, notice_templates'));

async function call(method: 'GET' | 'PUT' | 'POST' | 'DELETE', url: string, payload?: object) {
  const reply = await current().app.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
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
const CONTACT = '/v1/contacts/payer_1';
const ADDRESS = { email: 'parent@example.com', phone: '+919876543210', language: 'hi' };

describe('a contact', () => {
  it('is kept, replaced, and kept again by the same words', async () => {
    expect(await call('PUT', CONTACT, ADDRESS)).toMatchObject({ status: 204 });
    expect(await call('PUT', CONTACT, ADDRESS)).toMatchObject({ status: 204 });
    expect(await call('GET', CONTACT)).toMatchObject({
      status: 200,
      body: { ...ADDRESS, isErased: false, unsubscribed: [] },
    });
    await call('PUT', CONTACT, { email: 'other@example.com' });
    expect(await call('GET', CONTACT)).toMatchObject({
      body: { email: 'other@example.com', phone: null, language: null },
    });
  });

  it('is forgotten with what was to be sent there, however often one asks', async () => {
    await call('PUT', CONTACT, ADDRESS);
    await post();
    expect(await call('DELETE', CONTACT)).toMatchObject({ status: 204 });
    expect(await call('DELETE', CONTACT)).toMatchObject({ status: 204 });
    expect(await call('GET', CONTACT)).toMatchObject({ body: { email: null, phone: null, isErased: true } });
    expect(await call('GET', '/v1/notices')).toMatchObject({ body: [{ status: 'dropped' }] });
  });

  it('that nobody knows is not found, and one that is no address is refused without quoting it', async () => {
    expect(await call('GET', '/v1/contacts/payer_9')).toEqual(problem(404, 'contact-not-found'));
    const refused = await call('PUT', CONTACT, { phone: '98765' });
    expect(refused).toEqual(problem(400, 'invalid-request'));
    expect(JSON.stringify(refused.body)).not.toContain('98765');
    expect(await call('PUT', CONTACT, { fax: '1' })).toEqual(problem(400, 'invalid-request'));
  });

  it('can refuse what is offered, twice and back, and not what is owed', async () => {
    await call('PUT', CONTACT, ADDRESS);
    for (const _time of [1, 2])
      expect(await call('PUT', `${CONTACT}/unsubscribes/offers`)).toMatchObject({ status: 204 });
    expect(await call('GET', CONTACT)).toMatchObject({ body: { unsubscribed: ['offers'] } });
    expect(await call('DELETE', `${CONTACT}/unsubscribes/offers`)).toMatchObject({ status: 204 });
    expect(await call('GET', CONTACT)).toMatchObject({ body: { unsubscribed: [] } });
    expect(await call('PUT', `${CONTACT}/unsubscribes/debits`)).toEqual(problem(400, 'invalid-request'));
  });
});

describe('notices', () => {
  it('are listed by status and payer, without addresses and without what they say', async () => {
    await call('PUT', CONTACT, ADDRESS);
    await post();
    const all = await call('GET', '/v1/notices?status=waiting&payerId=payer_1');
    expect(all).toMatchObject({
      status: 200,
      body: [{ template: 'mandate-paused', tries: 0, sentAt: null }],
    });
    expect(JSON.stringify(all.body)).not.toMatch(/example\.com|98765|lunch/);
    expect(await call('GET', '/v1/notices?payerId=payer_2')).toMatchObject({ body: [] });
    expect(await call('GET', '/v1/notices?status=lost')).toEqual(problem(400, 'invalid-request'));
    expect(await call('GET', '/v1/notices?limit=201')).toEqual(problem(400, 'invalid-request'));
  });

  it('that are dead are sent again when a person asks, once', async () => {
    await post();
    const { pool, clock } = current().world;
    const mailer = { send: async () => ({ kind: 'sent' as const }), close: () => undefined };
    const messenger = { send: async () => ({ kind: 'sent' as const }) };
    const deliver = () => deliverNotices({ pool, clock, mailer, messenger, gateway: null });
    expect(await deliver()).toMatchObject({ dead: 1 });
    const [dead] = await listNotices(pool, { status: 'dead', payerId: null, limit: 1 });
    const url = `/v1/notices/${dead?.noticeId}/replay`;
    await call('PUT', CONTACT, ADDRESS);
    expect(await call('POST', url)).toMatchObject({ status: 202 });
    expect(await call('POST', url)).toEqual(problem(409, 'notice-not-dead'));
    expect(await deliver()).toMatchObject({ sent: 1 });
  });
});

describe('words', () => {
  const WORDS = { subject: 'Paused', short: 'Paused', text: 'For {{ purpose }}.' };

  it('of the merchant are taken when they work with and without the optional values', async () => {
    expect(await call('PUT', '/v1/notice-templates/mandate-paused/hi', WORDS)).toMatchObject({ status: 204 });
    expect(await call('PUT', '/v1/notice-templates/mandate-paused/hi', WORDS)).toMatchObject({ status: 204 });
    const broken = { ...WORDS, text: '{{ nobody }}' };
    expect(await call('PUT', '/v1/notice-templates/mandate-paused/hi', broken)).toEqual(
      problem(400, 'template-broken'),
    );
    expect(await call('PUT', '/v1/notice-templates/unheard/hi', WORDS)).toEqual(
      problem(400, 'invalid-request'),
    );
  });

  it('are listed with the values that they may name', async () => {
    const { status, body } = await call('GET', '/v1/notice-templates');
    expect(status).toBe(200);
    expect(body).toContainEqual({ template: 'mandate-paused', values: ['purpose', 'manageUrl?'] });
  });
});

function post(): Promise<boolean> {
  const { pool, clock } = current().world;
  return inTransaction(pool, (client) =>
    postNotice(
      client,
      {
        key: 'mandate-paused:m_1',
        payerId: 'payer_1',
        channel: 'email',
        template: 'mandate-paused',
        values: { purpose: 'lunch' },
        topic: 'mandates',
      },
      clock.now(),
    ),
  );
}
