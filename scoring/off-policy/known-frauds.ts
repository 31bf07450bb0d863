/**
 * Which payments were fraud, as far as it was known before an instant: the newest word on each counts, so that a report
 * that was taken back is none. Reports to the gate are in its log, imported ones in the lake alone.
 */
import type { Pool } from 'pg';
import { openDuckdb } from '../../core/duckdb.js';
import type { Lake } from '../../ingest/lake.js';

interface Said {
  readonly paymentId: string;
  readonly fraud: boolean;
  readonly knownAt: number;
}

/** Of the reports that became known in [fromMs, asOfMs). */
interface KnownSpan {
  readonly fromMs: number;
  readonly asOfMs: number;
}

/** Ids of payments; of those without a word on them, nothing is said. */
export async function knownFrauds(
  pool: Pool,
  lake: Pick<Lake, 'attach'>,
  known: KnownSpan,
): Promise<ReadonlySet<string>> {
  const newest = new Map<string, Said>();
  for (const said of [...(await importedLabels(lake, known)), ...(await reportedLabels(pool, known))]) {
    const before = newest.get(said.paymentId);
    if (before === undefined || said.knownAt >= before.knownAt) newest.set(said.paymentId, said);
  }
  return new Set([...newest.values()].filter(({ fraud }) => fraud).map(({ paymentId }) => paymentId));
}

async function reportedLabels(pool: Pool, { fromMs, asOfMs }: KnownSpan): Promise<Said[]> {
  const { rows } = await pool.query<{ payment_id: string; outcome: string; reported_at: number }>(
    `SELECT payment_id, outcome, reported_at FROM outcome_reports
     WHERE outcome IN ('fraud', 'legitimate') AND reported_at >= to_timestamp($1 / 1000.0)
       AND reported_at < to_timestamp($2 / 1000.0) ORDER BY sequence`,
    [fromMs, asOfMs],
  );
  return rows.map((row) => ({
    paymentId: row.payment_id,
    fraud: row.outcome === 'fraud',
    knownAt: row.reported_at,
  }));
}

async function importedLabels(lake: Pick<Lake, 'attach'>, { fromMs, asOfMs }: KnownSpan): Promise<Said[]> {
  const db = await openDuckdb(':memory:');
  try {
    await lake.attach(db);
    return await db.rows<Said>(
      `SELECT payment_id AS "paymentId", fraud, epoch_ms(known_at)::DOUBLE AS "knownAt" FROM labels
       WHERE epoch_ms(known_at) >= ${fromMs} AND epoch_ms(known_at) < ${asOfMs} ORDER BY known_at, sequence`,
    );
  } finally {
    db.close();
  }
}
