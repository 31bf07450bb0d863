/** A merchant with a settled history in a database of its own, and a gateway that settles what it is told. */
import type { Pool } from 'pg';
import { applySightings } from '../../../billing/payments/apply.js';
import { pullRange } from '../../../billing/reconciliation/pull.js';
import type { SettlingGateway } from '../../../billing/reconciliation/pull.js';
import { manualClock } from '../../../core/clock.js';
import type { Settlement, SettlementRow } from '../../../core/ports/gateway-entities.js';
import { inTransaction } from '../../../core/transaction.js';
import type { Sighting } from '../../../ingest/webhooks/sighting.js';
import { seenPayment } from '../../support/sightings.js';

export const DAY_MS = 86_400_000;
export const CAPTURED_AT = Date.parse('2026-06-01T10:00:00+05:30');
export const SETTLED_ON = '2026-06-03';
export const SETTLED_AT = Date.parse(`${SETTLED_ON}T11:00:00+05:30`);
/** Long enough for everything to be due. */
export const NOW = Date.parse('2026-06-20T06:00:00+05:30');

export interface History {
  readonly sightings: Sighting[];
  readonly rows: Map<string, SettlementRow[]>;
  readonly settlements: Settlement[];
}

export function newHistory(): History {
  return { sightings: [], rows: new Map(), settlements: [] };
}

/** As it is when everything is right: ₹500, less 2 % and GST. */
export function paymentRow(id: string, given: Partial<SettlementRow> = {}): SettlementRow {
  return {
    entityId: id,
    type: 'payment',
    debitPaise: 0n,
    creditPaise: 488_20n,
    amountPaise: 500_00n,
    currency: 'INR',
    feePaise: 11_80n,
    taxPaise: 1_80n,
    isOnHold: false,
    isSettled: true,
    createdAt: CAPTURED_AT,
    settledAt: SETTLED_AT,
    settlementId: 'setl_1',
    utr: 'utr1',
    paymentId: id,
    orderId: null,
    orderReceipt: null,
    disputeId: null,
    method: 'upi',
    description: null,
    notes: {},
    ...given,
  };
}

export function refundRow(
  id: string,
  paymentId: string,
  amountPaise: bigint,
  given: Partial<SettlementRow> = {},
): SettlementRow {
  const amounts = { amountPaise, debitPaise: amountPaise, creditPaise: 0n, feePaise: 0n, taxPaise: 0n };
  return paymentRow(id, { type: 'refund', paymentId, ...amounts, ...given });
}

export function capture(history: History, id: string, given: Partial<Sighting['payment']> = {}): void {
  const payment = seenPayment({
    id,
    status: 'captured',
    customerId: 'cust_1',
    createdAt: CAPTURED_AT,
    ...given,
  });
  history.sightings.push({ occurredAt: CAPTURED_AT, payment });
}

export function settleOn(history: History, day: string, ...rows: SettlementRow[]): void {
  history.rows.set(day, [...(history.rows.get(day) ?? []), ...rows]);
}

/** Pays out exactly what the rows of each settlement sum to. */
export function payOut(history: History): void {
  const sums = new Map<string, bigint>();
  for (const { settlementId, creditPaise, debitPaise } of [...history.rows.values()].flat()) {
    const id = settlementId ?? '';
    sums.set(id, (sums.get(id) ?? 0n) + creditPaise - debitPaise);
  }
  history.settlements.length = 0;
  for (const [id, amountPaise] of sums) {
    const utr = id.replace('setl_', 'utr');
    const fees = { feesPaise: 0n, taxPaise: 0n };
    history.settlements.push({ id, amountPaise, status: 'processed', utr, createdAt: SETTLED_AT, ...fees });
  }
}

export function gatewayOf(history: History, pageSize = 1000): SettlingGateway {
  return {
    list: () => pagesOf(history.settlements, pageSize),
    movements: (day) => pagesOf(history.rows.get(day) ?? [], pageSize),
  };
}

async function* pagesOf<T>(items: readonly T[], size: number): AsyncGenerator<readonly T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}

export async function tell(pool: Pool, history: History): Promise<void> {
  await inTransaction(pool, (client) => applySightings(client, history.sightings, CAPTURED_AT + 60_000));
}

/** The days on which something is settled, and the first and the last of what is known. */
const DAYS = ['2026-06-01', SETTLED_ON, '2026-06-04', '2026-06-19'];

export async function pullAll(pool: Pool, history: History, now = NOW): Promise<void> {
  for (const settledOn of DAYS) {
    await pullRange(
      { pool, clock: manualClock(now), settlements: gatewayOf(history, 7) },
      settledOn,
      settledOn,
    );
  }
}

/** In paise, of accounts in INR that are not at zero. */
export async function balances(pool: Pool): Promise<Record<string, bigint>> {
  const { rows } = await pool.query<{ account: string; balance_paise: bigint }>(
    "SELECT account, balance_paise FROM ledger_balances WHERE currency = 'INR' AND balance_paise <> 0 ORDER BY 1",
  );
  return Object.fromEntries(rows.map(({ account, balance_paise }) => [account, balance_paise]));
}

export async function openCases(pool: Pool): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ subject: string; reason: string; difference: bigint }>(
    `SELECT subject, reason, difference_paise AS difference FROM recon_exceptions WHERE status = 'open' ORDER BY subject`,
  );
  return Object.fromEntries(
    rows.map(({ subject, reason, difference }) => [subject, `${reason} ${difference}`]),
  );
}
