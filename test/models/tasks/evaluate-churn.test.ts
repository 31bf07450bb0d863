import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Duckdb } from '../../../core/duckdb.js';
import { seededRandom } from '../../../core/random.js';
import { GRACE_DAYS } from '../../../features/churn/renewals.js';
import { churnRows, type ChurnRows } from '../../../features/churn/rows.js';
import { averagePrecision, aucRoc } from '../../../models/metrics.js';
import { shuffled, takeRows } from '../../../models/split.js';
import { churnSpans, EITHER, ended, fitChurn, judged, TRAINING_LEADS } from '../../../models/tasks/churn.js';
import { evaluateChurn, type ChurnEvaluation } from '../../../models/tasks/evaluate-churn.js';
import { isHeldOut } from '../../../models/uplift.js';
import { DAY_MS, drawLives, livesDb } from '../../features/churn/subscription-lives.js';

const MONTHS = 20;
const AS_OF = Date.UTC(2025, MONTHS, 15);
const { happenings, truth } = drawLives({ subscriptions: 1200, months: MONTHS, seed: 11 });

let db: Duckdb;
let folder: string;
let evaluation: ChurnEvaluation;
let rows: ChurnRows;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-churn-'));
  db = await livesDb(happenings);
  const treatmentsFile = path.join(folder, 'treatments.csv');
  const treated = Array.from({ length: 1200 }, (_, i) => `payer_${i}`).filter((id) => !isHeldOut(id));
  await writeFile(
    treatmentsFile,
    ['payer_id,treated_at', ...treated.map((id) => `${id},2026-06-20`)].join('\n'),
  );
  const request = { asOfMs: AS_OF, learner: 'logistic', seed: 1, guards: true, treatmentsFile } as const;
  evaluation = await evaluateChurn(db, request);
  rows = await churnRows(db, { asOfMs: AS_OF, leads: TRAINING_LEADS });
}, 120_000);

afterAll(async () => {
  db.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the evaluation of churn', () => {
  it('beats nobody-churns and the base rate, with calibrated probabilities', () => {
    const { figures, interval, nobodyChurns, baseRate, churnShare } = evaluation;
    expect(interval.aucRoc.low).toBeGreaterThan(0.55);
    expect(figures.aucRoc).toBeGreaterThan(interval.aucRoc.low);
    expect(interval.liftAt10.low).toBeGreaterThan(1.2);
    expect(figures.calibrationError).toBeLessThanOrEqual(0.03);
    expect(figures.brier).toBeLessThan(baseRate.brier);
    expect(figures.logLoss).toBeLessThan(baseRate.logLoss);
    expect(nobodyChurns).toMatchObject({ aucRoc: 0.5, liftAt10: expect.closeTo(1, 9), brier: churnShare });
  });

  it('stays below what the true probabilities reach', () => {
    const test = judged(rows, churnSpans(rows, AS_OF - GRACE_DAYS * DAY_MS).test);
    const y = ended(rows, test, EITHER);
    const best = Float64Array.from(test, (row) =>
      truth.get(`${rows.subscriptionId[row]!.slice('sub_'.length)}:${rows.period[row]!}`)!,
    );
    expect(test.length).toBe(evaluation.renewals);
    expect(evaluation.figures.aucRoc).toBeLessThan(aucRoc(y, best) + 0.02);
    expect(evaluation.figures.averagePrecision).toBeLessThan(averagePrecision(y, best) + 0.06);
  });

  it('tells the causes apart, and they sum to churn', () => {
    const { causes, churnShare } = evaluation;
    expect(causes.voluntary!.share + causes.involuntary!.share).toBeCloseTo(churnShare, 12);
    expect(causes.voluntary!.aucRoc).toBeGreaterThan(0.55);
    expect(causes.involuntary!.aucRoc).toBeGreaterThan(0.55);
    expect(causes.voluntary!.ceiling).toBeNull();
  });

  it('draws survival as observed and as expected, never rising', () => {
    const everybody = evaluation.segments.find(({ segment }) => segment === 'everybody')!;
    const { survival } = everybody;
    expect(survival.length).toBeGreaterThan(3);
    for (const [i, point] of survival.entries()) {
      expect(point.survival).toBeLessThanOrEqual(survival[i - 1]?.survival ?? 1);
      expect(point.low).toBeLessThanOrEqual(point.survival);
      expect(point.high).toBeGreaterThanOrEqual(point.survival);
    }
  });

  it('shows every guard taken off, each on its own', () => {
    expect(evaluation.guards.map(({ without }) => without)).toEqual([
      'lead',
      'maturity',
      'known-at',
      'time-split',
    ]);
    const [, maturity] = evaluation.guards;
    // What has not been paid yet passes for churn.
    expect(maturity!.churnShare).toBeGreaterThan(evaluation.churnShare);
  });

  it('finds nothing in a treatment that did nothing', () => {
    const { offered, heldOut, treatments, result } = evaluation.uplift!;
    expect(heldOut.payers).toBeGreaterThan(0);
    expect(treatments).toBeGreaterThan(0);
    expect(treatments).toBeLessThanOrEqual(offered.payers);
    expect(result!.low).toBeLessThan(0);
    expect(result!.high).toBeGreaterThan(0);
  });

  it('ranks by chance when the outcomes are dealt out at random: no feature knows the label', () => {
    const dealt = { ...rows, outcome: Uint8Array.from(shuffled([...rows.outcome], seededRandom(5))) };
    const spans = churnSpans(dealt, AS_OF - GRACE_DAYS * DAY_MS);
    const { model } = fitChurn(dealt, spans, { learner: 'logistic', seed: 1 });
    const test = judged(dealt, spans.test);
    const auc = aucRoc(ended(dealt, test, EITHER), model.predict(takeRows(dealt.frame, test)));
    expect(Math.abs(auc - 0.5)).toBeLessThan(0.06);
  });

  it('says what is missing from a history that is too short', async () => {
    const request = { asOfMs: AS_OF - 420 * DAY_MS, learner: 'trees', seed: 1, guards: false } as const;
    await expect(evaluateChurn(db, request)).rejects.toThrow(/the fitted span holds \d+ voluntary ends/);
  });
});

describe('the spans of churn', () => {
  it('use a label only when it was settled before the next span was first seen', () => {
    const { fit, calibrate, test } = churnSpans(rows, AS_OF - GRACE_DAYS * DAY_MS);
    const most = (of: Int32Array, values: Float64Array): number =>
      Math.max(...Array.from(of, (row) => values[row]!));
    const least = (of: Int32Array, values: Float64Array): number =>
      Math.min(...Array.from(of, (row) => values[row]!));
    expect(most(fit, rows.settledAt)).toBeLessThan(least(calibrate, rows.asOf) + 1);
    expect(most(calibrate, rows.settledAt)).toBeLessThan(least(test, rows.asOf) + 1);
    expect(most(test, rows.settledAt)).toBeLessThanOrEqual(AS_OF);
  });
});
