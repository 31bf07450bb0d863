import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { attachEmbedded } from '../../core/embedded-postgres.js';
import { silentLog } from '../../core/log.js';
import type { OtherPrograms } from '../support/other-program.js';
import { otherPrograms } from '../support/other-program.js';

describe('the embedded PostgreSQL', () => {
  let others: OtherPrograms;
  let dataDir: string;
  beforeAll(async () => {
    others = await otherPrograms(['core']);
  });
  afterAll(() => others.close());
  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-embedded-'));
    await chmod(dataDir, 0o755);
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  const attach = () => attachEmbedded(dataDir, silentLog);
  const pidFile = () => path.join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  const serverPid = async () => Number((await readFile(pidFile(), 'utf8')).split('\n')[0]);

  it('keeps what was written when it is opened again, and stops in between', async () => {
    const first = await attach();
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS seven');
    await first.detach();
    await expect(stat(pidFile())).rejects.toThrow('ENOENT');
    const second = await attach();
    expect(await query(second.url, 'SELECT * FROM kept')).toEqual([{ seven: 7 }]);
    await second.detach();
  });

  it('is made once when several open an empty folder together, and stops with the last of them', async () => {
    const servers = await Promise.all([attach(), attach(), attach()]);
    expect(new Set(servers.map(({ url }) => url)).size).toBe(1);
    const [last, ...earlier] = servers;
    for (const server of earlier) await server.detach();
    expect(await query(last.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await last.detach();
    await expect(stat(pidFile())).rejects.toThrow('ENOENT');
    expect(await readdir(dataDir)).toEqual(['postgres']);
  });

  it('outlives a user that is killed, is used by the next one and stopped by it', async () => {
    const { child, firstLine: url } = await others.start(openAndStay(dataDir));
    const pid = await serverPid();
    await query(url, 'CREATE TABLE kept AS SELECT 7 AS seven');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const next = await attach();
    expect(await serverPid()).toBe(pid);
    expect(await query(next.url, 'SELECT * FROM kept')).toEqual([{ seven: 7 }]);
    await next.detach();
    await expect(stat(pidFile())).rejects.toThrow('ENOENT');
  });

  it('recovers when the server itself was killed and left its pid file behind', async () => {
    const first = await attach();
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS seven');
    process.kill(await serverPid(), 'SIGKILL');
    await first.detach();
    await expect(stat(pidFile())).resolves.toBeDefined();
    const second = await attach();
    expect(await query(second.url, 'SELECT * FROM kept')).toEqual([{ seven: 7 }]);
    await second.detach();
  });

  it('keeps its password where only its own user can read it, and commits durably', async () => {
    const server = await attach();
    const { mode } = await stat(path.join(dataDir, 'postgres', 'password'));
    expect(mode & 0o777).toBe(0o600);
    expect(await query(server.url, 'SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'on' }]);
    const withoutPassword = server.url.replace(/:[^:@]+@/, ':wrong@');
    await expect(query(withoutPassword, 'SELECT 1')).rejects.toThrow('password authentication failed');
    await server.detach();
  });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

function openAndStay(dataDir: string): string {
  return `
    import { attachEmbedded } from './core/embedded-postgres.js';
    import { silentLog } from './core/log.js';
    const { url } = await attachEmbedded(${JSON.stringify(dataDir)}, silentLog);
    console.log(url);`;
}
