import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createFold } from '../../features/fold.js';
import type { DecisionEntry } from '../../scoring/entries.js';
import { toGateRequest } from '../../scoring/request.js';
import type { DecisionBody } from '../../scoring/request.js';
import type { FraudModel } from '../../scoring/score.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { body, CALM, constantModel, openWorld, START_AT } from './world.js';
import type { World } from './world.js';

/** The probability that a vector's first value names: answers then depend on what was scored. */
function vectorModel(version: string, scale: number): FraudModel {
  return constantModel(0, {
    version,
    predictOne: (vector) => Math.min(1, Math.abs(Number.isNaN(vector[0]!) ? 0.01 : vector[0]! / scale)),
  });
}

interface ShadowRow {
  sequence: bigint;
  fraud_probability: number | null;
  action: string;
  decided_by: string;
  degraded: string | null;
}

async function shadowRows({ pool, shadow }: World): Promise<ShadowRow[]> {
  await shadow.idle();
  const { rows } = await pool.query<ShadowRow>(
    'SELECT sequence, fraud_probability, action, decided_by, degraded FROM challenger_scores ORDER BY sequence',
  );
  return rows;
}

/** As the live log hands it on, of a payment that nothing speaks against. */
function entryOf(found: Partial<DecisionEntry['decision']>): DecisionEntry {
  const { payment } = toGateRequest(body('pay_1'));
  const known = { sequence: 1, occurredAt: START_AT, knownAt: START_AT };
  const fold = createFold();
  const answer = {
    decisionId: 'dec_1',
    action: 'allow',
    fraudProbability: null,
    reasons: [],
    modelVersion: null,
    featureSetHash: fold.featureSetHash,
  } as const;
  return {
    observation: { fact: 'payment', ...payment, status: 'attempted', failureReason: null, ...known },
    decision: {
      answer: { ...answer, reasons: [] },
      idempotencyKey: null,
      bodyHash: '',
      vectorHex: Buffer.from(fold.vector(payment, START_AT).buffer).toString('hex'),
      latencyMs: 0,
      ruleSetHash: '',
      listVersion: 0,
      policyHash: '',
      circumstances: CALM,
      propensity: null,
      ruleHits: { live: [], shadow: [] },
      listHits: [],
      signals: { emailDomain: null, bin: null, ipCountry: null },
      history: { batches: 0, untilMs: 0, sequence: 0 },
      ...found,
    },
  };
}

/** Without what is drawn for each: the id. */
async function answersTo(world: World, bodies: readonly DecisionBody[]): Promise<unknown[]> {
  const answers = [];
  for (const one of bodies) {
    world.clock.advance(1000);
    const { decisionId: _id, ...answer } = await world.decide(one, null);
    answers.push(answer);
  }
  const { rows } = await world.pool.query(
    `SELECT sequence, encode(vector, 'hex') AS vector, findings, circumstances, propensity, latency_ms FROM decisions ORDER BY sequence`,
  );
  return [...answers, ...rows];
}

/** Each is two worlds and some payments. */
const RUNS = 5;

let database: TestPostgres;
let world: World;

beforeAll(async () => {
  database = await testPostgres();
}, 60_000);

beforeEach(async () => {
  await database.pool.query('TRUNCATE facts, decisions, outcome_reports, challenger_scores');
  world = await openWorld({ pool: database.pool });
});

afterEach(async () => {
  await world.shadow.idle();
  await world.liveLog.close();
});

afterAll(() => database.close());

