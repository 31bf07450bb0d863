import { describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { decideOn, httpWorld } from '../../app/http-world.js';
import { body } from '../world.js';

const current = httpWorld();

function post(app: FastifyInstance, url: string, payload: object, headers: Record<string, string> = {}) {
  return app.inject({ method: 'POST', url, payload, headers });
}

const entry = (fields: object) => ({
  kind: 'block',
  subject: 'ip',
  value: '198.51.100.0/24',
  reason: 'bots',
  ...fields,
});

describe('/v1/lists', () => {
  it('puts on a list, shows it, decides by it, takes it off, and keeps the history', async () => {
    const { app } = current();
    const added = await post(app, '/v1/lists/entries', { entries: [entry({})], actor: 'asha' });
    expect(added.statusCode).toBe(200);
    const { version } = added.json<{ version: number }>();
    const decided = (await decideOn(app, body('pay_1', { ip: '198.51.100.9' }))).json();
    expect(decided).toMatchObject({
      action: 'block',
      decidedBy: 'block-list',
      reasons: [{ code: 'block-list', text: 'the IP address is on the block list: bots' }, {}],
    });
    const { evidence } = (await app.inject(`/v1/decisions/${decided.decisionId}`)).json();
    expect(evidence).toMatchObject({
      listVersion: version,
      lists: [{ kind: 'block', subject: 'ip', overridable: true }],
    });
    const removal = {
      entries: [{ kind: 'block', subject: 'ip', value: '198.51.100.0/24' }],
      reason: 'gone',
      actor: 'ravi',
    };
    expect((await post(app, '/v1/lists/removals', removal)).statusCode).toBe(200);
    expect((await decideOn(app, body('pay_2', { ip: '198.51.100.9' }))).json()).toMatchObject({
      action: 'allow',
    });

    const url = '/v1/lists/entries?subject=ip&value=198.51.100.0/24';
    expect((await app.inject(url)).json().entries).toEqual([]);
    expect((await app.inject(`${url}&version=${version}`)).json()).toMatchObject({
      version,
      entries: [
        { change: 'add', value: '198.51.100.0/24', actor: 'asha', overridable: true, expiresAt: null },
      ],
    });
    const history = (await app.inject('/v1/lists/history?subject=ip&value=198.51.100.0%2F24')).json();
    expect(history.changes).toMatchObject([
      { change: 'remove', reason: 'gone', actor: 'ravi' },
      { change: 'add', reason: 'bots', actor: 'asha' },
    ]);
  });

  it('pages from the newest to the oldest', async () => {
    const { app } = current();
    const entries = Array.from({ length: 5 }, (_, i) => entry({ subject: 'device', value: `device-${i}x` }));
    await post(app, '/v1/lists/entries', { entries, actor: 'asha' });
    const url = '/v1/lists/entries?subject=device&limit=3';
    const first = (await app.inject(url)).json().entries as { changeId: number; value: string }[];
    const second = (await app.inject(`${url}&before=${first[2]!.changeId}`)).json().entries as {
      value: string;
    }[];
    expect([...first, ...second].map(({ value }) => value)).toEqual(
      [4, 3, 2, 1, 0].map((i) => `device-${i}x`),
    );
  });

  it.each`
    what                              | entries                                                                             | field
    ${'an allow without an end'}      | ${[entry({ kind: 'allow' })]}                                                       | ${'entries.0.expiresAt'}
    ${'an allow that is overridable'} | ${[entry({ kind: 'allow', expiresAt: '2027-01-01T00:00:00Z', overridable: true })]} | ${'entries.0.overridable'}
    ${'a card number'}                | ${[entry({ subject: 'bin', value: '4111111111111111' })]}                           | ${'entries.0.value'}
    ${'a whole e-mail address'}       | ${[entry({}), entry({ subject: 'emailDomain', value: 'a@b.example' })]}             | ${'entries.1.value'}
    ${'a range with bits set'}        | ${[entry({ value: '198.51.100.9/24' })]}                                            | ${'entries.0.value'}
    ${'nothing'}                      | ${[]}                                                                               | ${'entries'}
    ${'an unknown field'}             | ${[entry({ colour: 'red' })]}                                                       | ${'entries.0.colour'}
  `('refuses $what', async ({ entries, field }) => {
    const { app, logged } = current();
    const refused = await post(app, '/v1/lists/entries', { entries: entries as object[], actor: 'asha' });
    expect(refused.statusCode).toBe(400);
    expect(refused.json().errors[0].field).toBe(field);
    expect(logged.join('')).not.toContain('4111111111111111');
    expect(refused.body).not.toContain('4111111111111111');
  });

  it.each(['version=1e21', 'before=1e21', 'version=-1', 'limit=501', 'subject=shoe', 'value=%00'])(
    'refuses the query %s',
    async (query) => {
      expect((await current().app.inject(`/v1/lists/entries?${query}`)).statusCode).toBe(400);
    },
  );

  it('repeats the first answer for a key', async () => {
    const { app } = current();
    const request = { entries: [entry({ subject: 'payer', value: 'payer-key' })], actor: 'asha' };
    const key = { 'idempotency-key': 'lists-1' };
    const first = await post(app, '/v1/lists/entries', request, key);
    expect((await post(app, '/v1/lists/entries', request, key)).json()).toEqual(first.json());
  });
});

describe('a decision request', () => {
  it('may name the domain of an e-mail address and the first digits of a card, never more', async () => {
    const { app, logged } = current();
    expect(
      (await decideOn(app, body('pay_1', { emailDomain: 'Mail.Example', bin: '411111' }))).statusCode,
    ).toBe(200);
    for (const fields of [{ emailDomain: 'parent@mail.example' }, { bin: '4111111111111111' }]) {
      const refused = await decideOn(app, body('pay_2', fields));
      expect(refused.statusCode).toBe(400);
      expect(refused.body + logged.join('')).not.toMatch(/parent@|4111111111111111/);
    }
  });
});
