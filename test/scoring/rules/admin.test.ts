import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { finishDryRun } from '../../../scoring/rules/dry-runs.js';
import type { DryRunResult } from '../../../scoring/rules/dry-runs.js';
import { findRules, modeHistory, rulesOfHash } from '../../../scoring/rules/store.js';
import { DEFAULT_RULES } from '../../../scoring/rules/defaults.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { body, openWorld, START_AT } from '../world.js';
import type { World } from '../world.js';

let database: TestPostgres;
let world: World;

beforeEach(async () => {
  database = await testPostgres();
  world = await openWorld({ pool: database.pool });
}, 60_000);

afterEach(async () => {
  await world.liveLog.close();
  await database.close();
});

const AUTHOR = { actor: 'asha', note: 'chargebacks of last week' };
const LARGE = {
  owner: 'risk team',
  action: 'block',
  text: 'the amount is unusually large',
  condition: 'amountPaise >= 200000',
} as const;

const RESULT = { summary: 'nothing' } as DryRunResult;

/** A finished dry run of a version, as its program would record it. */
async function tryOut(ruleId: string, version: number): Promise<void> {
  const request = { version, fromAt: null, untilAt: null, actor: 'asha' };
  const run = await world.ruleAdmin.askDryRun(ruleId, request, null);
  await finishDryRun(database.pool, run.dryRunId, { at: START_AT, result: RESULT });
}

const goLive = (ruleId: string, version: number) =>
  world.ruleAdmin.changeMode(ruleId, version, { mode: 'live', actor: 'asha', reason: 'as tried' }, null);

const act = async (paymentId: string) => {
  const { action, decidedBy } = await world.decide(body(paymentId), null);
  return `${action} by ${decidedBy}`;
};

describe('a new rule', () => {
  it('does nothing as a draft, is only logged in shadow, decides when live, and not when retired', async () => {
    await world.ruleAdmin.create('large-amount', LARGE, AUTHOR, null);
    expect(await act('pay_draft')).toBe('allow by nothing');
    const shadow = { mode: 'shadow', actor: 'asha', reason: 'to watch it' } as const;
    await world.ruleAdmin.changeMode('large-amount', 1, shadow, null);
    expect(await act('pay_shadow')).toBe('allow by nothing');
    await tryOut('large-amount', 1);
    await goLive('large-amount', 1);
    expect(await act('pay_live')).toBe('block by block-rule');
    await world.ruleAdmin.changeMode('large-amount', 1, { ...shadow, mode: 'retired' }, null);
    expect(await act('pay_after')).toBe('allow by nothing');
    const { rows } = await database.pool.query<{ findings: unknown }>(
      'SELECT findings FROM decisions ORDER BY sequence',
    );
    expect(rows.map(({ findings }) => findings)).toEqual([
      null,
      { rules: [], shadowRules: ['large-amount@1'], lists: [] },
      { rules: ['large-amount@1'], shadowRules: [], lists: [] },
      null,
    ]);
  });

  it('cannot go live before a dry run of exactly that version has finished', async () => {
    const missing = { kind: 'conflict', code: 'dry-run-missing' };
    await world.ruleAdmin.create('large-amount', LARGE, AUTHOR, null);
    await expect(goLive('large-amount', 1)).rejects.toMatchObject(missing);
    const request = { version: 1, fromAt: null, untilAt: null, actor: 'asha' };
    const run = await world.ruleAdmin.askDryRun('large-amount', request, null);
    expect(world.dryRuns).toEqual([run.dryRunId]);
    await expect(goLive('large-amount', 1)).rejects.toMatchObject(missing);
    await finishDryRun(database.pool, run.dryRunId, { at: START_AT, failure: 'out of memory' });
    await expect(goLive('large-amount', 1)).rejects.toMatchObject(missing);
    await tryOut('large-amount', 1);
    await world.ruleAdmin.revise('large-amount', { ...LARGE, condition: 'amountPaise >= 1' }, AUTHOR, null);
    await expect(goLive('large-amount', 2)).rejects.toMatchObject(missing);
    expect(await goLive('large-amount', 1)).toMatchObject({ version: 1, mode: 'live' });
  });

  it.each`
    fields                                                                       | code                 | message
    ${{ condition: 'amuont > 1' }}                                               | ${'bad-condition'}   | ${'no field "amuont" (did you mean "amount"?)'}
    ${{ action: 'review', overridable: false }}                                  | ${'invalid-request'} | ${'only for the action block'}
    ${{ validFrom: '2026-02-01T00:00:00Z', validUntil: '2026-01-01T00:00:00Z' }} | ${'invalid-request'} | ${'validUntil must be after validFrom'}
  `('is refused: $message', async ({ fields, code, message }) => {
    const definition = { ...LARGE, ...(fields as object) };
    expect.assertions(1);
    try {
      await world.ruleAdmin.create('large-amount', definition, AUTHOR, null);
    } catch (error) {
      expect({ ...(error as Error), message: (error as Error).message }).toMatchObject({
        code,
        message: expect.stringContaining(message as string),
      });
    }
  });

  it('has an id of its own', async () => {
    await expect(world.ruleAdmin.create('amount-cap', LARGE, AUTHOR, null)).rejects.toMatchObject({
      code: 'rule-exists',
    });
    await expect(world.ruleAdmin.revise('nobody', LARGE, AUTHOR, null)).rejects.toMatchObject({
      code: 'rule-not-found',
    });
  });
});

