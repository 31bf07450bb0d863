import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog } from '../../core/log.js';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { openLiveRules } from '../../scoring/live-rules.js';
import type { LiveRules } from '../../scoring/live-rules.js';
import { createListIndex } from '../../scoring/lists/list-index.js';
import { changesAfter } from '../../scoring/lists/store.js';
import { DEFAULT_RULES } from '../../scoring/rules/defaults.js';
import { toGateRequest } from '../../scoring/request.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { body, openWorld, START_AT } from './world.js';
import type { World } from './world.js';

let database: TestPostgres;
let world: World;

beforeEach(async () => {
  database = await testPostgres();
  world = await openWorld({ pool: database.pool, countryOf: (ip) => (ip.startsWith('198.') ? 'RU' : null) });
}, 60_000);

afterEach(async () => {
  await world.liveLog.close();
  await database.close();
});

/** The rules of another process on the same database. */
const elsewhere = (): Promise<LiveRules> =>
  openLiveRules({ pool: database.pool, clock: world.clock, log: silentLog, featureNames: FEATURE_NAMES });

const block = (subject: 'payer' | 'ip' | 'country' | 'emailDomain', value: string, fields: object = {}) =>
  world.listAdmin.add(
    { entries: [{ kind: 'block', subject, value, reason: 'chargebacks', ...fields }], actor: 'asha' },
    null,
  );

const allow = (value: string, expiresAt: string) =>
  world.listAdmin.add(
    {
      entries: [{ kind: 'allow', subject: 'payer', value, expiresAt, reason: 'known to us' }],
      actor: 'asha',
    },
    null,
  );

const act = async (paymentId: string, fields = {}) => {
  const { action, decidedBy } = await world.decide(body(paymentId, fields), null);
  return `${action} by ${decidedBy}`;
};

describe('the rules in memory', () => {
  it('are the default ones in a new database, whoever comes first', async () => {
    const opened = await Promise.all([elsewhere(), elsewhere(), elsewhere()]);
    for (const rules of opened) expect(rules.ruleSet().hash).toBe(world.rules.ruleSet().hash);
    const { rows } = await database.pool.query<{ n: bigint }>('SELECT count(*) AS n FROM rule_versions');
    expect(Number(rows[0]!.n)).toBe(DEFAULT_RULES.length);
  });

  it('follow a change of another process when they refresh, without a restart', async () => {
    const other = await elsewhere();
    const before = other.ruleSet().hash;
    await world.ruleAdmin.changeMode(
      'amount-cap',
      1,
      { mode: 'retired', actor: 'asha', reason: 'too many' },
      null,
    );
    await block('payer', 'payer-1');
    expect(other.ruleSet().hash).toBe(before);
    await other.refresh();
    expect(other.ruleSet().hash).toBe(world.rules.ruleSet().hash);
    expect(other.lists().version()).toBe(world.rules.lists().version());
  });

  it('stay in effect while the database cannot be read', async () => {
    await block('payer', 'payer-1');
    const rules = await elsewhere();
    const { payment, signals } = toGateRequest(body('pay_1'));
    await database.pool.query('ALTER TABLE rule_modes RENAME TO hidden');
    await expect(rules.refresh()).rejects.toThrow('rule_modes');
    expect(rules.ruleSet().rules).toHaveLength(DEFAULT_RULES.length);
    expect(rules.lists().find(payment, { ...signals, ipCountry: null }, START_AT)).toHaveLength(1);
    await database.pool.query('ALTER TABLE hidden RENAME TO rule_modes');
    await expect(rules.refresh()).resolves.toBeUndefined();
  });
});

