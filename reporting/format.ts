/** Values for people: Indian digit grouping, days and instants in Indian Standard Time, shares as per cent. */
import type { Grain } from './period.js';

const COUNT = new Intl.NumberFormat('en-IN');
const SHARE = new Intl.NumberFormat('en-IN', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const DAY = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});
const MONTH = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' });
const INSTANT = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'Asia/Kolkata',
});

/** A dash for what cannot be said, for instance a share of nothing. */
export const UNKNOWN = '–';

export function formatCount(count: number): string {
  return COUNT.format(count);
}

export function formatShare(share: number | null): string {
  return share === null ? UNKNOWN : SHARE.format(share);
}

/** Four decimals at most: a probability or a metric between 0 and 1. */
export function formatMetric(value: number): string {
  return Math.abs(value) < 10 ? value.toFixed(3) : COUNT.format(Math.round(value));
}

export function formatDay(day: string): string {
  return DAY.format(Date.parse(day));
}

/** The label of a bar or point that starts on this day. */
export function formatGrain(day: string, grain: Grain): string {
  if (grain === 'month') return MONTH.format(Date.parse(day));
  return formatDay(day);
}

/** An instant, UTC epoch milliseconds, in IST. */
export function formatInstant(instantMs: number): string {
  return `${INSTANT.format(instantMs)} IST`;
}

export function isoInstant(instantMs: number): string {
  return new Date(instantMs).toISOString();
}
