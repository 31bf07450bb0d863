/** Checked access to a parsed document whose form is only assumed: every miss names the place. */
import { modelFileFault } from './model-file-fault.js';

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsAt(parent: Fields, name: string, place: string): Fields {
  const value = parent[name];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw modelFileFault(place, `has no object "${name}"`);
}

export function arrayAt(parent: Fields, name: string, place: string): readonly unknown[] {
  const value = parent[name];
  if (Array.isArray(value)) return value;
  throw modelFileFault(place, `has no list "${name}"`);
}

/** Numbers, with NaN for null; truth values count as 1 and 0. `length` as far as it is known. */
export function numbersAt(parent: Fields, name: string, place: string, length?: number): Float64Array {
  const values = arrayAt(parent, name, place);
  if (length !== undefined && values.length !== length)
    throw modelFileFault(place, `has ${values.length} entries in "${name}", not ${length}`);
  return Float64Array.from(values, (value, i) => {
    if (typeof value === 'number') return value;
    if (typeof value === 'boolean') return Number(value);
    if (value === null) return NaN;
    throw modelFileFault(place, `has no number at ${i} of "${name}"`);
  });
}

/** A number that may be written as text; `absent` when there is none. */
export function numberAt(parent: Fields, name: string, place: string, absent?: number): number {
  const value = parent[name] ?? absent;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw modelFileFault(place, `has no number "${name}"`);
}

export function textsAt(parent: Fields, name: string, place: string): readonly string[] {
  return arrayAt(parent, name, place).map((value) => {
    if (typeof value === 'string') return value;
    throw modelFileFault(place, `has something else than text in "${name}"`);
  });
}
