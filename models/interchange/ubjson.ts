/**
 * Reads Universal Binary JSON, draft 12, as XGBoost writes it: typed arrays, 64-bit lengths, big-endian numbers. Strict and
 * bounded: every count is checked against the bytes that are left, so a damaged file ends in one error and no more memory
 * than the file itself accounts for. No kept-up npm package reads 64-bit lengths.
 */
import { modelFileFault } from './model-file-fault.js';

/** Deeper than any model, and far from the end of the stack. */
const MOST_DEPTH = 64;

const [ARRAY, ARRAY_END, OBJECT, OBJECT_END] = ['[', ']', '{', '}'];
const NO_OPERATION = 'N';

/** Markers of numbers: bytes, and how they are read. */
const NUMBERS = new Map<string, { readonly bytes: number; read(view: DataView, at: number): number }>([
  ['i', { bytes: 1, read: (view, at) => view.getInt8(at) }],
  ['U', { bytes: 1, read: (view, at) => view.getUint8(at) }],
  ['I', { bytes: 2, read: (view, at) => view.getInt16(at) }],
  ['l', { bytes: 4, read: (view, at) => view.getInt32(at) }],
  ['L', { bytes: 8, read: (view, at) => Number(view.getBigInt64(at)) }],
  ['d', { bytes: 4, read: (view, at) => view.getFloat32(at) }],
  ['D', { bytes: 8, read: (view, at) => view.getFloat64(at) }],
]);

const CONSTANTS = new Map<string, unknown>([
  ['Z', null],
  ['T', true],
  ['F', false],
]);

/** Plain objects, arrays, numbers, texts, booleans and null. Throws `bad-model-file` with the byte of the fault. */
export function parseUbjson(bytes: Uint8Array): unknown {
  const cursor: Cursor = {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    at: 0,
  };
  const value = readValue(cursor, marker(cursor), 0);
  if (cursor.at < bytes.length) throw fault(cursor, `has ${bytes.length - cursor.at} bytes after its end`);
  return value;
}

interface Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
}

function fault({ at }: Cursor, reason: string): Error {
  return modelFileFault(`byte ${at} of the UBJSON file`, reason);
}

/** Moves on by `count` bytes and answers where they start. */
function take(cursor: Cursor, count: number): number {
  const { at, bytes } = cursor;
  if (count > bytes.length - at) throw fault(cursor, 'ends too early; copy it again');
  cursor.at += count;
  return at;
}

function marker(cursor: Cursor): string {
  for (;;) {
    const found = String.fromCharCode(cursor.bytes[take(cursor, 1)]!);
    if (found !== NO_OPERATION) return found;
  }
}

function readValue(cursor: Cursor, type: string, depth: number): unknown {
  const number = NUMBERS.get(type);
  if (number !== undefined) return number.read(cursor.view, take(cursor, number.bytes));
  if (CONSTANTS.has(type)) return CONSTANTS.get(type);
  if (type === 'S') return readText(cursor);
  if (type === 'C') return String.fromCharCode(cursor.bytes[take(cursor, 1)]!);
  if (depth === MOST_DEPTH) throw fault(cursor, `is nested more than ${MOST_DEPTH} deep`);
  if (type === ARRAY) return readArray(cursor, depth + 1);
  if (type === OBJECT) return readObject(cursor, depth + 1);
  throw fault(cursor, `has the unknown marker ${JSON.stringify(type)}`);
}

function readText(cursor: Cursor): string {
  const length = readLength(cursor, marker(cursor));
  const start = take(cursor, length);
  return new TextDecoder().decode(cursor.bytes.subarray(start, start + length));
}

function readLength(cursor: Cursor, type: string): number {
  const number = NUMBERS.get(type);
  if (number === undefined || type === 'd' || type === 'D')
    throw fault(cursor, `has ${JSON.stringify(type)} where a length belongs`);
  const length = number.read(cursor.view, take(cursor, number.bytes));
  if (length >= 0 && length <= cursor.bytes.length - cursor.at) return length;
  throw fault(cursor, `speaks of ${length} more entries than it can hold`);
}

interface Header {
  /** Of every entry, null when each names its own. */
  readonly type: string | null;
  /** Null when an end marker follows the last entry. */
  readonly count: number | null;
}

/** The optional `$type` and `#count` of a container. */
function readHeader(cursor: Cursor): Header {
  const peek = (): string => String.fromCharCode(cursor.bytes[cursor.at] ?? 0);
  let type: string | null = null;
  if (peek() === '$') {
    take(cursor, 1);
    type = marker(cursor);
    if (peek() !== '#') throw fault(cursor, 'has a typed container without a count');
    // An entry without bytes of its own would make any count believable.
    if (CONSTANTS.has(type)) throw fault(cursor, 'has a container of constants');
  }
  if (peek() !== '#') return { type, count: null };
  take(cursor, 1);
  return { type, count: readLength(cursor, marker(cursor)) };
}

function readArray(cursor: Cursor, depth: number): unknown[] {
  const { type, count } = readHeader(cursor);
  const values: unknown[] = [];
  const number = NUMBERS.get(type ?? '');
  if (number !== undefined && count !== null) {
    const start = take(cursor, count * number.bytes);
    for (let i = 0; i < count; i++) values.push(number.read(cursor.view, start + i * number.bytes));
    return values;
  }
  for (let left = count ?? Infinity; left > 0; left--) {
    const found = type ?? marker(cursor);
    if (count === null && found === ARRAY_END) break;
    values.push(readValue(cursor, found, depth));
  }
  return values;
}

function readObject(cursor: Cursor, depth: number): Record<string, unknown> {
  const { type, count } = readHeader(cursor);
  const entries: [string, unknown][] = [];
  for (let left = count ?? Infinity; left > 0; left--) {
    const lengthType = marker(cursor);
    if (count === null && lengthType === OBJECT_END) break;
    const length = readLength(cursor, lengthType);
    const start = take(cursor, length);
    const name = new TextDecoder().decode(cursor.bytes.subarray(start, start + length));
    entries.push([name, readValue(cursor, type ?? marker(cursor), depth)]);
  }
  return Object.fromEntries(entries);
}
