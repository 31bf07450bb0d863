/**
 * The one way to PostgreSQL: the server that `DATABASE_URL` names, otherwise an embedded one under the data folder
 * (core/embedded-postgres.ts). Values arrive as the house writes them: int8 is bigint, timestamptz is UTC epoch
 * milliseconds, date is 'YYYY-MM-DD', numeric stays text. To write an instant: `to_timestamp($1 / 1000.0)`.
 */
import pg from 'pg';
import { attachEmbedded } from './embedded-postgres.js';
import { AppError } from './errors.js';
import type { Log } from './log.js';

export interface Postgres {
  readonly pool: pg.Pool;
  readonly url: string;
  /** True when the server is the embedded one of the data folder. */
  readonly owned: boolean;
  /** Ends the pool and stops an embedded server when nobody else uses it. */
  close(): Promise<void>;
}

interface PostgresSettings {
  /** Absolute. */
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly log: Log;
}

export async function openPostgres(settings: PostgresSettings): Promise<Postgres> {
  if (settings.databaseUrl !== null) {
    const pool = createPool(settings.databaseUrl, settings.log);
    await requireReachable(pool, settings.databaseUrl);
    return { pool, url: settings.databaseUrl, owned: false, close: () => pool.end() };
  }
  const server = await attachEmbedded(settings.dataDir, settings.log);
  const pool = createPool(server.url, settings.log);
  return {
    pool,
    url: server.url,
    owned: true,
    close: async () => {
      await pool.end();
      await server.detach();
    },
  };
}

/** A pool with the house's types. Connections are made on demand. */
function createPool(url: string, log: Log): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 10, types: houseTypes, application_name: 'hasivu' });
  // A connection that breaks fails the query under way and is replaced on next use; without listeners, for idle ones on
  // the pool and for lent ones on the client, it would end the program.
  const onError = (error: Error): void => {
    if (!pool.ending) log.warn({ event: 'postgres-connection-lost', reason: error.message });
  };
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', onError));
  return pool;
}

async function requireReachable(pool: pg.Pool, url: string): Promise<void> {
  try {
    await pool.query('SELECT 1');
  } catch (cause) {
    await pool.end();
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    const message = `cannot reach PostgreSQL at ${redactUrl(url)} (${reason}): check DATABASE_URL`;
    throw new AppError('unavailable', 'database-unreachable', message, { cause });
  }
}

function redactUrl(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//[redacted]@');
}

const parsers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, BigInt],
  [pg.types.builtins.DATE, (text) => text],
  [pg.types.builtins.TIMESTAMPTZ, (text) => epochMs(text)],
]);

const houseTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    parsers.get(oid) ?? pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};

const parseTimestamp = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ, 'text') as (
  text: string,
) => Date | number;

/** `infinity` stays the number Infinity. */
function epochMs(text: string): number {
  return Number(parseTimestamp(text));
}

/** "hasivu" in ASCII, plus one. */
const APP_LOCK = 0x686173697676;

export interface AppLock {
  release(): Promise<void>;
}

/**
 * At most one running application for each database, or several that share what they know: holds a session lock on one
 * connection until released or until the program dies. `onLost` is called when that connection breaks, after which
 * another program may take the lock.
 */
export async function takeAppLock(
  pool: pg.Pool,
  sharing: 'alone' | 'shared',
  onLost: (cause: Error) => void,
): Promise<AppLock> {
  const suffix = sharing === 'shared' ? '_shared' : '';
  const client = await pool.connect();
  if (!(await tryLock(client, suffix))) {
    client.release();
    const message =
      'another hasivu already runs on this data folder or database: stop it first, or set DATA_DIR or DATABASE_URL';
    throw new AppError('conflict', 'already-running', message);
  }
  let held = true;
  const lose = (cause: Error): void => {
    held = false;
    client.release(cause);
    onLost(cause);
  };
  client.once('error', lose);
  return {
    release: async () => {
      if (!held) return;
      client.off('error', lose);
      await client.query(`SELECT pg_advisory_unlock${suffix}($1)`, [APP_LOCK]);
      client.release();
    },
  };
}

/** The server needs a moment to let go of what a program held that was killed. */
const LOCK_WAIT = '2s';
const LOCK_NOT_AVAILABLE = '55P03';

async function tryLock(client: pg.PoolClient, suffix: '' | '_shared'): Promise<boolean> {
  await client.query(`SET lock_timeout = '${LOCK_WAIT}'`);
  try {
    await client.query(`SELECT pg_advisory_lock${suffix}($1)`, [APP_LOCK]);
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE) return false;
    throw error;
  } finally {
    await client.query('RESET lock_timeout');
  }
}
