/**
 * What must hold of collected money, told from the double's own record and not from ours: every rupee taken stands against an invoice,
 * is shown as overpaid or went back; nobody is charged twice; the books have the sums that slow addition gives; and every debit keeps
 * the law by a check of its own (India rules U1-U5, E2, E4).
 */
import { requireSoundLedger } from '../../billing/ledger/check.js';
import type { Desk } from './payment-desk.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const INDIA = 5.5 * HOUR;

interface Invoice {
  invoice_id: string;
  status: string;
  total_paise: bigint;
  net_paise: bigint;
  tax_paise: bigint;
  round_off_paise: bigint;
  credit_paise: bigint;
  paid_paise: bigint;
  overpaid_paise: bigint;
}

interface Attempt {
  attempt_id: string;
  payment_id: string;
  reference: string | null;
  is_cancelled: boolean;
}

/** What the double's payers have not had back, by its payment. */
function keptByGateway({ double }: Desk): Map<string, bigint> {
  const kept = new Map<string, bigint>();
  for (const { id, captured, amount } of double.world.payments.values())
    if (captured && amount > 0) kept.set(id, BigInt(amount));
  for (const { payment_id: id, status, amount } of double.world.refunds.values())
    if (status === 'processed' && kept.has(id)) kept.set(id, (kept.get(id) ?? 0n) - BigInt(amount));
  return kept;
}

export async function moneyFaults(desk: Desk): Promise<string[]> {
  const { rows: attempts } = await desk.pool.query<Attempt>(
    `SELECT a.attempt_id, p.payment_id, p.reference, p.cancelled_at IS NOT NULL AS is_cancelled
     FROM payment_attempts a JOIN payments p USING (payment_id)`,
  );
  const known = new Map(attempts.map((one) => [one.attempt_id, one]));
  const faults: string[] = [];
  const held = new Map<string, bigint>();
  const payers = new Map<string, number>();
  for (const [id, paise] of keptByGateway(desk)) {
    const attempt = known.get(id);
    if (attempt === undefined) faults.push(`${id}: the books do not know it`);
    else if (paise === 0n) continue;
    else if (attempt.reference === null) faults.push(`${attempt.payment_id}: ${paise} for nothing`);
    else if (attempt.is_cancelled) faults.push(`${attempt.payment_id}: ${paise} kept though cancelled`);
    else {
      const invoiceId = attempt.reference.split(':')[0] ?? '';
      held.set(invoiceId, (held.get(invoiceId) ?? 0n) + paise);
      payers.set(attempt.reference, (payers.get(attempt.reference) ?? 0) + 1);
    }
  }
  for (const [reference, times] of payers) if (times > 1) faults.push(`${reference}: paid ${times} times`);
  for (const one of await readInvoices(desk)) {
    const sum = held.get(one.invoice_id) ?? 0n;
    const shown = one.paid_paise + one.overpaid_paise;
    if (shown !== sum) faults.push(`${one.invoice_id}: ${sum} at the gateway, ${shown} shown`);
    if (one.overpaid_paise > 0n && one.status !== 'void')
      faults.push(`${one.invoice_id} (${one.status}): ${one.overpaid_paise} overpaid`);
    const isPaid = one.paid_paise === one.total_paise;
    if (one.status !== 'void' && isPaid !== (one.status === 'paid'))
      faults.push(`${one.invoice_id}: ${one.status} with ${one.paid_paise} of ${one.total_paise}`);
  }
  return faults;
}

async function readInvoices({ pool }: Desk): Promise<Invoice[]> {
  return (await pool.query<Invoice>('SELECT * FROM invoices ORDER BY invoice_id')).rows;
}

/** At the gateway, or on its way from there. */
const TOWARDS_BANK = ['gateway-clearing', 'settlement-in-transit'];

/** Balances as slow addition gives them; throws unless the ledger itself is sound. */
export async function ledgerDifference(desk: Desk): Promise<Record<string, [bigint, bigint]>> {
  const { balances } = await requireSoundLedger(desk.pool);
  const invoices = await readInvoices(desk);
  const standing = invoices.filter(({ status }) => status !== 'void');
  const sum = (of: readonly Invoice[], amount: (one: Invoice) => bigint): bigint =>
    of.reduce((total, one) => total + amount(one), 0n);
  const taken = [...desk.double.world.payments.values()].filter(
    ({ captured, amount }) => captured && amount > 0,
  );
  const captured = taken.reduce((total, { amount }) => total + BigInt(amount), 0n);
  const back = captured - [...keptByGateway(desk).values()].reduce((total, paise) => total + paise, 0n);
  const fees = taken.reduce((total, { fee }) => total + BigInt(fee ?? 0), 0n);
  const paid = sum(invoices, ({ paid_paise }) => paid_paise);
  const expected: Record<string, bigint> = {
    receivable: sum(standing, ({ total_paise }) => total_paise) - paid,
    revenue: -sum(standing, ({ net_paise }) => net_paise),
    'gst-payable': -sum(standing, ({ tax_paise }) => tax_paise),
    'round-off': -sum(standing, ({ round_off_paise }) => round_off_paise),
    advances: sum(standing, ({ credit_paise }) => credit_paise) + paid - captured,
    refunds: back,
    'gateway-clearing': captured - back - fees,
  };
  const found = (name: string): bigint =>
    (name === 'gateway-clearing' ? TOWARDS_BANK : [name]).reduce(
      (total, account) => total + (balances[`${account} INR`] ?? 0n),
      0n,
    );
  return Object.fromEntries(
    Object.entries(expected)
      .filter(([name, paise]) => found(name) !== paise)
      .map(([name, paise]) => [name, [found(name), paise]]),
  );
}

