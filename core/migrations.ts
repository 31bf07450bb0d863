/**
 * Schema changes: `core/migrations/NNNN-owner.sql` in the order of their numbers, each once and in its own transaction,
 * under an advisory lock so that several processes may start together. An applied file must never change: its checksum
 * is kept and a difference is refused, as is a database that is newer than the code.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Pool, PoolClient } from 'pg';
import { assert, AppError } from './errors.js';
import { packageRoot } from './package-root.js';

/** One constant for every process of this program: "hasivu" in ASCII. */
const MIGRATION_LOCK = 0x686173697675;

const FILE_NAME = /^\d{4}-[a-z][a-z0-9-]*\.sql$/;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** Brings the database up to date; the answer lists the files that were applied now. */
export async function migrate(
  pool: Pool,
  folder = path.join(packageRoot(), 'core', 'migrations'),
): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      return await applyMissing(client, migrations);
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    }
  } finally {
    client.release();
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const numbers = names.map((name) => name.slice(0, 4));
  assert(
    names.every((name) => FILE_NAME.test(name)),
    `migrations are named NNNN-owner.sql: ${names.join(', ')}`,
  );
  assert(new Set(numbers).size === numbers.length, `two migrations have one number: ${names.join(', ')}`);
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(path.join(folder, name), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function applyMissing(client: PoolClient, migrations: readonly Migration[]): Promise<string[]> {
  await client.query(`CREATE TABLE IF NOT EXISTS migrations (
    name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM migrations',
  );
  const applied = new Map(rows.map((row) => [row.name, row.checksum]));
  refuseDrift(applied, migrations);
  const missing = migrations.filter((migration) => !applied.has(migration.name));
  for (const migration of missing) await apply(client, migration);
  return missing.map((migration) => migration.name);
}

function refuseDrift(applied: ReadonlyMap<string, string>, migrations: readonly Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration.checksum]));
  for (const [name, checksum] of applied) {
    if (!known.has(name)) {
      const message = `the database has the migration ${name}, which this version does not know: run a newer version`;
      throw new AppError('conflict', 'database-newer', message);
    }
    if (known.get(name) !== checksum) {
      const message = `the migration ${name} was changed after it was applied: restore it and add a new file instead`;
      throw new AppError('conflict', 'migration-changed', message);
    }
  }
}

async function apply(client: PoolClient, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query('INSERT INTO migrations (name, checksum) VALUES ($1, $2)', [
      migration.name,
      migration.checksum,
    ]);
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK');
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('internal', 'migration-failed', `the migration ${migration.name} failed: ${reason}`, {
      cause,
    });
  }
}
