/**
 * A million settled rows against as many booked payments, with one difference of each kind in every thousand: how long reading
 * the rows and comparing them takes, what share matches, whether every difference is found by its reason and only those
 * are adjusted that explain themselves, and that a second run changes nothing. With `--seconds` a tenth of it.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Pool } from 'pg';
import { requireSoundLedger } from '../../billing/ledger/check.js';
import { pullRange } from '../../billing/reconciliation/pull.js';
import type { SettlingGateway } from '../../billing/reconciliation/pull.js';
import { reconcile } from '../../billing/reconciliation/reconcile.js';
import { manualClock } from '../../core/clock.js';
import { assert } from '../../core/errors.js';
import { silentLog } from '../../core/log.js';
import { migrate } from '../../core/migrations.js';
import type { SettlementRow } from '../../core/ports/gateway-entities.js';
import { openPostgres } from '../../core/postgres.js';
import { peakMemoryMegabytes } from './measure.js';
import type { Figure } from './measure.js';

const ROWS = 1_000_000;
const QUICK_ROWS = 100_000;
const DAYS = 10;
const DAY_MS = 86_400_000;
const FIRST_DAY = Date.parse('2026-06-01T00:00:00+05:30');
const NOW = FIRST_DAY + 30 * DAY_MS;
const PAGE = 1000;
/** A kind of difference is the payment's number modulo this. */
const EVERY = 1000;

interface Injection {
  readonly kind: string;
  readonly reason: string;
  readonly adjusts: boolean;
  /** What the gateway says instead of the row that is right. */
  readonly rows: (right: SettlementRow) => readonly SettlementRow[];
}

const changed = (given: Partial<SettlementRow>) => (right: SettlementRow) => [{ ...right, ...given }];
const also =
  (prefix: string, given: Partial<SettlementRow>) =>
  (right: SettlementRow): readonly SettlementRow[] => {
    const taken = { amountPaise: 100_00n, debitPaise: 100_00n, creditPaise: 0n, feePaise: 0n, taxPaise: 0n };
    return [right, { ...right, ...taken, entityId: `${prefix}${right.entityId}`, ...given }];
  };

const INJECTIONS: readonly Injection[] = [
  { kind: 'missing ours', reason: 'payment-unknown', adjusts: false, rows: (right) => [right] },
  { kind: 'missing theirs', reason: 'payment-not-settled', adjusts: false, rows: () => [] },
  {
    kind: 'amount',
    reason: 'amount-differs',
    adjusts: false,
    rows: changed({ amountPaise: 490_00n, creditPaise: 478_20n }),
  },
  {
    kind: 'fee',
    reason: 'fee',
    adjusts: true,
    rows: changed({ feePaise: 12_98n, taxPaise: 1_98n, creditPaise: 487_02n }),
  },
  {
    kind: 'fee above every rate',
    reason: 'fee-differs',
    adjusts: false,
    rows: changed({ feePaise: 118_00n, taxPaise: 18_00n, creditPaise: 382_00n }),
  },
  { kind: 'tax', reason: 'tax-differs', adjusts: false, rows: changed({ taxPaise: 5_00n }) },
  {
    kind: 'duplicate',
    reason: 'duplicate-row',
    adjusts: false,
    rows: (right) => [right, { ...right, settlementId: `${right.settlementId ?? ''}x` }],
  },
  { kind: 'currency', reason: 'currency-differs', adjusts: false, rows: changed({ currency: 'USD' }) },
  { kind: 'refund', reason: 'refund', adjusts: true, rows: also('rfnd_', { type: 'refund' }) },
  {
    kind: 'refund of nobody',
    reason: 'refund-unknown',
    adjusts: false,
    rows: also('rfnd_', { type: 'refund', paymentId: 'pay_nobody' }),
  },
  {
    kind: 'chargeback',
    reason: 'chargeback',
    adjusts: true,
    rows: also('adj_', { type: 'adjustment', disputeId: 'disp_1' }),
  },
  { kind: 'rounding', reason: 'rounding', adjusts: true, rows: changed({ creditPaise: 488_19n }) },
  { kind: 'three paise', reason: 'net-differs', adjusts: false, rows: changed({ creditPaise: 488_17n }) },
];

