import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Duckdb } from '../../../core/duckdb.js';
import { measureEffects } from '../../../models/churn-effect.js';
import { competingRisks } from '../../../models/competing-risks.js';
import type { Model } from '../../../models/contract.js';
import { logit } from '../../../models/sigmoid.js';
import { scoreChurn } from '../../../models/tasks/score-churn.js';
import { CHURN_FEATURES } from '../../../features/churn/definitions.js';
import { drawLives, livesDb } from '../../features/churn/subscription-lives.js';

const AS_OF = Date.UTC(2025, 8, 20);
const FAILURES = CHURN_FEATURES.findIndex(({ name }) => name === 'failures90d');

/** More of it with every failed payment, and nothing else. */
function ofFailures(base: number, each: number): Model {
  const probabilityOf = (failures: number): number => base + each * Math.min(5, failures);
  return {
    learner: 'of failures',
    featureNames: CHURN_FEATURES.map(({ name }) => name),
    predict: ({ columns }) => Float64Array.from(columns[FAILURES]!, probabilityOf),
    predictOne: (row) => probabilityOf(row[FAILURES]!),
    explain: (row) => {
      const parts = new Float64Array(CHURN_FEATURES.length + 1);
      parts[FAILURES] = logit(probabilityOf(row[FAILURES]!)) - logit(base);
      parts[CHURN_FEATURES.length] = logit(base);
      return parts;
    },
    toJSON: () => ({}),
  };
}

let db: Duckdb;

beforeAll(async () => {
  db = await livesDb(drawLives({ subscriptions: 80, months: 9, seed: 8 }).happenings);
});

afterAll(() => db.close());

describe("tonight's churn scores", () => {
  it('rank by what a treatment should save, and say why', async () => {
    const scores = await scoreChurn(db, competingRisks(ofFailures(0.02, 0.03), ofFailures(0.01, 0.02)), {
      asOfMs: AS_OF,
      effects: measureEffects([]),
      kinds: [],
    });
    expect(scores.length).toBeGreaterThan(10);
    expect(new Set(scores.map(({ subscriptionId }) => subscriptionId)).size).toBe(scores.length);
    for (const [i, score] of scores.entries()) {
      expect(score.priorityPaise).toBeLessThanOrEqual(scores[i - 1]?.priorityPaise ?? score.priorityPaise);
      expect(score.priorityPaise).toBeLessThanOrEqual(score.valuePaise);
      // One plan at one price: every subscription is worth the same if it stays.
      expect(score.valuePaise).toBe(scores[0]!.valuePaise);
    }
    expect(scores[0]!.reasons[0]).toMatch(/^failed payments in 90 days: [1-9]/);
    const calm = scores.find(({ voluntary }) => voluntary === 0.02);
    expect(calm?.reasons).toEqual([]);
  });
});
