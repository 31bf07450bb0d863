/**
 * Every feature as a declared value; nothing here computes. The fold executes the list, the registry pins its hash, and
 * an allow-list keeps it to payer-level facts (DPDP Act 2023, section 9(3): no behavioural monitoring of children).
 * Windows are half open, (t - w, t], over what was known before the request; the request itself is never counted.
 */
import { createHash } from 'node:crypto';
import {
  DAY_MS,
  DISTINCT_OF,
  ENTITIES,
  QUANTILE_AMOUNTS,
  RISK_PRIOR,
  WINDOWS,
  type Aggregate,
  type Entity,
  type FeatureDefinition,
  type FoldSettings,
  type Measure,
  type Unit,
} from './vocabulary.js';

const FAILURE_WINDOWS = WINDOWS.slice(0, 4);
const RETRY_WINDOWS = WINDOWS.slice(2, 5);
const LABEL_WINDOWS = WINDOWS.slice(4);
const DAYS_7 = 7 * DAY_MS;
const DAYS_30 = 30 * DAY_MS;
const DAYS_90 = 90 * DAY_MS;

type Row = readonly [
  name: string,
  aggregate: Aggregate,
  windowMs: number | null,
  unit: Unit,
  meaning: string,
];

function declare(entity: Entity | null, measure: Measure, rows: readonly Row[]): FeatureDefinition[] {
  return rows.map(([name, aggregate, windowMs, unit, meaning]) => ({
    name,
    entity,
    measure,
    aggregate,
    windowMs,
    unit,
    meaning,
  }));
}

function attemptWindows(of: Entity): FeatureDefinition[] {
  const others = plural(DISTINCT_OF[of]);
  return WINDOWS.flatMap(([suffix, ms, words]) => {
    const last = `first attempts of the ${of} in the last ${words}`;
    return declare(of, 'attempts', [
      [`${of}Count${suffix}`, 'count', ms, 'count', `number of ${last}`],
      [`${of}Sum${suffix}`, 'sum', ms, 'paise', `total amount of ${last}`],
      [`${of}Mean${suffix}`, 'mean', ms, 'paise', `mean amount of ${last}`],
      [`${of}Max${suffix}`, 'max', ms, 'paise', `largest amount of ${last}`],
      [`${of}Spread${suffix}`, 'spread', ms, 'paise', `standard deviation of the amounts of ${last}`],
      [`${of}Distinct${suffix}`, 'distinct', ms, 'count', `different ${others} in ${last}`],
    ]);
  });
}

function amountRatios(of: Entity): FeatureDefinition[] {
  const newest = `the ${of}'s newest ${QUANTILE_AMOUNTS} amounts`;
  return declare(of, 'attempts', [
    [`${of}AmountToMean30d`, 'ratioToMean', DAYS_30, 'ratio', `amount over the ${of}'s mean of 30 days`],
    [`${of}AmountToMean90d`, 'ratioToMean', DAYS_90, 'ratio', `amount over the ${of}'s mean of 90 days`],
    [`${of}AmountToMedian`, 'ratioToMedian', null, 'ratio', `amount over the median of ${newest}`],
    [`${of}AmountToP90`, 'ratioToP90', null, 'ratio', `amount over the 90th percentile of ${newest}`],
    [`${of}AmountToMax90d`, 'ratioToMax', DAYS_90, 'ratio', `amount over the ${of}'s largest of 90 days`],
    [
      `${of}AmountDeviation90d`,
      'deviation',
      DAYS_90,
      'ratio',
      `standard deviations from the ${of}'s mean of 90 days`,
    ],
    [
      `${of}Mean7dToMean90d`,
      'meanToMean',
      DAYS_7,
      'ratio',
      `the ${of}'s mean amount of 7 days over that of 90 days`,
    ],
    [
      `${of}Max7dToMedian`,
      'ratioToMedian',
      DAYS_7,
      'ratio',
      `largest amount of 7 days over the median of ${newest}`,
    ],
  ]);
}

function lifetimes(of: Entity): FeatureDefinition[] {
  const others = plural(DISTINCT_OF[of]);
  return declare(of, 'attempts', [
    [`${of}HoursSinceLast`, 'sinceLast', null, 'hours', `hours since the ${of}'s last attempt`],
    [`${of}DaysSinceFirst`, 'sinceFirst', null, 'days', `days since the ${of} was first seen`],
    [`${of}CountEver`, 'lifetimeCount', null, 'count', `attempts of the ${of} ever`],
    [`${of}DistinctEver`, 'lifetimeDistinct', null, 'count', `different ${others} of the ${of} ever`],
  ]);
}

