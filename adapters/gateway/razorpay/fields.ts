/**
 * Reading answers: the fields that are used are checked, unknown ones ignored, since Razorpay adds fields at any time. Repairs
 * what its own samples show: empty notes as `[]`, notes as a bare string, `captured` as `"1"`, 0 for an instant that never came.
 */
import Type from 'typebox';
import type { Static, TSchema } from 'typebox';
import Compile from 'typebox/compile';
import { AppError } from '../../../core/errors.js';
import type { Notes } from '../../../core/ports/gateway-requests.js';

export type Read<T> = (body: unknown) => T;

/** @throws AppError `gateway-bad-answer` that names the field. */
export function reader<S extends TSchema, T>(
  name: string,
  schema: S,
  build: (entity: Static<S>) => T,
): Read<T> {
  const check = Compile(schema);
  return (body) => {
    if (check.Check(body)) return build(body);
    const [error] = check.Errors(body);
    throw new AppError(
      'unavailable',
      'gateway-bad-answer',
      `The gateway's ${name} cannot be read: ${error?.instancePath ?? ''} ${error?.message ?? 'is wrong'}`,
    );
  };
}

/** The items of a collection. */
export function listOf<T>(name: string, read: Read<T>): Read<readonly T[]> {
  return reader(`list of ${name}s`, Type.Object({ items: Type.Array(Type.Unknown()) }), ({ items }) =>
    items.map(read),
  );
}

export function maybe<S extends TSchema>(schema: S) {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}

export const Text = maybe(Type.String());
export const Whole = maybe(Type.Integer());
export const Amount = Type.Integer();
export const Open = Type.Optional(Type.Unknown());

export function text(value: string | null | undefined): string | null {
  return value === undefined || value === null || value === '' ? null : value;
}

export function paise(amount: number | null | undefined): bigint {
  return BigInt(amount ?? 0);
}

export function maybePaise(amount: number | null | undefined): bigint | null {
  return amount === undefined || amount === null ? null : BigInt(amount);
}

/** Unix seconds to milliseconds. */
export function instant(seconds: number): number {
  return seconds * 1000;
}

export function maybeInstant(seconds: number | null | undefined): number | null {
  return seconds === undefined || seconds === null || seconds === 0 ? null : instant(seconds);
}

/** The entries of a flat object as text; anything else counts as empty. */
export function notes(value: unknown): Notes {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== null && entry !== undefined && typeof entry !== 'object')
      .map(([key, entry]) => [key, String(entry)]),
  );
}
