import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction } from '../../core/transaction.js';
import { loggedFacts } from '../../scoring/live-state.js';
import type { OutcomeBody } from '../../scoring/outcomes.js';
import type { Observation } from '../../features/fold.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { body, openWorld, START_AT } from './world.js';
import type { World } from './world.js';

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

async function reportsOf(paymentId: string): Promise<Observation[]> {
  return inTransaction(database.pool, async (client) => {
    const found: Observation[] = [];
    for await (const fact of loggedFacts(client, 0)) {
      if (fact.fact !== 'payment' && fact.paymentId === paymentId) found.push(fact);
    }
    return found;
  });
}

describe('an outcome', () => {
  it('becomes a fact known from now on, with the payment it is about', async () => {
    await world.decide(body('pay_a', { amountPaise: 123 }), null);
    world.clock.advance(1000);
    const failed: OutcomeBody = {
      paymentId: 'pay_a',
      outcome: 'failed',
      failureReason: 'insufficient_funds',
    };
    const answer = await world.reportOutcome(failed, null);
    expect(answer).toMatchObject({
      paymentId: 'pay_a',
      outcome: 'failed',
      knownAt: new Date(START_AT + 1000).toISOString(),
    });
    expect(await reportsOf('pay_a')).toMatchObject([
      {
        fact: 'outcome',
        status: 'failed',
        failureReason: 'insufficient_funds',
        knownAt: START_AT + 1000,
        payment: { payerId: 'payer-1', amountPaise: 123n, occurredAt: START_AT },
      },
    ]);
  });

  it('of fraud is a label about the instant of its payment', async () => {
    const paidAt = world.clock.now();
    await world.decide(body('pay_b'), null);
    world.clock.advance(5000);
    await world.reportOutcome({ paymentId: 'pay_b', outcome: 'fraud', source: 'chargeback' }, null);
    expect(await reportsOf('pay_b')).toMatchObject([
      { fact: 'label', fraud: true, source: 'chargeback', occurredAt: paidAt, knownAt: paidAt + 5000 },
    ]);
  });

  it('counts once, however often and by whomever it is said', async () => {
    await world.decide(body('pay_c'), null);
    const first = await world.reportOutcome({ paymentId: 'pay_c', outcome: 'fraud' }, null);
    const chargeback: OutcomeBody = { paymentId: 'pay_c', outcome: 'fraud', source: 'chargeback' };
    const again = await Promise.all([
      world.reportOutcome(chargeback, null),
      world.reportOutcome(chargeback, 'key-c'),
    ]);
    expect(again).toEqual([first, first]);
    expect(await reportsOf('pay_c')).toHaveLength(1);
  });

  it('of an unknown payment is not found', async () => {
    const report = world.reportOutcome({ paymentId: 'pay_unknown', outcome: 'captured' }, null);
    await expect(report).rejects.toMatchObject({ kind: 'not-found', code: 'payment-not-found' });
  });

  it('is refused when its key was used for another report', async () => {
    await world.decide(body('pay_d'), null);
    await world.reportOutcome({ paymentId: 'pay_d', outcome: 'captured' }, 'key-d');
    const reused = world.reportOutcome({ paymentId: 'pay_d', outcome: 'fraud' }, 'key-d');
    await expect(reused).rejects.toMatchObject({ code: 'idempotency-key-reused' });
  });

  it.each<[string, Partial<OutcomeBody>]>([
    ['occurredAt', { outcome: 'fraud', occurredAt: '2026-01-05T06:00:00Z' }],
    ['source', { outcome: 'captured', source: 'review' }],
    ['failureReason', { outcome: 'captured', failureReason: 'x' }],
    ['occurredAt', { outcome: 'captured', occurredAt: '2036-01-05T06:00:00Z' }],
  ])('is refused for a meaningless %s', async (field, fields) => {
    await world.decide(body('pay_e'), null);
    const report = world.reportOutcome({ paymentId: 'pay_e', outcome: 'captured', ...fields }, null);
    await expect(report).rejects.toMatchObject({ code: 'invalid-request', details: { errors: [{ field }] } });
  });
});
