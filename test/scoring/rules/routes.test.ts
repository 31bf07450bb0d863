import { describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { finishDryRun } from '../../../scoring/rules/dry-runs.js';
import type { DryRunResult } from '../../../scoring/rules/dry-runs.js';
import { decideOn, httpWorld } from '../../app/http-world.js';
import { body, START_AT } from '../world.js';

const current = httpWorld();

const SUMS = { payments: 1, amountPaise: 250_000 };
const RESULT: DryRunResult = {
  summary: 'would have blocked 1 of 4 payments',
  payments: 4,
  matched: SUMS,
  fraud: SUMS,
  good: { payments: 0, amountPaise: 0 },
  undecided: { payments: 0, amountPaise: 0 },
  missedFraud: { payments: 0, amountPaise: 0 },
  alsoByRules: [],
  alsoByModel: null,
  onlyByThis: { ...SUMS, fraud: 1 },
  unknownFields: [],
};

let rules = 0;
/** Rules stay from test to test: what is written is never deleted. */
const draft = (fields: object = {}) => ({
  ruleId: `rule-${++rules}`,
  owner: 'risk team',
  action: 'block',
  text: 'the amount is unusually large',
  condition: 'amountPaise >= 250000 && deviceId == "device-large"',
  actor: 'asha',
  note: 'chargebacks of last week',
  ...fields,
});

function post(app: FastifyInstance, url: string, payload: object, headers: Record<string, string> = {}) {
  return app.inject({ method: 'POST', url, payload, headers });
}

describe('/v1/rules', () => {
  it('takes a rule from its draft through a dry run to live and back, and tells its history', async () => {
    const { app, world } = current();
    const rule = draft();
    const created = await post(app, '/v1/rules', rule);
    expect(created.statusCode).toBe(201);
    expect(created.json()).toMatchObject({
      ruleId: rule.ruleId,
      version: 1,
      mode: 'draft',
      overridable: true,
    });

    const live = { version: 1, mode: 'live', actor: 'asha', reason: 'as tried' };
    const early = await post(app, `/v1/rules/${rule.ruleId}/mode`, live);
    expect([early.statusCode, early.json().code]).toEqual([409, 'dry-run-missing']);

    const asked = await post(app, `/v1/rules/${rule.ruleId}/dry-runs`, { version: 1, actor: 'asha' });
    expect(asked.statusCode).toBe(202);
    const { dryRunId } = asked.json<{ dryRunId: string }>();
    expect(asked.json()).toMatchObject({
      state: 'running',
      result: null,
      until: new Date(START_AT).toISOString(),
    });
    const url = `/v1/rules/${rule.ruleId}/dry-runs/${dryRunId}`;
    await finishDryRun(world.pool, dryRunId, { at: START_AT + 5, result: RESULT });
    expect((await app.inject(url)).json()).toMatchObject({ state: 'finished', result: RESULT });

    expect((await post(app, `/v1/rules/${rule.ruleId}/mode`, live)).json()).toMatchObject({ mode: 'live' });
    const decided = (await decideOn(app, body('pay_1', { deviceId: 'device-large' }))).json();
    expect(decided).toMatchObject({ action: 'block', decidedBy: 'block-rule' });
    const { evidence } = (await app.inject(`/v1/decisions/${decided.decisionId}`)).json();
    expect(evidence).toMatchObject({
      rules: [`${rule.ruleId}@1`],
      shadowRules: [],
      lists: [],
      listVersion: 0,
    });
    const set = (await app.inject(`/v1/rule-sets/${evidence.ruleSetHash}`)).json<{
      rules: { ruleId: string }[];
    }>();
    expect(set.rules.map(({ ruleId }) => ruleId)).toContain(rule.ruleId);

    const retired = { ...live, mode: 'retired', reason: 'no longer needed' };
    expect((await post(app, `/v1/rules/${rule.ruleId}/mode`, retired)).statusCode).toBe(200);
    const shown = (await app.inject(`/v1/rules/${rule.ruleId}`)).json();
    expect(shown.versions).toHaveLength(1);
    expect(shown.dryRuns).toHaveLength(1);
    expect(shown.history).toMatchObject([{ mode: 'live' }, { mode: 'retired', reason: 'no longer needed' }]);
  });

  it('lists what is a draft or in effect, and by mode', async () => {
    const { app } = current();
    const rule = draft();
    await post(app, '/v1/rules', rule);
    const ids = async (url: string) =>
      (await app.inject(url)).json<{ rules: { ruleId: string }[] }>().rules.map(({ ruleId }) => ruleId);
    expect(await ids('/v1/rules')).toEqual(expect.arrayContaining(['card-testing-device', rule.ruleId]));
    expect(await ids('/v1/rules?mode=live')).not.toContain(rule.ruleId);
    expect(await ids('/v1/rules?mode=draft')).toContain(rule.ruleId);
  });

  it('names the position of a mistake in a condition', async () => {
    const { app } = current();
    const refused = await post(app, '/v1/rules', draft({ condition: 'amount > 1 && devceCount1h > 2' }));
    expect(refused.statusCode).toBe(400);
    expect(refused.json()).toMatchObject({
      code: 'bad-condition',
      errors: [
        {
          field: 'condition',
          message: 'at position 15: there is no field "devceCount1h" (did you mean "deviceCount1h"?)',
        },
      ],
    });
  });

  it.each`
    what                       | fields
    ${'an unknown field'}      | ${{ colour: 'red' }}
    ${'an id in capitals'}     | ${{ ruleId: 'Rule' }}
    ${'the id of an address'}  | ${{ ruleId: 'fields' }}
    ${'an id of a reason'}     | ${{ ruleId: 'feature-amount' }}
    ${'an action'}             | ${{ action: 'allow' }}
    ${'a condition too long'}  | ${{ condition: `amount > 1${' '.repeat(2000)}` }}
    ${'what cannot be stored'} | ${{ condition: 'deviceId == "\u0000"' }}
    ${'half of a pair'}        | ${{ condition: 'deviceId == "\ud83c"' }}
    ${'nobody as the actor'}   | ${{ actor: '' }}
    ${'an instant'}            | ${{ validFrom: 'tomorrow' }}
    ${'a final review'}        | ${{ action: 'review', overridable: false }}
  `('refuses $what', async ({ fields }) => {
    const refused = await post(current().app, '/v1/rules', draft(fields as object));
    expect(refused.statusCode).toBe(400);
    expect(refused.headers['content-type']).toContain('application/problem+json');
  });

  it('repeats the first answer for a key and refuses the key for another rule', async () => {
    const { app } = current();
    const rule = draft();
    const key = { 'idempotency-key': `key-${rule.ruleId}` };
    const first = await post(app, '/v1/rules', rule, key);
    expect((await post(app, '/v1/rules', rule, key)).json()).toEqual(first.json());
    const other = await post(app, '/v1/rules', draft(), key);
    expect([other.statusCode, other.json().code]).toEqual([409, 'idempotency-key-reused']);
  });

  it('says what conditions may name', async () => {
    const response = await current().app.inject('/v1/rules/fields');
    const { fields } = response.json<{ fields: { name: string }[] }>();
    expect(fields).toEqual(
      expect.arrayContaining([
        {
          name: 'deviceCount1h',
          type: 'number',
          meaning: expect.stringContaining('first attempts'),
          values: null,
        },
        { name: 'kind', type: 'text', meaning: expect.any(String), values: ['payment', 'retry', 'dunning'] },
      ]),
    );
  });

  it('knows no others', async () => {
    const { app } = current();
    const codes = await Promise.all(
      ['/v1/rules/nobody', '/v1/rules/amount-cap/dry-runs/dry_1', '/v1/rule-sets/0000000000000000'].map(
        async (url) => (await app.inject(url)).json().code,
      ),
    );
    expect(codes).toEqual(['rule-not-found', 'dry-run-not-found', 'rule-set-not-found']);
  });
});