describe('another version', () => {
  it('replaces the live one when it goes live, and the history says who and why', async () => {
    await world.ruleAdmin.create('large-amount', LARGE, AUTHOR, null);
    await tryOut('large-amount', 1);
    await goLive('large-amount', 1);
    await world.ruleAdmin.revise('large-amount', { ...LARGE, action: 'review' }, AUTHOR, null);
    await tryOut('large-amount', 2);
    world.clock.advance(1000);
    await goLive('large-amount', 2);
    expect(await act('pay_1')).toBe('review by review-rule');
    const modes = (await findRules(database.pool, { ruleId: 'large-amount' })).map(({ version, mode }) => [
      version,
      mode,
    ]);
    expect(modes).toEqual([
      [2, 'live'],
      [1, 'retired'],
    ]);
    const history = await modeHistory(database.pool, 'large-amount');
    expect(history.map(({ version, mode, actor, at }) => [version, mode, actor, at - START_AT])).toEqual([
      [1, 'live', 'asha', 0],
      [1, 'retired', 'asha', 1000],
      [2, 'live', 'asha', 1000],
    ]);
  });

  it('may run in shadow beside the live one', async () => {
    await world.ruleAdmin.create('large-amount', LARGE, AUTHOR, null);
    await tryOut('large-amount', 1);
    await goLive('large-amount', 1);
    await world.ruleAdmin.revise('large-amount', { ...LARGE, condition: 'amountPaise >= 1' }, AUTHOR, null);
    const shadow = { mode: 'shadow', actor: 'asha', reason: 'to compare' } as const;
    await world.ruleAdmin.changeMode('large-amount', 2, shadow, null);
    const active = world.rules.ruleSet().rules.filter(({ ruleId }) => ruleId === 'large-amount');
    expect(active.map(({ version, mode }) => `${version} ${mode}`)).toEqual(['1 live', '2 shadow']);
  });
});

describe('what a decision was made by', () => {
  it('can be told from its hash, whatever has changed since', async () => {
    const first = world.rules.ruleSet();
    expect(first.rules).toHaveLength(DEFAULT_RULES.length);
    await world.ruleAdmin.changeMode(
      'amount-cap',
      1,
      { mode: 'retired', actor: 'asha', reason: 'too many' },
      null,
    );
    await world.decide(body('pay_1'), null);
    const { rows } = await database.pool.query<{ rule_set_hash: string }>(
      'SELECT rule_set_hash FROM decisions',
    );
    const hash = rows[0]!.rule_set_hash;
    expect(hash).toBe(world.rules.ruleSet().hash);
    await world.ruleAdmin.changeMode(
      'amount-cap',
      1,
      { mode: 'shadow', actor: 'asha', reason: 'to watch' },
      null,
    );
    const then = await rulesOfHash(database.pool, hash);
    expect(then!.map(({ ruleId }) => ruleId)).not.toContain('amount-cap');
    const atFirst = await rulesOfHash(database.pool, first.hash);
    expect(atFirst!.map(({ ruleId }) => ruleId)).toContain('amount-cap');
    expect(await rulesOfHash(database.pool, '0000000000000000')).toBeNull();
  });

  it('cannot be rewritten', async () => {
    for (const change of [
      `UPDATE rule_versions SET condition = 'amount > 0'`,
      'DELETE FROM rule_modes',
      'TRUNCATE list_changes',
    ])
      await expect(database.pool.query(change)).rejects.toThrow('append-only');
  });
});

describe('a repeated change', () => {
  it('is made once and gets the first answer again; another one with its key is refused', async () => {
    const first = await world.ruleAdmin.create('large-amount', LARGE, AUTHOR, 'key-1');
    world.clock.advance(5000);
    expect(await world.ruleAdmin.create('large-amount', LARGE, AUTHOR, 'key-1')).toEqual(first);
    expect(await findRules(database.pool, { ruleId: 'large-amount' })).toHaveLength(1);
    const reused = { code: 'idempotency-key-reused' };
    await expect(world.ruleAdmin.create('other-rule', LARGE, AUTHOR, 'key-1')).rejects.toMatchObject(reused);
    const request = { version: 1, fromAt: null, untilAt: null, actor: 'asha' };
    const runs = [
      await world.ruleAdmin.askDryRun('large-amount', request, 'key-2'),
      await world.ruleAdmin.askDryRun('large-amount', request, 'key-2'),
    ];
    expect(runs[1]).toEqual(runs[0]);
    expect(world.dryRuns).toHaveLength(1);
  });
});
