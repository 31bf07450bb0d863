/**
 * From a draft to what will stand on the invoice: every line with the tax that is in it, the sums, and the credit that it uses or leaves.
 * Pure. Invariants: total = sum of lines = net + tax + round-off - credit, and never below zero; no head of tax is bent to
 * make it so (India rules, G17 and G18).
 */
import { AppError } from '../../core/errors.js';
import { splitTax } from '../tax/split.js';
import { taxRate } from '../tax/rates.js';

export const LINE_KINDS = [
  'plan',
  'add-on',
  'setup-fee',
  'proration-credit',
  'proration-charge',
  'credit-used',
  'credit-kept',
  'other',
] as const;
type LineKind = (typeof LINE_KINDS)[number];

/** Amounts in minor units, tax included; negative is in the payer's favour. Days as in core/days.ts, `toDay` exclusive. */
export interface DraftLine {
  readonly kind: LineKind;
  readonly description: string;
  readonly quantity: number;
  readonly unitPaise: bigint;
  readonly amountPaise: bigint;
  /** A row of billing/tax/rates.ts; null when there is no tax in it. */
  readonly taxClass: string | null;
  readonly fromDay: number | null;
  readonly toDay: number | null;
}

export interface InvoiceDraft {
  readonly payerId: string;
  readonly counterpartyId: string | null;
  readonly subscriptionId: string | null;
  readonly kind: 'recurring' | 'change' | 'one-off';
  /** Of a recurring one: at most one invoice that is not void for each. `endDay` is exclusive. */
  readonly period: { readonly number: number; readonly startDay: number; readonly endDay: number } | null;
  /** What else made it: one invoice for each of a subscription, or of a payer where there is none. */
  readonly cause: string | null;
  readonly currency: string;
  readonly lines: readonly DraftLine[];
  /** UTC epoch ms. */
  readonly dueAt: number;
}

interface TaxedLine extends DraftLine {
  readonly taxRate: number;
  readonly taxPaise: bigint;
}

export interface Composed {
  readonly lines: readonly TaxedLine[];
  readonly totalPaise: bigint;
  readonly netPaise: bigint;
  readonly taxPaise: bigint;
  readonly roundOffPaise: bigint;
  /** Used when positive, kept for later when negative. */
  readonly creditPaise: bigint;
}

/** A line may miss its price by a paisa: so many at most, and the round-off stays within half a rupee (G17). */
const MAX_LINES = 50;

/**
 * @param creditPaise what the subscription has in its favour before.
 * @param day of issue: it decides the rates.
 * @throws AppError for too many lines, an unknown tax class, or an amount in the payer's favour that nothing can keep.
 */
export function compose(draft: InvoiceDraft, creditPaise: bigint, day: number): Composed {
  if (draft.lines.length > MAX_LINES) {
    const message = `an invoice has at most ${MAX_LINES} lines, this one has ${draft.lines.length}: divide it`;
    throw new AppError('bad-input', 'invoice-too-long', message);
  }
  const sold = draft.lines.map((line) => withTax(line, day));
  const grossPaise = sum(sold.map(({ amountPaise }) => amountPaise));
  const used = useCredit(draft, grossPaise, creditPaise);
  const lines = used === 0n ? sold : [...sold, creditLine(used)];
  const taxPaise = sum(sold.map((line) => line.taxPaise));
  const netPaise = sum(sold.map((line) => line.netPaise));
  return {
    lines,
    totalPaise: grossPaise - used,
    netPaise,
    taxPaise,
    roundOffPaise: grossPaise - netPaise - taxPaise,
    creditPaise: used,
  };
}

function withTax(line: DraftLine, day: number): TaxedLine & { readonly netPaise: bigint } {
  const rate = line.taxClass === null ? 0 : taxRate(line.taxClass, day);
  const { netPaise, taxPaise } = splitTax(line.amountPaise, rate);
  return { ...line, taxRate: rate, taxPaise, netPaise };
}

function useCredit(draft: InvoiceDraft, grossPaise: bigint, creditPaise: bigint): bigint {
  if (grossPaise >= 0n) return grossPaise < creditPaise ? grossPaise : creditPaise;
  if (draft.subscriptionId !== null) return grossPaise;
  const message = `an invoice without a subscription sums to ${grossPaise}: nothing can keep what is in the payer's favour`;
  throw new AppError('bad-input', 'invoice-below-zero', message);
}

function creditLine(used: bigint): TaxedLine {
  return {
    kind: used > 0n ? 'credit-used' : 'credit-kept',
    description: used > 0n ? 'Credit used' : 'Credit kept for later invoices',
    quantity: 1,
    unitPaise: -used,
    amountPaise: -used,
    taxClass: null,
    fromDay: null,
    toDay: null,
    taxRate: 0,
    taxPaise: 0n,
  };
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
