import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findDecision } from '../../scoring/decisions.js';
import { DEFAULT_POLICY } from '../../scoring/policy-settings.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { saveNight } from './churn/nights.js';
import { body, constantModel, openWorld, START_AT, UNEXPLORED } from './world.js';
import type { World } from './world.js';

const DAY_MS = 86_400_000;
const FIRST = START_AT - 10 * 3_600_000;
const SECOND = FIRST + DAY_MS;

/** INR 12,000 of margin to come, and two in ten leave. */
const WAVERING = { payerId: 'payer-1', valuePaise: 1_200_000, leaves: 0.2 };
const risk = (night: number, { valuePaise, leaves } = WAVERING) => ({
  scoredAt: new Date(night).toISOString(),
  valuePaise,
  expectedLossPaise: Math.round(valuePaise * leaves),
});

let database: TestPostgres;
let payments = 0;

beforeEach(async () => {
  database = await testPostgres();
});

afterEach(() => database.close());

async function decided(world: World, fields: Parameters<typeof body>[1] = {}) {
  const answer = await world.decide(body(`pay-${++payments}`, fields), null);
  const { evidence } = (await findDecision(database.pool, answer.decisionId))!;
  return { ...answer, churn: evidence?.circumstances?.churn };
}

/** A model at which the average payer is challenged (the table of the policy's tests). */
async function world(policy = UNEXPLORED): Promise<World> {
  const opened = await openWorld({ pool: database.pool, policy });
  opened.useModel(constantModel(0.04));
  return opened;
}

describe('the gate and the churn scores', () => {
  it('treats a payer without a score as the average, and says nothing of churn', async () => {
    const gate = await world();
    expect(await decided(gate)).toMatchObject({ action: 'challenge', churn: undefined });
  });

  it('lets a valuable payer pass who may leave, says why, and names the night', async () => {
    await saveNight(database.pool, FIRST, [WAVERING]);
    const gate = await world();
    const { action, reasons, churn } = await decided(gate);
    expect(action).toBe('allow');
    expect(churn).toEqual(risk(FIRST));
    expect(reasons).toEqual([
      {
        code: 'churn-cost',
        text: 'the payer is worth ₹12,000.00 and 20 % likely to leave: a wrong refusal costs ₹1,000.00 of it, not ₹250.00 as on average; at that it would be challenged',
      },
    ]);
    const other = await decided(gate, { payerId: 'payer-2' });
    expect(other).toMatchObject({ action: 'challenge', churn: risk(FIRST, { ...WAVERING, valuePaise: 0 }) });
    expect(other.reasons.map(({ code }) => code)).not.toContain('churn-cost');
  });

  it('asks the same of retries and dunning steps', async () => {
    await saveNight(database.pool, FIRST, [WAVERING]);
    const gate = await world();
    const first = `pay-${payments + 1}`;
    await decided(gate);
    for (const kind of ['retry', 'dunning'] as const)
      expect(await decided(gate, { kind, retryOf: first })).toMatchObject({
        action: 'allow',
        churn: risk(FIRST),
      });
  });

  it('takes up a new night when it is told to, also while it decides, and the newest at a restart', async () => {
    await saveNight(database.pool, FIRST, [WAVERING]);
    const gate = await world();
    const deciding = Promise.all(Array.from({ length: 20 }, () => decided(gate)));
    await saveNight(database.pool, SECOND, [{ ...WAVERING, valuePaise: 1000 }]);
    const refreshed = Promise.all([gate.churn.refresh(), gate.churn.refresh()]);
    for (const { action, churn } of await deciding)
      expect([action, churn]).toEqual(
        churn?.scoredAt === risk(FIRST).scoredAt
          ? ['allow', risk(FIRST)]
          : ['challenge', risk(SECOND, { ...WAVERING, valuePaise: 1000 })],
      );
    await refreshed;
    const after = risk(SECOND, { ...WAVERING, valuePaise: 1000 });
    expect(await decided(gate)).toMatchObject({ action: 'challenge', churn: after });
    await gate.liveLog.close();
    expect(await decided(await world())).toMatchObject({ action: 'challenge', churn: after });
  });

  it('forgets a night that is too old, and keeps the last one when there is nothing newer', async () => {
    await saveNight(database.pool, FIRST, [WAVERING]);
    const gate = await world();
    await gate.churn.refresh();
    const payment = { payerId: 'payer-1', currency: 'INR' };
    expect(gate.churn.risk(payment, FIRST + 45 * DAY_MS)).toEqual(risk(FIRST));
    expect(gate.churn.risk(payment, FIRST + 45 * DAY_MS + 1)).toBeNull();
  });

  it('changes nothing under a policy of before, which has no price for it', async () => {
    await saveNight(database.pool, FIRST, [WAVERING]);
    const { churn: _churn, ...INR } = DEFAULT_POLICY.costs['INR']!;
    const gate = await world({ ...UNEXPLORED, costs: { INR } });
    const { action, reasons, churn } = await decided(gate);
    expect([action, churn]).toEqual(['challenge', risk(FIRST)]);
    expect(reasons.map(({ code }) => code)).not.toContain('churn-cost');
  });
});
