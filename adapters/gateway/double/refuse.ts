/**
 * How Razorpay refuses: the error body with its literal "NA", and the checks that every endpoint makes, with the published
 * sentences (razorpay.com/docs/errors). Unknown fields are refused, amounts are whole numbers of at least 100 paise.
 */
import type { Json } from './wire.js';

/** Thrown by endpoints; the server turns it into the answer. */
export class Refused extends Error {
  readonly status: number;
  readonly body: Json;

  constructor(status: number, description: string, error: Json = {}) {
    super(description);
    this.name = 'Refused';
    this.status = status;
    this.body = {
      error: { code: 'BAD_REQUEST_ERROR', description, ...NOT_AVAILABLE, metadata: {}, ...error },
    };
  }
}

const NOT_AVAILABLE = { source: 'NA', step: 'NA', reason: 'NA' };
const INVALID_INPUT = { source: 'business', step: 'payment_initiation', reason: 'input_validation_failed' };

export function invalid(description: string, field?: string): Refused {
  return new Refused(400, description, { ...INVALID_INPUT, ...(field === undefined ? {} : { field }) });
}

export function unknownId(): Refused {
  return invalid('The id provided does not exist');
}

/** @throws Refused for a missing required field (marked `*`) and for any field that is not named. */
export function checkFields(body: Json, fields: string): void {
  const names = fields.split(' ');
  const known = new Set(names.map((name) => name.replace('*', '')));
  const extra = Object.keys(body).filter((name) => !known.has(name));
  if (extra.length > 0) throw invalid(`${extra.join(', ')} is/are not required and should not be sent`);
  const missing = names.find((name) => name.endsWith('*') && (body[name.slice(0, -1)] ?? '') === '');
  if (missing !== undefined)
    throw invalid(
      `The ${missing.slice(0, -1).replaceAll('_', ' ')} field is required.`,
      missing.slice(0, -1),
    );
  checkNotes(body['notes']);
}

const MINIMUM_PAISE = 100;

export function wholeAmount(value: unknown, minimum = MINIMUM_PAISE): number {
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw invalid('The amount must be an integer.', 'amount');
  if (value < minimum) throw invalid('The amount must be at least INR 1.00', 'amount');
  return value;
}

function checkNotes(notes: unknown): void {
  if (notes === undefined || notes === null) return;
  const entries = Object.entries(notes);
  if (entries.length > 15) throw invalid('The notes may not have more than 15 keys.', 'notes');
  if (entries.some(([, value]) => String(value).length > 512))
    throw invalid('The notes values may not be longer than 512 characters.', 'notes');
}

const RECEIPT = /^[\x20-\x7e]{1,40}$/;

export function checkedReceipt(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || !RECEIPT.test(value))
    throw invalid('The receipt may not be greater than 40 characters.', 'receipt');
  return value;
}

/** @throws Refused as Razorpay does for any id that it does not know. */
export function known<T>(entities: ReadonlyMap<string, T>, id: unknown): T {
  const entity = typeof id === 'string' ? entities.get(id) : undefined;
  if (entity === undefined) throw unknownId();
  return entity;
}

/** A collection, newest first, by `count`, `skip`, `from`, `to`. */
export function collection<T extends object>(
  entities: Iterable<T>,
  query: URLSearchParams,
  maximum = 100,
): Json {
  const items = page([...entities].reverse(), query, maximum);
  return { entity: 'collection', count: items.length, items };
}

export function page<T extends object>(
  newestFirst: readonly T[],
  query: URLSearchParams,
  maximum = 100,
): readonly T[] {
  const count = bounded(query, 'count', 10, maximum);
  const skip = bounded(query, 'skip', 0, Number.MAX_SAFE_INTEGER);
  const from = Number(query.get('from') ?? 0);
  const to = Number(query.get('to') ?? Number.MAX_SAFE_INTEGER);
  return newestFirst
    .filter((entity) => {
      const createdAt = 'created_at' in entity ? Number(entity.created_at) : 0;
      return createdAt >= from && createdAt <= to;
    })
    .slice(skip, skip + count);
}

function bounded(query: URLSearchParams, name: string, absent: number, maximum: number): number {
  const value = Number(query.get(name) ?? absent);
  if (!Number.isInteger(value) || value < 0 || (name === 'count' && value === 0))
    throw invalid(`The ${name} must be an integer.`, name);
  if (value > maximum) throw invalid(`The ${name} may not be greater than ${maximum}.`, name);
  return value;
}
