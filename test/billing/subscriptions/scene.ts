/**
 * Subscriptions as their callers use them, over a real database and the real billing run: a test names days, what is asked for on
 * them and when everything is paid.
 */
import { afterAll, beforeAll } from '@jest/globals';
import { createPlan } from '../../../billing/catalogue/plan.js';
import { settleInvoices } from '../../../billing/invoices/settle.js';
import { runBilling } from '../../../billing/run/bill.js';
import { createSubscription } from '../../../billing/subscriptions/create.js';
import { carryOut } from '../../../billing/subscriptions/orders.js';
import type { Order, OrderName } from '../../../billing/subscriptions/orders.js';
import type { SubscriptionView } from '../../../billing/subscriptions/view.js';
import { manualClock } from '../../../core/clock.js';
import type { ManualClock } from '../../../core/clock.js';
import { HOUR_MS } from '../../../core/days.js';
import { silentLog } from '../../../core/log.js';
import { morning, payReference } from '../../support/billing-scene.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';

type PlanBody = Parameters<typeof createPlan>[1];
type CreateBody = Parameters<typeof createSubscription>[1];

interface Line {
  readonly kind: string;
  readonly amount_paise: bigint;
  readonly from_on: string | null;
}

export interface Invoiced {
  readonly invoice_id: string;
  readonly kind: string;
  readonly status: string;
  readonly total_paise: bigint;
  readonly credit_paise: bigint;
  readonly period_start_on: string | null;
  readonly cause: string | null;
  readonly lines: readonly Line[];
}

export interface Scene {
  readonly pool: TestPostgres['pool'];
  readonly clock: ManualClock;
  /** Nine in the morning in India, three hours after the calendar; the billing run catches up. */
  goTo(day: string): Promise<void>;
  plan(planId: string, version?: Partial<PlanBody['version']>): Promise<void>;
  subscribe(body?: Partial<CreateBody>): Promise<SubscriptionView>;
  order<Name extends OrderName>(
    id: string,
    name: Name,
    body: Order<Name>['body'],
    key?: string,
  ): Promise<SubscriptionView>;
  /** Everything that is open, as it would arrive from the gateway. */
  payAll(): Promise<void>;
  invoices(subscriptionId: string): Promise<Invoiced[]>;
}

/** Registers the hooks of a test file: a database of its own, and time that stands still on 1 January 2026. */
export function subscriptionScene(): () => Scene {
  let database: TestPostgres;
  let scene: Scene;
  beforeAll(async () => {
    database = await testPostgres();
    scene = openScene(database.pool);
  }, 60_000);
  afterAll(() => database.close());
  return () => scene;
}

function openScene(pool: TestPostgres['pool']): Scene {
  const clock = manualClock(morning('2026-01-01') + 3 * HOUR_MS);
  const deps = { pool, clock, log: silentLog };
  let names = 0;
  const fresh = (prefix: string): string => `${prefix}_${(names += 1)}`;
  return {
    pool,
    clock,
    goTo: async (day) => {
      clock.set(morning(day) + 3 * HOUR_MS);
      await runBilling(deps);
    },
    plan: async (planId, version = {}) => {
      const first = { pricePaise: 3000_00, interval: { unit: 'month' as const }, ...version };
      await createPlan(
        deps,
        { planId, name: 'Lunch', taxClass: 'school-catering', version: first },
        fresh('key'),
      );
    },
    subscribe: (body = {}) =>
      createSubscription(deps, { payerId: fresh('payer'), planId: 'lunch', ...body }, fresh('key')),
    order: (subscriptionId, name, body, key = fresh('key')) =>
      carryOut(deps, { subscriptionId, name, body, key }),
    payAll: async () => {
      const { rows } = await pool.query<{ invoice_id: string; payer_id: string; total_paise: bigint }>(
        `SELECT invoice_id, payer_id, total_paise FROM invoices WHERE status = 'open'`,
      );
      for (const { invoice_id: reference, payer_id: payerId, total_paise: amountPaise } of rows)
        await payReference(pool, { reference, amountPaise, payerId, paymentId: fresh('pmt') }, clock.now());
      await settleInvoices(deps);
    },
    invoices: (subscriptionId) => readInvoices(pool, subscriptionId),
  };
}

async function readInvoices(pool: TestPostgres['pool'], subscriptionId: string): Promise<Invoiced[]> {
  const { rows } = await pool.query<Omit<Invoiced, 'lines'>>(
    `SELECT invoice_id, kind, status, total_paise, credit_paise, period_start_on, cause
     FROM invoices WHERE subscription_id = $1 ORDER BY period_start_on, issued_at, cause NULLS FIRST`,
    [subscriptionId],
  );
  const { rows: lines } = await pool.query<Line & { invoice_id: string }>(
    `SELECT invoice_id, l.kind, amount_paise, from_on FROM invoice_lines l JOIN invoices USING (invoice_id)
     WHERE subscription_id = $1 ORDER BY invoice_id, line`,
    [subscriptionId],
  );
  return rows.map((row) => ({ ...row, lines: lines.filter((line) => line.invoice_id === row.invoice_id) }));
}
