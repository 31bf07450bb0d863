/**
 * Replays recorded facts through the fold in the order (known_at, sequence) and, where asked, keeps the vector of each
 * payment as of the instant it occurred: the same fold that serves, so training cannot see what serving could not.
 * Works on any DuckDB connection that has the views `payments`, `outcomes` and `labels` (the lake's columns).
 *
 * Strings never reach the loop: DuckDB numbers each column's distinct values once, JavaScript interns them, and the
 * events stream through as plain numbers.
 */
import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { Duckdb } from '../core/duckdb.js';
import { PAYMENT_KINDS } from '../ingest/facts.js';
import { ENTITIES, type Entity } from './vocabulary.js';
import { categoryCode, countryCode, methodCode, type Fold } from './fold.js';
import { blankRequest, type NumberedRequest } from './fold-state.js';
import type { RowCollector } from './training-rows.js';

/** Event types, in the order in which they apply at one instant and sequence. */
const READ = 0;
const ATTEMPT = 1;
const FAILURE = 2;
const FRAUD = 3;

export interface ReplayOptions {
  /** Keeps the vectors of the payments that it wants. */
  readonly collect?: RowCollector;
  /** Facts known at or after this instant are left out. Epoch ms. */
  readonly untilMs?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Returns the number of events replayed. */
export async function replay(db: Duckdb, fold: Fold, options: ReplayOptions = {}): Promise<number> {
  const dictionaries = await numberColumns(db, fold);
  const total = Number((await db.rows<{ n: bigint }>(`SELECT count(*) AS n FROM payments`))[0]!.n);
  await numberPayments(db, options.collect?.wantedSql ?? 'false');
  const result = await db.connection.stream(eventsSql(options.untilMs));
  const request = blankRequest();
  let events = 0;
  let payments = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) break;
    payments += applyChunk(chunk, fold, dictionaries, request, options.collect);
    events += chunk.rowCount;
    options.onProgress?.(Math.min(payments, total), total);
  }
  options.collect?.finish();
  return events;
}

interface Dictionaries {
  /** Fold numbers by the numbers that DuckDB gave, by entity. */
  readonly entities: readonly Int32Array[];
  readonly method: Float64Array;
  readonly category: Float64Array;
  readonly country: Float64Array;
}

const COLUMN_OF: Readonly<Record<Entity, string>> = {
  payer: 'payer_id',
  instrument: 'instrument_id',
  device: 'device_id',
  ip: 'ip',
  counterparty: 'counterparty_id',
};

async function numberColumns(db: Duckdb, fold: Fold): Promise<Dictionaries> {
  const entities: Int32Array[] = [];
  for (const entity of ENTITIES) {
    const ids = await dictionary(db, COLUMN_OF[entity]);
    entities.push(Int32Array.from(ids, (id) => fold.interners[entity].number(id)));
  }
  fold.state.grow(ENTITIES.map((entity) => fold.interners[entity].size));
  return {
    entities,
    method: Float64Array.from(await dictionary(db, 'method'), methodCode),
    category: Float64Array.from(await dictionary(db, 'category'), categoryCode),
    country: Float64Array.from(await dictionary(db, 'country'), countryCode),
  };
}

/** Makes the temporary table `number_<column>` (value, number from 0) and returns its values in that order. */
async function dictionary(db: Duckdb, column: string): Promise<string[]> {
  await db.run(
    `CREATE OR REPLACE TEMP TABLE number_${column} AS
     SELECT value, (row_number() OVER () - 1)::INTEGER AS number
     FROM (SELECT DISTINCT ${column} AS value FROM payments WHERE ${column} IS NOT NULL)`,
  );
  const rows = await db.connection.runAndReadAll(`SELECT value FROM number_${column} ORDER BY number`);
  return rows.getColumns()[0]?.map(String) ?? [];
}

/** Columns of the event stream, by position. */
const COLUMNS = {
  at: 0,
  type: 1,
  wanted: 2,
  sequence: 3,
  occurredAt: 4,
  entities: 5,
  method: 10,
  category: 11,
  country: 12,
  kind: 13,
  amount: 14,
  latitude: 15,
  longitude: 16,
  fraudKnownAt: 17,
} as const;

const NUMBERED_COLUMNS = [...ENTITIES.map((entity) => COLUMN_OF[entity]), 'method', 'category', 'country'];

