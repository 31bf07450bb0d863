/** A replay for its training rows: the vectors of the first attempts of a span, each as of the instant of its request. */
import type { Duckdb } from '../core/duckdb.js';
import type { Fold } from './fold.js';
import { replay } from './replay.js';
import { collectRows, type RowSpan, type TrainingRows } from './training-rows.js';

export interface RowRequest extends Omit<RowSpan, 'capacity'> {
  /** Facts known at or after this instant are left out. Epoch ms. */
  readonly knownUntilMs: number;
  readonly onProgress?: ((stage: string, done: number, total: number) => void) | undefined;
}

export async function replayRows(db: Duckdb, fold: Fold, request: RowRequest): Promise<TrainingRows> {
  const { knownUntilMs, onProgress, ...span } = request;
  const [counted] = await db.rows<{ n: bigint }>(
    `SELECT count(*) AS n FROM payments
     WHERE kind = 'payment' AND epoch_ms(occurred_at) >= ${span.fromMs} AND epoch_ms(occurred_at) < ${span.untilMs}`,
  );
  const collector = collectRows({ ...span, capacity: Number(counted!.n) });
  await replay(db, fold, {
    collect: collector,
    untilMs: knownUntilMs,
    onProgress: (done, total) => onProgress?.('features', done, total),
  });
  return collector.rows();
}
