/** How far the queries of a connection are, asked a few times a second while they run. */
import type { Duckdb } from '../core/duckdb.js';

const EVERY_MS = 200;

export async function withQueryProgress<T>(
  db: Duckdb,
  onProgress: (rows: number, total: number) => void,
  action: () => Promise<T>,
): Promise<T> {
  await db.run('SET enable_progress_bar = true');
  await db.run('SET enable_progress_bar_print = false');
  await db.run('SET progress_bar_time = 0');
  const timer = setInterval(() => {
    const { rows_processed: rows, total_rows_to_process: total } = db.connection.progress;
    if (total > 0n) onProgress(Number(rows), Number(total));
  }, EVERY_MS);
  try {
    return await action();
  } finally {
    clearInterval(timer);
  }
}
