import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../core/random.js';
import { compareModels } from '../../reporting/comparison.js';
import type { ComparisonReport } from '../../reporting/comparison-report.js';
import { readComparison } from '../../reporting/comparison-report.js';
import { latestComparison, saveComparison } from '../../reporting/comparison-store.js';
import { openWarehouseReader } from '../../reporting/reader.js';
import type { WarehouseReader } from '../../reporting/reader.js';
import { at, label, payment } from '../support/facts.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { CHALLENGER, CHAMPION, logPairs } from '../support/shadow-log.js';
import type { LoggedPair } from '../support/shadow-log.js';
import { testWarehouse } from '../support/warehouse.js';
import type { TestWarehouse } from '../support/warehouse.js';

const NOW = at('2026-06-01T06:00:00Z');
const DAY = 86_400_000;
const MODELS = { champion: CHAMPION, challenger: CHALLENGER };
const WHOLE = { fromMs: 0, untilMs: NOW + 1 };
const random = seededRandom(5).fork('pairs');

/** The challenger knows more: its probability is nearer to what came. Blocks have no result; young ones no label yet. */
const PAIRS: readonly LoggedPair[] = Array.from({ length: 600 }, (_, i): LoggedPair => {
  const fraud = random.unit() < 0.1;
  const noisy = (noise: number): number =>
    Math.min(0.99, Math.max(0.001, (fraud ? 0.5 : 0.05) + noise * (random.unit() - 0.5)));
  const [probability, ofChallenger] = [noisy(0.9), noisy(0.5)];
  const action = probability > 0.48 ? 'block' : 'allow';
  return {
    decidedAt: NOW - 60 * DAY + i * (DAY / 10),
    payer: `payer-${i % 150}`,
    amountPaise: 1000 + i,
    probability,
    action,
    challenger: { action: ofChallenger > 0.45 ? 'block' : 'allow', probability: ofChallenger },
    outcomes: action === 'block' ? [] : fraud ? ['captured', 'fraud'] : ['captured'],
  };
});

let database: TestPostgres;
let warehouse: TestWarehouse;
let reader: WarehouseReader;

const compare = (span = WHOLE): Promise<ComparisonReport> =>
  compareModels({ pool: database.pool, reader, nowMs: NOW }, MODELS, span);

beforeAll(async () => {
  database = await testPostgres();
  const occurredAt = NOW - 50 * DAY;
  warehouse = await testWarehouse([
    payment({ paymentId: 'pay_0', occurredAt }),
    label({ paymentId: 'pay_0', occurredAt, knownAt: occurredAt + DAY }),
  ]);
  await warehouse.build(NOW);
  reader = openWarehouseReader(warehouse.path);
}, 60_000);
afterAll(async () => {
  reader.close();
  await warehouse.remove();
  await database.close();
});

/** Sums over pairs of rows, without sorting: P(a fraud outranks a good payment), ties half. */
function naiveAuc(rows: readonly { readonly p: number; readonly fraud: boolean }[]): number {
  const [frauds, good] = [rows.filter(({ fraud }) => fraud), rows.filter(({ fraud }) => !fraud)];
  let wins = 0;
  for (const a of frauds) for (const b of good) wins += a.p > b.p ? 1 : a.p === b.p ? 0.5 : 0;
  return wins / (frauds.length * good.length);
}

/** Mean over the frauds of the precision among those that rank at least as high. */
function naiveAveragePrecision(rows: readonly { readonly p: number; readonly fraud: boolean }[]): number {
  const frauds = rows.filter(({ fraud }) => fraud);
  const precisions = frauds.map(({ p }) => {
    const above = rows.filter((row) => row.p >= p);
    return above.filter(({ fraud }) => fraud).length / above.length;
  });
  return precisions.reduce((sum, one) => sum + one, 0) / frauds.length;
}

