/**
 * A merchant's file as rows that can be used: shaped, checked, and its bad rows refused or set aside. The same for an import
 * and for a file that is only scored.
 */
import type { Duckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';
import type { Lake } from './lake.js';
import { SEQUENCES_PER_BATCH } from './lake-tables.js';
import { findProblems, markDuplicates, markKnown } from './problems.js';
import { writeRejects } from './rejects.js';
import type { Shaped } from './shape.js';
import { shapeFile } from './shape.js';
import type { SourceRequest } from './source.js';
import { refuseBadRows } from './validate.js';

/** Makes `shaped` in `db`, which must be fresh, with ids that occur twice marked. */
export async function shapeChecked(db: Duckdb, request: SourceRequest): Promise<Shaped> {
  const shaped = await shapeFile(db, request);
  if (shaped.rows * 2 >= SEQUENCES_PER_BATCH) {
    throw new AppError(
      'bad-input',
      'file-too-long',
      `${shaped.source.place} has ${shaped.rows} rows: split it`,
    );
  }
  await markDuplicates(db, shaped);
  return shaped;
}

/**
 * Answers how many rows were set aside in `rejectsFile`; without one a bad row refuses the whole file. An id that the lake has
 * makes a row bad too.
 */
export async function settleBadRows(
  db: Duckdb,
  lake: Pick<Lake, 'attach'>,
  shaped: Shaped,
  rejectsFile: string | null,
): Promise<number> {
  await lake.attach(db);
  await markKnown(db, shaped);
  const problems = await findProblems(db, shaped);
  if (rejectsFile === null) refuseBadRows(shaped, problems);
  const [good] = await db.rows<{ n: bigint }>('SELECT count(*) AS n FROM shaped');
  if (good?.n === 0n) {
    refuseBadRows(shaped, problems);
    throw new AppError('bad-input', 'file-empty', `${shaped.source.place} has no rows: nothing to import`);
  }
  if (rejectsFile !== null && problems.total > 0) await writeRejects(db, shaped, rejectsFile);
  return problems.total;
}
