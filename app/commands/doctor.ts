/**
 * `hasivu doctor`: can this machine run the program with these settings? Every check runs, whatever the others say, and
 * each failure names its remedy.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import type { Command } from 'commander';
import { openRedisMemory } from '../../adapters/redis/shared-memory.js';
import type { Config } from '../../core/config.js';
import { describeConfig, requireSafeExposure } from '../../core/config.js';
import { openDuckdb } from '../../core/duckdb.js';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { openPostgres } from '../../core/postgres.js';
import type { Cli } from '../cli-io.js';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export function registerDoctor(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .description('check that this machine and these settings can run the program')
    .action(async () => {
      const config = cli.config();
      const checks = [
        await check('node', nodeVersion),
        await check('settings', () => exposure(config)),
        await check('data folder', () => writableFolder(config.dataDir)),
        await check('postgresql', () => postgresAnswers(config, cli)),
        await check('duckdb', duckdbAnswers),
        await check('redis', () => redisAnswers(config, cli)),
        await check('port', () => freePort(config)),
      ];
      const failed = checks.filter(({ ok }) => !ok).length;
      cli.result({ ok: failed === 0, checks, settings: describeConfig(config) }, () => table(checks));
      if (failed > 0) {
        throw new AppError('unavailable', 'doctor-failed', `${failed} of ${checks.length} checks failed`);
      }
    });
}

/** `probe` answers what it found or throws why not. */
async function check(name: string, probe: () => Promise<string> | string): Promise<Check> {
  try {
    return { name, ok: true, detail: await probe() };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** As `engines` in package.json says. */
const OLDEST_NODE = [20, 19] as const;

function nodeVersion(): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const isOldEnough = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  if (!isOldEnough)
    throw new Error(`Node ${process.version} is too old: install ${OLDEST_NODE.join('.')} or newer`);
  return process.version;
}

function exposure(config: Config): string {
  requireSafeExposure(config);
  return `${config.host}:${config.port}, ${config.apiKeys.length} API keys`;
}

async function writableFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const probe = path.join(folder, newId('doctor'));
  await writeFile(probe, '');
  await rm(probe);
  return folder;
}

async function postgresAnswers(config: Config, cli: Cli): Promise<string> {
  const postgres = await openPostgres({ ...config, log: cli.log });
  try {
    const { rows } = await postgres.pool.query<{ server_version: string }>('SHOW server_version');
    return `${rows[0]?.server_version ?? '?'}, ${postgres.owned ? 'embedded' : 'from DATABASE_URL'}`;
  } finally {
    await postgres.close();
  }
}

async function redisAnswers({ redisUrl: url }: Config, { log }: Cli): Promise<string> {
  if (url === null) return 'not used: this process keeps the fold to itself';
  const memory = await openRedisMemory({ url, log });
  await memory.close();
  return 'keeps the fold that processes share';
}

async function duckdbAnswers(): Promise<string> {
  const db = await openDuckdb(':memory:');
  try {
    const [row] = await db.rows<{ version: string }>('SELECT version() AS version');
    return row?.version ?? '?';
  } finally {
    db.close();
  }
}

async function freePort({ host, port }: Config): Promise<string> {
  const probe = net.createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE' ? 'is taken: stop the other program or set PORT' : error.message;
      reject(new Error(`${host}:${port} ${reason}`));
    });
    probe.listen(port, host, resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
  return port === 0 ? 'chosen at start' : `${host}:${port} is free`;
}

function table(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks
    .map(({ name, ok, detail }) => `${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(width)}  ${detail}`)
    .join('\n');
}