describe('champion beside challenger', () => {
  it('counts agreement, actions and blocks with their money as a plain loop does', async () => {
    await logPairs(database.pool, PAIRS);
    const { agreement, actions, blocks, decisions, period } = await compare();
    const [known, mature] = [new Set(PAIRS.map((one) => one.action)), NOW - 30 * DAY];
    expect(known.size).toBe(2);
    expect(decisions).toEqual({
      live: 600,
      scored: 600,
      compared: 600,
      oneIn: 1,
      championFailed: 0,
      challengerFailed: 0,
    });
    expect(period).toEqual({ fromAt: PAIRS[0]!.decidedAt, untilAt: PAIRS[599]!.decidedAt });
    const same = PAIRS.filter((one) => one.action === one.challenger?.action).length;
    expect(agreement).toBe(same / 600);
    expect(actions.reduce((sum, one) => sum + one.decisions, 0)).toBe(600);
    const only = PAIRS.filter((one) => one.action === 'allow' && one.challenger?.action === 'block');
    const sum = (of: readonly LoggedPair[]): number => of.reduce((total, one) => total + one.amountPaise!, 0);
    const frauds = only.filter(({ outcomes }) => outcomes?.includes('fraud'));
    const good = only.filter((one) => !one.outcomes?.includes('fraud') && one.decidedAt < mature);
    expect(blocks).toMatchObject([
      {
        currency: 'INR',
        onlyChallenger: {
          payments: only.length,
          amountPaise: sum(only),
          frauds: frauds.length,
          fraudAmountPaise: sum(frauds),
          good: good.length,
          goodAmountPaise: sum(good),
        },
        onlyChampion: { frauds: 0, good: 0 },
      },
    ]);
    expect(frauds.length + good.length).toBeGreaterThan(0);
  });

  it('judges both on mature payments with a result, with the figures of their definitions', async () => {
    // Its label came with a file, not through the gate.
    const pairs = PAIRS.map((one, i): LoggedPair =>
      i === 0 ? { ...one, action: 'allow', outcomes: [] } : one,
    );
    await logPairs(database.pool, pairs);
    const { labels, metrics, calibration, reliability } = await compare();
    const old = pairs.map((one, i) => ({ ...one, i })).filter((one) => one.decidedAt < NOW - 30 * DAY);
    const judged = old.filter((one) => one.action === 'allow');
    const rows = (p: (one: LoggedPair) => number) =>
      judged.map((one) => ({ p: p(one), fraud: one.i === 0 || one.outcomes!.includes('fraud') }));
    const [ofChampion, ofChallenger] = [
      rows((one) => one.probability!),
      rows((one) => one.challenger!.probability!),
    ];
    expect(labels).toMatchObject({
      payments: judged.length,
      frauds: ofChampion.filter(({ fraud }) => fraud).length,
      withoutResult: old.length - judged.length,
      withoutProbability: 0,
      notJudged: null,
    });
    const of = (name: string) => metrics.find((metric) => metric.name === name)!;
    expect(of('aucRoc').champion).toBeCloseTo(naiveAuc(ofChampion), 12);
    expect(of('aucRoc').challenger).toBeCloseTo(naiveAuc(ofChallenger), 12);
    expect(of('averagePrecision').champion).toBeCloseTo(naiveAveragePrecision(ofChampion), 12);
    expect(of('averagePrecision').challenger).toBeCloseTo(naiveAveragePrecision(ofChallenger), 12);
    const meanLoss = (of: typeof ofChampion, loss: (p: number, y: number) => number): number =>
      of.reduce((sum, { p, fraud }) => sum + loss(p, Number(fraud)), 0) / of.length;
    const squared = (p: number, y: number): number => (p - y) * (p - y);
    expect(of('brier').difference).toBeCloseTo(
      meanLoss(ofChallenger, squared) - meanLoss(ofChampion, squared),
      12,
    );
    const log = (p: number, y: number): number => -(y * Math.log(p) + (1 - y) * Math.log(1 - p));
    expect(of('logLoss').challenger).toBeCloseTo(meanLoss(ofChallenger, log), 12);
    for (const { difference, low, high, champion, challenger } of metrics) {
      expect(difference).toBeCloseTo(challenger - champion, 12);
      expect(low).toBeLessThanOrEqual(difference);
      expect(high).toBeGreaterThanOrEqual(difference);
    }
    // It was made to be the better one, by more than chance.
    expect(of('aucRoc').low).toBeGreaterThan(0);
    expect(calibration?.champion.expected).toBeCloseTo(
      ofChampion.reduce((sum, { p }) => sum + p, 0),
      9,
    );
    expect(reliability.reduce((sum, { champion }) => sum + champion.payments, 0)).toBe(judged.length);
  });

  it('says nothing of which is right while labels are few or young', async () => {
    const young = PAIRS.slice(0, 50).map((one) => ({ ...one, decidedAt: NOW - DAY }));
    await logPairs(database.pool, young);
    expect(await compare()).toMatchObject({
      metrics: [],
      calibration: null,
      labels: { payments: 0, notJudged: expect.stringContaining('older than the 30 days') },
    });
    await logPairs(
      database.pool,
      PAIRS.slice(0, 50).map((one) => ({ ...one, outcomes: one.action === 'block' ? [] : ['captured'] })),
    );
    expect((await compare()).labels.notJudged).toContain('10 are needed');
  });

  it('counts what the challenger did not get to, what it failed on, and what was held back', async () => {
    await logPairs(database.pool, [
      { decidedAt: NOW - DAY, probability: 0.9, action: 'challenge', decidedBy: 'explored-challenge' },
      {
        decidedAt: NOW - DAY,
        probability: 0.9,
        action: 'review',
        decidedBy: 'capped-review',
        challenger: { action: 'review', decidedBy: 'capped-review', probability: 0.9 },
      },
      { decidedAt: NOW - DAY, probability: 0.1, challenger: { action: 'allow', probability: null } },
      { decidedAt: NOW - DAY, probability: null, challenger: { action: 'allow', probability: 0.1 } },
      {
        decidedAt: NOW - DAY,
        probability: 0.1,
        modelVersion: 'e'.repeat(64),
        challenger: { action: 'allow', probability: 0.1 },
      },
    ]);
    const { decisions, blocks } = await compare();
    expect(decisions).toMatchObject({ live: 4, scored: 3, championFailed: 1, challengerFailed: 1 });
    expect(blocks[0]?.both.payments).toBe(1);
  });

  it('is of the period that was asked for, and refuses one without a payment', async () => {
    await logPairs(database.pool, PAIRS);
    const { decisions } = await compare({ fromMs: NOW - 10 * DAY, untilMs: NOW - 5 * DAY });
    expect(decisions.compared).toBe(50);
    await expect(compare({ fromMs: 0, untilMs: 1 })).rejects.toMatchObject({ code: 'nothing-to-compare' });
  });

  it('is kept as it was computed, the newest of a pair', async () => {
    await logPairs(database.pool, PAIRS);
    const report = await compare();
    await saveComparison(database.pool, { ...report, at: NOW - DAY });
    await saveComparison(database.pool, report);
    expect(await latestComparison(database.pool)).toEqual(report);
    expect(readComparison({ ...report, agreement: 'most' })).toBeNull();
  });
});
