/**
 * One settled row against our books: the same, different by what explains itself to the paisa, or for a person. Pure. The payment's
 * id is the first identifier and the only one that matches; order receipt, order id and notes, in this order, lead to the
 * payment of ours that an unknown id may belong to, and a known id that they contradict is not taken for granted.
 * A payment's credit is its amount less its fee, which includes the tax; a refund's debit is its amount and fee
 * (razorpay.com/docs/api/settlements, rows of the combined report).
 */
import { halfUpDivide } from '../../core/money.js';
import type { EntryKind } from '../ledger/templates.js';
import { decompose } from './decompose.js';
import type { Claim } from './decompose.js';
import type { Reason } from './reasons.js';
import type { ReconciliationSettings } from './settings.js';

/** Amounts in minor units of `currency`. */
export interface SettledRow {
  readonly entityId: string;
  readonly type: string;
  readonly debitPaise: bigint;
  readonly creditPaise: bigint;
  readonly amountPaise: bigint;
  readonly currency: string;
  /** Including `taxPaise`. */
  readonly feePaise: bigint;
  readonly taxPaise: bigint;
  readonly disputeId: string | null;
}

interface BookedAttempt {
  readonly paymentId: string;
  /** 0: not known to be captured. */
  readonly bookedPaise: bigint;
  readonly feePaise: bigint;
  readonly taxPaise: bigint;
  readonly currency: string;
}

interface BookedRefund {
  readonly amountPaise: bigint;
  readonly currency: string;
  readonly status: string;
  readonly isBooked: boolean;
}

interface BookedDispute {
  readonly amountPaise: bigint;
  readonly currency: string;
  readonly isBooked: boolean;
}

/** What our side knows of a row. */
export interface Books {
  /** That the row settles, or whose refund or dispute it settles. */
  readonly attempt: BookedAttempt | null;
  readonly refund: BookedRefund | null;
  readonly dispute: BookedDispute | null;
  /** Payments of ours that the other identifiers lead to. */
  readonly hints: readonly { readonly by: Identifier; readonly paymentId: string }[];
  /** Of this payment, without a row of their own. */
  readonly claims: readonly Claim[];
  /** Taken from this payment by all other refunds. */
  readonly otherRefundsPaise: bigint;
  /** Another settlement had the same entity before. */
  readonly isRepeated: boolean;
  /** The payment of ours that a person named. */
  readonly linkedTo: string | null;
}

/** In order of precedence. */
export type Identifier =
  'payment id' | 'refund id' | 'dispute id' | 'order receipt' | 'order id' | 'notes' | 'a person';

/** One part of a difference, as the ledger will have it. */
export interface Part {
  readonly name: 'capture' | 'chargeback' | 'refund' | 'fee' | 'tax' | 'rounding' | 'write-off' | 'bank';
  readonly kind: EntryKind;
  readonly amounts: Readonly<Record<string, bigint>>;
}

export interface Verdict {
  readonly outcome: 'matched' | 'adjusted' | 'exception';
  /** Of an exception; of an adjustment its principal part. */
  readonly reason: Reason | Part['name'] | null;
  readonly identifiedBy: Identifier | null;
  /** Ours less theirs. */
  readonly differencePaise: bigint;
  readonly parts: readonly Part[];
  readonly nettedIds: readonly string[];
  /** Ours, where one was found. */
  readonly paymentId: string | null;
}

interface Found {
  readonly identifiedBy: Identifier | null;
  readonly paymentId: string | null;
}

export function compare(row: SettledRow, books: Books, settings: ReconciliationSettings): Verdict {
  const found = identify(row, books);
  const net = row.creditPaise - row.debitPaise;
  const refuse = (reason: Reason, ours = 0n): Verdict => exception(reason, ours - net, found);
  // What we have is set against the first one; amounts of two currencies have no difference.
  if (books.isRepeated) return refuse('duplicate-row');
  const { attempt } = books;
  const isOther = attempt !== null && books.hints.some(({ paymentId }) => paymentId !== attempt.paymentId);
  if (isOther) return refuse('identifiers-disagree', bookedNet(row, books));
  const known = [attempt, books.refund, books.dispute].filter((one) => one !== null);
  if (known.some(({ currency }) => currency !== row.currency)) return refuse('currency-differs');
  if (row.type === 'payment') return comparePayment(row, books, settings, found);
  if (row.type === 'refund') return compareRefund(row, books, settings, found);
  if (row.type === 'adjustment') return compareAdjustment(row, books, settings, found);
  return refuse('movement-unknown');
}