export async function benchReconciliation(seconds: number | null): Promise<Figure[]> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-bench-'));
  await chmod(dataDir, 0o755);
  const postgres = await openPostgres({ dataDir, databaseUrl: null, log: silentLog });
  try {
    await migrate(postgres.pool);
    return await measure(postgres.pool, seconds === null ? ROWS : QUICK_ROWS);
  } finally {
    await postgres.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function measure(pool: Pool, payments: number): Promise<Figure[]> {
  await bookPayments(pool, payments);
  const pulled = await timed(() => pullAll(pool, payments));
  await pool.query('ANALYZE');
  const first = await timed(() => reconcile(pool, { now: NOW, from: dayOf(0) }));
  const again = await timed(() => reconcile(pool, { now: NOW, from: dayOf(0) }));
  const { rows, matched } = first.value;
  const changes = again.value.posted + again.value.reversed + again.value.opened + again.value.cleared;
  assert(changes === 0, `the second run changed ${changes} things`);
  await requireSoundLedger(pool);
  const found = await foundKinds(pool, payments / EVERY);
  return [
    {
      name: 'settled rows read and stored',
      value: rows / pulled.seconds,
      unit: '/s',
      note: `${rows} rows in ${pulled.seconds.toFixed(1)} s`,
    },
    { name: 'rows compared, first run', value: first.seconds, unit: 's', note: `${rows} rows` },
    { name: 'rows compared', value: rows / first.seconds, unit: '/s' },
    { name: 'second run, which changes nothing', value: again.seconds, unit: 's' },
    { name: 'matched', value: (matched * 100) / rows, unit: '%', note: 'the rest was made to differ' },
    ...found,
    { name: 'memory of this program at its peak', value: peakMemoryMegabytes(), unit: 'MB' },
  ];
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly seconds: number }> {
  const startedAt = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - startedAt) / 1000 };
}

/** As webhooks would have left them, but for the ledger's entries of captures, which reconciliation does not read. */
async function bookPayments(pool: Pool, payments: number): Promise<void> {
  const numbered = `FROM generate_series(0, $1::integer - 1) AS n WHERE n % ${EVERY} <> 0`;
  const at = 'to_timestamp($2 / 1000.0)';
  await pool.query(
    `INSERT INTO payments (payment_id, origin, status, amount_paise, currency, captured_paise, created_at, changed_at)
     SELECT 'pay_' || n, 'gateway', 'paid', 50000, 'INR', 50000, ${at}, ${at} ${numbered}`,
    [payments, FIRST_DAY],
  );
  await pool.query(
    `INSERT INTO payment_attempts (attempt_id, payment_id, status, is_captured, amount_paise, refunded_paise, currency, method,
       fee_paise, tax_paise, is_international, booked_paise, booked_fee_paise, booked_tax_paise, created_at, changed_at)
     SELECT 'pay_' || n, 'pay_' || n, 'captured', true, 50000, 0, 'INR', 'upi', 1180, 180, false, 50000, 1180, 180, ${at}, ${at}
     ${numbered}`,
    [payments, FIRST_DAY],
  );
  await pool.query('ANALYZE');
}

async function pullAll(pool: Pool, payments: number): Promise<void> {
  const settlements: SettlingGateway = {
    list: () => none(),
    movements: (day) => movements(day, payments / DAYS),
  };
  await pullRange({ pool, clock: manualClock(NOW), settlements }, dayOf(0), dayOf(DAYS - 1));
}

async function* none(): AsyncGenerator<never> {
  yield* [];
}

function dayOf(day: number): string {
  return new Date(FIRST_DAY + DAY_MS * day + DAY_MS / 2).toISOString().slice(0, 10);
}

/** Made as it is asked for: never all in memory. */
async function* movements(settledOn: string, perDay: number): AsyncGenerator<readonly SettlementRow[]> {
  const settledAt = Date.parse(`${settledOn}T11:00:00+05:30`);
  const first = Math.floor((settledAt - FIRST_DAY) / DAY_MS) * perDay;
  for (let page: SettlementRow[] = [], n = first; n < first + perDay; n++) {
    const right = rightRow(`pay_${n}`, `setl_${settledOn}`, settledAt);
    page.push(...(INJECTIONS[n % EVERY]?.rows(right) ?? [right]));
    if (page.length >= PAGE || n === first + perDay - 1) {
      yield page;
      page = [];
    }
  }
}

function rightRow(id: string, settlementId: string, settledAt: number): SettlementRow {
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
    createdAt: FIRST_DAY,
    settledAt,
    settlementId,
    utr: settlementId,
    paymentId: id,
    orderId: `order_${id}`,
    orderReceipt: null,
    disputeId: null,
    method: 'upi',
    description: null,
    notes: {},
  };
}

async function foundKinds(pool: Pool, injected: number): Promise<Figure[]> {
  const { rows } = await pool.query<{ reason: string; is_adjusted: boolean; count: bigint }>(
    `SELECT reason, false AS is_adjusted, count(*) FROM recon_exceptions WHERE status = 'open' GROUP BY reason
     UNION ALL SELECT reason, true, count(*) FROM settlement_rows
     WHERE outcome = 'adjusted' AND EXISTS (SELECT FROM recon_adjustments
       WHERE subject = 'row:' || settlement_id || '/' || entity_id) GROUP BY reason`,
  );
  return INJECTIONS.map(({ kind, reason, adjusts }) => {
    const found = rows.find((row) => row.reason === reason && row.is_adjusted === adjusts);
    const count = Number(found?.count ?? 0n);
    assert(count === injected, `${kind}: ${count} found of ${injected}`);
    const note = `of ${injected} by ${reason}, ${adjusts ? 'adjusted' : 'for a person'}`;
    return { name: `found: ${kind}`, value: count, unit: 'rows', note };
  });
}
