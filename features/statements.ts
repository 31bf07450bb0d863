/**
 * What a feature's value says of a request, as a clause in plain words with its unit: what an analyst or a payer's support
 * reads when a model names the feature. Texts go by measure and aggregate, as the fold computes them, so that a new window or
 * entity needs no new words; a value that is missing is told by what it is missing for.
 */
import { assert } from '../core/errors.js';
import { METHODS, PAYMENT_KINDS } from '../ingest/facts.js';
import { FEATURES } from './definitions.js';
import { count, different, duration, money, plain, times } from './plain-words.js';
import { DISTINCT_OF, QUANTILE_AMOUNTS, WINDOWS } from './vocabulary.js';
import type { Entity, FeatureDefinition } from './vocabulary.js';

type Nouns = readonly [one: string, more: string];

/** The words that a clause is made of. */
interface Words {
  /** "this device" */
  readonly who: string;
  /** "from this device" */
  readonly from: string;
  /** "came from this device", of one attempt and of more. */
  readonly came: Nouns;
  /** What the payer did with it: "used". */
  readonly met: string;
  readonly entities: Nouns;
  readonly others: Nouns;
  /** "hour" or "30 days"; empty for a feature without a window. */
  readonly window: string;
  readonly currency: string;
}

interface Statement {
  readonly known: (value: number, words: Words) => string;
  /** The request names the entity, but there is no value. */
  readonly missing: (words: Words) => string;
}

const NOUNS: Readonly<Record<Entity, Nouns>> = {
  payer: ['payer', 'payers'],
  instrument: ['instrument', 'instruments'],
  device: ['device', 'devices'],
  ip: ['IP address', 'IP addresses'],
  counterparty: ['counterparty', 'counterparties'],
};

/** How an attempt belongs to it; whether attempts are made or come; what the payer does with it. */
const RELATIONS: Readonly<Record<Entity, readonly [from: string, verb: Nouns, met: string]>> = {
  payer: ['by', ['was made', 'were made'], 'met'],
  instrument: ['with', ['was made', 'were made'], 'used'],
  device: ['from', ['came', 'came'], 'used'],
  ip: ['from', ['came', 'came'], 'used'],
  counterparty: ['to', ['went', 'went'], 'paid'],
};

const ATTEMPTS: Nouns = ['payment attempt', 'payment attempts'];

const COUNTABLE: Statement['missing'] = ({ who }) => `nothing is known of ${who}`;
const NO_FRAUD: Statement['missing'] = ({ who }) => `no payment of ${who} is known to be fraud`;
const tooFew =
  (what: string): Statement['missing'] =>
  ({ from, window }) =>
    `there were too few payment attempts ${from} in the last ${window} for ${what}`;
const nothingToCompare =
  (what: string): Statement['missing'] =>
  ({ who, window }) =>
    `${who} has no ${what}${window === '' ? '' : ` of ${window}`} to compare with`;

