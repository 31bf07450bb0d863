import { expect, it } from '@jest/globals';
import type { Verdict } from '../../../billing/retry/choose.js';
import { explain } from '../../../billing/retry/explain.js';
import { ist } from '../../support/debit-situations.js';

const ladderAtMs = ist('2026-03-03 13:00');
const bestAtMs = ist('2026-03-04 16:00');
const verdict = (changes: Partial<Verdict>): Verdict => ({
  slot: { atMs: bestAtMs, noticeAtMs: null },
  chosenBy: 'model',
  arm: 'model',
  propensity: 1,
  successProbability: 0.42,
  ladderAtMs,
  eligible: 300,
  considered: [
    { atMs: ladderAtMs, successProbability: 0.18, worthPaise: 2000 },
    { atMs: bestAtMs, successProbability: 0.42, worthPaise: 7000 },
  ],
  vetoes: [],
  reason: 'better-slot',
  ...changes,
});

it.each([
  [verdict({}), "2026-03-04 16:00 (42 %) rather than the ladder's 2026-03-03 13:00 (18 %)."],
  [
    verdict({ reason: 'explored' }),
    '2026-03-04 16:00 (42 %): drawn by lot among 300 lawful slots, to learn.',
  ],
  [
    verdict({ reason: 'no-model', slot: { atMs: ladderAtMs, noticeAtMs: null } }),
    '2026-03-03 13:00: the ladder, as there is no model.',
  ],
  [
    verdict({
      reason: 'no-legal-slot',
      slot: null,
      vetoes: [
        { rule: 'attempts-used', law: 'U2', slots: 672 },
        { rule: 'never-repeated', law: null, slots: 672 },
        { rule: 'peak-hours', law: 'U1', slots: 210 },
      ],
    }),
    'No lawful slot is left: attempts-used (U2), never-repeated, peak-hours (U1) for 210 of 672.',
  ],
  [
    verdict({ reason: 'not-worth-it', slot: null }),
    'Not tried again: at best 42 % likely to succeed, less than a failed debit costs.',
  ],
])('%# says why', (told, sentence) => {
  expect(explain(told)).toBe(sentence);
});
