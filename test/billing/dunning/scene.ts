/** Arrears as rows over a real database and the real gate: invoices that are due, debits that failed, payments that came. */
import type { Pool } from 'pg';
import { takeSteps } from '../../../billing/dunning/act.js';
import type { ActDeps } from '../../../billing/dunning/act.js';
import { armOf } from '../../../billing/dunning/hold-out.js';
import { planDunning } from '../../../billing/dunning/plan.js';
import type { DunningRun } from '../../../billing/dunning/plan.js';
import type { Arm } from '../../../billing/dunning/situation.js';
import { markOverdue } from '../../../billing/invoices/arrears.js';
import { settleInvoices } from '../../../billing/invoices/settle.js';
import { DAY_MS } from '../../../core/days.js';
import { silentLog } from '../../../core/log.js';
import { openWorld } from '../../scoring/world.js';
import type { World } from '../../scoring/world.js';
import { payReference, writePlan, writeSubscription } from '../../support/billing-scene.js';
import { NOON } from './situations.js';

export interface Scene extends World {
  readonly act: ActDeps;
  /** One look at everybody, as of the clock. */
  plan(): Promise<DunningRun>;
  take(): Promise<number>;
  /** Everybody is looked at and what is due is done. */
  run(): Promise<DunningRun>;
}

/** Empties what earlier tests left. */
export async function clearArrears(pool: Pool): Promise<void> {
  await pool.query(
    'TRUNCATE facts, decisions, outcome_reports, plans, invoices, mandates, dunning_campaigns, notices, events CASCADE',
  );
  await pool.query(
    'TRUNCATE dunning_payers, dunning_episodes, churn_scores, payment_commands, payments CASCADE',
  );
  await writePlan(pool);
}

export async function openScene(pool: Pool): Promise<Scene> {
  await clearArrears(pool);
  const world = await openWorld({ pool });
  world.clock.set(NOON);
  const { clock, decide } = world;
  const act: ActDeps = {
    pool,
    clock,
    log: silentLog,
    decide,
    linkTo: async ({ invoiceId }) => `https://pay.example/${invoiceId}`,
  };
  const plan = async (): Promise<DunningRun> => {
    await markOverdue(pool, clock.now());
    return planDunning(pool, { at: clock.now(), dryRun: false });
  };
  const take = () => takeSteps(act);
  return {
    ...world,
    act,
    plan,
    take,
    run: async () => {
      const done = await plan();
      await take();
      return done;
    },
  };
}

/** The n-th payer of an arm. */
export function payerOf(arm: Arm, n = 0): string {
  const ids = Array.from({ length: 400 }, (_, i) => `payer_${i}`).filter((id) => armOf(id) === arm);
  return ids[n] ?? '';
}

interface Owed {
  readonly payerId: string;
  readonly invoiceId: string;
  /** Made when it is not there; null: bought once. */
  readonly subscriptionId: string | null;
  readonly ageDays: number;
  readonly amountPaise: bigint;
  /** Of the debit that failed; null: none was made. */
  readonly reason: string | null;
  readonly debit: string;
}

type At = Pick<Scene, 'pool' | 'clock'>;

export async function owe({ pool, clock }: At, given: Partial<Owed>): Promise<Owed> {
  const owed: Owed = {
    payerId: payerOf('campaign'),
    invoiceId: 'inv_1',
    subscriptionId: 'sub_1',
    ageDays: 6,
    amountPaise: 1_500_00n,
    reason: 'insufficient_funds',
    debit: 'failed',
    ...given,
  };
  if (owed.subscriptionId !== null) await subscribe(pool, owed.subscriptionId, owed.payerId);
  const dueAt = clock.now() - owed.ageDays * DAY_MS;
  await pool.query(
    `INSERT INTO invoices (invoice_id, payer_id, subscription_id, kind, cause, status, currency, total_paise, net_paise, tax_paise,
       issued_at, due_at, changed_at)
     VALUES ($1, $2, $3, 'one-off', $1, 'open', 'INR', $4, $4, 0, to_timestamp($5 / 1000.0), to_timestamp($5 / 1000.0),
       to_timestamp($5 / 1000.0))`,
    [owed.invoiceId, owed.payerId, owed.subscriptionId, owed.amountPaise, dueAt],
  );
  if (owed.reason !== null) await debit(pool, owed, dueAt);
  return owed;
}

async function subscribe(pool: Pool, subscriptionId: string, payerId: string): Promise<void> {
  const { rowCount } = await pool.query('SELECT FROM subscriptions WHERE subscription_id = $1', [
    subscriptionId,
  ]);
  if (rowCount !== 0) return;
  await writeSubscription(pool, { subscriptionId, collection: 'mandate' });
  await pool.query(
    `UPDATE subscriptions SET payer_id = $2, beneficiary = 'child of ' || $1 WHERE subscription_id = $1`,
    [subscriptionId, payerId],
  );
}

async function debit(
  pool: Pool,
  { invoiceId, payerId, amountPaise, reason, debit: status }: Owed,
  at: number,
): Promise<void> {
  await pool.query(
    `INSERT INTO mandates (mandate_id, payer_id, method, status, frequency, max_paise, expires_at, created_at, changed_at)
     VALUES ($1, $2, 'card', 'active', 'as_presented', 1500000, '2036-01-01', '2026-01-01', '2026-01-01')`,
    [`man_${invoiceId}`, payerId],
  );
  await pool.query(
    `INSERT INTO debits (debit_id, invoice_id, mandate_id, attempt, status, amount_paise, currency, slot_at, resolved_at, decline_reason,
       chosen_by, due_at, created_at, changed_at)
     VALUES ($1, $2, $3, 1, $4, $5, 'INR', to_timestamp($6 / 1000.0), to_timestamp($6 / 1000.0), $7, 'first', to_timestamp($6 / 1000.0), to_timestamp($6 / 1000.0),
       to_timestamp($6 / 1000.0))`,
    [
      `deb_${invoiceId}`,
      invoiceId,
      `man_${invoiceId}`,
      status,
      amountPaise,
      at,
      status === 'failed' ? reason : null,
    ],
  );
}

/** The payer pays the whole invoice, and the books know. */
export async function pay({ pool, clock }: At, { invoiceId, payerId, amountPaise }: Owed): Promise<void> {
  // The ledger forgets nothing, not even between tests: who pays needs an invoice of another name, too.
  const { rows } = await pool.query<{ count: bigint }>('SELECT count(*) AS count FROM ledger_entries');
  const paymentId = `paid_${invoiceId}_${rows[0]?.count ?? 0}`;
  await payReference(pool, { reference: invoiceId, amountPaise, paymentId, payerId }, clock.now());
  await settleInvoices({ pool, clock });
}

export async function steps(
  pool: Pool,
): Promise<{ kind: string; status: string; stage: string; action: string | null }[]> {
  const { rows } = await pool.query<{ kind: string; status: string; stage: string; action: string | null }>(
    'SELECT kind, status, stage, action FROM dunning_steps ORDER BY created_at, step_id',
  );
  return rows;
}

export async function notices(
  pool: Pool,
): Promise<{ template: string; channel: string; values: Record<string, unknown> }[]> {
  const { rows } = await pool.query<{ template: string; channel: string; values: Record<string, unknown> }>(
    "SELECT template, channel, values FROM notices WHERE topic = 'dunning' ORDER BY created_at, channel",
  );
  return rows;
}

export async function statusOf(pool: Pool, subscriptionId: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ status: string }>(
    'SELECT status FROM subscriptions WHERE subscription_id = $1',
    [subscriptionId],
  );
  return rows[0]?.status;
}
