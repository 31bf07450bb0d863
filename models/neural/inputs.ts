/**
 * What a net reads of a row: a number becomes its rank-Gaussian score and, where training had gaps, a missing indicator; a
 * category becomes a row of an embedding table. A column named `amount[-3]` is the amount three payments ago: columns that
 * differ in the lag alone share one encoding. Learned from training rows only; every output is finite.
 */
import { AppError } from '../../core/errors.js';
import type { Frame } from '../contract.js';
import { fitKnots, scoreOf, type Knots } from './gaussian-scores.js';
import { isShape, SPECIAL_CODES, type NetworkShape } from './shape.js';

export interface InputSettings {
  /** Straight pieces of a number's scale. */
  readonly knots: number;
  /** Largest width of an embedding. */
  readonly embeddingWidth: number;
  /** A rarer code shares the row of codes never seen. */
  readonly minCategoryRows: number;
}

interface NumberInput extends Knots {
  readonly kind: 'number';
  /** Has an indicator for missing. */
  readonly missing: boolean;
}

interface CategoryInput {
  readonly kind: 'category';
  /** Codes with a row of their own, ascending. */
  readonly codes: readonly number[];
}

export type Input = NumberInput | CategoryInput;

/** Where a feature goes: `offset` is a place of the encoded row, or the number of a category's table. */
export interface Place {
  readonly input: number;
  readonly offset: number;
}

export interface Inputs {
  readonly list: readonly Input[];
  /** One for each feature (d). */
  readonly places: readonly Place[];
  readonly shape: Omit<NetworkShape, 'hidden' | 'stepUnits'>;
}

const LAGGED = /^(.+)\[-([1-9]\d*)\]$/;

/** With `sequence`, lagged columns form the steps, the newest first; without, they are columns like others. */
export function fitInputs(frame: Frame, settings: InputSettings, sequence: boolean): Inputs {
  const list: Input[] = [];
  const places: Place[] = [];
  const tables: { rows: number; width: number }[] = [];
  const lagged = sequence ? laggedColumns(frame) : new Map<string, number[]>();
  const inSteps = new Set([...lagged.values()].flat());
  let numbers = 0;
  frame.columns.forEach((column, k) => {
    if (inSteps.has(k)) return;
    // A category that never varies says nothing: as a number without knots it takes no place.
    if (frame.categorical.includes(frame.names[k]!) && varies(column)) {
      const input = fitCategory(column, settings.minCategoryRows);
      places[k] = { input: list.push(input) - 1, offset: tables.length };
      const rows = input.codes.length + SPECIAL_CODES;
      tables.push({ rows, width: Math.min(settings.embeddingWidth, Math.ceil(Math.sqrt(rows))) });
      return;
    }
    const input = fitNumber([column], settings.knots);
    places[k] = { input: list.push(input) - 1, offset: numbers };
    numbers += widthOf(input);
  });
  // A net without any input that varies still learns its bias: one place stays zero.
  numbers = Math.max(1, numbers);
  const groups = [...lagged.values()];
  const encodings = groups.map((columns) =>
    fitNumber(
      columns.map((k) => frame.columns[k]!),
      settings.knots,
    ),
  );
  const stepInputs = Math.max(
    groups.length > 0 ? 1 : 0,
    encodings.reduce((sum, input) => sum + widthOf(input), 0),
  );
  let within = 0;
  groups.forEach((columns, g) => {
    const input = list.push(encodings[g]!) - 1;
    columns.forEach((k, step) => (places[k] = { input, offset: numbers + step * stepInputs + within }));
    within += widthOf(encodings[g]!);
  });
  return { list, places, shape: { numbers, tables, steps: groups[0]?.length ?? 0, stepInputs } };
}

/** Column numbers by name and lag. Every name must have the same lags, 1 to k. */
function laggedColumns(frame: Frame): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  let deepest = 0;
  frame.names.forEach((name, k) => {
    const [, base, lag] = LAGGED.exec(name) ?? [];
    if (base === undefined) return;
    const columns = groups.get(base) ?? [];
    columns[Number(lag) - 1] = k;
    groups.set(base, columns);
    deepest = Math.max(deepest, Number(lag));
  });
  for (const [base, columns] of groups) {
    for (let step = 0; step < deepest; step++) {
      if (columns[step] !== undefined && !frame.categorical.includes(`${base}[-${step + 1}]`)) continue;
      throw new AppError(
        'bad-input',
        'uneven-steps',
        `a sequence of ${deepest} steps needs the number ${base}[-${step + 1}]; give every lagged column the same lags`,
      );
    }
  }
  if (groups.size > 0) return groups;
  throw new AppError(
    'bad-input',
    'no-steps',
    'the table has no lagged columns such as amount[-1]; take the learner neural for tables without a sequence',
  );
}

