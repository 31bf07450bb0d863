import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { assert } from '../../core/errors.js';
import { createFold } from '../../features/fold.js';
import type { Fold } from '../../features/fold.js';
import { inTransaction } from '../../core/transaction.js';
import { loggedFacts, restoreLiveState } from '../../scoring/live-state.js';
import { toGateRequest } from '../../scoring/request.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { body, constantModel, countRows, loggedVector, NO_HISTORY, openWorld, START_AT } from './world.js';
import type { World } from './world.js';

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

const MINUTE = 60_000;

/** Vectors of all logged payments as a fresh fold gives them, replaying the log in order. */
async function replayedVectors(): Promise<Map<string, string>> {
  const fold = createFold();
  const vectors = new Map<string, string>();
  await inTransaction(database.pool, async (client) => {
    for await (const fact of loggedFacts(client, 0)) {
      if (fact.fact === 'payment') vectors.set(fact.paymentId, bits(fold, fact, fact.knownAt));
      fold.observe(fact);
    }
  });
  return vectors;
}

function bits(fold: Fold, request: Parameters<Fold['vector']>[0], atMs: number): string {
  return Buffer.from(fold.vector(request, atMs).buffer).toString('hex');
}

function servingFold(of: World): Fold {
  const fold = of.liveLog.fold();
  assert(fold !== null, 'the world serves');
  return fold;
}

describe('the gate', () => {
  it.each`
    probability | action
    ${0.001}    | ${'allow'}
    ${0.2}      | ${'challenge'}
    ${0.95}     | ${'block'}
  `(
    'answers $action at a probability of $probability and logs what it answered',
    async ({ probability, action }) => {
      world.useModel(constantModel(probability as number));
      const answer = await world.decide(body('pay_1'), null);
      expect(answer).toMatchObject({ action, fraudProbability: probability, modelVersion: 'model-constant' });
      const { rows } = await database.pool.query(
        'SELECT decision_id, action, fraud_probability, decided_at FROM decisions',
      );
      expect(rows).toEqual([
        { decision_id: answer.decisionId, action, fraud_probability: probability, decided_at: START_AT },
      ]);
    },
  );

  it('decides by rules alone without a model: card testing from one device is blocked', async () => {
    for (let i = 0; i < 9; i++) {
      world.clock.advance(5000);
      const fields = { payerId: `payer-${i % 4}`, instrumentId: `token-${i}`, amountPaise: 100 };
      const answer = await world.decide(body(`pay_${i}`, fields), null);
      expect(answer.degraded).toBe('no-fraud-model');
      expect(answer.action).toBe(i < 8 ? 'allow' : 'block');
      if (i === 8) expect(answer.reasons[0]).toMatchObject({ code: 'card-testing-device' });
    }
  });

  it('sees failures and frauds that were reported', async () => {
    await world.decide(body('pay_1', { instrumentId: 'token-stolen' }), null);
    world.clock.advance(MINUTE);
    await world.reportOutcome({ paymentId: 'pay_1', outcome: 'fraud', source: 'chargeback' }, null);
    world.clock.advance(MINUTE);
    const other = { instrumentId: 'token-stolen', payerId: 'payer-2', deviceId: 'device-2' };
    const answer = await world.decide(body('pay_2', other), null);
    expect(answer).toMatchObject({ action: 'block' });
    expect(answer.reasons.map(({ code }) => code)).toContain('instrument-reported');
  });

  it('refuses an address that is none and an instant in the future', async () => {
    const invalid = { kind: 'bad-input', code: 'invalid-request' };
    await expect(world.decide(body('pay_1', { ip: 'example' }), null)).rejects.toMatchObject(invalid);
    const tomorrow = new Date(START_AT + 86_400_000).toISOString();
    await expect(world.decide(body('pay_1', { occurredAt: tomorrow }), null)).rejects.toMatchObject(invalid);
    expect(await countRows(database.pool, 'facts')).toBe(0);
    expect(await world.decide(body('pay_1'), null)).toMatchObject({ action: 'allow' });
  });

  it('never goes back in time when the clock does', async () => {
    world.clock.advance(MINUTE);
    await world.decide(body('pay_1'), null);
    world.clock.set(START_AT);
    await world.decide(body('pay_2'), null);
    const { rows } = await database.pool.query('SELECT known_at FROM facts ORDER BY sequence');
    expect(rows).toEqual([{ known_at: START_AT + MINUTE }, { known_at: START_AT + MINUTE }]);
  });
});

