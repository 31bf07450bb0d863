/**
 * Which column of a source stands for which canonical field. Named by the map; a query's result, or a file without a
 * map, may also name its columns canonically (payment_id or paymentId). A source without the required fields is refused.
 */
import { AppError } from '../core/errors.js';
import type { ColumnMap, Field } from './column-map.js';
import { FIELDS, REQUIRED_FIELDS } from './column-map.js';
import { suggestion } from './nearest-name.js';

export interface SourceColumn {
  readonly name: string;
  /** DuckDB's name of the type. */
  readonly type: string;
}

export interface MappedColumns {
  readonly columns: Readonly<Partial<Record<Field, SourceColumn | undefined>>>;
  readonly amountUnit: 'major' | 'minor';
}

/** A canonical name that says its unit itself. */
const MINOR_AMOUNTS = ['amount_paise', 'amountPaise'] as const;

/** `queried`: is the source a query's result? `place` names the source for messages. */
export function mapColumns(
  map: ColumnMap,
  source: readonly SourceColumn[],
  { queried, place }: { readonly queried: boolean; readonly place: string },
): MappedColumns {
  const columns: Partial<Record<Field, SourceColumn | undefined>> = {};
  const mapped = FIELDS.some((field) => typeof map[field] === 'string');
  const byName = queried || !mapped;
  for (const field of FIELDS) {
    const name = map[field];
    if (typeof name === 'string') columns[field] = findColumn(name, source, `the map's "${field}"`, place);
  }
  let amountUnit = map.amountUnit ?? 'major';
  if (byName) {
    for (const field of FIELDS)
      columns[field] ??= source.find(({ name }) => name === field || name === snakeCase(field));
    const minor = source.find(({ name }) => MINOR_AMOUNTS.some((known) => known === name));
    if (columns.amount === undefined && minor !== undefined) [columns.amount, amountUnit] = [minor, 'minor'];
    if (!mapped) refuseUnknown(source, Object.values(columns), place);
  }
  refuseMissing(columns, source, byName, place);
  return { columns, amountUnit };
}

function findColumn(
  name: string,
  source: readonly SourceColumn[],
  wantedBy: string,
  place: string,
): SourceColumn {
  const names = source.map((column) => column.name);
  const found = source.find((column) => column.name === name);
  if (found !== undefined) return found;
  const message = `${place} has no column "${name}", which is ${wantedBy}${suggestion(name, names)}: it has ${names.join(', ')}`;
  throw new AppError('bad-input', 'column-missing', message);
}

/** A column that nobody would read is more likely misspelt than meant. */
function refuseUnknown(
  source: readonly SourceColumn[],
  used: readonly (SourceColumn | undefined)[],
  place: string,
): void {
  const stray = source.find((column) => !used.includes(column));
  if (stray === undefined) return;
  const known = [...FIELDS.map(snakeCase), 'amount_paise'];
  const message = `${place} has a column "${stray.name}" that is no canonical name${suggestion(stray.name, known)}: map it, leave it out, or use one of ${known.join(', ')}`;
  throw new AppError('bad-input', 'column-unknown', message);
}

function refuseMissing(
  columns: MappedColumns['columns'],
  source: readonly SourceColumn[],
  byName: boolean,
  place: string,
): void {
  const missing = REQUIRED_FIELDS.find((field) => columns[field] === undefined);
  if (missing === undefined) return;
  const names = source.map((column) => column.name);
  const remedy = byName
    ? `give a column the name ${snakeCase(missing)} or map one`
    : `add "${missing}" to the map with one of its columns${suggestion(missing, names)}`;
  const message = `nothing in ${place} says the ${missing} of a payment: ${remedy}; it has ${names.join(', ')}`;
  throw new AppError('bad-input', 'field-unmapped', message);
}

export function snakeCase(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
