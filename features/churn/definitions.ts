/**
 * What is asked about a renewal, as data: a name, the facts it is made of, one SQL aggregate over them, its unit and its
 * meaning. All facts are the payer's own or its counterparty's totals; nothing is about a child (DPDP Act s.9(3)), and
 * `CHURN_SOURCES` is the whole list of what may be read.
 */
import { createHash } from 'node:crypto';

/**
 * Relations, each joined to a renewal `r` as `e` where it was seen before `r.seen_until`; `e.age` is the days between.
 * `renewal` and `counterparty` have one row, the others any number; `y` is the counterparty around expiry a year earlier.
 */
export const CHURN_SOURCES = [
  'renewal',
  'history',
  'results',
  'refunds',
  'disputes',
  'counterparty',
] as const;
export type ChurnSource = (typeof CHURN_SOURCES)[number];

export interface ChurnFeature {
  readonly name: string;
  readonly source: ChurnSource;
  readonly sql: string;
  readonly unit: 'days' | 'count' | 'share' | 'weight' | 'paise' | 'month' | 'day' | 'flag';
  /** For people, before the value. */
  readonly meaning: string;
}

type Row = readonly [name: string, sql: string, unit: ChurnFeature['unit'], meaning: string];

/** A payment of about the plan's price is taken as the plan's. */
const IS_PLAN = 'e.amount BETWEEN 0.75 * r.amount AND 1.25 * r.amount';
const FAILED = `e.status = 'failed'`;
const PAID = `e.status = 'captured'`;
const BOUGHT = `${PAID} AND NOT (${IS_PLAN})`;

const RENEWAL: readonly Row[] = [
  ['leadDays', 'r.lead_days', 'days', 'days until the paid period expires'],
  ['paidPeriods', 'r.period', 'count', 'paid periods so far'],
  [
    'tenureDays',
    `date_diff('day', r.started_at, r.seen_until)`,
    'days',
    'days since the subscription started',
  ],
  ['termDays', 'r.term_days', 'days', 'length of a paid period'],
  ['pricePerMonth', 'r.amount / (r.term_days / 30.4375)', 'paise', 'price of a month'],
  ['dueMonth', 'month(ist_on(r.due_at))', 'month', 'calendar month in which it expires'],
  ['dueDay', 'day(ist_on(r.due_at))', 'day', 'day of the month on which it expires'],
  ['lateDays', 'r.late_days', 'days', 'days past due when the running period was paid'],
];

const HISTORY: readonly Row[] = [
  [
    'priceRise',
    `arg_max(e.amount, e.seq) / arg_min(e.amount, e.seq) - 1`,
    'share',
    'price above the first one',
  ],
  [
    'sincePriceChange',
    `min(e.age) FILTER (e.event = 'price_changed')`,
    'days',
    'days since the price changed',
  ],
  ['sinceResumed', `min(e.age) FILTER (e.event = 'resumed')`, 'days', 'days since it was resumed'],
  ['pauses', `count(*) FILTER (e.event = 'paused')`, 'count', 'pauses so far'],
  ['meanLateDays', `avg(e.late_days)`, 'days', 'mean days past due when a period was paid'],
  ['mostLateDays', `max(e.late_days)`, 'days', 'most days past due when a period was paid'],
];

