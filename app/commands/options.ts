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
