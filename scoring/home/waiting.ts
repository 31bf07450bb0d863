/**
 * Entries between the shared memory and the log: applied there, not yet known to be durable here. Whoever applied them commits
 * them at once; if that process died or its commit failed, another commits them, each once, so that the fold never holds
 * for long what the log lacks.
 */
import type { Pool } from 'pg';
import type { Log } from '../../core/log.js';
import type { RecordSpace, WaitingEntry } from '../../core/ports/record-space.js';
import { writeColumns } from '../entries.js';
import type { EntryColumns } from '../entries.js';
import { isRefusedByDatabase } from './epochs.js';

interface WaitingDeps {
  readonly pool: Pool;
  readonly log: Log;
  readonly space: RecordSpace;
  readonly epoch: number;
}

/** Entries a turn. */
const PAGE = 500;

/**
 * Commits what has been known since before `beforeMs`. `refused` entries can never be committed.
 * @throws when the log or the memory cannot be reached, or the epoch is over.
 */
export async function commitWaiting(
  deps: WaitingDeps,
  beforeMs: number,
): Promise<{ readonly committed: number; readonly refused: number }> {
  let [committed, refused] = [0, 0];
  for (;;) {
    const page = await deps.space.waiting(PAGE);
    const due = page
      .map((waiting) => ({ waiting, columns: numbered(JSON.parse(waiting.entry), waiting.sequence) }))
      .filter(({ columns }) => Date.parse(columns.fact.known_at) < beforeMs);
    const settled: WaitingEntry[] = [];
    for (const { waiting, columns } of due) {
      if (await isCommitted(deps.pool, columns)) settled.push(waiting);
      else if (await commit(deps, columns)) {
        settled.push(waiting);
        committed++;
      } else refused++;
    }
    if (settled.length > 0) await deps.space.settle(settled);
    if (page.length < PAGE || settled.length < PAGE) return { committed, refused };
  }
}

/** False when the database refuses the entry itself. */
async function commit({ pool, log, epoch }: WaitingDeps, columns: EntryColumns): Promise<boolean> {
  try {
    await writeColumns(pool, [columns], epoch);
    return true;
  } catch (error) {
    if (!isRefusedByDatabase(error)) throw error;
    // Its owner may have been slow rather than dead, and faster than this.
    if (await isCommitted(pool, columns)) return true;
    const { sequence } = columns.fact;
    log.error({ event: 'entry-refused', sequence, reason: error instanceof Error ? error.message : '' });
    return false;
  }
}

async function isCommitted(pool: Pool, { fact, decision, report, feed }: EntryColumns): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT FROM decisions WHERE sequence = $1 AND decision_id = $2
     UNION ALL SELECT FROM outcome_reports WHERE sequence = $1 AND report_id = $3
     UNION ALL SELECT FROM fed_facts WHERE sequence = $1 AND key = $4`,
    [fact.sequence, decision?.decision_id ?? null, report?.report_id ?? null, feed?.key ?? null],
  );
  return rows.length > 0;
}

/** An entry gets its sequence when the memory takes it. The columns are those that `columnsOf` made. */
export function numbered(entry: EntryColumns, sequence: number): EntryColumns {
  const { fact, decision, report, feed } = entry;
  return {
    fact: { ...fact, sequence, body: { ...fact.body, sequence } },
    decision: decision === null ? null : { ...decision, sequence },
    report: report === null ? null : { ...report, sequence },
    feed: feed === null ? null : { ...feed, sequence },
  };
}