function fitNumber(columns: readonly Float32Array[], knots: number): NumberInput {
  const fitted = fitKnots(columns, knots);
  const anyMissing = columns.some((column) => column.some((value) => value !== value));
  const anyPresent = columns.some((column) => column.some((value) => value === value));
  const varies = fitted.values.length > 1;
  return {
    kind: 'number',
    values: varies ? fitted.values : [],
    scores: varies ? fitted.scores : [],
    missing: anyMissing && anyPresent,
  };
}

function varies(column: Float32Array): boolean {
  return column.some((value) => !Object.is(value, column[0]));
}

function fitCategory(column: Float32Array, minRows: number): CategoryInput {
  const counts = new Map<number, number>();
  for (const code of column) if (code === code) counts.set(code, (counts.get(code) ?? 0) + 1);
  const frequent = [...counts].filter(([code, rows]) => rows >= minRows && Number.isFinite(code));
  return { kind: 'category', codes: frequent.map(([code]) => code).sort((a, b) => a - b) };
}

function widthOf(input: NumberInput): number {
  return (input.values.length > 0 ? 1 : 0) + (input.missing ? 1 : 0);
}

/** Places of the encoded row that a feature fills, as [from, to). */
export function spanOf({ list, places, shape }: Inputs, feature: number): [number, number] {
  const { input, offset } = places[feature]!;
  const encoding = list[input]!;
  if (encoding.kind === 'number') return [offset, offset + widthOf(encoding)];
  const before = shape.tables.slice(0, offset).reduce((sum, { width }) => sum + width, 0);
  const from = shape.numbers + shape.steps * shape.stepInputs + before;
  return [from, from + shape.tables[offset]!.width];
}

export interface Encoder {
  /** Writes the numbers and steps of the row at values[offset ...] into z[into ...] and its table rows into `rows` (tables). */
  (values: Float32Array, offset: number, z: Float32Array, into: number, rows: Int32Array): void;
}

const MISSING_ROW = 0;
const UNSEEN_ROW = 1;

export function createEncoder({ list, places }: Inputs): Encoder {
  const rowsOfCodes = list.map((input) =>
    input.kind === 'category'
      ? new Map(input.codes.map((code, k) => [code, k + SPECIAL_CODES]))
      : new Map<number, number>(),
  );
  return (values, offset, z, into, rows) => {
    for (let k = 0; k < places.length; k++) {
      const { input: number, offset: place } = places[k]!;
      const input = list[number]!;
      const value = values[offset + k]!;
      const isMissing = value !== value;
      if (input.kind === 'category') {
        rows[place] = isMissing ? MISSING_ROW : (rowsOfCodes[number]!.get(value) ?? UNSEEN_ROW);
        continue;
      }
      let at = into + place;
      if (input.values.length > 0) z[at++] = isMissing ? 0 : scoreOf(input, value);
      if (input.missing) z[at] = isMissing ? 1 : 0;
    }
  };
}

/** Is a parsed JSON document an encoding whose places lie inside its shape? */
export function isInputs(value: unknown): value is Inputs {
  const { list, places, shape } = (value ?? {}) as Record<string, unknown>;
  if (!isShape({ ...(shape as object), stepUnits: 0, hidden: [] })) return false;
  if (!Array.isArray(list) || !list.every(isInput) || !Array.isArray(places)) return false;
  const { numbers, steps, stepInputs, tables } = shape as Inputs['shape'];
  const dense = numbers + steps * stepInputs;
  return places.every((place: unknown) => {
    const { input, offset } = (place ?? {}) as Record<string, unknown>;
    const encoding: Input | undefined = list[Number(input)];
    if (encoding === undefined || !Number.isInteger(offset) || Number(offset) < 0) return false;
    if (encoding.kind === 'number') return Number(offset) + widthOf(encoding) <= dense;
    return encoding.codes.length + SPECIAL_CODES === tables[Number(offset)]?.rows;
  });
}

function isInput(value: unknown): value is Input {
  const { kind, codes, values, scores, missing } = (value ?? {}) as Record<string, unknown>;
  if (kind === 'category') return isFinites(codes);
  return (
    kind === 'number' &&
    typeof missing === 'boolean' &&
    isFinites(values) &&
    isFinites(scores) &&
    values.length === scores.length
  );
}

function isFinites(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(Number.isFinite);
}
