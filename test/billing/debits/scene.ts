/**
 * Debits over a real database, the real gate and the real SDK against the double, with time that stands still: a payer with a mandate, an
 * invoice, and turns of the job. What the bank says is scripted; webhooks come when the test lets them.
 */
import { registerMandate } from '../../../billing/mandates/register.js';
import type { NewMandateBody } from '../../../billing/mandates/register.js';
import { readMandate } from '../../../billing/mandates/mandate.js';
import type { MandateView } from '../../../billing/mandates/mandate.js';
import type { DebitDeps } from '../../../billing/debits/hand-over.js';
import { planFirstDebit } from '../../../billing/debits/plan-first.js';
import { progressDebits } from '../../../billing/debits/progress.js';
import { listDebits } from '../../../billing/debits/view.js';
import type { DebitView } from '../../../billing/debits/view.js';
import { settleInvoices } from '../../../billing/invoices/settle.js';
import { followPayments } from '../../../billing/payments/follow.js';
import { dayOf, formatDay, HOUR_MS, MINUTE_MS } from '../../../core/days.js';
import { inTransaction } from '../../../core/transaction.js';
import { openDesk } from '../../support/payment-desk.js';
import type { Desk } from '../../support/payment-desk.js';

/** 1 July 2026, eight in the morning in India: a Wednesday, no holiday. */
export const JULY = Date.parse('2026-07-01T08:00:00+05:30');
export const at = (text: string): number => Date.parse(`${text.replace(' ', 'T')}:00+05:30`);
export const clockOf = (instant: string | number | null): string =>
  instant === null
    ? ''
    : new Date(new Date(instant).getTime() + 5.5 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');

export interface Scene {
  readonly desk: Desk;
  readonly deps: DebitDeps;
  /** An approved mandate; `monthly` subscription attached. */
  mandate(more?: Partial<NewMandateBody>): Promise<MandateView>;
  /** An open invoice of its subscription for July, due when it is issued. */
  invoice(mandate: MandateView, amountPaise?: number, dueAt?: number): Promise<string>;
  plan(invoiceId: string): ReturnType<typeof planFirstDebit>;
  /** A mandate, an invoice and its first debit. */
  debit(more?: { readonly amountPaise?: number; readonly mandate?: Partial<NewMandateBody> }): Promise<Begun>;
  debits(invoiceId: string): Promise<DebitView[]>;
  /** Time, webhooks, jobs; once. */
  turn(ms?: number, deps?: DebitDeps): Promise<void>;
  /** Until the instant, from one due step to the next. */
  until(instant: number, everyMs?: number, deps?: DebitDeps): Promise<void>;
  /** What the bank answers on this mandate, in order; success afterwards. */
  script(mandate: MandateView, ...reasons: readonly (string | null)[]): Promise<void>;
  close(): Promise<void>;
}

export interface Begun {
  readonly mandate: MandateView;
  readonly invoiceId: string;
  readonly debitId: string;
}

export const LADDER = { adviser: () => ({ estimate: null, version: null }), stopwatch: () => 0 };
export const CUSTOMER = { name: 'Asha Rao', email: 'asha@example.com', contact: '+919000000001' };

export async function openScene(): Promise<Scene> {
  const desk = await openDesk(400);
  desk.clock.set(JULY);
  const { pool, clock } = desk;
  const deps: DebitDeps = { ...desk, ...LADDER };
  let made = 0;
  await insertPlan(desk);

  const turn: Scene['turn'] = async (ms = 0, by = deps) => {
    await desk.wait(ms);
    await desk.deliver();
    await progressDebits(by);
    await followPayments(desk);
    await settleInvoices(desk);
  };
  const mandate: Scene['mandate'] = async (more = {}) => {
    made += 1;
    const payerId = `payer_${made}`;
    const subscriptionId = `sub_${made}`;
    await insertSubscription(desk, subscriptionId, payerId);
    const contact = `+9190000${String(10_000 + made)}`;
    const customer = { ...CUSTOMER, contact };
    const body = { payerId, method: 'upi', maxPaise: 20_000_00, subscriptionId, customer, ...more } as const;
    const asked = await registerMandate(desk, body, `mandate-${made}`);
    await approve(desk, asked);
    await turn(MINUTE_MS);
    return readMandate(desk, asked.mandateId);
  };
  const invoice: Scene['invoice'] = async (mandate, amountPaise = 500_00, dueAt = clock.now()) => {
    made += 1;
    return insertInvoice(desk, mandate, made, { amountPaise, dueAt });
  };
  const plan: Scene['plan'] = (invoiceId) =>
    inTransaction(pool, (client) => planFirstDebit(client, { invoiceId }, clock.now()));

  return {
    desk,
    deps,
    mandate,
    invoice,
    plan,
    debit: async ({ amountPaise, mandate: more } = {}) => {
      const one = await mandate(more);
      const invoiceId = await invoice(one, amountPaise);
      const planned = await plan(invoiceId);
      if (planned.kind === 'none') throw new Error(planned.reason);
      return { mandate: one, invoiceId, debitId: planned.debitId };
    },
    debits: async (invoiceId) => (await listDebits(pool, { invoiceId, limit: 50 })).reverse(),
    turn,
    until: async (instant, everyMs = 6 * HOUR_MS, by = deps) => {
      for (let before = await standingOf(pool); clock.now() < instant;) {
        await turn(Math.min(everyMs, stepTo(before.dueAt, clock.now()), instant - clock.now()), by);
        const after = await standingOf(pool);
        // The gateway answers what was just asked within minutes.
        if (after.told !== before.told)
          await turn(Math.min(6 * MINUTE_MS, Math.max(0, instant - clock.now())), by);
        before = await standingOf(pool);
      }
    },
    script: (mandate, ...reasons) => script(desk, mandate, reasons),
    close: desk.close,
  };
}

async function script(
  desk: Desk,
  { mandateId }: MandateView,
  reasons: readonly (string | null)[],
): Promise<void> {
  const { pool } = desk;
  const { rows } = await pool.query<{ token_id: string }>(
    'SELECT token_id FROM mandates WHERE mandate_id = $1',
    [mandateId],
  );
  const verdicts = reasons.map((reason) =>
    reason === null ? ({ outcome: 'success' } as const) : ({ outcome: 'failure', reason } as const),
  );
  desk.double.world.verdicts.set(rows[0]?.token_id ?? '', verdicts);
}

async function insertPlan({ pool }: Desk): Promise<void> {
  await pool.query(
    `INSERT INTO plans (plan_id, name, tax_class, created_at) VALUES ('lunch', 'Lunch', 'school-catering', '2026-01-01');
     INSERT INTO plan_versions (plan_id, version, currency, price_paise, interval_unit, interval_count, trial_days,
       setup_fee_paise, proration, created_at) VALUES ('lunch', 1, 'INR', 200000, 'month', 1, 0, 0, 'none', '2026-01-01')`,
  );
}

async function insertSubscription({ pool }: Desk, subscriptionId: string, payerId: string): Promise<void> {
  await pool.query(
    `INSERT INTO subscriptions (subscription_id, payer_id, plan_id, plan_version, quantity, currency, status, starts_on,
         anchor_on, collection, created_at, changed_at)
       VALUES ($1, $2, 'lunch', 1, 1, 'INR', 'active', '2026-07-01', '2026-07-01', 'manual', '2026-06-01', '2026-06-01')`,
    [subscriptionId, payerId],
  );
}

async function insertInvoice(
  { pool, clock }: Desk,
  { payerId, subscriptionId }: MandateView,
  made: number,
  { amountPaise, dueAt }: { readonly amountPaise: number; readonly dueAt: number },
): Promise<string> {
  const invoiceId = `inv_${made}`;
  const from = dayOf(clock.now());
  await pool.query(
    `INSERT INTO invoices (invoice_id, payer_id, subscription_id, kind, period, period_start_on, period_end_on, status, currency,
         total_paise, net_paise, tax_paise, issued_at, due_at, changed_at)
       VALUES ($1, $2, $3, 'recurring', $4, $5, $6, 'open', 'INR', $7, $7, 0, to_timestamp($8 / 1000.0),
         to_timestamp($9 / 1000.0), to_timestamp($8 / 1000.0))`,
    [
      invoiceId,
      payerId,
      subscriptionId,
      made,
      formatDay(from - made),
      formatDay(from + 31),
      amountPaise,
      clock.now(),
      dueAt,
    ],
  );
  return invoiceId;
}

interface Live {
  readonly dueAt: number | null;
  /** Changes with every step of a debit. */
  readonly told: string;
}

async function standingOf(pool: Desk['pool']): Promise<Live> {
  const { rows } = await pool.query<Live>(
    `SELECT min(due_at) FILTER (WHERE status IN ('planned', 'announcing', 'announced', 'charging', 'unresolved')) AS "dueAt",
       coalesce(string_agg(status, ',' ORDER BY debit_id), '') AS told FROM debits`,
  );
  return rows[0] ?? { dueAt: null, told: '' };
}

function stepTo(dueAt: number | null, now: number): number {
  return dueAt === null ? Infinity : Math.max(MINUTE_MS, dueAt - now);
}

/** The payer approves in the app. */
export async function approve(desk: Desk, { paymentId, method }: MandateView): Promise<void> {
  const { orderId, customerId } = await desk.read(paymentId ?? '');
  desk.double.pay({
    orderId: orderId ?? '',
    instrument:
      method === 'upi'
        ? { method: 'upi', vpa: 'asha@okbank' }
        : method === 'card'
          ? { method: 'card', card: { last4: '1007', network: 'Visa', type: 'debit', issuer: 'HDFC' } }
          : { method: 'emandate', bank: 'HDFC' },
    customerId: customerId ?? '',
  });
}

/** What the gateway says of the payer's doing. */
export function payerDoes(desk: Desk, tokenId: string, event: 'paused' | 'resumed' | 'cancelled'): void {
  const token = desk.double.world.tokens.get(tokenId);
  if (token === undefined) throw new Error(`no ${tokenId}`);
  token.recurring_details.status = event === 'resumed' ? 'confirmed' : event;
  desk.double.world.emit(`token.${event}`, { token });
}

export async function tokenOf({ desk }: Scene, { mandateId }: MandateView): Promise<string> {
  const { rows } = await desk.pool.query<{ token_id: string }>(
    'SELECT token_id FROM mandates WHERE mandate_id = $1',
    [mandateId],
  );
  return rows[0]?.token_id ?? '';
}