const RESULTS: readonly Row[] = [
  ['failures30d', `count(*) FILTER (${FAILED} AND e.age < 30)`, 'count', 'failed payments in 30 days'],
  ['failures90d', `count(*) FILTER (${FAILED} AND e.age < 90)`, 'count', 'failed payments in 90 days'],
  ['failures180d', `count(*) FILTER (${FAILED})`, 'count', 'failed payments in 180 days'],
  [
    'failureWeight',
    `coalesce(sum(0.5 ** (e.age / 45)) FILTER (${FAILED}), 0)`,
    'weight',
    'failed payments, halved every 45 days',
  ],
  [
    'failureShare',
    `count(*) FILTER (${FAILED}) / nullif(count(e.age), 0)`,
    'share',
    'share of payments that failed in 180 days',
  ],
  ['sinceFailure', `min(e.age) FILTER (${FAILED})`, 'days', 'days since a payment failed'],
  [
    'planFailures90d',
    `count(*) FILTER (${FAILED} AND e.age < 90 AND ${IS_PLAN})`,
    'count',
    'failed payments of the plan in 90 days',
  ],
  [
    'shortOfFunds90d',
    `count(*) FILTER (${FAILED} AND e.age < 90 AND e.reason = 'insufficient_funds')`,
    'count',
    'payments short of funds in 90 days',
  ],
  [
    'debitFailures180d',
    `count(*) FILTER (${FAILED} AND e.unattended)`,
    'count',
    'failed debits of a mandate in 180 days',
  ],
  [
    'mandate',
    `arg_max(e.unattended::INTEGER, e.seq) FILTER (${IS_PLAN} AND e.kind <> 'dunning')`,
    'flag',
    'the plan was debited by mandate last',
  ],
  [
    'dunned180d',
    `count(*) FILTER (e.kind = 'dunning')`,
    'count',
    'payment links after a failed debit in 180 days',
  ],
  ['instruments180d', `count(DISTINCT e.instrument_id)`, 'count', 'instruments used in 180 days'],
  ['bought30d', `count(*) FILTER (${BOUGHT} AND e.age < 30)`, 'count', 'other purchases in 30 days'],
  ['bought90d', `count(*) FILTER (${BOUGHT} AND e.age < 90)`, 'count', 'other purchases in 90 days'],
  [
    'boughtAmount90d',
    `coalesce(sum(e.amount) FILTER (${BOUGHT} AND e.age < 90), 0)`,
    'paise',
    'amount of other purchases in 90 days',
  ],
  [
    'buyingTrend',
    `sum(e.amount) FILTER (${BOUGHT} AND e.age < 60) / nullif(sum(e.amount) FILTER (${BOUGHT}), 0)`,
    'share',
    'share of the 180 days of other purchases that fell into the last 60',
  ],
  ['sinceBought', `min(e.age) FILTER (${BOUGHT})`, 'days', 'days since another purchase'],
];

const REFUNDS: readonly Row[] = [
  ['refunds90d', 'count(*) FILTER (e.age < 90)', 'count', 'refunds in 90 days'],
  [
    'refundAmount90d',
    'coalesce(sum(e.amount) FILTER (e.age < 90), 0)',
    'paise',
    'amount refunded in 90 days',
  ],
];

const DISPUTES: readonly Row[] = [['disputes180d', 'count(e.age)', 'count', 'disputes in 180 days']];

const COUNTERPARTY: readonly Row[] = [
  [
    'placeLastYear',
    'any_value(y.ended / nullif(y.ended + y.kept, 0))',
    'share',
    'share of subscriptions ended here a year earlier of those due then',
  ],
  [
    'placeLeaving',
    'any_value(e.ended / nullif(e.ended + e.kept, 0))',
    'share',
    'share of subscriptions ended here of those due in 60 days',
  ],
  [
    'placeLapsing',
    'any_value(e.lapsed / nullif(e.ended + e.kept, 0))',
    'share',
    'share lapsed here of those due in 60 days',
  ],
];

const BY_SOURCE: Readonly<Record<ChurnSource, readonly Row[]>> = {
  renewal: RENEWAL,
  history: HISTORY,
  results: RESULTS,
  refunds: REFUNDS,
  disputes: DISPUTES,
  counterparty: COUNTERPARTY,
};

/** In the order of a row's values. */
export const CHURN_FEATURES: readonly ChurnFeature[] = CHURN_SOURCES.flatMap((source) =>
  BY_SOURCE[source].map(([name, sql, unit, meaning]) => ({ name, source, sql, unit, meaning })),
);

/** Their codes have no order. */
export const CATEGORICAL_CHURN_FEATURES: readonly string[] = ['dueMonth'];

/** 64 hexadecimal digits over everything that decides a value. */
export function churnFeatureHash(): string {
  const decisive = CHURN_FEATURES.map(({ name, source, sql }) => [name, source, sql]);
  return createHash('sha256').update(JSON.stringify(decisive)).digest('hex');
}
