/** The lists in PostgreSQL: a history of changes that is only ever added to, read in order, by value or as what is in effect. */
import type { Pool, PoolClient } from 'pg';
import type { ListChange, ListEntry, ListKind, ListSubject } from './entry.js';

/** A change with who made it and when. */
export type RecordedListChange = ListChange & {
  readonly reason: string;
  readonly actor: string;
  readonly at: number;
};

interface ChangeRow {
  change_id: bigint;
  change: 'add' | 'remove';
  kind: ListKind;
  subject: ListSubject;
  value: string;
  overridable: boolean;
  expires_at: number | null;
  reason: string;
  actor: string;
  at: number;
}

export type NewListChange =
  | ({ readonly change: 'add' } & ListEntry)
  | ({ readonly change: 'remove' } & Pick<ListEntry, 'kind' | 'subject' | 'value' | 'reason'>);

/** Adds many in their order. Inside a change (scoring/changes.ts); answers the lists' version after it. */
export async function addListChanges(
  client: PoolClient,
  changes: readonly NewListChange[],
  { actor, at }: { readonly actor: string; readonly at: number },
): Promise<number> {
  const written = changes.map((change) => ({
    ...change,
    overridable: change.change === 'add' ? change.overridable : true,
    expires_at: change.change === 'add' && change.expiresAt !== null ? instant(change.expiresAt) : null,
  }));
  const { rows } = await client.query<{ version: bigint }>(
    `WITH added AS (
       INSERT INTO list_changes (change, kind, subject, value, overridable, expires_at, reason, actor, at)
       SELECT change, kind, subject, value, overridable, expires_at, reason, $2, $3::timestamptz
       FROM ROWS FROM (json_to_recordset($1) AS (
         change text, kind text, subject text, value text, overridable boolean, expires_at timestamptz, reason text))
         WITH ORDINALITY ORDER BY ordinality
       RETURNING change_id)
     SELECT max(change_id) AS version FROM added`,
    [JSON.stringify(written), actor, instant(at)],
  );
  return Number(rows[0]?.version ?? 0);
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

/** The changes after a version, in order, a page at a time. */
export async function changesAfter(pool: Pool, version: number, limit: number): Promise<ListChange[]> {
  const { rows } = await pool.query<ChangeRow>(
    'SELECT * FROM list_changes WHERE change_id > $1 ORDER BY change_id LIMIT $2',
    [version, limit],
  );
  return rows.map(toChange);
}

interface ListQuery {
  readonly kind: ListKind | null;
  readonly subject: ListSubject | null;
  readonly value: string | null;
  /** Last change of the page before. */
  readonly before: number | null;
  readonly limit: number;
}

/** Who changed what, newest first. */
export async function listHistory(pool: Pool, query: ListQuery): Promise<RecordedListChange[]> {
  return readChanges(pool, 'list_changes', query);
}

/** What was on the lists at version `asOf`, newest first; also what has expired since it was added. */
export async function entriesOf(
  pool: Pool,
  query: ListQuery & { readonly asOf: number },
): Promise<RecordedListChange[]> {
  const newest = `(SELECT DISTINCT ON (subject, value, kind) * FROM list_changes WHERE change_id <= ${Math.trunc(query.asOf)}
                   ORDER BY subject, value, kind, change_id DESC) newest`;
  return readChanges(pool, `(SELECT * FROM ${newest} WHERE change = 'add') entries`, query);
}

async function readChanges(pool: Pool, from: string, query: ListQuery): Promise<RecordedListChange[]> {
  const { rows } = await pool.query<ChangeRow>(
    `SELECT * FROM ${from}
     WHERE ($1::text IS NULL OR kind = $1) AND ($2::text IS NULL OR subject = $2)
       AND ($3::text IS NULL OR value = $3) AND ($4::bigint IS NULL OR change_id < $4)
     ORDER BY change_id DESC LIMIT $5`,
    [query.kind, query.subject, query.value, query.before, query.limit],
  );
  return rows.map((row) => ({ ...toChange(row), reason: row.reason, actor: row.actor, at: row.at }));
}

function toChange(row: ChangeRow): ListChange {
  const { kind, subject, value, reason, overridable, expires_at: expiresAt } = row;
  const changeId = Number(row.change_id);
  return row.change === 'add'
    ? { changeId, change: 'add', kind, subject, value, overridable, expiresAt, reason }
    : { changeId, change: 'remove', kind, subject, value };
}
