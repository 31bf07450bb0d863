/** What a churn feature's value says, as a clause in plain words with its unit: what support reads beside a probability. */
import { assert } from '../../core/errors.js';
import { count, money, plain } from '../plain-words.js';
import { CHURN_FEATURES } from './definitions.js';
import type { ChurnFeature } from './definitions.js';

const BY_NAME = new Map(CHURN_FEATURES.map((feature) => [feature.name, feature]));

/** Of amounts, in minor units of `currency`. */
export function churnStatement(name: string, value: number, currency: string): string {
  const feature = BY_NAME.get(name);
  assert(feature !== undefined, `a churn feature is called ${name}`);
  const { meaning, unit } = feature;
  return `${meaning}: ${Number.isNaN(value) ? 'none' : shown(unit, value, currency)}`;
}

function shown(unit: ChurnFeature['unit'], value: number, currency: string): string {
  switch (unit) {
    case 'days':
      return count(Math.round(value), 'day', 'days');
    case 'paise':
      return money(value, currency);
    case 'flag':
      return value > 0 ? 'yes' : 'no';
    case 'share':
      return `${plain(100 * value)} %`;
    case 'count':
    case 'weight':
    case 'month':
    case 'day':
      return plain(value);
  }
}
