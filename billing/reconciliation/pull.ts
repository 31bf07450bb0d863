/**
 * Reads what the gateway says it settled, day by day of the Indian calendar, into our rows. A page is one transaction and a row is
 * the same row whenever it comes again, so a reading that broke off is repeated whole without harm; a day counts as read
 * when its last page is in. The newest days are read again, because rows come late; a row that comes after its day had
 * ended and been read is marked as late.
 */
import type { Pool, PoolClient } from 'pg';
import type { Clock } from '../../core/clock.js';
import { jsonRows } from '../../core/json-rows.js';
import type { SettlementRow } from '../../core/ports/gateway-entities.js';
import type { Gateway } from '../../core/ports/gateway.js';
import { inTransaction } from '../../core/transaction.js';
import { DAY_MS } from '../../features/vocabulary.js';
import { istDay } from '../../features/calendar.js';
import { applySightings } from '../payments/apply.js';

export type SettlingGateway = Pick<Gateway['settlements'], 'list' | 'movements'>;

interface PullDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly settlements: SettlingGateway;
}

export interface PulledDay {
  readonly settledOn: string;
  readonly rows: number;
  /** New to us, or not as they were. */
  readonly changed: number;
  /** Not part of a settlement yet: they come again on the day on which they are. */
  readonly unsettled: number;
}

/** Of our payment, in the notes of its order (payments/create.ts). */
const PAYMENT_NOTE = 'payment';

/** @param settledOn `YYYY-MM-DD`. @throws AppError `gateway-unavailable` when a page cannot be read. */
async function pullDay({ pool, clock, settlements }: PullDeps, settledOn: string): Promise<PulledDay> {
  const dayStartsAt = startOf(settledOn);
  const begunAt = clock.now();
  await pool.query(
    `INSERT INTO settlement_days (settled_on, begun_at) VALUES ($1, to_timestamp($2 / 1000.0))
     ON CONFLICT (settled_on) DO UPDATE SET begun_at = excluded.begun_at`,
    [settledOn, begunAt],
  );
  // A row may be settled on the day after its settlement was made.
  const range = { fromAt: dayStartsAt - DAY_MS, toAt: dayStartsAt + DAY_MS - 1000 };
  for await (const page of settlements.list(range)) {
    const now = clock.now();
    const sightings = page.map((settlement) => ({ occurredAt: now, settlement }));
    await inTransaction(pool, (client) => applySightings(client, sightings, now));
  }
  const pulled = { settledOn, rows: 0, changed: 0, unsettled: 0 };
  for await (const page of settlements.movements(settledOn)) {
    const settled = page.filter(({ settlementId, settledAt }) => settlementId !== null && settledAt !== null);
    pulled.changed += await inTransaction(pool, (client) => upsert(client, settledOn, settled, clock.now()));
    pulled.rows += settled.length;
    pulled.unsettled += page.length - settled.length;
  }
  await pool.query(
    `UPDATE settlement_days SET read_at = to_timestamp($2 / 1000.0), row_count = $3,
       first_read_at = CASE WHEN $4 THEN coalesce(first_read_at, to_timestamp($2 / 1000.0)) END
     WHERE settled_on = $1`,
    [settledOn, clock.now(), pulled.rows, begunAt >= dayStartsAt + DAY_MS],
  );
  return pulled;
}

/** What the last run left, then everything since, and the newest days again; the first run begins with these. */
export async function pullDays(
  deps: PullDeps,
  through: string,
  reReadDays: number,
): Promise<readonly PulledDay[]> {
  const { rows } = await deps.pool.query<{ next: string | null }>(
    `SELECT coalesce(min(settled_on) FILTER (WHERE read_at IS NULL), max(settled_on) + 1) AS next
     FROM settlement_days WHERE settled_on <= $1`,
    [through],
  );
  const newest = istDay(startOf(through) - (reReadDays - 1) * DAY_MS);
  const next = rows[0]?.next ?? newest;
  return pullRange(deps, next < newest ? next : newest, through);
}

export async function pullRange(deps: PullDeps, from: string, through: string): Promise<PulledDay[]> {
  const pulled: PulledDay[] = [];
  for (let day = from; day <= through; day = istDay(startOf(day) + DAY_MS)) {
    pulled.push(await pullDay(deps, day));
  }
  return pulled;
}

/** The instant at which a day begins in India. */
function startOf(day: string): number {
  return Date.parse(`${day}T00:00:00+05:30`);
}

/** The day before the present one. */
export function yesterday(now: number): string {
  return istDay(now - DAY_MS);
}

/** A page may hold a row twice, where the list moved while it was read. A changed row is compared anew. */
async function upsert(
  client: PoolClient,
  settledOn: string,
  page: readonly SettlementRow[],
  now: number,
): Promise<number> {
  if (page.length === 0) return 0;
  const rows = page.map((row) => ({ ...row, noted: row.notes[PAYMENT_NOTE] ?? null }));
  const { rowCount } = await client.query({
    name: 'settlement-rows',
    text: `INSERT INTO settlement_rows AS kept (settlement_id, entity_id, type, settled_on, settled_at, debit_paise, credit_paise,
        amount_paise, currency, fee_paise, tax_paise, utr, payment_id, order_id, order_receipt, noted_payment_id, dispute_id,
        created_at, first_seen_at, is_late)
      SELECT DISTINCT ON ("settlementId", "entityId") "settlementId", "entityId", type, $1::date,
        to_timestamp("settledAt" / 1000.0), "debitPaise", "creditPaise", "amountPaise", currency, "feePaise", "taxPaise", utr,
        "paymentId", "orderId", "orderReceipt", noted, "disputeId", to_timestamp("createdAt" / 1000.0),
        to_timestamp($2 / 1000.0),
        EXISTS (SELECT FROM settlement_days WHERE settled_on = $1::date AND first_read_at IS NOT NULL)
      FROM json_to_recordset($3) AS row("settlementId" text, "entityId" text, type text, "settledAt" float8,
        "debitPaise" bigint, "creditPaise" bigint, "amountPaise" bigint, currency text, "feePaise" bigint, "taxPaise" bigint,
        utr text, "paymentId" text, "orderId" text, "orderReceipt" text, noted text, "disputeId" text, "createdAt" float8)
      ON CONFLICT (settlement_id, entity_id) DO UPDATE SET type = excluded.type, debit_paise = excluded.debit_paise,
        credit_paise = excluded.credit_paise, amount_paise = excluded.amount_paise, currency = excluded.currency,
        fee_paise = excluded.fee_paise, tax_paise = excluded.tax_paise, utr = excluded.utr, outcome = 'new'
      WHERE (kept.type, kept.debit_paise, kept.credit_paise, kept.amount_paise, kept.currency, kept.fee_paise, kept.tax_paise,
        kept.utr) IS DISTINCT FROM (excluded.type, excluded.debit_paise, excluded.credit_paise, excluded.amount_paise,
        excluded.currency, excluded.fee_paise, excluded.tax_paise, excluded.utr)`,
    values: [settledOn, now, jsonRows(rows)],
  });
  return rowCount ?? 0;
}
