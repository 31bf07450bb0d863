import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { guardrailFigures } from '../../reporting/guardrail-figures.js';
import { openWarehouseReader } from '../../reporting/reader.js';
import type { WarehouseReader } from '../../reporting/reader.js';
import { DEFAULT_GUARDRAILS } from '../../scoring/guardrail-settings.js';
import { at, label, payment } from '../support/facts.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { CHAMPION, logPairs } from '../support/shadow-log.js';
import type { LoggedPair } from '../support/shadow-log.js';
import { testWarehouse } from '../support/warehouse.js';
import type { TestWarehouse } from '../support/warehouse.js';

const NOW = at('2026-06-01T06:00:00Z');
const MINUTE = 60_000;
const DAY = 86_400_000;
const FORMER = 'e'.repeat(64);
const SETTINGS = { ...DEFAULT_GUARDRAILS, minDecisions: 5 };

let database: TestPostgres;
let warehouse: TestWarehouse;
let reader: WarehouseReader;

const figuresSince = (promotedAtMs: number) =>
  guardrailFigures(
    { pool: database.pool, reader },
    { version: CHAMPION, former: FORMER, promotedAtMs, nowMs: NOW },
    SETTINGS,
  );

beforeAll(async () => {
  database = await testPostgres();
  const occurredAt = NOW - 50 * DAY;
  warehouse = await testWarehouse([
    payment({ paymentId: 'pay_3', occurredAt }),
    label({ paymentId: 'pay_3', occurredAt, knownAt: occurredAt + DAY }),
  ]);
  await warehouse.build(NOW);
  reader = openWarehouseReader(warehouse.path);
}, 60_000);
afterAll(async () => {
  reader.close();
  await warehouse.remove();
  await database.close();
});

describe('the figures that guardrails judge', () => {
  it("are the model's own of the window, beside the former champion's week before", async () => {
    const promotedAt = NOW - 20 * MINUTE;
    const served = (fields: Partial<LoggedPair>): LoggedPair => ({
      decidedAt: NOW - 10 * MINUTE,
      probability: 0.1,
      ...fields,
    });
    await logPairs(database.pool, [
      ...Array.from({ length: 8 }, (_, i) =>
        served({
          decidedAt: promotedAt - (10 - i) * MINUTE,
          modelVersion: FORMER,
          ...(i === 0 ? { action: 'block', decidedBy: 'model-block' } : {}),
        }),
      ),
      served({ action: 'block', decidedBy: 'model-block' }),
      served({ action: 'challenge', decidedBy: 'explored-challenge' }),
      served({ action: 'review', decidedBy: 'capped-review' }),
      served({ action: 'block', decidedBy: 'block-rule' }),
      served({ action: 'block', decidedBy: 'block-list' }),
      served({ probability: null, degraded: 'model-failed' }),
      served({ probability: null, degraded: 'model-too-slow', latencyMs: 90 }),
      served({ modelVersion: FORMER, action: 'block', decidedBy: 'model-block' }),
    ]);
    const { answers, former, calibration } = await figuresSince(promotedAt);
    expect(answers).toEqual({ decisions: 7, blocked: 3, failed: 1, slow: 1, p99Ms: 90 });
    expect(former).toMatchObject({ decisions: 8, blocked: 1 });
    expect(calibration.payments).toBe(0);
  });

  it('leave out a former champion of too few decisions, and decisions before the window', async () => {
    await logPairs(database.pool, [
      { decidedAt: NOW - 2 * DAY, probability: 0.1, modelVersion: FORMER },
      { decidedAt: NOW - 31 * MINUTE, probability: 0.1 },
      { decidedAt: NOW - 29 * MINUTE, probability: 0.1 },
    ]);
    const { answers, former } = await figuresSince(NOW - DAY);
    expect(answers.decisions).toBe(1);
    expect(former).toBeNull();
  });

  it('take frauds announced and come from mature payments that were let through, wherever the label came from', async () => {
    const old = NOW - 50 * DAY;
    await logPairs(database.pool, [
      { decidedAt: old, probability: 0.25, outcomes: ['fraud'] },
      { decidedAt: old, probability: 0.25, outcomes: ['fraud', 'legitimate'] },
      { decidedAt: old, probability: 0.5, action: 'block', decidedBy: 'model-block' },
      { decidedAt: old, probability: 0.5 },
      { decidedAt: NOW - 10 * DAY, probability: 0.5, outcomes: ['fraud'] },
    ]);
    expect((await figuresSince(NOW - 60 * DAY)).calibration).toEqual({ payments: 3, expected: 1, frauds: 2 });
  });

  it('are of a sample when there are many, with the same shares', async () => {
    const many = Array.from({ length: 21_000 }, (_, i): LoggedPair => {
      const wanted = i % 2 === 0;
      return {
        decidedAt: NOW - 20 * MINUTE + i,
        probability: 0.1,
        ...(wanted ? { action: 'block', decidedBy: 'model-block' } : {}),
      };
    });
    await logPairs(database.pool, many);
    const { answers } = await figuresSince(NOW - 30 * MINUTE);
    expect(answers.decisions).toBeGreaterThan(2500);
    expect(answers.decisions).toBeLessThan(10_001);
    expect(answers.blocked / answers.decisions).toBeCloseTo(0.5, 1);
  });
});
