/** One block of `name=value` lines of a LightGBM text model, read with checks that name the block. */
import { modelFileFault } from './model-file-fault.js';

export interface TextBlock {
  /** For messages, for instance "tree 3". */
  readonly place: string;
  has(name: string): boolean;
  text(name: string): string;
  /** A whole number that is not negative. */
  count(name: string): number;
  /** Numbers between spaces; exactly `length` of them when it is given. */
  numbers(name: string, length?: number): Float64Array;
}

/** A line without `=` is a name with an empty value. */
export function textBlock(lines: readonly string[], place: string): TextBlock {
  const values = new Map(
    lines.map((line) => {
      const end = line.indexOf('=');
      return end < 0 ? ([line, ''] as const) : ([line.slice(0, end), line.slice(end + 1)] as const);
    }),
  );
  const text = (name: string): string => {
    const value = values.get(name);
    if (value === undefined) throw modelFileFault(place, `has no line "${name}"`);
    return value;
  };
  return {
    place,
    has: (name) => values.has(name),
    text,
    count: (name) => {
      const value = text(name);
      if (/^\d{1,9}$/.test(value)) return Number(value);
      throw modelFileFault(place, `has no whole number in "${name}"`);
    },
    numbers: (name, length) => {
      const words = text(name)
        .split(' ')
        .filter((word) => word !== '');
      if (length !== undefined && words.length !== length)
        throw modelFileFault(place, `has ${words.length} entries in "${name}", not ${length}`);
      return Float64Array.from(words, (word) => numberOf(word, name, place));
    },
  };
}

function numberOf(word: string, name: string, place: string): number {
  const number = Number(word.replace(/^([-+]?)inf(inity)?$/i, '$1Infinity'));
  if (!Number.isNaN(number)) return number;
  throw modelFileFault(place, `has ${JSON.stringify(word.slice(0, 20))} for a number in "${name}"`);
}