describe('a payment on a list', () => {
  it('is blocked from the next request on, and no more after it was removed', async () => {
    expect(await act('pay_1')).toBe('allow by nothing');
    await block('ip', '203.0.113.0/24');
    expect(await act('pay_2')).toBe('block by block-list');
    const entries = [{ kind: 'block', subject: 'ip', value: '203.0.113.0/24' }] as const;
    await world.listAdmin.remove({ entries: [...entries], reason: 'a school', actor: 'asha' }, null);
    expect(await act('pay_3')).toBe('allow by nothing');
  });

  it('is allowed until the allow entry expires, though not against a final block', async () => {
    await block('emailDomain', 'mail.example');
    await allow('payer-1', new Date(START_AT + 1000).toISOString());
    expect(await act('pay_1', { emailDomain: 'mail.example' })).toBe('allow by allow-list');
    world.clock.advance(999);
    expect(await act('pay_2', { emailDomain: 'mail.example' })).toBe('allow by allow-list');
    world.clock.advance(1);
    expect(await act('pay_3', { emailDomain: 'mail.example' })).toBe('block by block-list');
    await allow('payer-1', new Date(START_AT + 9000).toISOString());
    await block('payer', 'payer-1', { overridable: false });
    expect(await act('pay_4')).toBe('block by final-block-list');
  });

  it('is known by the country of its address', async () => {
    await block('country', 'RU');
    expect(await act('pay_1', { ip: '198.51.100.7', country: 'IN' })).toBe('block by block-list');
    expect(await act('pay_2', { country: 'IN' })).toBe('allow by nothing');
    const { rows } = await database.pool.query<{ signals: unknown }>(
      `SELECT signals FROM decisions WHERE payment_id = 'pay_1'`,
    );
    expect(rows[0]!.signals).toEqual({ emailDomain: null, bin: null, ipCountry: 'RU' });
  });

  it('was on exactly the lists of the version that its decision names', async () => {
    await block('payer', 'payer-1');
    const blocked = await world.decide(body('pay_1'), null);
    await world.listAdmin.remove(
      { entries: [{ kind: 'block', subject: 'payer', value: 'payer-1' }], reason: 'paid', actor: 'asha' },
      null,
    );
    const { rows } = await database.pool.query<{ list_version: bigint }>(
      'SELECT list_version FROM decisions WHERE decision_id = $1',
      [blocked.decisionId],
    );
    const version = Number(rows[0]!.list_version);
    const then = createListIndex();
    for (const change of await changesAfter(database.pool, 0, 100))
      if (change.changeId <= version) then.apply(change);
    const { payment, signals } = toGateRequest(body('pay_1'));
    expect(then.version()).toBe(version);
    expect(then.find(payment, { ...signals, ipCountry: null }, START_AT)).toHaveLength(1);
    expect(world.rules.lists().find(payment, { ...signals, ipCountry: null }, START_AT)).toEqual([]);
  });
});

describe('entries of one request', () => {
  it('are all written or none, and the fault names its entry', async () => {
    const entries = [
      { kind: 'block', subject: 'payer', value: 'payer-9', reason: 'x' },
      { kind: 'allow', subject: 'payer', value: 'payer-1', reason: 'x' },
    ] as const;
    await expect(world.listAdmin.add({ entries: [...entries], actor: 'asha' }, null)).rejects.toMatchObject({
      code: 'invalid-request',
      details: {
        errors: [{ field: 'entries.1.expiresAt', message: expect.stringContaining('is required') }],
      },
    });
    expect(world.rules.lists().version()).toBe(0);
  });

  it('keep their order and are written once for one key', async () => {
    const entries = Array.from({ length: 300 }, (_, i) => ({
      kind: 'block' as const,
      subject: 'payer' as const,
      value: `payer-${i % 250}`,
      reason: `reason ${i}`,
    }));
    const first = await world.listAdmin.add({ entries, actor: 'asha' }, 'key-1');
    expect(await world.listAdmin.add({ entries, actor: 'asha' }, 'key-1')).toEqual(first);
    const changes = await changesAfter(database.pool, 0, 1000);
    expect(changes.map((change) => (change.change === 'add' ? change.reason : ''))).toEqual(
      entries.map(({ reason }) => reason),
    );
  });
});
