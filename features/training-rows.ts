/**
 * Training rows: vectors kept while the fold replays, with what a task needs beside them. Vectors are buffered by the
 * block and turned into columns block by block; columns that a source can never fill share one array of NaN.
 */
import type { Duckdb } from '../core/duckdb.js';
import { CATEGORICAL_FEATURES, FEATURE_NAMES, FEATURES } from './definitions.js';
import { ENTITIES } from './vocabulary.js';
import { ABSENT, PAYER, type FoldState, type NumberedRequest } from './fold-state.js';
import type { Frame } from './frame.js';
import { lowerBound } from './lower-bound.js';

/** What `replay` needs to know about rows that somebody wants to keep. */
export interface RowCollector {
  /** SQL condition on a payment `p` for keeping its vector; retries and dunning steps too, unless it leaves them out. */
  readonly wantedSql: string;
  take(
    state: FoldState,
    request: NumberedRequest,
    atMs: number,
    sequence: number,
    fraudKnownAtMs: number,
  ): void;
  finish(): void;
}

export interface TrainingRows {
  readonly frame: Frame;
  /** When the payment was asked for, the instant of its vector: epoch ms (n), ascending. */
  readonly occurredAt: Float64Array;
  /** The fact's sequence (n). */
  readonly sequence: Float64Array;
  /** The payer's number in the fold (n). */
  readonly payer: Int32Array;
  /** Minor units (n). */
  readonly amountPaise: Float64Array;
  /** When the payment was first reported as fraud, NaN if it never was (n). */
  readonly fraudKnownAt: Float64Array;
}

const BLOCK_ROWS = 256;

export interface RowSpan {
  readonly fromMs: number;
  readonly untilMs: number;
  /** At least as many rows as will be kept. */
  readonly capacity: number;
  /** A further SQL condition on the payment `p`. */
  readonly conditionSql?: string;
}

export function collectRows(span: RowSpan): RowCollector & { rows(): TrainingRows } {
  const d = FEATURE_NAMES.length;
  const block = new Float32Array(BLOCK_ROWS * d);
  const vectors = Array.from({ length: BLOCK_ROWS }, (_, i) => block.subarray(i * d, (i + 1) * d));
  const nothing = new Float32Array(span.capacity).fill(NaN);
  const columns: Float32Array[] = FEATURE_NAMES.map(() => nothing);
  const named = new Uint8Array(ENTITIES.length);
  const occurredAt = new Float64Array(span.capacity);
  const sequence = new Float64Array(span.capacity);
  const payer = new Int32Array(span.capacity);
  const amountPaise = new Float64Array(span.capacity);
  const fraudKnownAt = new Float64Array(span.capacity);
  let n = 0;
  let flushed = 0;

  const flush = (): void => {
    const rows = n - flushed;
    for (let j = 0; j < d; j++) {
      const entity = FEATURES[j]!.entity;
      if (entity !== null && named[ENTITIES.indexOf(entity)] === 0) continue;
      if (columns[j] === nothing) columns[j] = nothing.slice();
      const column = columns[j]!;
      for (let i = 0, k = j; i < rows; i++, k += d) column[flushed + i] = block[k]!;
    }
    flushed = n;
  };
  return {
    wantedSql: `p.kind = 'payment' AND epoch_ms(p.occurred_at) >= ${span.fromMs} AND epoch_ms(p.occurred_at) < ${span.untilMs} AND (${span.conditionSql ?? 'true'})`,
    take: (state, request, atMs, rowSequence, fraudKnownAtMs) => {
      state.read(request, atMs, vectors[n - flushed]!);
      for (let e = 0; e < named.length; e++) if (request.ids[e] !== ABSENT) named[e] = 1;
      occurredAt[n] = atMs;
      sequence[n] = rowSequence;
      payer[n] = request.ids[PAYER]!;
      amountPaise[n] = request.amount;
      fraudKnownAt[n] = fraudKnownAtMs;
      n++;
      if (n - flushed === BLOCK_ROWS) flush();
    },
    finish: flush,
    rows: () => ({
      frame: {
        rows: n,
        names: FEATURE_NAMES,
        columns: columns.map((column) => column.subarray(0, n)),
        categorical: CATEGORICAL_FEATURES,
      },
      occurredAt: occurredAt.subarray(0, n),
      sequence: sequence.subarray(0, n),
      payer: payer.subarray(0, n),
      amountPaise: amountPaise.subarray(0, n),
      fraudKnownAt: fraudKnownAt.subarray(0, n),
    }),
  };
}

/** The rows of `rows` whose payments occurred in [fromMs, untilMs): a view, nothing is copied. */
export function rowsBetween(rows: TrainingRows, fromMs: number, untilMs: number): TrainingRows {
  const from = lowerBound(rows.occurredAt, fromMs);
  const to = lowerBound(rows.occurredAt, untilMs);
  return {
    frame: {
      ...rows.frame,
      rows: to - from,
      columns: rows.frame.columns.map((column) => column.subarray(from, to)),
    },
    occurredAt: rows.occurredAt.subarray(from, to),
    sequence: rows.sequence.subarray(from, to),
    payer: rows.payer.subarray(from, to),
    amountPaise: rows.amountPaise.subarray(from, to),
    fraudKnownAt: rows.fraudKnownAt.subarray(from, to),
  };
}

/** The rows numbered by `order`: copies. */
export function rowsAt(rows: TrainingRows, order: Int32Array): TrainingRows {
  // Columns that share one array of NaN go on sharing it.
  const copies = new Map<ArrayBufferLike, Float32Array>();
  const column = (values: Float32Array): Float32Array => {
    const copied = copies.get(values.buffer) ?? Float32Array.from(order, (row) => values[row]!);
    copies.set(values.buffer, copied);
    return copied;
  };
  return {
    frame: { ...rows.frame, rows: order.length, columns: rows.frame.columns.map(column) },
    occurredAt: Float64Array.from(order, (row) => rows.occurredAt[row]!),
    sequence: Float64Array.from(order, (row) => rows.sequence[row]!),
    payer: Int32Array.from(order, (row) => rows.payer[row]!),
    amountPaise: Float64Array.from(order, (row) => rows.amountPaise[row]!),
    fraudKnownAt: Float64Array.from(order, (row) => rows.fraudKnownAt[row]!),
  };
}

/**
 * 1 where the newest label known before `asOfMs` calls the payment fraud (n): what a trainer at that instant could know.
 * A report that was taken back by then no longer counts. Needs the views `payments` and `labels` of the replay.
 */
export async function fraudTarget(db: Duckdb, rows: TrainingRows, asOfMs: number): Promise<Uint8Array> {
  const frauds = await db.rows<{ sequence: number }>(
    `SELECT p.sequence::DOUBLE AS sequence FROM payments p SEMI JOIN (
       FROM labels WHERE epoch_ms(known_at) < ${asOfMs}
       QUALIFY fraud AND row_number() OVER (PARTITION BY payment_id ORDER BY known_at DESC, sequence DESC) = 1
     ) USING (payment_id)`,
  );
  const sequences = new Set(frauds.map(({ sequence }) => sequence));
  return Uint8Array.from(rows.sequence, (sequence) => (sequences.has(sequence) ? 1 : 0));
}