/** What the ledger has in clearing for this movement. */
function bookedNet({ type }: SettledRow, { attempt, refund, dispute }: Books): bigint {
  if (type === 'payment') return attempt === null ? 0n : attempt.bookedPaise - attempt.feePaise;
  const taken = type === 'refund' ? refund : dispute;
  return taken?.isBooked === true ? -taken.amountPaise : 0n;
}

function identify(row: SettledRow, { attempt, refund, dispute, hints, linkedTo }: Books): Found {
  const paymentId = attempt?.paymentId ?? linkedTo ?? hints[0]?.paymentId ?? null;
  if (refund !== null) return { identifiedBy: 'refund id', paymentId };
  if (dispute !== null && row.type === 'adjustment') return { identifiedBy: 'dispute id', paymentId };
  if (attempt !== null) return { identifiedBy: 'payment id', paymentId };
  if (linkedTo !== null) return { identifiedBy: 'a person', paymentId };
  return { identifiedBy: hints[0]?.by ?? null, paymentId };
}

function comparePayment(row: SettledRow, books: Books, settings: ReconciliationSettings, found: Found) {
  const { attempt, hints, linkedTo, claims } = books;
  const net = row.creditPaise - row.debitPaise;
  const isCaptured = attempt !== null && attempt.bookedPaise > 0n;
  if (!isCaptured && linkedTo === null) {
    const isOurs = attempt !== null || hints.length > 0;
    return exception(isOurs ? 'capture-unknown' : 'payment-unknown', -net, found);
  }
  const ours = isCaptured ? attempt : { bookedPaise: 0n, feePaise: 0n, taxPaise: 0n };
  const captured: readonly Part[] = isCaptured ? [] : [capturePart(row.amountPaise)];
  const difference = bookedNet(row, books) - net;
  const fee = feePart(row, ours);
  const fault = fee === null ? null : feeFault(row, ours, settings);
  if (fault !== null) return exception(fault, difference, found);
  const explained = (isCaptured ? 0n : -row.amountPaise) + (row.feePaise - ours.feePaise);
  const rest = decompose(difference - explained, claims, settings.roundingPaise);
  if (rest === null) {
    const isOtherAmount = isCaptured && row.amountPaise !== ours.bookedPaise;
    return exception(isOtherAmount ? 'amount-differs' : 'net-differs', difference, found);
  }
  const parts = [...captured, ...claimParts(rest.claims), ...present(fee), ...roundingParts(rest)];
  const nettedIds = rest.claims.map(({ id }) => id);
  return settled({ ...found, differencePaise: difference, parts, nettedIds });
}

/** Our refund may be unknown to us, or not known to have gone out: then the row itself is its proof. */
function compareRefund(row: SettledRow, books: Books, settings: ReconciliationSettings, found: Found) {
  const { refund, attempt, linkedTo, otherRefundsPaise } = books;
  const net = row.creditPaise - row.debitPaise;
  const difference = bookedNet(row, books) - net;
  const refuse = (reason: Reason): Verdict => exception(reason, difference, found);
  const bookedPaise = attempt?.bookedPaise ?? 0n;
  if (refund?.status === 'failed') return refuse('status-differs');
  if (refund !== null && refund.amountPaise !== row.amountPaise) return refuse('amount-differs');
  if (refund?.isBooked !== true) {
    const isCovered = row.amountPaise > 0n && otherRefundsPaise + row.amountPaise <= bookedPaise;
    if (!isCovered && linkedTo === null) return refuse('refund-unknown');
  }
  const booked = refund?.isBooked === true ? [] : [refundPart(row.amountPaise)];
  const none = { feePaise: 0n, taxPaise: 0n };
  const fault = row.feePaise === 0n ? null : feeFault(row, none, settings);
  if (fault !== null) return refuse(fault);
  const explained = (booked.length === 0 ? 0n : row.amountPaise) + row.feePaise;
  const rest = decompose(difference - explained, [], settings.roundingPaise);
  if (rest === null) return refuse('net-differs');
  const parts = [...booked, ...present(feePart(row, none)), ...roundingParts(rest)];
  return settled({ ...found, differencePaise: difference, parts, nettedIds: [] });
}

