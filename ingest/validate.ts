/** The one answer to bad rows: nothing of the file is used, and the message names the first of them and counts all. */
import type { Duckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';
import type { Problems } from './problems.js';
import { describeProblems, findProblems, markDuplicates } from './problems.js';
import type { Shaped } from './shape.js';

/** Throws AppError `rows-refused` unless every row of the shaped file is good, ids that occur twice included. */
export async function validateShaped(db: Duckdb, shaped: Shaped): Promise<void> {
  await markDuplicates(db, shaped);
  refuseBadRows(shaped, await findProblems(db, shaped));
}

export function refuseBadRows(shaped: Shaped, problems: Problems): void {
  if (problems.first === null) return;
  const { row, line, column, reason } = problems.first;
  throw new AppError('bad-input', 'rows-refused', describeProblems(shaped, problems), {
    details: {
      file: shaped.file,
      row,
      line,
      column,
      reason,
      refused: problems.total,
      counts: problems.counts,
    },
  });
}
