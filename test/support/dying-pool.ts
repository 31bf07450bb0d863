/** A pool whose program dies at its n-th statement: what it had begun is rolled back, and from then on nothing is said on any connection. */
import type { Pool, PoolClient } from 'pg';

type Query = (...given: unknown[]) => Promise<unknown>;

export function dyingPool(real: Pool, statements: number): Pool {
  let left = statements;
  const live = (): void => {
    if (left-- <= 0) throw new Error('died');
  };
  const connect = async (): Promise<PoolClient> => {
    live();
    const client = await real.connect();
    const query = client.query.bind(client) as Query;
    const mortal: Query = async (...given) => {
      if (given[0] !== 'ROLLBACK') live();
      return query(...given);
    };
    return new Proxy(client, {
      get: (target, name) => {
        if (name === 'query') return mortal;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  };
  const query: Query = async (...given) => {
    live();
    return (real.query as Query).apply(real, given);
  };
  return { connect, query } as unknown as Pool;
}
