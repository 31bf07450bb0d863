/** Parsers of option values that several commands share. */
import { InvalidArgumentError } from 'commander';

/** A whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`give a whole number of at least ${least}.`);
    }
    return value;
  };
}

/** The instant at which a day begins in India, epoch ms. */
export function indianDay(text: string): number {
  const instant = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00+05:30`) : NaN;
  if (Number.isNaN(instant)) throw new InvalidArgumentError('give a day as YYYY-MM-DD.');
  return instant;
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a duration such as `30d`, `12h` or `5m`. */
export function duration(text: string): number {
  const found = /^(\d{1,6})([mhd])$/.exec(text);
  if (found === null) throw new InvalidArgumentError('give a duration such as 30d, 12h or 5m.');
  return Number(found[1]) * UNIT_MS[found[2] as keyof typeof UNIT_MS];
}