describe('a challenger in shadow', () => {
  it('logs what it would have answered to each decision, and by what', async () => {
    world.useModel(constantModel(0.001));
    world.useChallenger({ challengeId: 7, model: constantModel(0.95, { version: 'challenger' }) });
    for (const id of ['pay_1', 'pay_2'])
      expect(await world.decide(body(id), null)).toMatchObject({ action: 'allow' });
    expect(await shadowRows(world)).toEqual([
      { sequence: 1n, fraud_probability: 0.95, action: 'block', decided_by: 'model-block', degraded: null },
      { sequence: 2n, fraud_probability: 0.95, action: 'block', decided_by: 'model-block', degraded: null },
    ]);
    expect(world.shadow.tally()).toMatchObject({ scored: 2, dropped: { busy: 0, 'too-slow': 0 } });
  });

  it('is asked once for a payment, however often the request is repeated', async () => {
    world.useChallenger({ challengeId: 7, model: constantModel(0.5) });
    await world.decide(body('pay_1'), 'key-1');
    await world.decide(body('pay_1'), 'key-1');
    expect(await shadowRows(world)).toHaveLength(1);
  });

  it('meets what lists and rules found when it was decided, whatever they say now', async () => {
    world.useChallenger({ challengeId: 7, model: constantModel(0.001) });
    const found = {
      kind: 'block',
      subject: 'payer',
      value: 'payer-1',
      overridable: true,
      expiresAt: null,
      reason: 'chargebacks',
    } as const;
    world.shadow.observe(entryOf({ listHits: [found] }));
    expect(await shadowRows(world)).toMatchObject([{ action: 'block', decided_by: 'block-list' }]);
  });

  it.each([
    ['is no number', () => NaN],
    [
      'is an exception',
      () => {
        throw new Error('broken');
      },
    ],
  ])(
    'is logged without a probability when its answer %s, and the payment is decided',
    async (_name, predictOne) => {
      world.useModel(constantModel(0.2));
      world.useChallenger({ challengeId: 7, model: constantModel(0, { predictOne }) });
      expect(await world.decide(body('pay_1'), null)).toMatchObject({ action: 'challenge' });
      expect(await shadowRows(world)).toMatchObject([
        { fraud_probability: null, action: 'allow', degraded: 'model-failed' },
      ]);
    },
  );

  it('changes no bit of any answer, of its vector or of what was logged', async () => {
    const payments = fc.array(
      fc.record({
        payerId: fc.constantFrom('payer-1', 'payer-2', 'payer-3'),
        deviceId: fc.constantFrom('device-1', 'device-2'),
        amountPaise: fc.integer({ min: 100, max: 5_000_000 }),
      }),
      { minLength: 5, maxLength: 12 },
    );
    const other = await testPostgres();
    try {
      await fc.assert(
        fc.asyncProperty(payments, async (fields) => {
          await database.pool.query('TRUNCATE facts, decisions, outcome_reports, challenger_scores');
          await other.pool.query('TRUNCATE facts, decisions, outcome_reports');
          const bodies = fields.map((one, i) => body(`pay_${i}`, one));
          const [alone, challenged] = [
            await openWorld({ pool: other.pool }),
            await openWorld({ pool: database.pool }),
          ];
          for (const one of [alone, challenged]) one.useModel(vectorModel('champion', 2_000_000));
          challenged.useChallenger({ challengeId: 1, model: vectorModel('challenger', 300_000) });
          const answers = await answersTo(challenged, bodies);
          expect(answers).toEqual(await answersTo(alone, bodies));
          expect(await shadowRows(challenged)).toHaveLength(bodies.length);
          for (const one of [alone, challenged]) await one.liveLog.close();
        }),
        { numRuns: RUNS },
      );
    } finally {
      await other.close();
    }
  });
});

describe('the bounds of a challenger', () => {
  it('let it rest after one slow prediction, and count what it leaves out', async () => {
    let now = 0;
    const slow = await openWorld({ pool: database.pool, stopwatch: () => now });
    const model = constantModel(0.5, {
      predictOne: () => {
        now += 25;
        return 0.5;
      },
    });
    slow.useChallenger({ challengeId: 1, model });
    for (const id of ['pay_1', 'pay_2', 'pay_3']) {
      await slow.decide(body(id), null);
      await slow.shadow.idle();
    }
    expect(slow.shadow.tally()).toMatchObject({ scored: 1, dropped: { 'too-slow': 2 } });
    now += 30_000;
    await slow.decide(body('pay_4'), null);
    expect(await shadowRows(slow)).toHaveLength(2);
    await slow.liveLog.close();
  });

  it('drop what the database does not take, and payments are decided on', async () => {
    world.useChallenger({ challengeId: 1, model: constantModel(0.5) });
    await database.pool.query('ALTER TABLE challenger_scores RENAME TO hidden');
    expect(await world.decide(body('pay_1'), null)).toMatchObject({ action: 'allow' });
    await world.shadow.idle();
    expect(world.shadow.tally()).toEqual({
      scored: 0,
      dropped: { busy: 0, 'too-slow': 0, 'not-written': 1 },
    });
    await database.pool.query('ALTER TABLE hidden RENAME TO challenger_scores');
    await world.decide(body('pay_2'), null);
    expect(await shadowRows(world)).toHaveLength(1);
  });

  it('let no more than some thousands wait', async () => {
    world.useChallenger({ challengeId: 1, model: constantModel(0.5) });
    const entry = entryOf({});
    for (let i = 0; i < 5000; i++) world.shadow.observe(entry);
    expect(world.shadow.tally().dropped.busy).toBe(5000 - 4096);
    world.useChallenger(null);
  });
});
