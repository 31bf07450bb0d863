import { describe, expect, it } from '@jest/globals';
import { compare } from '../../../billing/reconciliation/compare.js';
import type { Books, SettledRow } from '../../../billing/reconciliation/compare.js';
import { RECONCILIATION } from '../../../billing/reconciliation/settings.js';

const PAYMENT: SettledRow = {
  entityId: 'pay_1',
  type: 'payment',
  debitPaise: 0n,
  creditPaise: 488_20n,
  amountPaise: 500_00n,
  currency: 'INR',
  feePaise: 11_80n,
  taxPaise: 1_80n,
  disputeId: null,
};
const ATTEMPT = {
  paymentId: 'pmt_1',
  bookedPaise: 500_00n,
  feePaise: 11_80n,
  taxPaise: 1_80n,
  currency: 'INR',
};
const BOOKS: Books = {
  attempt: ATTEMPT,
  refund: null,
  dispute: null,
  hints: [],
  claims: [],
  otherRefundsPaise: 0n,
  isRepeated: false,
  linkedTo: null,
};
const REFUND: SettledRow = {
  ...PAYMENT,
  entityId: 'rfnd_1',
  type: 'refund',
  debitPaise: 100_00n,
  creditPaise: 0n,
  amountPaise: 100_00n,
  feePaise: 0n,
  taxPaise: 0n,
};
const BOOKED_REFUND = { amountPaise: 100_00n, currency: 'INR', status: 'processed', isBooked: true };
const CHARGEBACK: SettledRow = {
  ...REFUND,
  entityId: 'adj_1',
  type: 'adjustment',
  disputeId: 'disp_1',
};
const hint = (by: 'order receipt' | 'order id' | 'notes', paymentId: string) => ({ by, paymentId });

/** `outcome reason difference parts`: one line a case. */
function judged(row: Partial<SettledRow>, books: Partial<Books> = {}, of: SettledRow = PAYMENT): string {
  const verdict = compare({ ...of, ...row }, { ...BOOKS, ...books }, RECONCILIATION);
  const parts = verdict.parts.map(({ name, amounts }) => `${name}:${Object.values(amounts).join('/')}`);
  return [verdict.outcome, verdict.reason ?? '-', verdict.differencePaise, ...parts].join(' ');
}

describe('a payment', () => {
  it.each<[string, string, Partial<SettledRow>, Partial<Books>]>([
    ['as booked', 'matched - 0', {}, {}],
    [
      'whose fee we did not know',
      'adjusted fee 1180 fee:1180/180/1000',
      {},
      { attempt: { ...ATTEMPT, feePaise: 0n, taxPaise: 0n } },
    ],
    [
      'with a higher fee',
      'adjusted fee 118 fee:118/18/100',
      { creditPaise: 487_02n, feePaise: 12_98n, taxPaise: 1_98n },
      {},
    ],
    ['with another split of its fee', 'adjusted tax 0 tax:0/-1/1', { taxPaise: 1_79n }, {}],
    [
      'with a fee above every rate',
      'exception fee-differs 3820',
      { creditPaise: 450_00n, feePaise: 50_00n, taxPaise: 7_63n },
      {},
    ],
    ['with a tax that is not GST on the fee', 'exception tax-differs 0', { taxPaise: 3_00n }, {}],
    [
      'of another amount',
      'exception amount-differs 1000',
      { amountPaise: 490_00n, creditPaise: 478_20n },
      {},
    ],
    ['credited with less than amount less fee', 'exception net-differs 500', { creditPaise: 483_20n }, {}],
    ['a paisa off', 'adjusted rounding 1 rounding:1', { creditPaise: 488_19n }, {}],
    ['two paise off the other way', 'adjusted rounding -2 rounding:-2', { creditPaise: 488_22n }, {}],
    ['three paise off', 'exception net-differs 3', { creditPaise: 488_17n }, {}],
    ['in another currency', 'exception currency-differs -48820', { currency: 'USD' }, {}],
    ['settled a second time', 'exception duplicate-row -48820', {}, { isRepeated: true }],
    ['of which we know nothing', 'exception payment-unknown -48820', {}, { attempt: null }],
    [
      'of an order of ours, not seen captured',
      'exception capture-unknown -48820',
      {},
      { attempt: null, hints: [hint('order receipt', 'pmt_1')] },
    ],
    [
      'that we know as authorised only',
      'exception capture-unknown -48820',
      {},
      { attempt: { ...ATTEMPT, bookedPaise: 0n, feePaise: 0n, taxPaise: 0n } },
    ],
    [
      'whose receipt names another payment of ours',
      'exception identifiers-disagree 0',
      {},
      { hints: [hint('order receipt', 'pmt_2')] },
    ],
    [
      'that a person linked',
      'adjusted capture -48820 capture:50000 fee:1180/180/1000',
      {},
      { attempt: null, linkedTo: 'pmt_1' },
    ],
    [
      'short of a refund that is booked and has no row',
      'matched - 10000',
      { creditPaise: 388_20n },
      { claims: [{ id: 'rfnd_1', kind: 'refund', amountPaise: 100_00n, isBooked: true }] },
    ],
    [
      'short of a chargeback that is not booked',
      'adjusted chargeback 48820 chargeback:48820',
      { creditPaise: 0n },
      { claims: [{ id: 'disp_1', kind: 'chargeback', amountPaise: 488_20n, isBooked: false }] },
    ],
    [
      'short of a refund and of a higher fee',
      'adjusted refund 10118 refund:10000 fee:118/18/100',
      { creditPaise: 387_02n, feePaise: 12_98n, taxPaise: 1_98n },
      { claims: [{ id: 'rfnd_1', kind: 'refund', amountPaise: 100_00n, isBooked: false }] },
    ],
  ])('%s: %s', (_name, expected, row, books) => {
    expect(judged(row, books)).toBe(expected);
  });

  it('is found by its own id before its receipt, its order and its notes, in this order', () => {
    const by = (books: Partial<Books>) =>
      compare(PAYMENT, { ...BOOKS, ...books }, RECONCILIATION).identifiedBy;
    const receipt = hint('order receipt', 'pmt_1');
    const order = hint('order id', 'pmt_1');
    const note = hint('notes', 'pmt_1');
    expect(by({ hints: [receipt, order, note] })).toBe('payment id');
    expect(by({ attempt: null, hints: [receipt, order, note] })).toBe('order receipt');
    expect(by({ attempt: null, hints: [order, note] })).toBe('order id');
    expect(by({ attempt: null, hints: [note] })).toBe('notes');
    expect(by({ attempt: null, hints: [] })).toBeNull();
  });
});

