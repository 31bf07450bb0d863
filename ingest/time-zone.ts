/**
 * Naive instants to UTC epoch milliseconds in SQL. India has had one offset without summer time since 1945, so its zone
 * is a subtraction; zones with rules go through ICU, which is slower. (Arithmetic with INTERVAL is slow as well.)
 */
import type { Duckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';
import { quoteText } from './sql-quote.js';

export const DEFAULT_TIME_ZONE = 'Asia/Kolkata';
const FIXED_MINUTES: Readonly<Record<string, number>> = { 'Asia/Kolkata': 330, 'Asia/Calcutta': 330, UTC: 0 };

/** Gives for an SQL expression of a naive TIMESTAMP the one of its UTC epoch milliseconds, a BIGINT. */
export type ToUtcMs = (naive: string) => string;

export async function toUtcMs(db: Duckdb, zone: string): Promise<ToUtcMs> {
  const minutes = FIXED_MINUTES[zone] ?? offsetMinutes(zone);
  if (minutes !== null) return (naive) => `epoch_ms(${naive}) - ${minutes * 60_000}`;
  const [known] = await db.rows<{ n: bigint }>(
    'SELECT count(*) AS n FROM pg_timezone_names() WHERE name = $1',
    [zone],
  );
  if (known?.n === 0n) {
    const message = `the map's "timeZone" is "${zone}", which is no time zone: write for instance "Asia/Kolkata" or "+05:30"`;
    throw new AppError('bad-input', 'map-invalid', message);
  }
  return (naive) => `epoch_ms((${naive}) AT TIME ZONE ${quoteText(zone)})`;
}

function offsetMinutes(zone: string): number | null {
  const match = /^([+-])(\d{2}):(\d{2})$/.exec(zone);
  if (match === null) return null;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === '-' ? -minutes : minutes;
}
