/**
 * IP addresses and CIDR ranges as texts of hexadecimal digits, and a table that finds every range around an address in one
 * look-up for each length of prefix in use. An IPv4 address inside IPv6 (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2) is
 * that IPv4 address, so that a block cannot be walked around by notation.
 */
import { isIP } from 'node:net';
import { AppError } from '../../core/errors.js';

const MAPPED_IPV4 = '00000000000000000000ffff';

/** 8 digits of IPv4, 32 of IPv6. Expects a valid address. */
function digitsOf(address: string): string {
  if (!address.includes(':')) return ipv4Digits(address);
  const digits = ipv6Digits(address.replace(/%.*$/, '').toLowerCase());
  return digits.startsWith(MAPPED_IPV4) ? digits.slice(MAPPED_IPV4.length) : digits;
}

function ipv4Digits(address: string): string {
  return ipv4Value(address).toString(16).padStart(8, '0');
}

const ZERO = 48;
const DOT = 46;

/** As an unsigned number of 32 bits; digit by digit, since every request comes here. */
function ipv4Value(address: string): number {
  let value = 0;
  let part = 0;
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code !== DOT) part = part * 10 + code - ZERO;
    else {
      value = value * 256 + part;
      part = 0;
    }
  }
  return value * 256 + part;
}

function ipv6Digits(address: string): string {
  const dotted = address.lastIndexOf('.') < 0 ? -1 : address.lastIndexOf(':') + 1;
  const plain =
    dotted < 0 ? address : `${address.slice(0, dotted)}${asGroups(ipv4Digits(address.slice(dotted)))}`;
  const [head = '', tail] = plain.split('::');
  const before = groups(head);
  if (tail === undefined) return before;
  const after = groups(tail);
  return before + '0'.repeat(32 - before.length - after.length) + after;
}

function asGroups(digits: string): string {
  return `${digits.slice(0, 4)}:${digits.slice(4)}`;
}

function groups(text: string): string {
  if (text === '') return '';
  let digits = '';
  for (const group of text.split(':')) digits += group.padStart(4, '0');
  return digits;
}

interface Range {
  readonly digits: string;
  /** Bits of the prefix, counted in `digits`. */
  readonly length: number;
}

/** @throws AppError `bad-input` unless it is an address or a range whose bits after the prefix are zero. */
function rangeOf(text: string): Range {
  const [address = '', suffix, rest] = text.split('/');
  const bits = isIP(address) === 4 ? 32 : 128;
  if (isIP(address) === 0 || address.includes('%') || rest !== undefined)
    throw invalidRange('must be an IPv4 or IPv6 address or a range such as 203.0.113.0/24');
  const written = suffix === undefined ? bits : /^\d{1,3}$/.test(suffix) ? Number(suffix) : NaN;
  const digits = digitsOf(address);
  // A prefix of a mapped IPv4 address counts from the IPv6 side.
  const length = written - (bits - digits.length * 4);
  if (!(written <= bits) || length < 0)
    throw invalidRange(`must have a prefix of at most ${bits} bits after the slash`);
  if (prefix(digits, length).padEnd(digits.length, '0') === digits) return { digits, length };
  const start = textOf(prefix(digits, length).padEnd(digits.length, '0'));
  throw invalidRange(`has bits set after its prefix: write ${start}/${length} for the whole range`);
}

function invalidRange(message: string): AppError {
  return new AppError('bad-input', 'invalid-request', `value ${message}`, {
    details: { errors: [{ field: 'value', message }] },
  });
}

/** One text for each range: lower case, in full, and without a prefix that names a single address. */
export function canonicalRange(text: string): string {
  const { digits, length } = rangeOf(text);
  return length === digits.length * 4 ? textOf(digits) : `${textOf(digits)}/${length}`;
}

function textOf(digits: string): string {
  if (digits.length === 8) return digits.replace(/../g, (pair) => `.${Number.parseInt(pair, 16)}`).slice(1);
  return digits.replace(/.{4}/g, (group) => `:${group.replace(/^0{1,3}/, '')}`).slice(1);
}

/** The digits of the first `length` bits, the last one masked. */
function prefix(digits: string, length: number): string {
  const whole = length >> 2;
  const bits = length & 3;
  if (bits === 0) return digits.slice(0, whole);
  const last = Number.parseInt(digits.charAt(whole), 16) & (0xf << (4 - bits));
  return digits.slice(0, whole) + (last & 0xf).toString(16);
}

export interface RangeTable<T> {
  get(range: string): T | undefined;
  set(range: string, value: T): void;
  delete(range: string): void;
  /** The values of all ranges that hold the valid `address`, the narrowest first. */
  around(address: string): readonly T[];
}

/** The ranges of one family by the length of their prefix, the longest first, and by their prefix. */
type Lengths<Key, T> = Map<number, Map<Key, T>>;

/** Ranges are as `canonicalRange` writes them. At most 33 + 129 lengths of prefix; real lists use a handful. */
export function createRangeTable<T>(): RangeTable<T> {
  const ipv4: Lengths<number, T> = new Map();
  const ipv6: Lengths<string, T> = new Map();
  const place = (range: string): Place<T> => {
    const { digits, length } = rangeOf(range);
    return digits.length === 8
      ? placeIn(ipv4, length, ipv4Key(Number.parseInt(digits, 16), length))
      : placeIn(ipv6, length, prefix(digits, length));
  };
  return {
    get: (range) => place(range).get(),
    set: (range, value) => place(range).set(value),
    delete: (range) => place(range).delete(),
    around: (address) => {
      const digits = address.includes(':') ? digitsOf(address) : null;
      if (digits?.length === 32) return valuesAt(ipv6, (length) => prefix(digits, length));
      const value = digits === null ? ipv4Value(address) : Number.parseInt(digits, 16);
      return valuesAt(ipv4, (length) => ipv4Key(value, length));
    },
  };
}

/** The first `length` bits of 32 as a number. */
function ipv4Key(value: number, length: number): number {
  // A shift by 32 would be one by 0.
  return length === 0 ? 0 : value >>> (32 - length);
}

const NONE: readonly never[] = [];

function valuesAt<Key, T>(lengths: Lengths<Key, T>, keyOf: (length: number) => Key): readonly T[] {
  let found: T[] | null = null;
  for (const [length, ranges] of lengths) {
    const value = ranges.get(keyOf(length));
    if (value !== undefined) (found ??= []).push(value);
  }
  return found ?? NONE;
}

interface Place<T> {
  get(): T | undefined;
  set(value: T): void;
  delete(): void;
}

function placeIn<Key, T>(lengths: Lengths<Key, T>, length: number, key: Key): Place<T> {
  return {
    get: () => lengths.get(length)?.get(key),
    set: (value) => {
      const ranges = lengths.get(length);
      if (ranges !== undefined) ranges.set(key, value);
      else insertSorted(lengths, length, new Map([[key, value]]));
    },
    delete: () => {
      const ranges = lengths.get(length);
      ranges?.delete(key);
      if (ranges?.size === 0) lengths.delete(length);
    },
  };
}

/** A map keeps the order in which it was filled: filled anew, so that look-ups need not sort. */
function insertSorted<Key, T>(lengths: Lengths<Key, T>, length: number, ranges: Map<Key, T>): void {
  const sorted = [...lengths, [length, ranges] as const].sort(([a], [b]) => b - a);
  lengths.clear();
  for (const [at, kept] of sorted) lengths.set(at, kept);
}
