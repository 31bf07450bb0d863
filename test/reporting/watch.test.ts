import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../core/random.js';
import type { Random } from '../../core/random.js';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { binnedSample, binnedScore } from '../../models/reference.js';
import type { Reference } from '../../models/reference.js';
import { openWarehouseReader } from '../../reporting/reader.js';
import type { WarehouseReader } from '../../reporting/reader.js';
import type { GateDecision } from '../../reporting/warehouse.js';
import { watch } from '../../reporting/watch.js';
import type { WatchedModel } from '../../reporting/watch.js';
import type { DriftReport } from '../../reporting/watch-report.js';
import { at, label, payment } from '../support/facts.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { testWarehouse } from '../support/warehouse.js';
import type { TestWarehouse } from '../support/warehouse.js';

const NOW = at('2026-03-09T06:00:00Z');
const HOUR = 3_600_000;
const VERSION = 'model-1';
const HASH = 'features-1';
const AMOUNT = FEATURE_NAMES.indexOf('amount');
const DEVICE = FEATURE_NAMES.indexOf('deviceCount1h');
const SCHOOL = FEATURE_NAMES.indexOf('counterpartyCount1h');
const MONTH_DAY = FEATURE_NAMES.indexOf('monthDayIst');

const random = seededRandom(11).fork('watch');

/** Amounts and counts that do not depend on time; everything else is never known. */
function vectorOf(from: Random): Float32Array {
  const vector = new Float32Array(FEATURE_NAMES.length).fill(NaN);
  vector[AMOUNT] = 1000 * Math.exp(2 * from.unit());
  vector[DEVICE] = Math.floor(4 * from.unit());
  vector[SCHOOL] = Math.floor(50 * from.unit());
  vector[MONTH_DAY] = 1 + Math.floor(28 * from.unit());
  return vector;
}

function referenceOf(rows: number): Reference {
  const vectors = Array.from({ length: rows }, () => vectorOf(random));
  const columns = FEATURE_NAMES.map((_, k) => Float32Array.from(vectors, (vector) => vector[k]!));
  const payer = vectors.map((_, i) => i);
  return {
    features: binnedSample({ rows, names: FEATURE_NAMES, columns, categorical: [] }, payer),
    score: binnedScore(
      vectors.map(() => random.unit() / 10),
      payer,
    ),
  };
}

const MODEL: WatchedModel = { version: VERSION, featureSetHash: HASH, reference: referenceOf(3000) };

let database: TestPostgres;
let warehouse: TestWarehouse;
let reader: WarehouseReader;

interface Served {
  readonly ageHours: number;
  readonly vector?: Float32Array;
  readonly featureSetHash?: string;
  readonly action?: string;
  readonly payer?: string;
}

/** In the order of the log; sequences leave gaps, as facts that are no decisions do. */
async function serve(decisions: readonly Served[]): Promise<void> {
  const rows = decisions.map((one, i) => ({
    decision_id: `dec_${i}`,
    body_hash: '',
    sequence: 3 * i + 2,
    payment_id: `pay_${i}`,
    decided_at: new Date(NOW - one.ageHours * HOUR).toISOString(),
    request: {
      payerId: one.payer ?? `payer-${i}`,
      deviceId: `device-${i}`,
      counterpartyId: `school-${i % 4}`,
    },
    action: one.action ?? 'allow',
    fraud_probability: random.unit() / 10,
    reasons: one.action === 'block' ? [{ code: 'too-fast' }, { code: 'block-list' }] : [],
    model_version: VERSION,
    feature_set_hash: one.featureSetHash ?? HASH,
    latency_ms: (i % 10) / 10,
    hex: Buffer.from((one.vector ?? vectorOf(random)).buffer).toString('hex'),
  }));
  await database.pool.query(
    `INSERT INTO decisions (decision_id, body_hash, sequence, payment_id, decided_at, request, action,
       fraud_probability, reasons, model_version, feature_set_hash, latency_ms, vector)
     SELECT decision_id, body_hash, sequence, payment_id, decided_at, request, action, fraud_probability, reasons,
       model_version, feature_set_hash, latency_ms, decode(hex, 'hex')
     FROM json_to_recordset($1) AS given (decision_id text, body_hash text, sequence bigint, payment_id text,
       decided_at timestamptz, request json, action text, fraud_probability float8, reasons json, model_version text,
       feature_set_hash text, latency_ms float8, hex text)`,
    [JSON.stringify(rows)],
  );
}

