/**
 * Money is a bigint count of minor units and its currency: paise for INR. Nothing here passes through a float.
 * Exponents are Razorpay's lists of zero- and three-decimal currencies (razorpay.com/docs/payments/international-payments);
 * rounding is half up (away from zero at one half), as rule 46 invoices of GST are usually drawn up.
 */
import { assert } from './errors.js';

const ZERO_DECIMALS = new Set('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'.split(' '));
const THREE_DECIMALS = new Set('BHD IQD JOD KWD OMR TND'.split(' '));

type CurrencyExponent = 0 | 2 | 3;

/** How many decimals the major unit of an ISO 4217 currency has. */
export function currencyExponent(currency: string): CurrencyExponent {
  if (ZERO_DECIMALS.has(currency)) return 0;
  return THREE_DECIMALS.has(currency) ? 3 : 2;
}

/** For people: `₹12,34,567.89` with Indian grouping for INR, otherwise `USD 1,234,567.89`. */
export function formatMoney(amountPaise: bigint, currency: string): string {
  const exponent = currencyExponent(currency);
  const digits = (amountPaise < 0n ? -amountPaise : amountPaise).toString().padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const fraction = exponent === 0 ? '' : `.${digits.slice(-exponent)}`;
  const sign = amountPaise < 0n ? '-' : '';
  if (currency === 'INR') return `${sign}₹${groupIndian(whole)}${fraction}`;
  return `${sign}${currency} ${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${fraction}`;
}

/** Thousands, then lakhs and crores: 1234567 -> 12,34,567. */
function groupIndian(whole: string): string {
  const head = whole.slice(0, -3).replace(/\B(?=(\d{2})+$)/g, ',');
  return head === '' ? whole : `${head},${whole.slice(-3)}`;
}

/** numerator / denominator rounded to the nearest integer; exactly one half goes away from zero. */
export function halfUpDivide(numerator: bigint, denominator: bigint): bigint {
  assert(denominator > 0n, 'halfUpDivide needs a positive denominator');
  const magnitude = numerator < 0n ? -numerator : numerator;
  const rounded = (2n * magnitude + denominator) / (2n * denominator);
  return numerator < 0n ? -rounded : rounded;
}
