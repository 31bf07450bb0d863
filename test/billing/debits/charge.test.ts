import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import { FAULTS } from '../../../adapters/gateway/double/faults.js';
import type { DebitDeps } from '../../../billing/debits/hand-over.js';
import { progressDebits } from '../../../billing/debits/progress.js';
import { requireSoundLedger } from '../../../billing/ledger/check.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../core/days.js';
import { seededRandom } from '../../../core/random.js';
import { JULY, openScene } from './scene.js';
import type { Scene } from './scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
}, 60_000);
afterAll(() => scene.close());

const HISTORIES = 8;
/** Longer than the time for which a turn that died keeps others from its debits. */
const LEASE_MS = 6 * MINUTE_MS;

/**
 * The same dependencies until the program dies: right after the n-th thing that lasts (a commit, a single statement, a call of the
 * gateway). Whatever it tries afterwards fails.
 */
function mortal(deps: DebitDeps, n: number): { readonly deps: DebitDeps; died(): boolean } {
  let left = n;
  const died = (): boolean => left <= 0;
  const live = async <T>(work: () => Promise<T>): Promise<T> => {
    if (died()) throw new Error('dead');
    const done = await work();
    left -= 1;
    if (died()) throw new Error('died');
    return done;
  };
  type Call = (...given: unknown[]) => Promise<unknown>;
  const through = (target: object, property: string | symbol): unknown => {
    const value = Reflect.get(target, property) as unknown;
    return typeof value === 'function' ? (value as Call).bind(target) : value;
  };
  const client = (given: PoolClient): PoolClient =>
    new Proxy(given, {
      get: (target, property) => {
        const call = through(target, property);
        if (property !== 'query') return call;
        return async (...query: unknown[]): Promise<unknown> => {
          if (query[0] === 'COMMIT') return live(() => (call as Call)(...query));
          if (died() && query[0] !== 'ROLLBACK') throw new Error('dead');
          return (call as Call)(...query);
        };
      },
    });
  const pool = new Proxy(deps.pool, {
    get: (target, property) => {
      const call = through(target, property);
      if (property === 'connect') return async () => client(await target.connect());
      return property === 'query' ? (...query: unknown[]) => live(() => (call as Call)(...query)) : call;
    },
  });
  const part = (calls: object): object =>
    new Proxy(calls, {
      get: (target, property) => {
        const call = through(target, property);
        return typeof call === 'function'
          ? (...given: unknown[]) => live(() => (call as Call)(...given))
          : call;
      },
    });
  const gateway = new Proxy(deps.gateway, {
    get: (target, property) => {
      const value = through(target, property);
      return typeof value === 'object' && value !== null ? part(value) : value;
    },
  });
  return { deps: { ...deps, pool, gateway }, died };
}

/** What the gateway holds for an invoice's debits, less what went back, paise. */
async function heldAtGateway(invoiceId: string): Promise<number> {
  const { double, pool } = scene.desk;
  const { rows } = await pool.query<{ order_id: string }>(
    `SELECT p.order_id FROM payments p WHERE split_part(p.reference, ':', 1) = $1 AND p.order_id IS NOT NULL`,
    [invoiceId],
  );
  const orders = new Set(rows.map(({ order_id }) => order_id));
  return [...double.world.payments.values()]
    .filter(({ order_id: orderId, captured }) => captured && orders.has(orderId))
    .reduce((sum, { amount, amount_refunded: back }) => sum + amount - back, 0);
}

async function settledOnce(invoiceId: string, amountPaise: number): Promise<void> {
  expect(await heldAtGateway(invoiceId)).toBe(amountPaise);
  const { rows } = await scene.desk.pool.query(
    'SELECT status, paid_paise FROM invoices WHERE invoice_id = $1',
    [invoiceId],
  );
  expect(rows).toEqual([{ status: 'paid', paid_paise: BigInt(amountPaise) }]);
}