const look = (model: WatchedModel | null = MODEL): Promise<DriftReport> =>
  watch({ pool: database.pool, reader, model, nowMs: NOW });

const spread = (count: number, over: (i: number) => Partial<Served> = () => ({})): Served[] =>
  Array.from({ length: count }, (_, i) => ({ ageHours: 160 - (150 * i) / count, ...over(i) }));

/** Frauds of two mature weeks: one announced with .5, known after 3 days; one with .01, known after 20. */
const decided = (paymentId: string, fields: Partial<GateDecision>): GateDecision => ({
  decisionId: `dec-${paymentId}`,
  paymentId,
  action: 'allow',
  fraudProbability: 0.01,
  flagProbability: null,
  modelVersion: VERSION,
  decidedAt: at('2026-01-06T06:00:00Z'),
  ...fields,
});

beforeAll(async () => {
  database = await testPostgres();
  const made = at('2026-01-06T06:00:00Z');
  const day = 24 * HOUR;
  warehouse = await testWarehouse([
    ...['a', 'b', 'c', 'd', 'e'].map((paymentId) => payment({ paymentId, occurredAt: made })),
    label({ paymentId: 'a', occurredAt: made, knownAt: made + 3 * day }),
    label({ paymentId: 'b', occurredAt: made, knownAt: made + 20 * day }),
  ]);
  await warehouse.build(NOW, [
    decided('a', { fraudProbability: 0.5 }),
    decided('b', {}),
    decided('c', { fraudProbability: 0.4 }),
    decided('d', { fraudProbability: 0.9, action: 'block' }),
    decided('e', { fraudProbability: 0.2, action: null, flagProbability: 0.5 }),
  ]);
  reader = openWarehouseReader(warehouse.path);
}, 60_000);
beforeEach(() => database.pool.query('TRUNCATE decisions'));
afterAll(async () => {
  reader.close();
  await warehouse.remove();
  await database.close();
});

describe('features beside the fitted ones', () => {
  it('raise no alarm when nothing moved, also when few decisions are there', async () => {
    await serve(spread(40));
    const { features, score, notCompared } = await look();
    expect(notCompared).toBeNull();
    expect(features).toHaveLength(FEATURE_NAMES.length);
    expect(features.filter(({ level }) => level !== 'steady')).toEqual([]);
    expect(score?.level).toBe('steady');
  });

  it('name what moved, how far and which way', async () => {
    const larger = (): Float32Array => {
      const vector = vectorOf(random);
      vector[AMOUNT]! *= 3;
      vector[DEVICE] = random.unit() < 0.7 ? NaN : vector[DEVICE]!;
      return vector;
    };
    await serve(spread(400, () => ({ vector: larger() })));
    const { features, leading } = await look();
    const [amount, device] = ['amount', 'deviceCount1h'].map((name) =>
      features.find(({ feature }) => feature === name),
    );
    expect(
      features
        .slice(0, 2)
        .map(({ feature }) => feature)
        .sort(),
    ).toEqual(['amount', 'deviceCount1h']);
    expect(amount).toMatchObject({ level: 'drifting', missingShift: 0 });
    expect(amount?.exceeds).toBeGreaterThan(0.8);
    expect(device).toMatchObject({ level: 'drifting' });
    expect(device?.missingShift).toBeCloseTo(0.7, 1);
    const bins = leading.find(({ feature }) => feature === 'deviceCount1h');
    expect(bins?.served.at(-1)).toBeCloseTo(0.7, 1);
    expect(bins?.served.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 10);
  });

  it('of a handful of schools are not enough to alarm, nor is the day of the month', async () => {
    const moved = (): Float32Array => {
      const vector = vectorOf(random);
      vector[SCHOOL] = 45;
      vector[MONTH_DAY] = 9;
      return vector;
    };
    await serve(spread(400, () => ({ vector: moved() })));
    const { features } = await look();
    const levelOf = (name: string) => features.find(({ feature }) => feature === name)?.level;
    expect([levelOf('counterpartyCount1h'), levelOf('monthDayIst')]).toEqual(['steady', 'by-design']);
  });

  it('of a gate that began an hour ago do not alarm', async () => {
    const large = (): Float32Array => {
      const vector = vectorOf(random);
      vector[AMOUNT] = 7000;
      return vector;
    };
    await serve(Array.from({ length: 200 }, (_, i) => ({ ageHours: 1 - i / 200, vector: large() })));
    const { features } = await look();
    expect(features[0]).toMatchObject({ feature: 'amount', level: 'by-design' });
    expect(features.filter(({ level }) => level === 'drifting' || level === 'shifting')).toEqual([]);
  });

  it('count a payer who pays again and again once', async () => {
    const large = vectorOf(random);
    large[AMOUNT] = 7000;
    await serve(spread(300, (i) => ({ payer: `payer-${i % 3}`, vector: large })));
    const { features, window } = await look();
    expect(window.payers).toBe(3);
    expect(features.find(({ feature }) => feature === 'amount')?.level).toBe('steady');
  });

  it('are those of the window and of the feature set of the model', async () => {
    await serve([
      ...Array.from({ length: 20 }, (_, i) => ({ ageHours: 400 - i })),
      ...spread(30, (i) => ({ featureSetHash: i < 10 ? 'older' : HASH })),
    ]);
    expect((await look()).window).toMatchObject({ decisions: 30, compared: 20 });
  });
});

