import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDryRunner } from '../../app/dry-runner.js';
import { silentLog } from '../../core/log.js';
import { requireDryRun } from '../../scoring/rules/dry-runs.js';
import { openWorld, START_AT } from '../scoring/world.js';
import type { World } from '../scoring/world.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';

let database: TestPostgres;
let world: World;

beforeAll(async () => {
  database = await testPostgres();
  world = await openWorld({ pool: database.pool });
}, 60_000);

afterAll(async () => {
  await world.liveLog.close();
  await database.close();
});

/** Beside the sources there is no compiled program to start, so every run fails; rule-life.test.ts has one that does not. */
const runner = () => createDryRunner({ pool: database.pool, clock: world.clock, log: silentLog, env: {} });

const ask = async () => {
  const request = { version: 1, fromAt: null, untilAt: null, actor: 'asha' };
  return (await world.ruleAdmin.askDryRun('amount-cap', request, null)).dryRunId;
};

describe('a dry run in a program of its own', () => {
  it('is recorded as failed when its program fails, and the next one still has its turn', async () => {
    const dryRuns = runner();
    const ids = [await ask(), await ask()];
    for (const id of ids) dryRuns.start(id);
    while ((await requireDryRun(database.pool, ids[0]!)).finishedAt === null);
    await dryRuns.close();
    const [first, second] = await Promise.all(ids.map((id) => requireDryRun(database.pool, id)));
    expect(first).toMatchObject({
      result: null,
      finishedAt: START_AT,
      failure: expect.stringContaining('its program'),
    });
    expect(second).toMatchObject({ result: null, failure: expect.any(String) });
  });

  it('waits its turn among a few, and then callers are told to come back', async () => {
    const dryRuns = runner();
    const ids = [];
    for (let i = 0; i < 8; i++) ids.push(await ask());
    for (const id of ids) {
      dryRuns.requireRoom();
      dryRuns.start(id);
    }
    expect(() => dryRuns.requireRoom()).toThrow('8 dry runs wait already');
    await dryRuns.close();
    expect(() => dryRuns.requireRoom()).not.toThrow();
  });
});