/** The only adjustment that explains itself is what a dispute takes. */
function compareAdjustment(row: SettledRow, books: Books, settings: ReconciliationSettings, found: Found) {
  const { dispute, attempt } = books;
  const net = row.creditPaise - row.debitPaise;
  const difference = bookedNet(row, books) - net;
  const refuse = (reason: Reason): Verdict => exception(reason, difference, found);
  if (row.disputeId === null || net >= 0n) return refuse('adjustment-unknown');
  if (dispute !== null && dispute.amountPaise !== row.amountPaise) return refuse('amount-differs');
  if (dispute === null && row.amountPaise > (attempt?.bookedPaise ?? 0n)) return refuse('chargeback-unknown');
  const booked = dispute?.isBooked === true ? [] : [chargebackPart(row.amountPaise)];
  const explained = booked.length === 0 ? 0n : row.amountPaise;
  const rest = decompose(difference - explained, [], settings.roundingPaise);
  if (rest === null) return refuse('net-differs');
  const parts = [...booked, ...roundingParts(rest)];
  return settled({ ...found, differencePaise: difference, parts, nettedIds: [] });
}

type Fees = Pick<BookedAttempt, 'feePaise' | 'taxPaise'>;

/** A fee is taken as stated only when it is one that can be charged and its tax is GST on it. */
function feeFault(row: SettledRow, ours: Fees, settings: ReconciliationSettings): Reason | null {
  if (row.feePaise * 10_000n > row.amountPaise * settings.maxFeeBasisPoints) return 'fee-differs';
  const gst = halfUpDivide((row.feePaise - row.taxPaise) * settings.gstPercent, 100n);
  const off = row.taxPaise - gst;
  const isExempt = row.taxPaise === 0n && ours.taxPaise === 0n;
  return isExempt || (off >= -1n && off <= 1n) ? null : 'tax-differs';
}

/** `tax` when only the split of an unchanged fee differs. */
function feePart(row: SettledRow, ours: Fees): Part | null {
  const total = row.feePaise - ours.feePaise;
  const tax = row.taxPaise - ours.taxPaise;
  if (total === 0n && tax === 0n) return null;
  const amounts = { total, tax, fee: total - tax };
  return { name: total === 0n ? 'tax' : 'fee', kind: 'payment-fee', amounts };
}

function capturePart(amount: bigint): Part {
  return { name: 'capture', kind: 'payment-captured', amounts: { amount } };
}

function refundPart(amount: bigint): Part {
  return { name: 'refund', kind: 'refund-sent', amounts: { amount } };
}

function chargebackPart(amount: bigint): Part {
  return { name: 'chargeback', kind: 'dispute-lost', amounts: { amount } };
}

/** What is booked already explains and posts nothing. */
function claimParts(claims: readonly Claim[]): Part[] {
  const unbooked = (kind: Claim['kind']): bigint =>
    claims
      .filter((claim) => claim.kind === kind && !claim.isBooked)
      .reduce((sum, { amountPaise }) => sum + amountPaise, 0n);
  const refunds = unbooked('refund');
  const chargebacks = unbooked('chargeback');
  return [
    ...(chargebacks === 0n ? [] : [chargebackPart(chargebacks)]),
    ...(refunds === 0n ? [] : [refundPart(refunds)]),
  ];
}

function roundingParts({ roundingPaise }: { readonly roundingPaise: bigint }): Part[] {
  if (roundingPaise === 0n) return [];
  return [{ name: 'rounding', kind: 'rounding-difference', amounts: { amount: roundingPaise } }];
}

function present(part: Part | null): Part[] {
  return part === null ? [] : [part];
}

function exception(reason: Reason, differencePaise: bigint, found: Found): Verdict {
  return { outcome: 'exception', reason, differencePaise, parts: [], nettedIds: [], ...found };
}

function settled(verdict: Omit<Verdict, 'outcome' | 'reason'>): Verdict {
  const [principal] = verdict.parts;
  if (principal === undefined) return { ...verdict, outcome: 'matched', reason: null };
  return { ...verdict, outcome: 'adjusted', reason: principal.name };
}
