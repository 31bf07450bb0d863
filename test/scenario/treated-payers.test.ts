/**
 * Months of subscriptions in which treating a listed payer prevents a known share of ends: nights score, people treat, outcomes settle,
 * and the report must find the effect within its interval. Churn, treatments and the draw of who is treated come from one seed.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DAY_MS } from '../../core/days.js';
import { seededRandom } from '../../core/random.js';
import { CHURN_FEATURES } from '../../features/churn/definitions.js';
import { measureEffects } from '../../models/churn-effect.js';
import { settleChurn } from '../../models/churn-outcomes.js';
import { saveChurnScores } from '../../models/churn-store.js';
import { readTrial } from '../../models/churn-trial.js';
import { competingRisks } from '../../models/competing-risks.js';
import type { Model } from '../../models/contract.js';
import { scoreChurn } from '../../models/tasks/score-churn.js';
import { isHeldOut } from '../../models/uplift.js';
import { readChurn } from '../../reporting/churn/overview.js';
import { readUplift } from '../../reporting/churn/uplift-store.js';
import { livesDb, type Happening } from '../features/churn/subscription-lives.js';
import { testPostgres, type TestPostgres } from '../support/postgres.js';

const ASSUMED_EFFECTS = measureEffects([]);

const SUBSCRIBERS = 4000;
const MONTHS = 7;
const FIRST_NIGHT = 3; // A plan's term is known from its tenth renewal on, failures from a month on.
const PREVENTED = 0.6; // Of a treated payer's risk.
const TREATED = 0.85; // Of the listed who may be treated.
const COST_PAISE = 2500;
const END = Date.UTC(2025, MONTHS + 2, 10);
const FAILURES = CHURN_FEATURES.findIndex(({ name }) => name === 'failures90d');

/** More of it with every failed payment; the two models of the scenario differ in how much. */
function ofFailures(each: number): Model {
  const probabilityOf = (failures: number): number => 0.01 + each * Math.min(5, failures);
  return {
    learner: 'of failures',
    featureNames: CHURN_FEATURES.map(({ name }) => name),
    predict: ({ columns }) => Float64Array.from(columns[FAILURES]!, probabilityOf),
    predictOne: (row) => probabilityOf(row[FAILURES]!),
    explain: () => new Float64Array(CHURN_FEATURES.length + 1),
    toJSON: () => ({}),
  };
}

interface Subscriber {
  readonly id: number;
  readonly day: number;
  isAlive: boolean;
  hasFailed: boolean;
  isTreated: boolean;
}

/** What is true of a payer on the first night on the list: how much of the risk the treatment took away. */
const prevented = new Map<string, number>();
const worth = new Map<string, number>();

let database: TestPostgres;

beforeAll(async () => {
  database = await testPostgres();
  await live();
}, 120_000);

afterAll(() => database.close());

async function live(): Promise<void> {
  const random = seededRandom(2);
  const told: Happening[] = [];
  const subscribers = Array.from({ length: SUBSCRIBERS }, (_, id): Subscriber => ({
    id,
    day: random.below(20),
    isAlive: true,
    hasFailed: false,
    isTreated: false,
  }));
  const due = ({ day }: Subscriber, month: number): number => Date.UTC(2025, month, 1 + day, 4);
  const tell = (of: Subscriber, event: string, at: number): void =>
    void told.push({ table: 'subscription_events', subscriber: of.id, event, at });
  for (const one of subscribers) tell(one, 'started', due(one, 0));
  for (let month = 0; month < MONTHS; month++) {
    for (const one of subscribers.filter(({ isAlive }) => isAlive)) {
      one.hasFailed = random.unit() < 0.3;
      const event = one.hasFailed ? 'failed' : 'captured';
      told.push({ table: 'payments', subscriber: one.id, event, at: due(one, month) + 3 * DAY_MS });
      one.isTreated = false;
    }
    const at = Date.UTC(2025, month, 24);
    const listed = month < FIRST_NIGHT ? new Set<string>() : await night(told, at, month);
    const chosen = [...listed].filter((payerId) => !isHeldOut(payerId) && random.unit() < TREATED);
    await treat(chosen, at + 3_600_000);
    for (const payerId of chosen) subscribers[Number(payerId.slice('payer_'.length))]!.isTreated = true;
    for (const one of subscribers.filter(({ isAlive }) => isAlive)) {
      const left = one.isTreated ? 1 - PREVENTED : 1;
      const [voluntary, involuntary] = one.hasFailed
        ? [0.22 * left, 0.22 * left]
        : [0.02 * left, 0.01 * left];
      const payerId = `payer_${one.id}`;
      if (listed.has(payerId) && !prevented.has(payerId))
        prevented.set(payerId, one.isTreated ? ((voluntary + involuntary) * PREVENTED) / left : 0);
      const fate = random.unit();
      one.isAlive = fate >= voluntary + involuntary;
      const renewsAt = due(one, month + 1);
      if (one.isAlive) tell(one, 'renewed', renewsAt);
      else if (fate < voluntary) tell(one, 'cancelled', renewsAt - 2 * DAY_MS);
      else tell(one, 'lapsed', renewsAt + 2 * DAY_MS);
    }
  }
  const db = await livesDb(told.sort((a, b) => a.at - b.at));
  await settleChurn(database.pool, db, END);
  db.close();
}

