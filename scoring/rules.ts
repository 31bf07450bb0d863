/**
 * Hard rules: patterns that nobody needs a model for, declared as values over the fold's named features. A rule fires when
 * all its conditions hold; a feature that is missing (NaN) never meets one. Rules are used beside a model and, when
 * there is none, alone. Thresholds follow how card testing shows itself (Visa, "Anti-Enumeration and Account Testing
 * Best Practices"): many attempts, payers and declines behind one device, address or instrument within minutes.
 */
import { assert } from '../core/errors.js';
import type { Action } from './request.js';

interface Rule {
  readonly code: string;
  readonly action: Exclude<Action, 'allow'>;
  readonly when: readonly { readonly feature: string; readonly atLeast: number }[];
  readonly text: string;
}

export const RULES: readonly Rule[] = [
  {
    code: 'card-testing-device',
    action: 'block',
    when: [
      { feature: 'deviceCount10m', atLeast: 8 },
      { feature: 'deviceDistinct10m', atLeast: 3 },
    ],
    text: 'at least 8 attempts for 3 or more payers came from this device within 10 minutes',
  },
  {
    // Mobile networks and schools put many honest payers behind one address: a challenge, and only with declines.
    code: 'card-testing-ip',
    action: 'challenge',
    when: [
      { feature: 'ipCount10m', atLeast: 20 },
      { feature: 'ipDistinct10m', atLeast: 5 },
      { feature: 'ipFailures10m', atLeast: 10 },
    ],
    text: 'at least 20 attempts for 5 or more payers, 10 of them failed, came from this IP address within 10 minutes',
  },
  {
    code: 'failed-burst-device',
    action: 'block',
    when: [{ feature: 'deviceFailures10m', atLeast: 8 }],
    text: 'at least 8 attempts from this device failed within 10 minutes',
  },
  {
    code: 'failed-burst-payer',
    action: 'challenge',
    when: [{ feature: 'payerFailures10m', atLeast: 5 }],
    text: 'at least 5 attempts of this payer failed within 10 minutes',
  },
  {
    code: 'failed-burst-instrument',
    action: 'challenge',
    when: [{ feature: 'instrumentFailures1h', atLeast: 6 }],
    text: 'at least 6 attempts with this instrument failed within an hour',
  },
  {
    code: 'instrument-of-many-payers',
    action: 'review',
    when: [{ feature: 'instrumentDistinct1d', atLeast: 4 }],
    text: '4 or more payers used this instrument within 24 hours',
  },
  {
    code: 'instrument-reported',
    action: 'block',
    when: [{ feature: 'instrumentFrauds90d', atLeast: 1 }],
    text: 'fraud with this instrument was reported within 90 days',
  },
  {
    code: 'device-reported',
    action: 'review',
    when: [{ feature: 'deviceFrauds30d', atLeast: 1 }],
    text: 'fraud from this device was reported within 30 days',
  },
  {
    code: 'impossible-travel',
    action: 'challenge',
    when: [
      { feature: 'kmFromLast', atLeast: 500 },
      { feature: 'kmPerHour', atLeast: 1000 },
    ],
    text: "the payer would have had to travel over 1,000 km/h since the payer's last attempt",
  },
  {
    code: 'amount-cap',
    action: 'review',
    when: [{ feature: 'amount', atLeast: 50_000_000 }],
    text: 'the amount is at least 500,000 in major units',
  },
];

export type RuleCheck = (vector: Float32Array) => readonly Rule[];

/** Binds rules to the positions of a vector; a rule over an unknown feature is a bug. */
export function compileRules(rules: readonly Rule[], featureNames: readonly string[]): RuleCheck {
  const bound = rules.map((rule) => ({
    rule,
    conditions: rule.when.map(({ feature, atLeast }) => {
      const at = featureNames.indexOf(feature);
      assert(at >= 0, `rule ${rule.code} names the unknown feature ${feature}`);
      return { at, atLeast };
    }),
  }));
  return (vector) =>
    bound
      .filter(({ conditions }) => conditions.every(({ at, atLeast }) => (vector[at] ?? NaN) >= atLeast))
      .map(({ rule }) => rule);
}
