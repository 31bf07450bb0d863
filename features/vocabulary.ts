/** The words in which features are declared: entities, measures, aggregates, units, windows and the fold's settings. */

export const ENTITIES = ['payer', 'instrument', 'device', 'ip', 'counterparty'] as const;
export type Entity = (typeof ENTITIES)[number];

/**
 * What an entity's history is made of. `attempts` are first attempts only: a retry repeats an earlier wish to pay and
 * must not look like velocity. `labels` are reports of fraud, `matured` are attempts old enough to have been reported.
 */
export type Measure = 'attempts' | 'failures' | 'retries' | 'labels' | 'matured' | 'pair' | 'request';

export type Aggregate =
  | 'count'
  | 'sum'
  | 'mean'
  | 'max'
  | 'spread'
  | 'distinct'
  | 'ratioToMean'
  | 'ratioToMedian'
  | 'ratioToP90'
  | 'ratioToMax'
  | 'meanToMean'
  | 'deviation'
  | 'lifetimeCount'
  | 'lifetimeDistinct'
  | 'sinceFirst'
  | 'sinceLast'
  | 'lastAmount'
  | 'risk'
  | 'streak'
  | 'value';

/** What is asked of a window as a whole, in the order in which it is written. */
export const WINDOW_AGGREGATES = [
  'count',
  'sum',
  'mean',
  'max',
  'spread',
  'distinct',
] as const satisfies readonly Aggregate[];

export type Unit =
  | 'paise'
  | 'count'
  | 'ratio'
  | 'hours'
  | 'days'
  | 'probability'
  | 'code'
  | 'hour'
  | 'day'
  | 'flag'
  | 'km'
  | 'km/h';

export interface FeatureDefinition {
  readonly name: string;
  /** Null for a property of the request itself. */
  readonly entity: Entity | null;
  readonly measure: Measure;
  readonly aggregate: Aggregate;
  /** Null for a lifetime, a point or a property of the request. */
  readonly windowMs: number | null;
  readonly unit: Unit;
  /** Plain words for analysts and reason texts. */
  readonly meaning: string;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const DAY_MS = 24 * HOUR;

/** Window lengths by the name that ends a feature's name. */
export const WINDOWS = [
  ['10m', 10 * MINUTE, '10 minutes'],
  ['1h', HOUR, 'hour'],
  ['1d', DAY_MS, '24 hours'],
  ['7d', 7 * DAY_MS, '7 days'],
  ['30d', 30 * DAY_MS, '30 days'],
  ['90d', 90 * DAY_MS, '90 days'],
] as const;

/** The other party whose distinct values are counted in an entity's window. */
export const DISTINCT_OF: Readonly<Record<Entity, Entity>> = {
  payer: 'counterparty',
  instrument: 'payer',
  device: 'payer',
  ip: 'payer',
  counterparty: 'payer',
};

/** How many of the newest amounts the median and the 90th percentile look at. */
export const QUANTILE_AMOUNTS = 50;

/** Shrinkage of label risk: the weight, in payments, of the prior rate. */
export const RISK_PRIOR = { rate: 0.005, payments: 20 } as const;

export interface FoldSettings {
  /** A payment is taken as legitimate when nothing was reported within this many days. */
  readonly maturityDays: number;
}

/** Thirty days: most reports of fraud arrive by then, and waiting longer starves the labels of recent evidence. */
export const DEFAULT_FOLD_SETTINGS: FoldSettings = { maturityDays: 30 };
