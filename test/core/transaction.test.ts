import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction } from '../../core/transaction.js';
import type { TestPostgres } from '../support/postgres.js';
import { testPostgres } from '../support/postgres.js';

describe('a transaction', () => {
  let database: TestPostgres;
  beforeAll(async () => {
    database = await testPostgres();
    await database.pool.query('CREATE TABLE notes (note text PRIMARY KEY)');
  });
  afterAll(() => database.close());

  it('is committed when the work returns, and gives its result', async () => {
    const result = await inTransaction(database.pool, async (client) => {
      await client.query(`INSERT INTO notes VALUES ('kept')`);
      return 7;
    });
    expect(result).toBe(7);
    expect((await database.pool.query(`SELECT note FROM notes WHERE note = 'kept'`)).rowCount).toBe(1);
  });

  it('is rolled back when the work throws, and throws the same error', async () => {
    const failure = new Error('no');
    const attempt = inTransaction(database.pool, async (client) => {
      await client.query(`INSERT INTO notes VALUES ('dropped')`);
      throw failure;
    });
    await expect(attempt).rejects.toBe(failure);
    expect((await database.pool.query(`SELECT note FROM notes WHERE note = 'dropped'`)).rowCount).toBe(0);
  });

  it('does not lend a connection again that broke inside it', async () => {
    const attempt = inTransaction(database.pool, async (client) => {
      await client.query('SELECT pg_terminate_backend(pg_backend_pid())');
    });
    await expect(attempt).rejects.toThrow();
    expect((await database.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});
