import { describe, expect, it } from '@jest/globals';
import { BUILT_IN } from '../../../billing/dunning/campaign.js';
import type { Campaign } from '../../../billing/dunning/campaign.js';
import type { Situation } from '../../../billing/dunning/situation.js';
import { suspensionSteps } from '../../../billing/dunning/suspensions.js';
import { debt, NOON, said, situation } from './situations.js';

const { suspension: RULES } = BUILT_IN;
const steps = (fields: Partial<Situation>, rules: Campaign['suspension'] = RULES) => {
  const of = situation(fields);
  return suspensionSteps(of, of.debts, rules, NOON);
};
const subscriptions = (of: readonly { readonly subscriptionId: string }[]) =>
  of.map(({ subscriptionId }) => subscriptionId);
const notice = (daysAgo: number, subscriptionId = 'sub_1', invoiceId = 'inv_1') =>
  said('suspension-notice', daysAgo, { stage: 'suspension', subscriptionId, invoiceId });

describe('suspensions', () => {
  it('are announced first and made some days later, never the other way round', () => {
    expect(steps({ debts: [debt(11)] })).toEqual({ notices: [], suspensions: [] });
    expect(subscriptions(steps({ debts: [debt(12)] }).notices)).toEqual(['sub_1']);
    expect(steps({ debts: [debt(90)] }).suspensions).toEqual([]);
    expect(steps({ debts: [debt(15)], said: [notice(3)] })).toEqual({ notices: [], suspensions: [] });
    expect(subscriptions(steps({ debts: [debt(16)], said: [notice(4)] }).suspensions)).toEqual(['sub_1']);
  });

  it('a notice names the day on which delivery stops', () => {
    // Announced on 8 July, stopped from the 12th on.
    expect(steps({ debts: [debt(12)] }).notices[0]?.namedAt).toBe(Date.UTC(2026, 6, 11, 18, 30));
  });

  it("one child's debt does not stop another's meals, unless the campaign says so", () => {
    const two: Partial<Situation> = {
      running: ['sub_1', 'sub_2'],
      debts: [debt(20), debt(3, { subscriptionId: 'sub_2', invoiceId: 'inv_2' })],
      said: [notice(5), notice(5, 'sub_2')],
    };
    expect(subscriptions(steps(two).suspensions)).toEqual(['sub_1']);
    expect(subscriptions(steps(two, { ...RULES, blocksSiblings: true }).suspensions)).toEqual([
      'sub_1',
      'sub_2',
    ]);
  });

  it('each debt is announced by itself: an old notice does not cover a new one', () => {
    const later = { debts: [debt(14, { invoiceId: 'inv_9' })], said: [notice(40)] };
    expect(steps(later)).toMatchObject({ notices: [{ invoiceId: 'inv_9' }], suspensions: [] });
  });

  it('spare the exempt, the small, what is withheld already, what is not delivered, and what was bought once', () => {
    const nothing = { notices: [], suspensions: [] };
    expect(steps({ debts: [debt(30)], tags: ['never-suspend'] })).toEqual(nothing);
    expect(steps({ debts: [debt(30, { owedPaise: 99_99n })] })).toEqual(nothing);
    expect(steps({ debts: [debt(30)], withheld: new Set(['sub_1']) })).toEqual(nothing);
    expect(steps({ debts: [debt(30, { isRunning: false })] })).toEqual(nothing);
    expect(steps({ debts: [debt(30, { subscriptionId: null })] })).toEqual(nothing);
    expect(
      steps({ debts: [debt(30)], refused: new Set(['suspension suspension-notice sub_1 inv_1']) }),
    ).toEqual(nothing);
  });
});
