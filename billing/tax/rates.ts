/**
 * Which rate of GST applies to what, from when on: a dated table, since rates change by notification and invoices keep the rate of
 * their day. Prices include tax. A rate here is that of a supply within one State, half of it central and half State tax; rates for
 * other places are further rows, not other code. Sources: the notifications beside each row; a tax adviser signs the table off.
 */
import { parseDay } from '../../core/days.js';
import { AppError, assert } from '../../core/errors.js';

interface RateFrom {
  /** Day of the Indian calendar, as `YYYY-MM-DD`; until the next row. */
  readonly from: string;
  /** Parts per ten thousand, even: two heads of the same height. */
  readonly rate: number;
}

/** The law of goods and services taxes came into force. */
const GST_BEGINS = '2017-07-01';

const RATES = {
  /** Contractor of a school canteen, no input tax credit: notification 46/2017 (rate), still so after 22 September 2025. */
  'school-catering': [
    { from: GST_BEGINS, rate: 1800 },
    { from: '2017-11-15', rate: 500 },
  ],
  /** At specified premises (hotels), with input tax credit: notification 20/2019 (rate). */
  'hotel-catering': [{ from: GST_BEGINS, rate: 1800 }],
  /** By a school to its pupils or to a school up to higher secondary: notification 12/2017 (rate), serial 66. */
  exempt: [{ from: GST_BEGINS, rate: 0 }],
  /** Services that no other row names: notification 11/2017 (rate), serial 35. */
  standard: [{ from: GST_BEGINS, rate: 1800 }],
} as const satisfies Readonly<Record<string, readonly RateFrom[]>>;

export const TAX_CLASSES = Object.keys(RATES) as (keyof typeof RATES)[];

/**
 * Parts per ten thousand on a day of the Indian calendar (core/days.ts).
 * @throws AppError `tax-class-unknown`, or `tax-rate-unknown` before the class's first row.
 */
export function taxRate(taxClass: string, day: number): number {
  const rows: readonly RateFrom[] | undefined = Object.hasOwn(RATES, taxClass)
    ? RATES[taxClass as keyof typeof RATES]
    : undefined;
  if (rows === undefined) {
    const message = `there is no tax class ${taxClass}: use ${TAX_CLASSES.join(', ')}, or add it to billing/tax/rates.ts`;
    throw new AppError('bad-input', 'tax-class-unknown', message);
  }
  const row = rows.findLast(({ from }) => startOf(from) <= day);
  if (row !== undefined) return row.rate;
  const message = `the table of tax rates says nothing of ${taxClass} on that day: add a row to billing/tax/rates.ts`;
  throw new AppError('bad-input', 'tax-rate-unknown', message);
}

function startOf(text: string): number {
  const day = parseDay(text);
  assert(day !== null, `${text} is no day`);
  return day;
}
