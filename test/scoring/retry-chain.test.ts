import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { createFold } from '../../features/fold.js';
import { toGateRequest } from '../../scoring/request.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { body, constantModel, openWorld, START_AT } from './world.js';
import type { World } from './world.js';

const MINUTE = 60_000;

describe('a chain of attempts', () => {
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

  const retry = (paymentId: string, fields = {}) =>
    world.decide(body(paymentId, { kind: 'retry', retryOf: 'pay_1', ...fields }), null);

  it('is cancelled by a block, and every later step of it is blocked', async () => {
    world.useModel(constantModel(0.99));
    expect(await world.decide(body('pay_1'), null)).toMatchObject({ action: 'block', cancelRetries: true });
    world.useModel(constantModel(0.001));
    for (const [paymentId, kind] of [
      ['pay_2', 'retry'],
      ['pay_3', 'dunning'],
    ] as const) {
      const answer = await retry(paymentId, { kind });
      expect(answer).toMatchObject({ action: 'block', decidedBy: 'original-block', cancelRetries: true });
      expect(answer.reasons[0]).toMatchObject({ code: 'original-blocked' });
    }
    expect(await world.decide(body('pay_4'), null)).toMatchObject({ action: 'allow' });
  });

  it('is cancelled by the block of any of its steps', async () => {
    world.useModel(constantModel(0.001));
    expect(await world.decide(body('pay_1'), null)).not.toHaveProperty('cancelRetries');
    expect(await retry('pay_2')).toMatchObject({ action: 'allow' });
    world.useModel(constantModel(0.99));
    expect(await retry('pay_3')).toMatchObject({ action: 'block', decidedBy: 'model-block' });
    world.useModel(constantModel(0.001));
    expect(await retry('pay_4')).toMatchObject({ action: 'block', decidedBy: 'original-block' });
  });

  it('says again that it is cancelled to whoever repeats the request', async () => {
    world.useModel(constantModel(0.99));
    const first = await world.decide(body('pay_1'), null);
    expect(await world.decide(body('pay_1'), null)).toEqual(first);
  });

  it('goes on when its payer is let through', async () => {
    world.useModel(constantModel(0.99));
    await world.decide(body('pay_1'), null);
    const request = { change: 'add', kind: 'allow', subject: 'payer', value: 'payer-1', reason: 'a mistake' };
    await database.pool.query(
      `INSERT INTO list_changes (change, kind, subject, value, overridable, expires_at, reason, actor, at)
       VALUES ($1, $2, $3, $4, true, to_timestamp($5), $6, 'tester', now())`,
      [...Object.values(request).slice(0, 4), (START_AT + 60 * MINUTE) / 1000, request.reason],
    );
    await world.rules.refresh();
    expect(await retry('pay_2')).toMatchObject({ action: 'allow', decidedBy: 'allow-list' });
  });

  it('shares the log and the reasons of first attempts', async () => {
    world.useModel(constantModel(0.2));
    await world.decide(body('pay_1'), null);
    const answer = await retry('pay_2');
    expect(answer).toMatchObject({ action: 'challenge', fraudProbability: 0.2 });
    const { rows } = await database.pool.query(
      'SELECT retry_of, circumstances, propensity FROM decisions ORDER BY sequence',
    );
    const calm = { modelTooSlow: false, blockCapOpen: false, originalBlocked: false };
    expect(rows).toEqual([
      { retry_of: null, circumstances: calm, propensity: 1 },
      { retry_of: 'pay_1', circumstances: calm, propensity: 1 },
    ]);
  });
});

/** Far from where the payer last was. */
const ELSEWHERE = { latitude: 28.6, longitude: 77.2 };

describe('a storm of retries', () => {
  it('changes nothing that a first attempt is judged by but the counts of retries', () => {
    const step = fc.record({
      kind: fc.constantFrom('retry' as const, 'dunning' as const),
      failed: fc.boolean(),
      afterMs: fc.integer({ min: 0, max: 120 * MINUTE }),
      amountPaise: fc.integer({ min: 0, max: 10_000_000 }),
      device: fc.integer({ min: 1, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 50 }), (storm) => {
        const [quiet, stormy] = [createFold(), createFold()];
        let atMs = START_AT;
        let sequence = 0;
        const observe = (paymentId: string, fields: object, status: 'attempted' | 'failed') => ({
          fact: 'payment' as const,
          ...toGateRequest({ ...body(paymentId), ...fields }).payment,
          status,
          failureReason: null,
          sequence: sequence++,
          occurredAt: atMs,
          knownAt: atMs,
        });
        for (const deviceId of ['device-1', 'device-2']) {
          const first = observe(`pay_${deviceId}`, { deviceId }, 'attempted');
          quiet.observe(first);
          stormy.observe(first);
        }
        storm.forEach(({ kind, failed, afterMs, amountPaise, device }, i) => {
          atMs += afterMs;
          const fields = {
            kind,
            retryOf: 'pay_device-1',
            amountPaise,
            deviceId: `device-${device}`,
            ...ELSEWHERE,
          };
          stormy.observe(observe(`retry_${i}`, fields, failed ? 'failed' : 'attempted'));
        });
        const { payment } = toGateRequest(body('pay_next'));
        const [before, after] = [quiet, stormy].map((fold) => fold.vector(payment, atMs));
        const changed = FEATURE_NAMES.filter((_, i) => !Object.is(before?.[i], after?.[i]));
        expect(changed.filter((name) => !name.includes('Retries'))).toEqual([]);
      }),
      // Two folds a run, some fifty milliseconds.
      { numRuns: 40 },
    );
  });
});
