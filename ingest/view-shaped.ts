/**
 * A shaped file as the lake's views, in memory: for judging a model on a file that is not imported. Every fraud is known
 * a fixed time after its payment, as an evaluation protocol says it.
 */
import type { Duckdb } from '../core/duckdb.js';

/** Needs the temporary table `shaped`. Makes the tables `payments`, `labels` and an empty `outcomes`. */
export async function viewShaped(db: Duckdb, labelDelayDays: number): Promise<void> {
  await db.run(`CREATE OR REPLACE TEMP TABLE payments AS
    SELECT * EXCLUDE (sequence), row_number() OVER (ORDER BY known_at, sequence) AS sequence
    FROM (SELECT *, row_number AS sequence FROM shaped WHERE kind <> 'refund')`);
  await db.run(`CREATE OR REPLACE TEMP TABLE labels AS
    SELECT payment_id, fraud, sequence, occurred_at, occurred_at + to_microseconds(${labelDelayDays * 86_400_000_000}) AS known_at
    FROM payments WHERE fraud`);
  await db.run(`CREATE OR REPLACE TEMP TABLE outcomes (payment_id VARCHAR, status VARCHAR, failure_reason VARCHAR,
    sequence BIGINT, occurred_at TIMESTAMP, known_at TIMESTAMP)`);
}
