/**
 * The column map: which column of a merchant's file is which canonical field, and how its values are written.
 * One schema gives the type, the check and the list of keys. Unknown keys are refused: a misspelt one would be a
 * column silently left out.
 */
import { readFile } from 'node:fs/promises';
import Type from 'typebox';
import Value from 'typebox/value';
import { AppError } from '../core/errors.js';
import { METHODS, PAYMENT_STATUSES } from './facts.js';
import { suggestion } from './nearest-name.js';

/** Each names a column of the file; the first four every source must have. */
export const REQUIRED_FIELDS = ['paymentId', 'occurredAt', 'payerId', 'amount'] as const;
const OPTIONAL_FIELDS = [
  'counterpartyId',
  'kind',
  'retryOf',
  'knownAt',
  'deviceId',
  'ip',
  'instrumentId',
  'method',
  'category',
  'country',
  'latitude',
  'longitude',
  'currency',
  'status',
  'failureReason',
  'fraud',
  'fraudKnownAt',
  'refundId',
  'refundOf',
] as const;
export type Field = (typeof REQUIRED_FIELDS)[number] | (typeof OPTIONAL_FIELDS)[number];
export const FIELDS: readonly Field[] = [...REQUIRED_FIELDS, ...OPTIONAL_FIELDS];

const column = Type.String({ minLength: 1, description: 'the name of a column' });

const ColumnMapSchema = Type.Object(
  {
    ...columns(FIELDS.filter((field) => field !== 'currency')),
    /** A column, or one currency for the whole file. */
    currency: Type.Optional(
      Type.Union(
        [
          column,
          Type.Object({ const: Type.String({ pattern: '^[A-Z]{3}$' }) }, { additionalProperties: false }),
        ],
        {
          description: 'the name of a column, or a constant such as {"const":"INR"}',
        },
      ),
    ),
    amountUnit: Type.Optional(
      Type.Union([Type.Literal('major'), Type.Literal('minor')], {
        description: '"major" (rupees) or "minor" (paise)',
      }),
    ),
    /** Of instants that name no zone themselves. */
    timeZone: Type.Optional(
      Type.String({ minLength: 1, description: 'a time zone such as "Asia/Kolkata" or "+05:30"' }),
    ),
    timeFormat: Type.Optional(
      Type.String({
        minLength: 1,
        description: '"epoch-s", "epoch-ms" or a strptime format such as "%d/%m/%Y %H:%M"',
      }),
    ),
    /** Where no column says when a label became known, it is so long after the payment. */
    labelDelayDays: Type.Optional(
      Type.Number({ minimum: 0, maximum: 3650, description: 'a number of days from 0 to 3650' }),
    ),
    methods: Type.Optional(mapping(METHODS)),
    statuses: Type.Optional(mapping(PAYMENT_STATUSES)),
    delimiter: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1, description: 'one character, for instance ";" or "\\t"' }),
    ),
  },
  { additionalProperties: false },
);

export type ColumnMap = Readonly<Type.Static<typeof ColumnMapSchema>>;

function columns<F extends Field>(fields: readonly F[]): Record<F, ReturnType<typeof optionalColumn>> {
  return Object.fromEntries(fields.map((field) => [field, optionalColumn()])) as Record<
    F,
    ReturnType<typeof optionalColumn>
  >;
}

function optionalColumn() {
  return Type.Optional(column);
}

function mapping<T extends string>(targets: readonly T[]) {
  const target = Type.Union(targets.map((name) => Type.Literal(name)));
  const description = `an object from the file's values to ${targets.join(', ')}`;
  return Type.Unsafe<Record<string, T>>(Type.Record(Type.String(), target, { description }));
}

/** `place` is where the map was read, for the message. */
function parseColumnMap(json: unknown, place: string): ColumnMap {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw invalid(
      place,
      'is not a JSON object: write for instance {"paymentId":"ID","occurredAt":"TIME","payerId":"USER","amount":"AMOUNT"}',
    );
  }
  const keys = Object.keys(ColumnMapSchema.properties);
  const unknown = Object.keys(json).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw invalid(
      place,
      `has an unknown key "${unknown}"${suggestion(unknown, keys)}: known keys are ${keys.join(', ')}`,
    );
  }
  for (const [key, schema] of Object.entries(ColumnMapSchema.properties)) {
    const value = (json as Readonly<Record<string, unknown>>)[key];
    if (value === undefined || Value.Check(schema, value)) continue;
    const expected = 'description' in schema ? String(schema.description) : 'another value';
    throw invalid(place, `has ${JSON.stringify(value)} as "${key}": expected ${expected}`);
  }
  return json;
}

export async function readColumnMap(path: string): Promise<ColumnMap> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('bad-input', 'map-unreadable', `cannot read the column map ${path}: check the path`, {
      cause,
    });
  });
  return parseColumnMap(parseJson(text, path), path);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('bad-input', 'map-invalid', `the column map ${path} is not JSON: ${reason}`, {
      cause,
    });
  }
}

function invalid(place: string, complaint: string): AppError {
  return new AppError('bad-input', 'map-invalid', `the column map ${place} ${complaint}`);
}