/** Makes the temporary table `numbered`: the payments as numbers, with what is known about their fraud. */
async function numberPayments(db: Duckdb, wantedSql: string): Promise<void> {
  await db.run(`CREATE OR REPLACE TEMP TABLE numbered AS
    SELECT p.payment_id, epoch_ms(p.known_at)::DOUBLE AS known_at, epoch_ms(p.occurred_at)::DOUBLE AS occurred_at,
      p.sequence::DOUBLE AS sequence, p.status = 'failed' AS failed,
      ${NUMBERED_COLUMNS.map((column) => `coalesce(n_${column}.number, -1)::INTEGER AS number_of_${column}`).join(', ')},
      (list_position(['${PAYMENT_KINDS.join("','")}'], p.kind) - 1)::INTEGER AS kind, p.amount_paise::DOUBLE AS amount,
      coalesce(p.latitude, 'nan'::DOUBLE) AS latitude, coalesce(p.longitude, 'nan'::DOUBLE) AS longitude,
      (${wantedSql}) AS wanted,
      -- A request that the gate answered was read when it came, not when its caller says that it occurred.
      p.occurred_at >= p.known_at OR p.status = 'attempted' AS read_when_known,
      coalesce(epoch_ms(f.known_at)::DOUBLE, 'nan'::DOUBLE) AS fraud_known_at, f.sequence::DOUBLE AS fraud_sequence
    FROM payments p
      LEFT JOIN (SELECT payment_id, min(known_at) AS known_at, arg_min(sequence, known_at) AS sequence
                 FROM labels WHERE fraud GROUP BY payment_id) f USING (payment_id)
      ${NUMBERED_COLUMNS.map((c) => `LEFT JOIN number_${c} n_${c} ON n_${c}.value = p.${c}`).join(' ')}`);
}

/** A payment known at once is read and observed in one event; one known later is read when it occurred. */
function eventsSql(untilMs: number | undefined): string {
  const columns = `${NUMBERED_COLUMNS.map((column) => `number_of_${column}`).join(', ')},
    kind, amount, latitude, longitude, fraud_known_at`;
  const event = (instant: string, type: number, wanted: string, sequence: string): string =>
    `SELECT ${instant} AS instant, ${type}::INTEGER AS type, (${wanted})::INTEGER AS wanted, ${sequence} AS sequence,
       occurred_at, ${columns} FROM numbered`;
  return `SELECT * FROM (
      ${event('known_at', ATTEMPT, 'wanted AND read_when_known', 'sequence')}
      UNION ALL ${event('occurred_at', READ, 'true', 'sequence')} WHERE wanted AND NOT read_when_known
      UNION ALL ${event('known_at', FAILURE, 'false', 'sequence')} WHERE failed
      UNION ALL ${event('fraud_known_at', FRAUD, 'false', 'fraud_sequence')} WHERE fraud_sequence IS NOT NULL
      UNION ALL SELECT epoch_ms(o.known_at)::DOUBLE, ${FAILURE}, 0, o.sequence::DOUBLE, epoch_ms(o.occurred_at)::DOUBLE,
        ${columns} FROM outcomes o JOIN numbered USING (payment_id) WHERE o.status = 'failed')
    ${untilMs === undefined ? '' : `WHERE instant < ${untilMs}`}
    ORDER BY instant, sequence, type`;
}

/** Applies a chunk of events and returns how many payments were among them. */
function applyChunk(
  chunk: DuckDBDataChunk,
  fold: Fold,
  dictionaries: Dictionaries,
  request: NumberedRequest,
  collect: RowCollector | undefined,
): number {
  const doubles = (i: number): Float64Array =>
    (chunk.getColumnVector(i) as unknown as { items: Float64Array }).items;
  const integers = (i: number): Int32Array =>
    (chunk.getColumnVector(i) as unknown as { items: Int32Array }).items;
  const at = doubles(COLUMNS.at);
  const type = integers(COLUMNS.type);
  const occurredAt = doubles(COLUMNS.occurredAt);
  const ids = ENTITIES.map((_, e) => integers(COLUMNS.entities + e));
  const kind = integers(COLUMNS.kind);
  const amount = doubles(COLUMNS.amount);
  const method = integers(COLUMNS.method);
  const category = integers(COLUMNS.category);
  const country = integers(COLUMNS.country);
  const latitude = doubles(COLUMNS.latitude);
  const longitude = doubles(COLUMNS.longitude);
  const wanted = integers(COLUMNS.wanted);
  const sequence = doubles(COLUMNS.sequence);
  const fraudKnownAt = doubles(COLUMNS.fraudKnownAt);
  let payments = 0;
  for (let i = 0, rows = chunk.rowCount; i < rows; i++) {
    for (let e = 0; e < ids.length; e++) {
      const number = ids[e]![i]!;
      request.ids[e] = number < 0 ? number : dictionaries.entities[e]![number]!;
    }
    request.kind = kind[i]!;
    request.amount = amount[i]!;
    request.method = method[i]! < 0 ? NaN : dictionaries.method[method[i]!]!;
    request.category = category[i]! < 0 ? NaN : dictionaries.category[category[i]!]!;
    request.country = country[i]! < 0 ? NaN : dictionaries.country[country[i]!]!;
    request.latitude = latitude[i]!;
    request.longitude = longitude[i]!;
    const happened = Math.min(occurredAt[i]!, at[i]!);
    if (wanted[i] === 1) collect!.take(fold.state, request, at[i]!, sequence[i]!, fraudKnownAt[i]!);
    switch (type[i]!) {
      case ATTEMPT:
        fold.state.attempt(request, happened, at[i]!);
        payments++;
        break;
      case FAILURE:
        fold.state.failure(request, happened, at[i]!);
        break;
      case FRAUD:
        fold.state.fraud(request, happened, at[i]!);
        break;
    }
  }
  return payments;
}
