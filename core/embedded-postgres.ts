/**
 * An embedded PostgreSQL below the data folder, made once and shared by every program that opens the folder. Each user
 * holds a shared advisory lock on its own connection; who leaves last stops the server. A user that is killed loses its
 * connection and with it the lock, so a server it leaves behind is found, used and stopped by the next one.
 * Races need no lock file: a new cluster appears by one rename, and PostgreSQL itself refuses a second postmaster.
 */
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Cluster } from './postgres-cluster.js';
import { locateCluster } from './postgres-cluster.js';
import { assert, AppError } from './errors.js';
import type { Log } from './log.js';

const HOST = '127.0.0.1';
const DATABASE = 'hasivu';

/** "hasivu" in ASCII, plus two: held shared by each user of the server, exclusively by the one that stops it. */
const USER_LOCK = 0x686173697677;

/** A crash recovery or a slow shutdown may take this long: 600 attempts of 100 ms. */
const ATTEMPTS = 600;
const ATTEMPT_MS = 100;
/**
 * A start may fail because another program is faster, or because the sessions of a server that was killed still hold its
 * shared memory. Each failure doubles the pause, so that the last attempt comes after about 13 s.
 */
const FAILED_STARTS = 8;
/** A port number that outlived its server may belong to a program that never answers. */
const CONNECT_TIMEOUT_MS = 5000;

/**
 * Durable commits stay on: concurrent transactions share one flush (group commit), which `commit_delay` (microseconds)
 * widens under load only. No Unix socket: its path may be too long or not writable.
 */
const SERVER_SETTINGS = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  synchronous_commit: 'on',
  commit_delay: '100',
  commit_siblings: '5',
  max_connections: '100',
  random_page_cost: '1.1',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

export interface EmbeddedServer {
  readonly url: string;
  /** Stops the server unless another program uses it. */
  detach(): Promise<void>;
  /** Leaves the server running for others to find. */
  leave(): Promise<void>;
}

/** Uses the running server of the folder or starts it; creates it first when there is none. */
export async function attachEmbedded(dataDir: string, log: Log): Promise<EmbeddedServer> {
  const cluster = await locateCluster(dataDir, log);
  const { url, session } = await connectOrStart(cluster, log);
  return {
    url,
    leave: () => session.end(),
    detach: async () => {
      const last = await tryBecomeLast(session);
      if (last) await cluster.pgCtl(['stop', '-w', '-m', 'fast', '-D', cluster.pgdata]);
      // The server has ended this session by itself when it was stopped.
      await session.end().catch(() => undefined);
    },
  };
}

interface Attached {
  readonly url: string;
  readonly session: pg.Client;
}

async function connectOrStart(cluster: Cluster, log: Log): Promise<Attached> {
  let failedStarts = 0;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await runningPort(cluster);
    const session =
      port === null ? 'absent' : await openSession(serverUrl(cluster, port, DATABASE_OF_SERVER));
    if (session instanceof pg.Client) {
      assert(port !== null, 'a session has a port');
      await createDatabase(session);
      return { url: serverUrl(cluster, port, DATABASE), session };
    }
    if (session === 'absent') {
      const started = await cluster.pgCtl(startArguments(cluster, await freePort()));
      if (started.exitCode === 0) log.debug({ event: 'postgres-started', folder: cluster.folder });
      else if (++failedStarts >= FAILED_STARTS) throw startFailed(cluster, started.output);
      else await sleep(ATTEMPT_MS * 2 ** (failedStarts - 1));
    }
    await sleep(ATTEMPT_MS);
  }
  throw startFailed(cluster, 'no answer for a minute');
}

/** The maintenance database, which every cluster has. */
const DATABASE_OF_SERVER = 'postgres';

function serverUrl(cluster: Cluster, port: number, database: string): string {
  return `postgres://${cluster.user}:${encodeURIComponent(cluster.password)}@${HOST}:${port}/${database}`;
}

/** Line 4 of postmaster.pid is the port; null when no server runs or has just begun to start. */
async function runningPort(cluster: Cluster): Promise<number | null> {
  const text = await readFile(path.join(cluster.pgdata, 'postmaster.pid'), 'utf8').catch(() => '');
  const port = Number(text.split('\n')[3]);
  return Number.isInteger(port) && port > 0 ? port : null;
}

/**
 * A session that holds the shared lock, `absent` when nothing listens (or somebody else's server does), `busy` while the
 * server starts, recovers or is being stopped by its last user.
 */
async function openSession(url: string): Promise<pg.Client | 'absent' | 'busy'> {
  const session = new pg.Client({
    connectionString: url,
    application_name: 'hasivu-session',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // The session may be ended by the server at any time; its users notice on their own connections.
  session.on('error', () => undefined);
  try {
    await session.connect();
    const { rows } = await session.query<{ held: boolean }>(
      'SELECT pg_try_advisory_lock_shared($1) AS held',
      [USER_LOCK],
    );
    if (rows[0]?.held === true) return session;
    await session.end();
    return 'busy';
  } catch (error) {
    await session.end().catch(() => undefined);
    return isStartingOrStopping(error) ? 'busy' : 'absent';
  }
}

/** SQLSTATE class 57P: shutting down, crash recovery, starting up. */
function isStartingOrStopping(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code ?? '').startsWith('57P');
}

async function createDatabase(session: pg.Client): Promise<void> {
  const { rowCount } = await session.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 1) return;
  await session.query(`CREATE DATABASE ${DATABASE}`).catch((error: unknown) => {
    // Another program made it in between: 42P04 duplicate_database, 23505 unique_violation.
    if (!(error instanceof pg.DatabaseError) || !['42P04', '23505'].includes(error.code ?? '')) throw error;
  });
}

async function tryBecomeLast(session: pg.Client): Promise<boolean> {
  try {
    await session.query('SELECT pg_advisory_unlock_shared($1)', [USER_LOCK]);
    const { rows } = await session.query<{ last: boolean }>('SELECT pg_try_advisory_lock($1) AS last', [
      USER_LOCK,
    ]);
    return rows[0]?.last === true;
  } catch {
    // Without a session there is no server of ours to stop: it was stopped or has crashed.
    return false;
  }
}

function startArguments(cluster: Cluster, port: number): string[] {
  const settings = Object.entries({ ...SERVER_SETTINGS, port: String(port) });
  const options = settings.map(([name, value]) => `-c ${name}='${value}'`).join(' ');
  return ['start', '-w', '-t', '60', '-D', cluster.pgdata, '-l', cluster.serverLog, '-o', options];
}

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, HOST, resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  assert(address !== null && typeof address === 'object', 'a listening TCP socket has a port');
  return address.port;
}

function startFailed(cluster: Cluster, reason: string): AppError {
  const message = `the embedded PostgreSQL does not start (${reason.trim().split('\n').at(-1) ?? ''}): see ${cluster.serverLog}`;
  return new AppError('unavailable', 'postgres-start-failed', message);
}