describe('a program that dies', () => {
  it('after any step of a debit, again and again, charges once', async () => {
    const { invoiceId } = await scene.debit();
    let deaths = 0;
    for (let until = scene.desk.clock.now() + 3 * DAY_MS; scene.desk.clock.now() < until;) {
      // Each turn is tried again, dying one thing later, until it gets through.
      for (let n = 1; ; n++) {
        const one = mortal(scene.deps, n);
        await progressDebits(one.deps).catch(() => undefined);
        if (!one.died()) break;
        deaths += 1;
        await scene.desk.wait(LEASE_MS);
        await scene.desk.deliver();
      }
      await scene.turn(2 * HOUR_MS, mortal(scene.deps, Infinity).deps);
      if ((await scene.debits(invoiceId)).some(({ status }) => status === 'succeeded')) break;
    }
    expect(deaths).toBeGreaterThan(30);
    await settledOnce(invoiceId, 500_00);
    await requireSoundLedger(scene.desk.pool);
  }, 60_000);

  it('or two at once, with a gateway that fails in every way, charge each invoice once', async () => {
    scene.desk.clock.set(JULY + 31 * DAY_MS);
    const random = seededRandom(7);
    const pick = <T>(items: readonly T[]): T => items[random.below(items.length)] as T;
    const faults = FAULTS.filter((fault) => !fault.startsWith('timeout'));
    const calls = [
      'POST /v1/orders',
      'POST /v1/payments/create/recurring',
      'GET /v1/orders/*/payments',
      'GET /v1/orders/*',
    ];
    const invoices: string[] = [];
    for (let i = 0; i < HISTORIES; i++) {
      const { invoiceId, mandate } = await scene.debit();
      invoices.push(invoiceId);
      await scene.script(
        mandate,
        ...(i % 3 === 0 ? ['insufficient_funds'] : i % 3 === 1 ? ['bank_technical_error'] : []),
      );
    }
    const { desk } = scene;
    for (let until = desk.clock.now() + 4 * DAY_MS; desk.clock.now() < until;) {
      if (desk.double.world.faults.length === 0)
        desk.double.planFault({ fault: pick(faults), on: pick(calls) });
      await desk.wait(pick([MINUTE_MS, LEASE_MS, HOUR_MS, 3 * HOUR_MS]));
      // Webhooks late, twice, or only by the next delivery.
      if (random.unit() < 0.6) await desk.deliver((events) => [...events, ...events].reverse());
      const one = mortal(scene.deps, 1 + random.below(60));
      const other = random.unit() < 0.5 ? mortal(scene.deps, 1 + random.below(60)).deps : scene.deps;
      await Promise.all(
        [progressDebits(one.deps), progressDebits(other)].map((turn) => turn.catch(() => undefined)),
      );
    }
    desk.double.world.faults.length = 0;
    await scene.until(desk.clock.now() + 12 * DAY_MS);
    for (const invoiceId of invoices) await settledOnce(invoiceId, 500_00);
    await requireSoundLedger(desk.pool);
  }, 60_000);
});

describe('a charge whose answer is lost', () => {
  it.each([
    'timeout-after-success',
    'reset-after-success',
    'server-error-after-success',
    'html-body',
    'reset',
  ] as const)(
    '(%s) is asked about and made once',
    async (fault) => {
      const { invoiceId } = await scene.debit();
      await scene.until(scene.desk.clock.now() + 20 * HOUR_MS);
      scene.desk.double.planFault({ fault, on: 'POST /v1/payments/create/recurring' });
      await scene.until(scene.desk.clock.now() + 2 * DAY_MS);
      await settledOnce(invoiceId, 500_00);
    },
    20_000,
  );
});

describe('a downtime of the bank', () => {
  it('U14: holds the charge back until it is over, without a new notice', async () => {
    scene.desk.clock.set(JULY + 70 * DAY_MS);
    const { invoiceId } = await scene.debit();
    await scene.until(scene.desk.clock.now() + 20 * HOUR_MS);
    const [{ slotAt = '' } = {}] = await scene.debits(invoiceId);
    const slot = Date.parse(slotAt);
    await scene.desk.pool.query(
      `INSERT INTO gateway_downtimes (downtime_id, method, instruments, severity, begins_at, ends_at, heard_at)
       SELECT 'down_1', 'upi', '{}', 'high', at - interval '1 hour', at + interval '2 hours', at - interval '1 hour'
       FROM to_timestamp($1 / 1000.0) AS at`,
      [slot],
    );
    await scene.until(slot + HOUR_MS);
    expect(await scene.debits(invoiceId)).toMatchObject([{ status: 'announced', chargedAt: null }]);
    await scene.until(slot + 12 * HOUR_MS);
    const debits = await scene.debits(invoiceId);
    expect(debits).toMatchObject([{ status: 'succeeded' }]);
    expect(Date.parse(debits[0]?.chargedAt ?? '')).toBeGreaterThanOrEqual(slot + 2 * HOUR_MS);
  }, 20_000);
});
