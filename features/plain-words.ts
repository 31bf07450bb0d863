/** Numbers, money and durations inside a sentence: three significant digits, Indian grouping, units in the right number. */
import { formatMoney } from '../core/money.js';

const WHOLE = new Intl.NumberFormat('en-IN', { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat('en-IN', { maximumSignificantDigits: 3 });

export function plain(value: number): string {
  return (Math.abs(value) >= 100 ? WHOLE : SHORT).format(value + 0).replace(/^-0$/, '0');
}

/** "no attempts", "1 attempt", "3 attempts". */
export function count(value: number, one: string, more: string): string {
  const number = plain(value);
  if (number === '0') return `no ${more}`;
  return number === '1' ? `1 ${one}` : `${number} ${more}`;
}

/** "no payers", "1 payer", "3 different payers". */
export function different(value: number, [one, more]: readonly [one: string, more: string]): string {
  return value > 1 ? `${plain(value)} different ${more}` : count(value, one, more);
}

/** Minor units that may have a fraction, as means have. */
export function money(value: number, currency: string): string {
  return formatMoney(BigInt(Math.round(value)), currency);
}

/** "2.5 times", "as large as". */
export function times(value: number): string {
  const number = plain(value);
  return number === '1' ? 'as large as' : `${number} times`;
}

/** In the unit in which it is a small number. */
export function duration(hours: number): string {
  const minutes = Math.round(hours * 60);
  if (minutes < 1) return 'less than a minute';
  if (minutes < 60) return count(minutes, 'minute', 'minutes');
  return hours < 48 ? count(minutes / 60, 'hour', 'hours') : count(hours / 24, 'day', 'days');
}
