import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { migrate } from '../../core/migrations.js';
import type { TestPostgres } from '../support/postgres.js';
import { testPostgres } from '../support/postgres.js';

describe('migrate', () => {
  let database: TestPostgres;
  let folder: string;
  const write = (name: string, sql: string) => writeFile(path.join(folder, name), sql);

  beforeAll(async () => {
    database = await testPostgres();
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-migrations-'));
    await write('0002-second.sql', 'ALTER TABLE first ADD COLUMN b int');
    await write('0001-first.sql', 'CREATE TABLE first (a int)');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('applies each file once, in the order of the numbers', async () => {
    expect(await migrate(database.pool, folder)).toEqual(['0001-first.sql', '0002-second.sql']);
    expect(await migrate(database.pool, folder)).toEqual([]);
    await write('0003-third.sql', 'INSERT INTO first VALUES (1, 2)');
    expect(await migrate(database.pool, folder)).toEqual(['0003-third.sql']);
    expect((await database.pool.query('SELECT * FROM first')).rows).toEqual([{ a: 1, b: 2 }]);
  });

  it('may be started by several programs at the same time', async () => {
    const applied = await Promise.all([1, 2, 3].map(() => migrate(database.pool, folder)));
    expect(applied.flat()).toHaveLength(2);
  });

  it('leaves nothing of a file that fails, and keeps those before it', async () => {
    await write('0003-bad.sql', 'CREATE TABLE third (a int); SELECT no_such_function()');
    await expect(migrate(database.pool, folder)).rejects.toThrow('the migration 0003-bad.sql failed');
    const { rows } = await database.pool.query(
      `SELECT to_regclass('first') AS first, to_regclass('third') AS third`,
    );
    expect(rows).toEqual([{ first: 'first', third: null }]);
  });

  it('refuses a file that was changed after it was applied', async () => {
    await migrate(database.pool, folder);
    await write('0001-first.sql', 'CREATE TABLE first (a bigint)');
    await expect(migrate(database.pool, folder)).rejects.toMatchObject({ code: 'migration-changed' });
  });

  it('refuses a database that a newer version has migrated', async () => {
    await migrate(database.pool, folder);
    await rm(path.join(folder, '0002-second.sql'));
    await expect(migrate(database.pool, folder)).rejects.toMatchObject({ code: 'database-newer' });
  });

  it('refuses names that do not give an order', async () => {
    await write('0002-other.sql', 'SELECT 1');
    await expect(migrate(database.pool, folder)).rejects.toThrow('two migrations have one number');
    await rm(path.join(folder, '0002-other.sql'));
    await write('3-third.sql', 'SELECT 1');
    await expect(migrate(database.pool, folder)).rejects.toThrow('NNNN-owner.sql');
  });
});