/** By measure and aggregate. */
const STATEMENTS: Readonly<Record<string, Statement>> = {
  'attempts.count': { known: inWindow(ATTEMPTS), missing: COUNTABLE },
  'failures.count': {
    known: inWindow(['failed payment attempt', 'failed payment attempts']),
    missing: COUNTABLE,
  },
  'retries.count': {
    known: inWindow(['retry or dunning attempt', 'retries and dunning attempts']),
    missing: COUNTABLE,
  },
  'attempts.sum': {
    known: (value, { from, window, currency }) =>
      `payment attempts ${from} in the last ${window} came to ${money(value, currency)} in all`,
    missing: COUNTABLE,
  },
  'attempts.mean': {
    known: (value, { from, window, currency }) =>
      `payment attempts ${from} in the last ${window} were of ${money(value, currency)} on average`,
    missing: tooFew('a mean amount'),
  },
  'attempts.max': {
    known: (value, { from, window, currency }) =>
      `the largest payment attempt ${from} in the last ${window} was of ${money(value, currency)}`,
    missing: tooFew('a largest amount'),
  },
  'attempts.spread': {
    known: (value, { from, window, currency }) =>
      `the amounts of payment attempts ${from} in the last ${window} had a standard deviation of ${money(value, currency)}`,
    missing: tooFew('a standard deviation'),
  },
  'attempts.distinct': {
    known: (value, { others, from, window }) =>
      `payment attempts ${from} in the last ${window} named ${different(value, others)}`,
    missing: COUNTABLE,
  },
  'attempts.ratioToMean': {
    known: (value, { who, window }) => `the amount is ${times(value)} ${who}'s mean of ${window}`,
    missing: nothingToCompare('mean amount'),
  },
  'attempts.ratioToMedian': {
    known: (value, { who, window }) =>
      `${window === '' ? 'the amount' : `${who}'s largest amount of ${window}`} is ${times(value)} the median of ${who}'s newest ${QUANTILE_AMOUNTS} amounts`,
    missing: ({ who }) => `${who} has no earlier amounts to compare with`,
  },
  'attempts.ratioToP90': {
    known: (value, { who }) =>
      `the amount is ${times(value)} the 90th percentile of ${who}'s newest ${QUANTILE_AMOUNTS} amounts`,
    missing: ({ who }) => `${who} has no earlier amounts to compare with`,
  },
  'attempts.ratioToMax': {
    known: (value, { who, window }) => `the amount is ${times(value)} ${who}'s largest of ${window}`,
    missing: nothingToCompare('largest amount'),
  },
  'attempts.deviation': {
    known: (value, { who, window }) => `the amount ${deviation(value)} ${who}'s mean of ${window}`,
    missing: ({ who, window }) => `${who}'s amounts of ${window} are too few or too alike to compare with`,
  },
  'attempts.meanToMean': {
    known: (value, { who, window }) => `${who}'s mean amount of ${window} is ${times(value)} that of 90 days`,
    missing: nothingToCompare('mean amount'),
  },
  'attempts.sinceLast': {
    known: (value, { who }) => `the last attempt of ${who} was ${duration(value)} ago`,
    missing: ({ who }) => `no earlier attempt of ${who} is known`,
  },
  'attempts.sinceFirst': {
    known: (value, { who }) => `${who} was first seen ${duration(value * 24)} ago`,
    missing: ({ who }) => `${who} was never seen before`,
  },
  'attempts.lifetimeCount': {
    known: (value, words) => `${attempts(value, ATTEMPTS, words)} so far`,
    missing: COUNTABLE,
  },
  'attempts.lifetimeDistinct': {
    known: (value, { others, from }) => `payment attempts ${from} named ${different(value, others)} so far`,
    missing: COUNTABLE,
  },
  'labels.count': {
    known: (value, { who, window }) =>
      `${count(value, 'fraud', 'frauds')} of ${who} ${value === 1 ? 'was' : 'were'} reported in the last ${window}`,
    missing: COUNTABLE,
  },
  'labels.risk': {
    known: (value, { who, window }) =>
      `the share of fraud among ${who}'s attempts of ${window} is estimated at ${plain(100 * value)} %`,
    missing: COUNTABLE,
  },
  'labels.distinct': {
    known: (value, { who, others, window }) =>
      `${who}'s frauds reported in the last ${window} named ${different(value, others)}`,
    missing: COUNTABLE,
  },
  'labels.lastAmount': {
    known: (value, { who, currency }) =>
      `the newest payment of ${who} known to be fraud was of ${money(value, currency)}`,
    missing: NO_FRAUD,
  },
  'labels.sinceFirst': {
    known: (value, { who, window }) =>
      `the first report of fraud of ${who} within ${window} came ${duration(value * 24)} ago`,
    missing: ({ who, window }) => `no fraud of ${who} was reported within ${window}`,
  },
  'labels.sinceLast': {
    known: (value, { who }) => `fraud of ${who} was last reported ${duration(value * 24)} ago`,
    missing: ({ who }) => `no fraud of ${who} was ever reported`,
  },
  'matured.count': {
    known: (value, { who, window }) =>
      `${count(value, 'attempt', 'attempts')} of ${who} over ${window} ${value === 1 ? 'is' : 'are'} old enough to have been reported as fraud`,
    missing: COUNTABLE,
  },
  'matured.streak': {
    known: (value, { who }) =>
      `${count(value, 'attempt', 'attempts')} of ${who} since the newest known fraud ${value === 1 ? 'is' : 'are'} old enough to have been reported`,
    missing: NO_FRAUD,
  },
  'matured.sinceLast': {
    known: (value, { who }) =>
      `the newest attempt of ${who} that is old enough to have been reported was ${duration(value * 24)} ago`,
    missing: ({ who }) => `no attempt of ${who} is old enough to have been reported as fraud`,
  },
  'pair.count': {
    known: (value, { met, who }) =>
      value === 0
        ? `the payer never ${met} ${who} before`
        : `the payer ${met} ${who} in ${count(value, 'attempt', 'attempts')} before`,
    missing: COUNTABLE,
  },
  'pair.sinceLast': {
    known: (value, { met, who }) => `the payer last ${met} ${who} ${duration(value)} ago`,
    missing: ({ met, who }) => `the payer never ${met} ${who} before`,
  },
  'pair.lifetimeDistinct': {
    known: (value, { met, entities }) => `the payer ${met} ${different(value, entities)} so far`,
    missing: COUNTABLE,
  },
};

