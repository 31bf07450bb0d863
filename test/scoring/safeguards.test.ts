import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findDecision } from '../../scoring/decisions.js';
import { DEFAULT_POLICY, hashOfPolicy } from '../../scoring/policy-settings.js';
import type { Policy } from '../../scoring/policy-settings.js';
import { policyOfHash } from '../../scoring/policy-store.js';
import { createLog } from '../../core/log.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { body, constantModel, openWorld, UNEXPLORED } from './world.js';
import type { World } from './world.js';

const MINUTE = 60_000;

let database: TestPostgres;
let world: World | null = null;
let events: { event: string }[];

beforeEach(async () => {
  database = await testPostgres();
  events = [];
}, 60_000);

afterEach(async () => {
  await world?.liveLog.close();
  await database.close();
});

async function open(settings: Partial<Parameters<typeof openWorld>[0]>): Promise<World> {
  const destination = { write: (line: string) => void events.push(JSON.parse(line) as { event: string }) };
  const log = createLog({ level: 'info', pretty: false, destination });
  world = await openWorld({ pool: database.pool, log, ...settings });
  return world;
}

/** Different payers, so that no rule has a say. */
function stranger(i: number) {
  return body(`pay_${i}`, {
    payerId: `payer-${i}`,
    instrumentId: `token-${i}`,
    deviceId: `device-${i}`,
    ip: `203.0.113.${i}`,
  });
}

describe('a gate whose model blocks everybody', () => {
  const policy: Policy = { ...UNEXPLORED, blockCap: { share: 0.5, windowMinutes: 15, minDecisions: 4 } };

  it('holds blocks back once the cap is reached, tells of it, and recovers after a calm window', async () => {
    const gate = await open({ policy });
    gate.useModel(constantModel(0.99));
    const actions = [];
    for (let i = 0; i < 6; i++) actions.push((await gate.decide(stranger(i), null)).action);
    expect(actions).toEqual(['block', 'block', 'block', 'block', 'review', 'review']);
    expect(events).toMatchObject([{ event: 'block-cap-open', decisions: 4, wouldBlock: 4, level: 'error' }]);
    gate.clock.advance(16 * MINUTE);
    expect(await gate.decide(stranger(6), null)).toMatchObject({ action: 'block' });
    expect(events[1]).toMatchObject({ event: 'block-cap-closed' });
  });

  it('logs with each decision that the cap was open', async () => {
    const gate = await open({ policy });
    gate.useModel(constantModel(0.99));
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await gate.decide(stranger(i), null));
    const logged = await Promise.all(
      answers.map(({ decisionId }) => findDecision(database.pool, decisionId)),
    );
    expect(logged.map((decision) => decision?.evidence?.circumstances?.blockCapOpen)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
    const hash = logged[0]?.evidence?.policyHash ?? '';
    expect(hash).toBe(hashOfPolicy(policy));
    expect(await policyOfHash(database.pool, hash)).toEqual(policy);
  });
});

describe('a gate whose model is slow', () => {
  it('answers by rules, logs that it did, and stops asking the model for a while', async () => {
    let nowMs = 0;
    let asked = 0;
    const gate = await open({ stopwatch: () => nowMs });
    gate.useModel(
      constantModel(0.99, {
        predictOne: () => {
          asked++;
          nowMs += 500;
          return 0.99;
        },
      }),
    );
    for (let i = 0; i < 6; i++)
      expect(await gate.decide(stranger(i), null)).toMatchObject({
        action: 'allow',
        fraudProbability: null,
        degraded: 'model-too-slow',
      });
    expect(asked).toBe(3);
    expect(events).toMatchObject([
      { event: 'model-too-slow', modelVersion: 'model-constant', elapsedMs: 500 },
    ]);
    const { rows } = await database.pool.query(
      `SELECT DISTINCT circumstances ->> 'modelTooSlow' AS slow, propensity FROM decisions`,
    );
    expect(rows).toEqual([{ slow: 'true', propensity: null }]);
  });
});

describe('a gate that explores', () => {
  it('logs the probability of each action beside it', async () => {
    const exploration = { ...DEFAULT_POLICY.exploration, share: 0.5 };
    const blockCap = { ...DEFAULT_POLICY.blockCap, share: 1 };
    const gate = await open({ policy: { ...DEFAULT_POLICY, exploration, blockCap } });
    gate.useModel(constantModel(0.99));
    await Promise.all(Array.from({ length: 40 }, (_, i) => gate.decide(stranger(i), null)));
    gate.useModel(constantModel(0.001));
    await gate.decide(stranger(40), null);
    const { rows } = await database.pool.query<{ action: string; decided_by: string; propensity: number }>(
      'SELECT DISTINCT action, decided_by, propensity FROM decisions ORDER BY action',
    );
    const possible = [
      { action: 'allow', decided_by: 'nothing', propensity: 1 },
      { action: 'block', decided_by: 'model-block', propensity: 0.5 },
      { action: 'challenge', decided_by: 'explored-challenge', propensity: 0.5 },
    ];
    // All forty draws alike happen once in 10^11 runs.
    expect(rows).toEqual(possible);
  });
});

describe('a full gate', () => {
  it('turns away whoever comes beyond its bound and has room again afterwards', async () => {
    const gate = await open({ maxInFlight: 3 });
    const settled = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) => gate.decide(stranger(i), null)),
    );
    const refused = settled.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(7);
    for (const one of refused) expect(one).toMatchObject({ reason: { code: 'gate-overloaded' } });
    expect(gate.safeguards.admission.inFlight()).toBe(0);
    expect(await gate.decide(stranger(9), null)).toMatchObject({ action: 'allow' });
  });
});
