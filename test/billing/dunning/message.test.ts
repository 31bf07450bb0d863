import { describe, expect, it } from '@jest/globals';
import { messageOf, wantsLink } from '../../../billing/dunning/message.js';
import type { Told } from '../../../billing/dunning/message.js';
import type { StepKind } from '../../../billing/dunning/state.js';
import { findWords, renderWords, withAbsent } from '../../../billing/notices/render.js';
import { testPostgres } from '../../support/postgres.js';
import { NOON } from './situations.js';

const KINDS: Readonly<Record<StepKind, string>> = {
  reminder: 'still open',
  'payday-debit': 'We try again',
  'payday-hint': 'salary',
  'finish-payment': 'not finished',
  'update-instrument': 'expired',
  'other-method': 'another way',
  'split-or-other': 'limit',
  'resume-mandate': 'resume',
  'new-mandate': 'set up a new automatic payment',
  'plan-offer': '3 parts',
  'suspension-notice': 'will be suspended',
  suspension: 'is suspended',
};
const kinds = Object.keys(KINDS) as StepKind[];
const offer = { parts: [1, 2, 3].map(() => ({ dueOn: '2026-07-22', amountPaise: 500_00n })), lapsesAt: NOON };
const told = (kind: StepKind, fields: Partial<Told> = {}): Told => ({
  kind,
  tone: 'friendly',
  owedPaise: 1_500_00n,
  currency: 'INR',
  dueAt: NOON,
  namedAt: NOON,
  payUrl: wantsLink(kind) ? 'https://pay.example/1' : null,
  ...fields,
});

describe('the message of a step', () => {
  it('has words in English and Hindi that name the amount, the help and, unless a debit comes by itself, a link', async () => {
    const database = await testPostgres();
    try {
      for (const kind of kinds) {
        for (const language of ['en', 'hi']) {
          const { template, values } = messageOf(told(kind), kind === 'plan-offer' ? offer : null);
          const { words, language: found } = await findWords(database.pool, template, language);
          expect([template, found]).toEqual([template, language]);
          const { text, short } = await renderWords(words, withAbsent(template, values), language);
          expect(short).toContain('₹1,500.00');
          if (wantsLink(kind)) expect(text).toContain('https://pay.example/1');
          else expect(text).not.toContain('https://');
          if (language === 'en') expect(text).toContain(KINDS[kind]);
          else expect(text).toMatch(/[\u0900-\u097f]/);
        }
      }
    } finally {
      await database.close();
    }
  }, 60_000);

  it('follows the tone', () => {
    expect(messageOf(told('reminder', { tone: 'final' }), null).template).toBe('dunning-final');
    expect(messageOf(told('new-mandate', { tone: 'firm' }), null).values).toMatchObject({ tone: 'firm' });
  });
});