interface Debit {
  debit_id: string;
  invoice_id: string;
  mandate_id: string;
  status: string;
  method: string;
  amount_paise: bigint;
  order_id: string;
  charged_at: number;
  resolved_at: number | null;
  last_day: number;
}

/** Every debit that was sent, by its own order at the double. */
export async function unlawfulDebits(desk: Desk): Promise<string[]> {
  const { rows } = await desk.pool.query<Debit>(
    `SELECT d.*, m.method, greatest(i.period_end_on, (i.due_at AT TIME ZONE 'Asia/Kolkata')::date + 7) - DATE '1970-01-01' - 1 AS last_day
     FROM debits d JOIN mandates m USING (mandate_id) JOIN invoices i USING (invoice_id)
     WHERE d.charged_at IS NOT NULL ORDER BY d.charged_at, d.debit_id`,
  );
  const { world } = desk.double;
  const before = new Map<string, Chain>();
  return rows.flatMap((debit) => {
    const payment = [...world.payments.values()].find(({ order_id: id }) => id === debit.order_id);
    const atMs = payment === undefined ? debit.charged_at : payment.created_at * 1000;
    const chain = `${debit.invoice_id} ${debit.mandate_id}`;
    const previous = before.get(chain) ?? { times: 0, untilAt: 0, isLate: false };
    const isLate = debit.status === 'succeeded' && payment?.late_authorized === true;
    before.set(chain, { times: previous.times + 1, untilAt: debit.resolved_at, isLate });
    const broken = [...brokenByInstant(desk, debit, atMs), ...brokenByChain(previous, atMs)];
    return broken.map((rule) => `${rule}: ${debit.debit_id} ${new Date(atMs).toISOString()}`);
  });
}

/** What went before on the same invoice and mandate. */
interface Chain {
  readonly times: number;
  readonly untilAt: number | null;
  /** A late yes: it was given up as failed before, and its result is of later. */
  readonly isLate: boolean;
}

function brokenByChain({ times, untilAt, isLate }: Chain, atMs: number): string[] {
  const isOpen = !isLate && (untilAt === null || atMs + 1000 <= untilAt);
  return [...(times >= 4 ? ['U2'] : []), ...(isOpen ? ['U5 (unresolved)'] : [])];
}

function brokenByInstant({ double: { world } }: Desk, debit: Debit, atMs: number): string[] {
  const order = world.orders.get(debit.order_id);
  const minute = Math.floor(((atMs + INDIA) % DAY) / MINUTE);
  const isPeak = (minute >= 600 && minute < 780) || (minute >= 1020 && minute < 1290);
  const leadMs = debit.method === 'upi' ? 25 * HOUR : 36 * HOUR + 5 * MINUTE;
  const notice = order?.notification;
  const rules: Readonly<Record<string, boolean>> = {
    U1: debit.method === 'upi' && isPeak,
    'U3, U4, E4': notice?.status !== 'delivered' || atMs - (notice.delivered_at ?? Infinity) * 1000 < leadMs,
    'E4 (amount)': BigInt(order?.amount ?? 0) !== debit.amount_paise,
    'U5 (last day)': Math.floor((atMs + INDIA) / DAY) >= debit.last_day,
    E2: debit.amount_paise > 15_000_00n,
  };
  return Object.keys(rules).filter((rule) => rules[rule] === true);
}

/** What a subscription's status must be by what is owed of it; the clock stands after a billing run. */
export async function wrongStatuses({ pool, clock }: Desk): Promise<string[]> {
  const { rows: subscriptions } = await pool.query<{ subscription_id: string; status: string }>(
    'SELECT subscription_id, status FROM subscriptions ORDER BY subscription_id',
  );
  const { rows: owed } = await pool.query<{ subscription_id: string; due_at: number }>(
    `SELECT subscription_id, due_at FROM invoices WHERE status = 'open' AND held_reason IS NULL`,
  );
  return subscriptions.flatMap(({ subscription_id: id, status }) => {
    const inArrears = owed.some((one) => one.subscription_id === id && one.due_at <= clock.now());
    const isWrong =
      (inArrears && status === 'active') || (!inArrears && (status === 'past_due' || status === 'suspended'));
    return isWrong ? [`${id} is ${status}, ${inArrears ? 'in' : 'without'} arrears`] : [];
  });
}
