import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog } from '../../core/log.js';
import { openPostgres, takeAppLock } from '../../core/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { testPostgres } from '../support/postgres.js';

describe('openPostgres', () => {
  let database: TestPostgres;
  beforeAll(async () => {
    database = await testPostgres();
  });
  afterAll(() => database.close());

  it('uses the server of DATABASE_URL and leaves it running', async () => {
    const postgres = await openPostgres({
      dataDir: '/never-used',
      databaseUrl: database.url,
      log: silentLog,
    });
    expect(postgres).toMatchObject({ owned: false, url: database.url });
    await postgres.close();
    expect((await database.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('names DATABASE_URL when nobody answers there, without its password', async () => {
    const databaseUrl = 'postgres://user:hidden-word@127.0.0.1:1/none';
    const opening = openPostgres({ dataDir: '/never-used', databaseUrl, log: silentLog });
    await expect(opening).rejects.toMatchObject({
      code: 'database-unreachable',
      message: expect.stringMatching(/^(?!.*hidden-word).*127\.0\.0\.1:1\/none.*check DATABASE_URL$/),
    });
  });

  it('starts an embedded server below the data folder otherwise', async () => {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-postgres-'));
    await chmod(dataDir, 0o755);
    const postgres = await openPostgres({ dataDir, databaseUrl: null, log: silentLog });
    expect(postgres.owned).toBe(true);
    expect((await postgres.pool.query('SHOW timezone')).rows).toEqual([{ TimeZone: 'UTC' }]);
    await postgres.close();
    await rm(dataDir, { recursive: true });
  });

  it('gives bigint for int8, epoch milliseconds for timestamptz and text for dates and numerics', async () => {
    const { rows } = await database.pool.query(`SELECT 9007199254740993::int8 AS paise,
      timestamptz '2026-04-01 05:30:00.25+05:30' AS at, date '2026-04-01' AS on, 1.10::numeric AS rate, 'infinity'::timestamptz AS never`);
    expect(rows).toEqual([
      {
        paise: 9007199254740993n,
        at: Date.UTC(2026, 3, 1, 0, 0, 0, 250),
        on: '2026-04-01',
        rate: '1.10',
        never: Infinity,
      },
    ]);
  });

  it('goes on after the server has ended its idle connections', async () => {
    const postgres = await openPostgres({
      dataDir: '/never-used',
      databaseUrl: database.url,
      log: silentLog,
    });
    const { rows } = await postgres.pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await database.pool.query('SELECT pg_terminate_backend($1, 5000)', [rows[0]?.pid]);
    await expect(
      postgres.pool.query('SELECT 1').catch(() => postgres.pool.query('SELECT 1')),
    ).resolves.toBeDefined();
    await postgres.close();
  });
});

describe('takeAppLock', () => {
  let database: TestPostgres;
  beforeAll(async () => {
    database = await testPostgres();
  });
  afterAll(() => database.close());

  it('refuses a second application until the first is gone', async () => {
    const lock = await takeAppLock(database.pool, 'alone', () => undefined);
    await expect(takeAppLock(database.pool, 'alone', () => undefined)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'already-running',
    });
    await lock.release();
    const next = await takeAppLock(database.pool, 'alone', () => undefined);
    await next.release();
  });

  it('says when it is lost', async () => {
    let report: (cause: Error) => void = () => undefined;
    const lost = new Promise<Error>((resolve) => {
      report = resolve;
    });
    const lock = await takeAppLock(database.pool, 'alone', report);
    const { rows } = await database.pool.query(`SELECT pg_terminate_backend(pid) AS ended FROM pg_locks
      WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
    expect(rows).toEqual([{ ended: true }]);
    await expect(lost).resolves.toBeInstanceOf(Error);
    await lock.release();
    const next = await takeAppLock(database.pool, 'alone', () => undefined);
    await next.release();
  });
});