/** Answers whom it lists; odd months have another model. */
async function night(told: readonly Happening[], at: number, month: number): Promise<Set<string>> {
  const known = told.filter((one) => one.at < at).sort((a, b) => a.at - b.at);
  const db = await livesDb(known);
  const each = month % 2 === 0 ? 0.05 : 0.08;
  const scores = await scoreChurn(db, competingRisks(ofFailures(each), ofFailures(0.04)), {
    asOfMs: at,
    effects: ASSUMED_EFFECTS,
    kinds: ['call', 'message'],
  });
  await settleChurn(database.pool, db, at);
  db.close();
  const modelVersion = String(month % 2).repeat(64);
  await saveChurnScores(database.pool, scores, { scoredAt: at, modelVersion, effects: ASSUMED_EFFECTS });
  const listed = scores.filter((score) => score.listed);
  for (const { payerId, valuePaise } of listed)
    if (!worth.has(payerId)) worth.set(payerId, Number(valuePaise));
  return new Set(listed.map(({ payerId }) => payerId));
}

async function treat(payerIds: readonly string[], at: number): Promise<void> {
  await database.pool.query(
    `INSERT INTO churn_treatments (treatment_id, payer_id, kind, treated_at, cost_paise, currency, scored_at, actor, recorded_at)
     SELECT 'ctr_' || payer_id || '_' || to_timestamp($2 / 1000.0), payer_id, 'call', to_timestamp($2 / 1000.0), $3, 'INR',
       (SELECT max(scored_at) FROM churn_scores), 'asha', to_timestamp($2 / 1000.0) FROM unnest($1::text[]) AS payer_id`,
    [payerIds, at, COST_PAISE],
  );
}

describe('treating listed payers', () => {
  it('is found to prevent what it truly prevents, in payers and in rupees', async () => {
    const report = await readUplift(database.pool, END, null);
    const { payers } = await readTrial(database.pool, { asOf: END, currency: null });
    expect(payers).toHaveLength(prevented.size);
    const offered = payers.filter(({ heldOut }) => !heldOut);
    const truth = offered.reduce((sum, { payerId }) => sum + prevented.get(payerId)!, 0) / offered.length;
    const { low, high, prevented: found } = report.either!;
    expect(truth).toBeGreaterThan(0.05);
    expect(low).toBeGreaterThan(0);
    expect(low).toBeLessThan(truth);
    expect(high).toBeGreaterThan(truth);
    expect(report.voluntary!.prevented + report.involuntary!.prevented).toBeCloseTo(found, 12);
    expect(report.verdict).toMatch(/^Treatments prevent/);
    const saved = offered.reduce(
      (sum, { payerId }) => sum + prevented.get(payerId)! * worth.get(payerId)!,
      0,
    );
    const cost = offered.filter(({ treatments }) => treatments > 0).length * COST_PAISE;
    expect(report.saved!.low).toBeLessThan(saved - cost);
    expect(report.saved!.high).toBeGreaterThan(saved - cost);
    expect(report.saved!.costPaise).toBeGreaterThanOrEqual(cost);
    expect(report.treatedShare).toBeGreaterThan(TREATED - 0.05);
    expect(report.kinds.map(({ kind }) => kind)).toEqual(['call', 'message']);
    expect(report.cohorts.length).toBeGreaterThan(2);
    const [calls] = report.given;
    expect(calls!.kind).toBe('call');
    expect(calls!.treatments * COST_PAISE).toBe(calls!.costPaise);
  });

  it('takes the place of the assumption in ranking, as far as it is sure', async () => {
    const { payers } = await readTrial(database.pool, { asOf: END, currency: 'INR' });
    const effects = measureEffects(payers);
    for (const cause of ['voluntary', 'involuntary'] as const) {
      const { prevented: used, assumed, measured, standardError, weight } = effects[cause];
      expect(weight).toBeGreaterThan(0.2);
      expect(Math.abs(measured! - PREVENTED)).toBeLessThan(2.6 * standardError!);
      expect(used).toBeCloseTo(weight * measured! + (1 - weight) * assumed, 12);
    }
  });

  it('moves nobody across the hold-out, whatever the night and the model', async () => {
    const { rows } = await database.pool.query<{ moved: number; held: number; models: number }>(
      `SELECT count(*) FILTER (WHERE arms > 1)::int AS moved, avg(is_held::int)::float8 AS held, max(models)::int AS models
       FROM (SELECT payer_id, count(DISTINCT held_out) AS arms, bool_or(held_out) AS is_held,
           count(DISTINCT model_version) AS models FROM churn_scores GROUP BY payer_id) AS payers`,
    );
    expect(rows[0]).toMatchObject({ moved: 0, models: 2 });
    expect(rows[0]!.held).toBeCloseTo(0.1, 1);
  });

  it('knows no outcome before it counts', async () => {
    const early = await readTrial(database.pool, { asOf: Date.UTC(2025, FIRST_NIGHT, 30), currency: null });
    expect(early.payers).toEqual([]);
    expect(early.waiting.offered).toBeGreaterThan(100);
    const report = await readUplift(database.pool, Date.UTC(2025, FIRST_NIGHT, 30), null);
    expect(report.verdict).toMatch(/^Too few to say/);
    expect(report.either).toBeNull();
  });

  it('leaves past nights that can be judged', async () => {
    const overview = (await readChurn(database.pool, { now: END, currency: null }))!;
    expect(overview.months.length).toBeGreaterThan(2);
    expect(overview.tenths).toHaveLength(10);
    const renewals = overview.tenths.reduce((sum, one) => sum + one.renewals, 0);
    expect(overview.months.reduce((sum, one) => sum + one.renewals, 0)).toBe(renewals);
    expect(overview.tenths[9]!.came).toBeGreaterThan(overview.tenths[0]!.came);
  });
});
