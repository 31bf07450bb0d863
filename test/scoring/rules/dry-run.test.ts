import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../core/random.js';
import { createFold } from '../../../features/fold.js';
import type { Observation } from '../../../features/fold.js';
import { appendFacts } from '../../../ingest/append-facts.js';
import type { PaymentFact } from '../../../ingest/facts.js';
import { openLake } from '../../../ingest/lake.js';
import type { Lake } from '../../../ingest/lake.js';
import { compileCondition } from '../../../scoring/rules/compile.js';
import { requireDryRun } from '../../../scoring/rules/dry-runs.js';
import { runDryRun } from '../../../scoring/rules/run-dry-run.js';
import { DEFAULT_POLICY } from '../../../scoring/policy-settings.js';
import type { FraudModel } from '../../../scoring/score.js';
import { label, payment } from '../../support/facts.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { body, constantModel, openWorld, START_AT } from '../world.js';
import type { World } from '../world.js';
import { FIELDS } from './subjects.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const PAYMENTS = 600;
/** Forty days, the newest of them too new to tell. */
const STARTS_AT = START_AT - 40 * DAY_MS;

let database: TestPostgres;
let world: World;
let lake: Lake;
let folder: string;
const payments: PaymentFact[] = [];
const fraudKnownAt = new Map<string, number>();

beforeAll(async () => {
  database = await testPostgres();
  world = await openWorld({ pool: database.pool });
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-dry-run-'));
  lake = await openLake(path.join(folder, 'lake'));
  await appendFacts(lake, { name: 'history', source: 'test' }, history());
  await world.decide(body('pay_7', { emailDomain: 'mail.example', bin: '411111' }), null);
}, 60_000);