describe('a repeated request', () => {
  it('gets the first answer again, whatever has changed since', async () => {
    world.useModel(constantModel(0.2));
    const first = await world.decide(body('pay_1'), 'key-1');
    world.useModel(constantModel(0.99));
    world.clock.advance(MINUTE);
    expect(await world.decide(body('pay_1'), 'key-1')).toEqual(first);
    expect(await world.decide(body('pay_1'), null)).toEqual(first);
    expect(await countRows(database.pool, 'decisions')).toBe(1);
    expect(await countRows(database.pool, 'facts')).toBe(1);
  });

  it('is refused when the key or the payment comes with another body', async () => {
    await world.decide(body('pay_1'), 'key-1');
    const reused = { kind: 'conflict', code: 'idempotency-key-reused' };
    await expect(world.decide(body('pay_2'), 'key-1')).rejects.toMatchObject(reused);
    await expect(world.decide(body('pay_1', { amountPaise: 1 }), null)).rejects.toMatchObject(reused);
    await expect(world.decide(body('pay_1', { amountPaise: 1 }), 'key-2')).rejects.toMatchObject(reused);
    expect(await countRows(database.pool, 'decisions')).toBe(1);
  });

  it('is decided once when many copies arrive together', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.decide(body('pay_1'), 'key-1')));
    expect(new Set(answers.map(({ decisionId }) => decisionId)).size).toBe(1);
    expect(await countRows(database.pool, 'decisions')).toBe(1);
    const twins = await Promise.allSettled([
      world.decide(body('pay_2'), 'key-2'),
      world.decide(body('pay_2', { amountPaise: 5 }), 'key-3'),
    ]);
    expect(twins.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});

describe('the order of decisions', () => {
  it('is total under 200 concurrent requests, and a replay gives every vector bit for bit', async () => {
    const requests = Array.from({ length: 200 }, (_, i) =>
      body(`pay_${i}`, {
        payerId: `payer-${i % 7}`,
        instrumentId: `token-${i % 11}`,
        deviceId: `device-${i % 5}`,
        ip: `203.0.113.${i % 3}`,
        amountPaise: 1000 + i * 37,
        latitude: 12.9 + i / 1000,
      }),
    );
    const answers = await Promise.all(
      requests.map((request, i) => {
        if (i % 10 === 0) world.clock.advance(1);
        return world.decide(request, null);
      }),
    );
    expect(new Set(answers.map(({ decisionId }) => decisionId)).size).toBe(200);
    const { rows } = await database.pool.query<{ sequence: bigint }>(
      'SELECT sequence FROM facts ORDER BY sequence',
    );
    expect(rows.map(({ sequence }) => Number(sequence))).toEqual(
      Array.from({ length: 200 }, (_, i) => i + 1),
    );
    for (const [paymentId, vector] of await replayedVectors()) {
      expect(await loggedVector(database.pool, paymentId)).toBe(vector);
    }
  });

  it('survives a restart: the rebuilt state gives the same vector bit for bit', async () => {
    for (let i = 0; i < 20; i++) {
      world.clock.advance(7919);
      await world.decide(body(`pay_${i}`, { amountPaise: 99 * i, latitude: 12.97 + i / 7 }), null);
      if (i % 4 === 0)
        await world.reportOutcome(
          { paymentId: `pay_${i}`, outcome: 'failed', failureReason: 'payment_timed_out' },
          null,
        );
      if (i % 9 === 0) await world.reportOutcome({ paymentId: `pay_${i}`, outcome: 'fraud' }, null);
    }
    const { payment } = toGateRequest(body('pay_next', { longitude: -0 }));
    const atMs = world.clock.now() + MINUTE;
    const before = bits(servingFold(world), payment, atMs);
    const restarted = await openWorld({ pool: database.pool, clock: world.clock });
    expect(bits(servingFold(restarted), payment, atMs)).toBe(before);
    await restarted.decide(body('pay_20'), null);
    await restarted.liveLog.close();
  });
});