describe('a refund', () => {
  it.each<[string, string, Partial<SettledRow>, Partial<Books>]>([
    ['as booked', 'matched - 0', {}, { refund: BOOKED_REFUND }],
    [
      'that we asked for and have not seen go out',
      'adjusted refund 10000 refund:10000',
      {},
      { refund: { ...BOOKED_REFUND, status: 'pending', isBooked: false } },
    ],
    ['that we know nothing of, of a payment of ours', 'adjusted refund 10000 refund:10000', {}, {}],
    [
      'beyond what is left of its payment',
      'exception refund-unknown 10000',
      {},
      { otherRefundsPaise: 450_00n },
    ],
    ['of a payment that we do not know', 'exception refund-unknown 10000', {}, { attempt: null }],
    [
      'that failed',
      'exception status-differs 10000',
      {},
      { refund: { ...BOOKED_REFUND, status: 'failed', isBooked: false } },
    ],
    [
      'of another amount',
      'exception amount-differs 5000',
      { amountPaise: 150_00n, debitPaise: 150_00n },
      { refund: BOOKED_REFUND },
    ],
    [
      'sent at once, for a fee',
      'adjusted fee 354 fee:354/54/300',
      { debitPaise: 103_54n, feePaise: 3_54n, taxPaise: 54n },
      { refund: BOOKED_REFUND },
    ],
  ])('%s: %s', (_name, expected, row, books) => {
    expect(judged(row, books, REFUND)).toBe(expected);
  });
});

describe('an adjustment', () => {
  const dispute = { amountPaise: 100_00n, currency: 'INR', isBooked: true };
  it.each<[string, string, Partial<SettledRow>, Partial<Books>]>([
    ['for a lost dispute', 'matched - 0', {}, { dispute }],
    [
      'for a dispute that we do not know as lost',
      'adjusted chargeback 10000 chargeback:10000',
      {},
      { dispute: { ...dispute, isBooked: false } },
    ],
    ['for a dispute that we do not know', 'adjusted chargeback 10000 chargeback:10000', {}, {}],
    ['for a dispute of no payment of ours', 'exception chargeback-unknown 10000', {}, { attempt: null }],
    ['without a dispute', 'exception adjustment-unknown 10000', { disputeId: null }, {}],
    ['in our favour', 'exception adjustment-unknown -10000', { debitPaise: 0n, creditPaise: 100_00n }, {}],
    ['of a kind that is not used here', 'exception movement-unknown 10000', { type: 'transfer' }, {}],
  ])('%s: %s', (_name, expected, row, books) => {
    expect(judged(row, books, CHARGEBACK)).toBe(expected);
  });
});
