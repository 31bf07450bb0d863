/**
 * What each business event means in the books, as data: which accounts it debits and credits with which of its amounts. The
 * accounts are described in core/migrations/0015-ledger.sql. `entryOf` refuses amounts that do not balance.
 */
import { assert } from '../../core/errors.js';

type Account =
  | 'receivable'
  | 'advances'
  | 'gateway-clearing'
  | 'settlement-in-transit'
  | 'bank'
  | 'gateway-fees'
  | 'gst-on-fees'
  | 'refunds'
  | 'disputes'
  | 'revenue'
  | 'gst-payable'
  | 'round-off'
  | 'bad-debts'
  | 'suspense';

type Side = 'debit' | 'credit';

/** `amount` names one of the event's amounts; a zero amount gives no line, a negative one changes the side. */
interface Line {
  readonly side: Side;
  readonly account: Account;
  readonly amount: string;
  /** The line belongs to the payer. */
  readonly perParty?: true;
}

const debit = (account: Account, amount = 'amount'): Line => ({ side: 'debit', account, amount });
const credit = (account: Account, amount = 'amount'): Line => ({ side: 'credit', account, amount });
const ofParty = (line: Line): Line => ({ ...line, perParty: true });

const TEMPLATES = {
  /** The gateway holds the payer's money for us. */
  'payment-captured': [debit('gateway-clearing'), ofParty(credit('advances'))],
  /** Kept back from the settlement; `fee` is without its tax. */
  'payment-fee': [
    debit('gateway-fees', 'fee'),
    debit('gst-on-fees', 'tax'),
    credit('gateway-clearing', 'total'),
  ],
  'refund-sent': [ofParty(debit('refunds')), credit('gateway-clearing')],
  /** The bank sent it back: it did not happen. */
  'refund-returned': [debit('gateway-clearing'), ofParty(credit('refunds'))],
  'dispute-lost': [ofParty(debit('disputes')), credit('gateway-clearing')],
  'settlement-sent': [debit('settlement-in-transit'), credit('gateway-clearing')],
  'bank-credited': [debit('bank'), credit('settlement-in-transit')],
  /** `credit` of the payer that it used; negative when it leaves some. Total = net + tax + round-off - credit. */
  'invoice-issued': [
    ofParty(debit('receivable', 'total')),
    ofParty(debit('advances', 'credit')),
    credit('revenue', 'net'),
    credit('gst-payable', 'tax'),
    credit('round-off', 'roundOff'),
  ],
  /** The same amounts back. */
  'invoice-voided': [
    ofParty(credit('receivable', 'total')),
    ofParty(credit('advances', 'credit')),
    debit('revenue', 'net'),
    debit('gst-payable', 'tax'),
    debit('round-off', 'roundOff'),
  ],
  /** Negative when the money went back. */
  'invoice-settled': [ofParty(debit('advances')), ofParty(credit('receivable'))],
  /** Nobody expects it any more. Its tax is owed nevertheless. Negative when it was paid after all. */
  'invoice-given-up': [ofParty(debit('bad-debts')), ofParty(credit('receivable'))],
  /** Differences that reconciliation found and explained, or not. Positive: the gateway kept more than we knew. */
  'rounding-difference': [debit('round-off'), credit('gateway-clearing')],
  'unexplained-difference': [debit('suspense'), credit('gateway-clearing')],
  /** Settled and not, or not so, seen at the bank; and the other way round. */
  'unexplained-transit': [debit('suspense'), credit('settlement-in-transit')],
  'unexplained-bank-credit': [debit('suspense'), credit('bank')],
} as const satisfies Readonly<Record<string, readonly Line[]>>;
export type EntryKind = keyof typeof TEMPLATES;

export interface Posting {
  readonly account: Account;
  readonly currency: string;
  /** Debit positive, credit negative; never zero. */
  readonly amountPaise: bigint;
  /** Whose; empty where the account is nobody's in particular. */
  readonly party: string;
}

export interface Entry {
  /** The business event: recorded once. */
  readonly key: string;
  readonly kind: EntryKind;
  /** UTC epoch ms. */
  readonly occurredAt: number;
  readonly postings: readonly Posting[];
}

interface EntrySource extends Pick<Entry, 'key' | 'kind' | 'occurredAt'> {
  readonly currency: string;
  readonly party?: string;
  /** By the names that the template uses. */
  readonly amounts: Readonly<Record<string, bigint>>;
}

export function entryOf({ key, kind, occurredAt, currency, party = '', amounts }: EntrySource): Entry {
  const lines: readonly Line[] = TEMPLATES[kind];
  const postings = lines.flatMap(({ side, account, amount, perParty }) => {
    const value = amounts[amount];
    assert(value !== undefined, `${kind} needs the amount ${amount}`);
    if (value === 0n) return [];
    const amountPaise = side === 'debit' ? value : -value;
    return [{ account, currency, amountPaise, party: perParty === true ? party : '' }];
  });
  const sum = postings.reduce((total, { amountPaise }) => total + amountPaise, 0n);
  assert(sum === 0n && postings.length > 1, `${key} does not balance`);
  return { key, kind, occurredAt, postings };
}
