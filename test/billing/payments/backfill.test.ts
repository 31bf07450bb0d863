/** The whole way: the gateway's double over HTTP, PostgreSQL, the lake, the warehouse and the report. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { backfill } from '../../../billing/payments/backfill.js';
import type { Backfilled } from '../../../billing/payments/backfill.js';
import { flushGatewayFacts } from '../../../billing/payments/facts.js';
import type { SweptGateway } from '../../../billing/payments/sweep.js';
import { manualClock } from '../../../core/clock.js';
import { openDuckdb } from '../../../core/duckdb.js';
import type { Duckdb } from '../../../core/duckdb.js';
import { AppError } from '../../../core/errors.js';
import type { Pages } from '../../../core/ports/gateway.js';
import { openLake } from '../../../ingest/lake.js';
import { readPayments } from '../../../reporting/payment-report.js';
import { buildWarehouse } from '../../../reporting/warehouse.js';
import { openScene, START } from '../../adapters/gateway/scene.js';
import type { Scene } from '../../adapters/gateway/scene.js';
import { playHistory } from '../../support/gateway-history.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';

let scene: Scene;
let folder: string;
/** When the history was over and the reading began. */
let now: number;
/** Read in one go. */
let once: Store;
let first: Awaited<ReturnType<Store['run']>>;
const opened: { close(): Promise<unknown> }[] = [];
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-backfill-'));
  scene = await openScene();
  await playHistory(scene, { orders: 130, hoursBetween: 3 });
  now = scene.now();
  once = await store();
  first = await once.run();
}, 60_000);
afterAll(async () => {
  for (const one of opened) await one.close();
  await scene.double.close();
  await rm(folder, { recursive: true });
});

const paidBefore = Date.parse('2026-03-01T18:30:00Z');
const SETTINGS = { pagesPerSecond: 1_000_000, again: false };

interface Store {
  readonly database: TestPostgres;
  /** Reads the whole history once; answers what was read and the pauses that were taken. */
  run(
    gateway?: SweptGateway,
    again?: boolean,
    fromAt?: number,
  ): Promise<Backfilled & { readonly pauses: number[] }>;
}

async function store(): Promise<Store> {
  const database = await testPostgres();
  opened.push(database);
  return {
    database,
    run: async (gateway = scene.gateway, again = false, fromAt = paidBefore) => {
      const pauses: number[] = [];
      const deps = {
        pool: database.pool,
        clock: manualClock(now),
        gateway,
        pause: async (ms: number) => void (ms >= 1 && pauses.push(ms)),
        onProgress: () => undefined,
      };
      const filled = await backfill(deps, { fromAt, toAt: now }, { ...SETTINGS, again });
      return { ...filled, pauses };
    },
  };
}

/** The same lists, of which the page after the next `pages` never comes. */
function breaking(pages: number, code: string): SweptGateway {
  let left = pages;
  async function* until<T>(all: Pages<T>): AsyncGenerator<readonly T[]> {
    for await (const page of all) {
      if (left-- === 0) throw new AppError('unavailable', code, 'the line broke');
      // Small pages: many places to break at.
      for (let at = 0; at < page.length; at += 7) yield page.slice(at, at + 7);
    }
  }
  const { payments, refunds, settlements, disputes } = scene.gateway;
  return {
    payments: { list: (range) => until(payments.list(range)) },
    refunds: { list: (range) => until(refunds.list(range)) },
    settlements: { list: (range) => until(settlements.list(range)) },
    disputes: { list: () => until(disputes.list()) },
  };
}

const TABLES = {
  payments: 'payment_id',
  payment_attempts: 'attempt_id',
  refunds: 'refund_id',
  disputes: 'dispute_id',
  settlements: 'settlement_id',
  ledger_balances: 'account',
  fact_queue: 'key',
};

async function tables({ database }: Store): Promise<unknown> {
  const found: Record<string, unknown> = {};
  for (const [table, key] of Object.entries(TABLES)) {
    const { rows } = await database.pool.query(`SELECT * FROM ${table} ORDER BY ${key}`);
    // Not the place in a queue, nor how many steps there were to the same end.
    found[table] = rows.map(({ number: _1, revision: _2, ...row }: Record<string, unknown>) => row);
  }
  return found;
}

