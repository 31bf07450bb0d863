/**
 * The rules that a new database begins with: patterns that nobody needs a model for. Thresholds follow how card testing shows
 * itself (Visa, "Anti-Enumeration and Account Testing Best Practices"): many attempts, payers and declines behind one
 * device, address or instrument within minutes. From then on they are data like any other rule.
 */
import type { ActiveRule, Rule } from './rule.js';

type Row = readonly [ruleId: string, action: Rule['action'], condition: string, text: string];

const ROWS: readonly Row[] = [
  [
    'card-testing-device',
    'block',
    'deviceCount10m >= 8 && deviceDistinct10m >= 3',
    'at least 8 attempts for 3 or more payers came from this device within 10 minutes',
  ],
  [
    // Mobile networks and schools put many honest payers behind one address: a challenge, and only with declines.
    'card-testing-ip',
    'challenge',
    'ipCount10m >= 20 && ipDistinct10m >= 5 && ipFailures10m >= 10',
    'at least 20 attempts for 5 or more payers, 10 of them failed, came from this IP address within 10 minutes',
  ],
  [
    'failed-burst-device',
    'block',
    'deviceFailures10m >= 8',
    'at least 8 attempts from this device failed within 10 minutes',
  ],
  [
    'failed-burst-payer',
    'challenge',
    'payerFailures10m >= 5',
    'at least 5 attempts of this payer failed within 10 minutes',
  ],
  [
    'failed-burst-instrument',
    'challenge',
    'instrumentFailures1h >= 6',
    'at least 6 attempts with this instrument failed within an hour',
  ],
  [
    'instrument-of-many-payers',
    'review',
    'instrumentDistinct1d >= 4',
    '4 or more payers used this instrument within 24 hours',
  ],
  [
    'instrument-reported',
    'block',
    'instrumentFrauds90d >= 1',
    'fraud with this instrument was reported within 90 days',
  ],
  ['device-reported', 'review', 'deviceFrauds30d >= 1', 'fraud from this device was reported within 30 days'],
  [
    'impossible-travel',
    'challenge',
    'kmFromLast >= 500 && kmPerHour >= 1000',
    "the payer would have had to travel over 1,000 km/h since the payer's last attempt",
  ],
  ['amount-cap', 'review', 'amount >= 50000000', 'the amount is at least 500,000 in major units'],
];

export const DEFAULT_RULES: readonly ActiveRule[] = ROWS.map(([ruleId, action, condition, text]) => ({
  ruleId,
  version: 1,
  owner: 'hasivu',
  action,
  text,
  condition,
  overridable: true,
  validFrom: null,
  validUntil: null,
  mode: 'live',
}));