/** Properties of the request, by name. */
const OF_REQUEST: Readonly<Record<string, Statement>> = {
  amount: {
    known: (value, { currency }) => `the amount is ${money(value, currency)}`,
    missing: () => 'the request names no amount',
  },
  hourIst: {
    known: (value) => `it is ${clock(value)} in India`,
    missing: () => 'the hour is not known',
  },
  weekdayIst: {
    known: (value) => `it is a ${WEEKDAYS[value] ?? 'day'} in India`,
    missing: () => 'the day of the week is not known',
  },
  monthDayIst: {
    known: (value) => `it is day ${plain(value)} of the month in India`,
    missing: () => 'the day of the month is not known',
  },
  kind: {
    known: (value) => `it is a ${KINDS[PAYMENT_KINDS[value] ?? 'payment']}`,
    missing: () => 'the request does not say whether it is a retry',
  },
  method: {
    known: (value) => `the method of payment is ${methodOf(value)}`,
    missing: () => 'the request names no method of payment',
  },
  category: {
    known: (value) => `the purpose or merchant category is number ${plain(value)}`,
    missing: () => 'the request names no purpose or merchant category',
  },
  country: {
    known: (value) => `the country of the request is ${countryOf(value)}`,
    missing: () => 'the request names no country',
  },
  kmFromLast: {
    known: (value) => `the request comes ${plain(value)} km from the payer's last known place`,
    missing: () => "the payer's last place or the present one is not known",
  },
  kmPerHour: {
    known: (value) => `the payer would have had to travel at ${plain(value)} km/h from the last known place`,
    missing: () => "the speed from the payer's last known place cannot be told",
  },
};

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const KINDS = { payment: 'first attempt', retry: 'retry', dunning: 'dunning step' } as const;

const POSITIONS = new Map(FEATURES.map(({ name }, position) => [name, position]));

/**
 * A clause on the feature's value in a vector of the feature set (d); amounts are in `currency`. A name that the feature
 * set has not is its own description.
 */
export function statementOf(name: string, vector: Float32Array, currency: string): string {
  const position = POSITIONS.get(name);
  const value = vector[position ?? NaN] ?? NaN;
  if (position === undefined) return `the feature ${name} counts`;
  const feature = FEATURES[position]!;
  const words = wordsFor(feature, currency);
  const statement = statementFor(feature);
  if (Number.isFinite(value)) return statement.known(value, words);
  const { entity } = feature;
  return entity === null || isNamed(entity, vector)
    ? statement.missing(words)
    : `the request names no ${NOUNS[entity][0]}`;
}

function statementFor({ name, measure, aggregate }: FeatureDefinition): Statement {
  const statement = measure === 'request' ? OF_REQUEST[name] : STATEMENTS[`${measure}.${aggregate}`];
  assert(statement !== undefined, `no words for the feature ${name}`);
  return statement;
}

/** The fold counts the attempts of every entity that a request names. */
function isNamed(entity: Entity, vector: Float32Array): boolean {
  return !Number.isNaN(vector[POSITIONS.get(`${entity}CountEver`)!]);
}

function wordsFor({ entity, windowMs }: FeatureDefinition, currency: string): Words {
  const of = entity ?? 'payer';
  const [preposition, [one, more], met] = RELATIONS[of];
  const who = `this ${NOUNS[of][0]}`;
  const from = `${preposition} ${who}`;
  return {
    who,
    from,
    came: [`${one} ${from}`, `${more} ${from}`],
    met,
    entities: NOUNS[of],
    others: NOUNS[DISTINCT_OF[of]],
    window: WINDOWS.find(([, ms]) => ms === windowMs)?.[2] ?? '',
    currency,
  };
}

function attempts(value: number, nouns: Nouns, { came }: Words): string {
  return `${count(value, ...nouns)} ${came[value === 1 ? 0 : 1]}`;
}

function inWindow(nouns: Nouns): Statement['known'] {
  return (value, words) => `${attempts(value, nouns, words)} in the last ${words.window}`;
}

function deviation(value: number): string {
  const size = plain(Math.abs(value));
  if (size === '0') return 'is as large as';
  return `is ${count(Math.abs(value), 'standard deviation', 'standard deviations')} ${value > 0 ? 'above' : 'below'}`;
}

/** Hours of a day with their fraction, as a clock shows them. */
function clock(hours: number): string {
  const minutes = Math.floor(hours * 60) % 1440;
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

const ACRONYMS: readonly string[] = ['upi', 'nach', 'emi'];

function methodOf(code: number): string {
  const method = METHODS[code] ?? 'other';
  return ACRONYMS.includes(method) ? method.toUpperCase() : method.replaceAll('_', ' ');
}

/** The reverse of the fold's country code. */
function countryOf(code: number): string {
  return String.fromCharCode(65 + Math.floor(code / 26), 65 + (code % 26));
}