afterAll(async () => {
  await world.liveLog.close();
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

/** Bursts behind a few devices; a fraud is reported two days later. */
function history(): Observation[] {
  const random = seededRandom(7);
  const facts: Observation[] = [];
  let at = STARTS_AT;
  for (let i = 0; i < PAYMENTS; i++) {
    at += random.unit() < 0.6 ? 1000 + random.below(MINUTE_MS) : random.below(4 * 3_600_000);
    const made = payment({
      paymentId: `pay_${i}`,
      occurredAt: at,
      payerId: `payer_${random.below(20)}`,
      deviceId: random.unit() < 0.2 ? null : `device_${random.below(4)}`,
      ip: `203.0.113.${random.below(6)}`,
      category: random.unit() < 0.5 ? 'meal-plan' : null,
      country: random.unit() < 0.3 ? 'US' : 'IN',
      method: random.unit() < 0.5 ? 'card' : 'upi',
      amountPaise: BigInt(1000 + random.below(500_000)),
      status: random.unit() < 0.3 ? 'failed' : 'captured',
    });
    payments.push(made);
    facts.push(made);
    if (random.unit() > 0.1) continue;
    fraudKnownAt.set(made.paymentId, at + 2 * DAY_MS + 1);
    const known = label({ paymentId: made.paymentId, knownAt: at + 2 * DAY_MS + 1 });
    facts.push({ ...known, occurredAt: at, payment: made });
  }
  return facts.sort((a, b) => a.knownAt - b.knownAt);
}

/** What the rule does, payment by payment, with a fold of its own. */
function expected(condition: string, fromAt: number, untilAt: number) {
  const fold = createFold();
  const { holds } = compileCondition(condition, FIELDS);
  const counts = { payments: 0, matched: 0, fraud: 0, good: 0, undecided: 0, missedFraud: 0, amountPaise: 0 };
  const facts: Observation[] = [...payments];
  for (const [paymentId, knownAt] of fraudKnownAt) {
    const about = payments.find((made) => made.paymentId === paymentId)!;
    facts.push({ ...label({ paymentId, knownAt }), occurredAt: about.occurredAt, payment: about });
  }
  for (const fact of facts.sort((a, b) => a.knownAt - b.knownAt)) {
    if (fact.fact === 'payment' && fact.occurredAt >= fromAt && fact.occurredAt < untilAt) {
      const signals = { emailDomain: null, bin: null, ipCountry: fact.ip === '203.0.113.1' ? 'NP' : null };
      const fraud = (fraudKnownAt.get(fact.paymentId) ?? Infinity) < START_AT;
      counts.payments++;
      if (holds({ payment: fact, signals, vector: fold.vector(fact, fact.knownAt) })) {
        counts.matched++;
        counts.amountPaise += Number(fact.amountPaise);
        if (fraud) counts.fraud++;
        else if (fact.occurredAt < START_AT - 30 * DAY_MS) counts.good++;
        else counts.undecided++;
      } else if (fraud) counts.missedFraud++;
    }
    fold.observe(fact);
  }
  return counts;
}

interface Asked {
  readonly fromAt?: number;
  readonly untilAt?: number;
  readonly model?: FraudModel | null;
}

let rules = 0;

async function tryOut(
  condition: string,
  { fromAt = STARTS_AT, untilAt = START_AT, model = null }: Asked = {},
) {
  const ruleId = `tried-${rules++}`;
  const definition = { owner: 'risk', action: 'block', text: 'a try', condition } as const;
  await world.ruleAdmin.create(ruleId, definition, { actor: 'asha', note: 'a try' }, null);
  const run = await world.ruleAdmin.askDryRun(ruleId, { version: 1, fromAt, untilAt, actor: 'asha' }, null);
  const deps = {
    pool: database.pool,
    clock: world.clock,
    lake,
    countryOf: (ip: string) => (ip === '203.0.113.1' ? 'NP' : null),
    model,
    costs: DEFAULT_POLICY.costs,
    onProgress: () => undefined,
  };
  const { result } = await runDryRun(deps, run.dryRunId);
  return result!;
}

describe('a dry run', () => {
  it.each([
    'deviceCount10m >= 3',
    'payerFailures1h >= 1 || ipDistinct1d >= 4 && amountPaise > 250000',
    'deviceId == "device_2" && country != "IN"',
    'method == "card" && category in ["meal-plan"] && payerId != "payer_3"',
    'missing(deviceId) && ip in ["203.0.113.1", "203.0.113.2"]',
    'ipCountry == "NP" && !(country == "US")',
    'deviceFrauds30d >= 1',
    'kind == "payment" && currency == "INR" && counterpartyId == "school_1"',
  ])('counts what %s does, payment by payment', async (condition) => {
    const fromAt = STARTS_AT + 2 * DAY_MS;
    const untilAt = START_AT - DAY_MS;
    const found = await tryOut(condition, { fromAt, untilAt });
    const counts = expected(condition, fromAt, untilAt);
    expect(counts.matched).toBeGreaterThan(0);
    expect({
      payments: found.payments,
      matched: found.matched.payments,
      amountPaise: found.matched.amountPaise,
      fraud: found.fraud.payments,
      good: found.good.payments,
      undecided: found.undecided.payments,
      missedFraud: found.missedFraud.payments,
    }).toEqual(counts);
    expect(found.unknownFields).toEqual([]);
  });

  it('says it in a sentence and tells what rules and model would have caught anyway', async () => {
    const same = 'deviceFrauds30d >= 1';
    const found = await tryOut(same, { model: constantModel(0) });
    expect(found.alsoByRules.find(({ ruleId }) => ruleId === 'device-reported')).toEqual({
      ruleId: 'device-reported',
      matched: found.matched.payments,
      fraud: found.fraud.payments,
    });
    expect(found.onlyByThis).toEqual({ payments: 0, amountPaise: 0, fraud: 0 });
    expect(found.alsoByModel).toEqual({ ruleId: 'model', matched: 0, fraud: 0 });
    expect(found.summary).toMatch(
      /^would have blocked \d+ of \d+ payments: \d+ fraud \(₹[\d,.]+\), \d+ good \(₹[\d,.]+\), \d+ too new to tell \(₹[\d,.]+\); 0 of them no live rule and not the model would have caught$/,
    );
    const all = await tryOut('amountPaise >= 0', { model: constantModel(0.999) });
    expect(all.alsoByModel).toEqual({ ruleId: 'model', matched: PAYMENTS, fraud: all.fraud.payments });
  });

  it('says which fields the past does not hold, and reads those that the gate has logged', async () => {
    const found = await tryOut('emailDomain == "mail.example" && bin == "411111"');
    expect(found.matched.payments).toBe(1);
    expect(found.unknownFields).toEqual([]);
    const before = await tryOut('emailDomain == "mail.example"', { untilAt: payments[6]!.occurredAt });
    expect(before.matched.payments).toBe(0);
    expect(before.unknownFields).toEqual(['emailDomain']);
  });

  it('records why it failed', async () => {
    const definition = { owner: 'risk', action: 'block', text: 'a try', condition: 'amount > 1' } as const;
    await world.ruleAdmin.create('broken', definition, { actor: 'asha', note: 'x' }, null);
    const span = { version: 1, fromAt: STARTS_AT, untilAt: START_AT, actor: 'asha' };
    const { dryRunId } = await world.ruleAdmin.askDryRun('broken', span, null);
    const deps = {
      pool: database.pool,
      clock: world.clock,
      lake: { attach: () => Promise.reject(new Error('the disk is gone')) },
      countryOf: () => null,
      costs: DEFAULT_POLICY.costs,
      model: null,
      onProgress: () => undefined,
    };
    await expect(runDryRun(deps, dryRunId)).rejects.toThrow('the disk is gone');
    expect(await requireDryRun(database.pool, dryRunId)).toMatchObject({
      failure: expect.stringContaining('failed'),
      result: null,
      finishedAt: START_AT,
    });
  });
});