describe('reading the history', () => {
  it('read once, or broken off twice and gone on with, it ends in the same tables', async () => {
    const { read, skipped } = first;
    const { payments, refunds, settlements, disputes } = scene.double.world;
    expect(read).toEqual({
      payments: payments.size,
      refunds: refunds.size,
      settlements: settlements.size,
      disputes: disputes.size,
    });
    expect(skipped).toBe(0);

    const broken = await store();
    await expect(broken.run(breaking(4, 'line-broken'))).rejects.toMatchObject({ code: 'line-broken' });
    await expect(broken.run(breaking(9, 'line-broken'))).rejects.toMatchObject({ code: 'line-broken' });
    const rest = await broken.run();
    expect(rest.skipped).toBeGreaterThan(0);
    expect(await tables(broken)).toEqual(await tables(once));

    const idle = await broken.run();
    expect(idle.read).toEqual({ payments: 0, refunds: 0, settlements: 0, disputes: 0 });
    await broken.run(scene.gateway, true);
    expect(await tables(broken)).toEqual(await tables(once));
  }, 60_000);

  it('a refund of a payment from before the range waits for that payment', async () => {
    const partly = await store();
    const half = paidBefore + 10 * 86_400_000;
    const late = await partly.run(scene.gateway, false, half);
    expect(late.orphans).toBeGreaterThan(0);
    const { orphans } = await partly.run();
    expect(orphans).toBe(0);
    const refunds = async ({ database: { pool } }: Store) =>
      (await pool.query("SELECT key FROM fact_queue WHERE key LIKE 'refund:%' ORDER BY key")).rows;
    expect(await refunds(partly)).toEqual(await refunds(once));
  }, 60_000);

  it('waits while the gateway is away, longer each time, and goes on where it was', async () => {
    const waiting = await store();
    const { pauses } = await waiting.run(breaking(2, 'gateway-unavailable'));
    expect(pauses).toEqual([5_000]);
    const dead = {
      ...scene.gateway,
      payments: {
        list: () => breaking(0, 'gateway-unavailable').payments.list({ fromAt: START, toAt: now }),
      },
    };
    await expect(waiting.run(dead, true)).rejects.toMatchObject({ code: 'gateway-unavailable' });
  }, 60_000);
});

describe('what was read', () => {
  let db: Duckdb;
  beforeAll(async () => {
    const lake = await openLake(path.join(folder, 'lake'), manualClock(now));
    while ((await flushGatewayFacts(once.database.pool, lake)) > 0);
    const file = path.join(folder, 'warehouse.duckdb');
    await buildWarehouse({ lake, path: file, asOf: now + 1, builtAt: now + 1 });
    db = await openDuckdb(file, { readOnly: true });
  }, 60_000);
  afterAll(() => db.close());

  it('can be queried in DuckDB: payments, refunds, disputes and settlements as the gateway has them', async () => {
    const { world } = scene.double;
    const sums = async (mart: string) =>
      (
        await db.rows(`SELECT count(*)::INTEGER AS rows, sum(amount_paise)::BIGINT AS amount FROM ${mart}`)
      )[0];
    for (const [mart, all] of Object.entries({
      payments: world.payments,
      attempts: world.payments,
      refunds: world.refunds,
      disputes: world.disputes,
      settlements: world.settlements,
    })) {
      const amount = [...all.values()].reduce((sum, one) => sum + Number(one['amount' as never]), 0);
      expect([mart, await sums(mart)]).toEqual([mart, { rows: all.size, amount: BigInt(amount) }]);
    }
  });

  it('counts as known since it happened, as a webhook would have told it', async () => {
    const [late] = await db.rows(
      'SELECT count(*)::INTEGER AS late FROM payments WHERE status_known_at > occurred_at',
    );
    expect(late).toEqual({ late: 0 });
  });

  it('gives the figures that the double itself adds up to', async () => {
    const report = await readPayments(db, {});
    const all = [...scene.double.world.payments.values()];
    const captured = all.filter((one) => one.captured);
    const failed = all.filter((one) => one.status === 'failed');
    const sum = (of: readonly (typeof all)[number][], field: 'amount' | 'fee' | 'tax') =>
      of.reduce((total, one) => total + (one[field] ?? 0), 0);
    expect(report).toMatchObject({
      attempts: all.length,
      captured: captured.length,
      failed: failed.length,
      successRate: captured.length / (captured.length + failed.length),
      capturedAmountPaise: sum(captured, 'amount'),
      failedAmountPaise: sum(failed, 'amount'),
      fees: {
        payments: captured.length,
        amountPaise: sum(captured, 'amount'),
        feePaise: sum(captured, 'fee'),
        gstPaise: sum(captured, 'tax'),
      },
    });
    for (const { reason, failed: count } of report.reasons)
      expect(count).toBe(failed.filter(({ error_reason }) => error_reason === reason).length);
    for (const { hour, attempts } of report.hours)
      expect(attempts).toBe(
        all.filter((one) => Math.floor((one.created_at + 19_800) / 3600) % 24 === hour).length,
      );
    for (const { name, attempts } of report.banks)
      expect(attempts).toBe(all.filter(({ bank, wallet }) => (bank ?? wallet) === name).length);
    const orders = byOrder(all);
    const firstFailed = orders.filter(([first]) => first?.status === 'failed');
    expect(report.retries).toMatchObject({
      payments: firstFailed.length,
      retried: firstFailed.filter((attempts) => attempts.length > 1).length,
      recovered: firstFailed.filter((attempts) => attempts.some((one) => one.captured)).length,
    });
  });
});

function byOrder<T extends { readonly order_id: string | null; readonly created_at: number }>(
  all: readonly T[],
): T[][] {
  const orders = new Map<string, T[]>();
  for (const one of [...all].sort((a, b) => a.created_at - b.created_at)) {
    const key = one.order_id ?? '';
    orders.set(key, [...(orders.get(key) ?? []), one]);
  }
  return [...orders.values()];
}