function reports(of: Entity): FeatureDefinition[] {
  const others = plural(DISTINCT_OF[of]);
  return declare(of, 'labels', [
    ...LABEL_WINDOWS.flatMap(([suffix, ms, words]): Row[] => [
      [`${of}Frauds${suffix}`, 'count', ms, 'count', `frauds of the ${of} reported in the last ${words}`],
      [
        `${of}Risk${suffix}`,
        'risk',
        ms,
        'probability',
        `share of the ${of}'s matured attempts reported as fraud over ${words}, shrunk to the prior`,
      ],
    ]),
    [
      `${of}FraudDistinct90d`,
      'distinct',
      DAYS_90,
      'count',
      `different ${others} in the ${of}'s frauds reported over 90 days`,
    ],
    [
      `${of}LastFraudAmount`,
      'lastAmount',
      null,
      'paise',
      `amount of the ${of}'s newest payment known to be fraud`,
    ],
    [
      `${of}DaysSinceFirstFraud`,
      'sinceFirst',
      DAYS_90,
      'days',
      `days since the ${of}'s first report of fraud within 90 days`,
    ],
    [
      `${of}DaysSinceLastFraud`,
      'sinceLast',
      null,
      'days',
      `days since the last report of fraud on the ${of}`,
    ],
  ]);
}

function matured(of: Entity): FeatureDefinition[] {
  return declare(of, 'matured', [
    ...LABEL_WINDOWS.map(([suffix, ms, words]): Row => [
      `${of}Matured${suffix}`,
      'count',
      ms,
      'count',
      `attempts of the ${of} over ${words} that are old enough to have been reported`,
    ]),
    [
      `${of}CleanStreak`,
      'streak',
      null,
      'count',
      `matured attempts of the ${of} since its newest known fraud`,
    ],
    [`${of}DaysSinceMatured`, 'sinceLast', null, 'days', `days since the ${of}'s newest matured attempt`],
  ]);
}

function failures(of: Entity): FeatureDefinition[] {
  const rows = FAILURE_WINDOWS.map(([suffix, ms, words]): Row => [
    `${of}Failures${suffix}`,
    'count',
    ms,
    'count',
    `failed first attempts of the ${of} in the last ${words}`,
  ]);
  return declare(of, 'failures', rows);
}

function retries(of: Entity): FeatureDefinition[] {
  const rows = RETRY_WINDOWS.map(([suffix, ms, words]): Row => [
    `${of}Retries${suffix}`,
    'count',
    ms,
    'count',
    `retries and dunning attempts of the ${of} in the last ${words}`,
  ]);
  return declare(of, 'retries', rows);
}

/** How well the payer knows what the request names, and how many of that kind the payer ever used. */
function acquaintance(of: Entity): FeatureDefinition[] {
  return declare(of, 'pair', [
    [`payer${capital(of)}Met`, 'count', null, 'count', `attempts in which the payer used this ${of} before`],
    [
      `payer${capital(of)}HoursSinceMet`,
      'sinceLast',
      null,
      'hours',
      `hours since the payer last used this ${of}`,
    ],
    [
      `payer${capital(plural(of))}Ever`,
      'lifetimeDistinct',
      null,
      'count',
      `different ${plural(of)} of the payer ever`,
    ],
  ]);
}

/** Properties of the request itself, in the order in which the fold writes them. */
const REQUEST = declare(null, 'request', [
  ['amount', 'value', null, 'paise', 'amount of the request'],
  ['hourIst', 'value', null, 'hour', 'hour of the day in India'],
  ['weekdayIst', 'value', null, 'day', 'day of the week in India, Monday is 0'],
  ['monthDayIst', 'value', null, 'day', 'day of the month in India'],
  ['kind', 'value', null, 'code', 'first attempt, retry or dunning step'],
  ['method', 'value', null, 'code', 'method of payment'],
  ['category', 'value', null, 'code', 'purpose or merchant category'],
  ['country', 'value', null, 'code', 'country of the request'],
  ['kmFromLast', 'value', null, 'km', "distance from the payer's last known place"],
  ['kmPerHour', 'value', null, 'km/h', "speed needed to come from the payer's last known place"],
]);

const WITH_AMOUNT_RATIOS: readonly Entity[] = ['payer', 'instrument', 'counterparty'];
const WITH_RETRIES: readonly Entity[] = ['payer', 'instrument'];

/** The whole list, in the order of the vector. */
export const FEATURES: readonly FeatureDefinition[] = [
  ...REQUEST,
  ...ENTITIES.flatMap((of) => [
    ...attemptWindows(of),
    ...lifetimes(of),
    ...reports(of),
    ...matured(of),
    ...(WITH_AMOUNT_RATIOS.includes(of) ? amountRatios(of) : []),
    ...(of === 'counterparty' ? [] : failures(of)),
    ...(WITH_RETRIES.includes(of) ? retries(of) : []),
    ...(of === 'payer' ? [] : acquaintance(of)),
  ]),
];

export const FEATURE_NAMES: readonly string[] = FEATURES.map((feature) => feature.name);

/** Features whose values are codes without an order. */
export const CATEGORICAL_FEATURES: readonly string[] = FEATURES.filter((f) => f.unit === 'code').map(
  (f) => f.name,
);

/** Stable address of the list and the settings that give it meaning: a model names the hash it was trained on. */
export function featureSetHash(settings: FoldSettings): string {
  const declared = JSON.stringify({
    features: FEATURES,
    settings,
    QUANTILE_AMOUNTS,
    RISK_PRIOR,
    DISTINCT_OF,
  });
  return createHash('sha256').update(declared).digest('hex').slice(0, 16);
}

function plural(entity: Entity): string {
  return entity === 'counterparty' ? 'counterparties' : `${entity}s`;
}

function capital(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}
