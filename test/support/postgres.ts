/**
 * A fresh, migrated database for a test file on one embedded server, which all files of a Jest run share: made on first
 * use, stopped by stop-postgres.js. Real PostgreSQL, so tests of SQL need no substitute.
 */
import { chmod, mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { attachEmbedded } from '../../core/embedded-postgres.js';
import { newId } from '../../core/ids.js';
import { silentLog } from '../../core/log.js';
import { migrate } from '../../core/migrations.js';
import { openPostgres } from '../../core/postgres.js';

/** Set in jest.config.js: the id of the Jest process. */
declare const testRun: string;

export interface TestPostgres {
  readonly pool: pg.Pool;
  readonly url: string;
  close(): Promise<void>;
}

/** Call in `beforeAll`, close in `afterAll`. */
export async function testPostgres(): Promise<TestPostgres> {
  const dataDir = path.join(os.tmpdir(), `hasivu-jest-${testRun}`);
  await mkdir(dataDir, { recursive: true });
  // Root runs PostgreSQL as another user, who must be able to pass.
  await chmod(dataDir, 0o755);
  const server = await attachEmbedded(dataDir, silentLog);
  const name = newId('test');
  await runOnce(server.url, `CREATE DATABASE ${name}`);
  await server.leave();
  const url = server.url.replace(/[^/]+$/, name);
  const { pool } = await openPostgres({ dataDir, databaseUrl: url, log: silentLog });
  await migrate(pool);
  return {
    pool,
    url,
    close: async () => {
      await pool.end();
      await runOnce(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function runOnce(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}