/** Kills the connection that writes entries once it is held up by a lock that the test takes. */
async function killTheWriter(
  start: () => Promise<unknown>,
): Promise<PromiseSettledResult<unknown> | undefined> {
  const blocker = await database.pool.connect();
  await blocker.query('BEGIN');
  await blocker.query('LOCK TABLE facts IN EXCLUSIVE MODE');
  const pending = Promise.allSettled([start()]);
  // Not by the blocker: a transaction sees the activity as it first read it.
  for (;;) {
    const { rows } = await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%new_facts%'`,
    );
    if (rows.length > 0) break;
  }
  await blocker.query('ROLLBACK');
  blocker.release();
  return (await pending)[0];
}

describe('a commit that fails', () => {
  it('is answered as unavailable and leaves nothing in the rebuilt state', async () => {
    await world.decide(body('pay_1'), null);
    world.clock.advance(MINUTE);
    const lost = await killTheWriter(() => world.decide(body('pay_lost'), null));
    expect(lost).toMatchObject({ status: 'rejected', reason: { kind: 'unavailable', code: 'not-durable' } });
    // Waits for the lock that the rebuild holds, so that the rebuild is done.
    await restoreLiveState({ pool: database.pool, clock: world.clock, createFold, history: NO_HISTORY });
    world.clock.advance(MINUTE);
    const after = await decideWhenReady('pay_2');
    expect(after).toMatchObject({ action: 'allow' });
    expect(await countRows(database.pool, 'facts')).toBe(2);
    expect(await loggedVector(database.pool, 'pay_2')).toBe((await replayedVectors()).get('pay_2'));
    // The caller repeats the lost request and it is decided now.
    expect(await world.decide(body('pay_lost'), null)).toMatchObject({ action: 'allow' });
    expect(await countRows(database.pool, 'facts')).toBe(3);
  });

  it('takes with it what was decided on top of it', async () => {
    const settled = await killTheWriter(() =>
      Promise.allSettled(Array.from({ length: 30 }, (_, i) => world.decide(body(`pay_${i}`), null))),
    );
    const outcomes =
      settled?.status === 'fulfilled' ? (settled.value as PromiseSettledResult<unknown>[]) : [];
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 'rejected'));
    expect(await countRows(database.pool, 'facts')).toBe(0);
  });
});

async function decideWhenReady(paymentId: string) {
  for (;;) {
    if (world.liveLog.fold() !== null) return world.decide(body(paymentId), null);
    await new Promise(setImmediate);
  }
}

describe('two gates over one log', () => {
  it('cannot both commit the same place in the order', async () => {
    const rival = await openWorld({ pool: database.pool, clock: world.clock });
    await rival.decide(body('pay_rival', { deviceId: 'device-9' }), null);
    await expect(world.decide(body('pay_1', { deviceId: 'device-9' }), null)).rejects.toMatchObject({
      code: 'not-durable',
    });
    await decideWhenReady('pay_2');
    for (const [paymentId, vector] of await replayedVectors()) {
      expect(await loggedVector(database.pool, paymentId)).toBe(vector);
    }
    await rival.liveLog.close();
  });
});

describe('a closing gate', () => {
  it('makes durable what waits and takes no more', async () => {
    const waiting = Array.from({ length: 10 }, (_, i) => world.decide(body(`pay_${i}`), null));
    await waiting[0];
    const rest = Promise.allSettled(waiting);
    await world.liveLog.close();
    expect((await rest).every(({ status }) => status === 'fulfilled')).toBe(true);
    await expect(world.decide(body('pay_late'), null)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'gate-not-ready',
    });
  });
});