describe('what cannot be compared', () => {
  it('is said: no model, no record of the fitted rows, no decision', async () => {
    expect((await look(null)).notCompared).toContain('no fraud model');
    expect((await look({ ...MODEL, reference: null })).notCompared).toContain('train it again');
    const { notCompared, features, score, days, latency } = await look();
    expect(notCompared).toContain('no decision');
    expect([features, score, days, latency]).toEqual([[], null, [], null]);
  });
});

describe('answers', () => {
  it('are shown by day in India, by action and by reason, with how long they took', async () => {
    await serve([
      { ageHours: 36, action: 'block' },
      { ageHours: 35.75 },
      { ageHours: 1, action: 'block' },
      { ageHours: 0.5, action: 'block' },
    ]);
    const { days, latency } = await look(null);
    expect(days.map(({ day }) => day)).toEqual(['2026-03-07', '2026-03-09']);
    expect(days[0]).toMatchObject({
      decisions: 2,
      actions: { allow: 0.5, block: 0.5, review: 0, challenge: 0 },
    });
    expect(days[1]?.reasons).toEqual({ 'block-list': 1, 'too-fast': 1 });
    expect(latency?.buckets.reduce((sum, bucket) => sum + bucket.decisions, 0)).toBe(4);
    expect(latency).toMatchObject({ p50Ms: 0.1, p99Ms: 0.3 });
  });
});

describe('labels', () => {
  it('tell frauds that came beside frauds announced, the gate and the backtest apart, without blocked payments', async () => {
    const { calibration } = await look();
    expect(calibration.gate).toMatchObject({ payments: 3, frauds: 2 });
    expect(calibration.gate?.expected).toBeCloseTo(0.91, 10);
    expect(calibration.gate?.ratio).toBeCloseTo(2 / 0.91, 10);
    // Bands: 1 announced .5 and came; 1 announced .4 and did not; 1 announced .01 and came.
    expect(calibration.gate?.error).toBeCloseTo((0.5 + 0.4 + 0.99) / 3, 10);
    expect(calibration.backtest).toMatchObject({ payments: 1, frauds: 0, ratio: 0 });
    expect(calibration.weeks.map(({ week, mature }) => [week, mature])).toEqual([
      ['2026-01-05', true],
      ['2026-01-05', true],
    ]);
  });

  it('tell how long they take and how much of each week is known', async () => {
    const { labels } = await look();
    expect(labels).toEqual({
      frauds: 2,
      medianDays: 3,
      p90Days: 20,
      weeks: [{ week: '2026-01-05', known: 1 }],
    });
  });
});
