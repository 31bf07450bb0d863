/**
 * Every paid period and every pause of every subscription with what followed it, as columns: the book from which revenue is expected
 * bottom-up. Due days and terms are those of renewals.ts, from facts alone. Each row says when it and its end became known, so that
 * the book can be read as of any earlier day; only a plan's term is taken as known from the start, since a contract names it.
 */
import type { Duckdb } from '../../core/duckdb.js';
import { dayOf } from '../../core/days.js';
import { defineCalendar, findRenewals } from './renewals.js';

/** Days are of the Indian calendar as in core/days.ts, amounts minor units. */
export interface Contracts {
  /** A period begins when it is paid and falls due when it expires; a pause is due from its first day (n). */
  readonly isPause: Uint8Array;
  /** The first payment of its subscription began it (n). */
  readonly isFirst: Uint8Array;
  readonly knownDay: Int32Array;
  readonly dueDay: Int32Array;
  readonly amount: Float64Array;
  /** Length of a period: months and days, one of them 0 (n). */
  readonly months: Int32Array;
  readonly days: Int32Array;
  /** 0 open, 1 paid, 2 paused, 3 left (n). */
  readonly end: Uint8Array;
  /** The day of the end and the day on which it was known; far away while it is open (n). */
  readonly endDay: Int32Array;
  readonly endKnownDay: Int32Array;
  /** What was paid next, 0 unless it was (n). */
  readonly nextAmount: Float64Array;
}

/** Amounts of payments of plans by day from the day of the first, which is `firstDay` (days). */
export interface ContractRevenue {
  readonly firstDay: number;
  readonly started: Float64Array;
  readonly renewed: Float64Array;
  /** Captured by a retry or a payment link after a failed debit. */
  readonly recovered: Float64Array;
}

export interface ContractBook {
  readonly contracts: Contracts;
  readonly revenue: ContractRevenue;
}

const FAR_DAY = 1_000_000;

const DAY_OF = (instant: string): string => `date_diff('day', DATE '1970-01-01', ist_on(${instant}))`;

/** `db` has the lake's views. Null without a subscription that has renewed. */
export async function readContracts(
  db: Duckdb,
  { asOfMs, currency }: { readonly asOfMs: number; readonly currency: string },
): Promise<ContractBook | null> {
  await defineCalendar(db);
  await findRenewals(db, { asOfMs, leads: [0], open: true });
  const rows = await readColumns(db, CONTRACTS, currency);
  if (rows.n === 0) return null;
  const ints = (name: string): Int32Array => Int32Array.from(rows.numbers.get(name)!);
  const contracts = {
    isPause: Uint8Array.from(rows.numbers.get('is_pause')!),
    isFirst: Uint8Array.from(rows.numbers.get('is_first')!),
    knownDay: ints('known_day'),
    dueDay: ints('due_day'),
    amount: rows.numbers.get('amount')!,
    months: ints('months'),
    days: ints('days'),
    end: Uint8Array.from(rows.numbers.get('ending')!),
    endDay: ints('end_day'),
    endKnownDay: ints('end_known_day'),
    nextAmount: rows.numbers.get('next_amount')!,
  };
  return { contracts, revenue: await readRevenueByDay(db, currency, dayOf(asOfMs)) };
}

const NUMBERS = [
  'is_pause',
  'is_first',
  'known_day',
  'due_day',
  'amount',
  'months',
  'days',
  'ending',
  'end_day',
  'end_known_day',
  'next_amount',
] as const;

/** The `next` of a step is the step after it: being resumed and changes of price are none. */
const CONTRACTS = `
  WITH steps AS (
    SELECT *, lead(event) OVER life AS next_event, lead(occurred_at) OVER life AS next_at,
      lead(known_at) OVER life AS next_known_at, lead(amount) OVER life AS following
    FROM churn_events WHERE event NOT IN ('price_changed', 'resumed')
    WINDOW life AS (PARTITION BY subscription_id ORDER BY known_at, sequence)
  ),
  placed AS (
    SELECT s.*, t.months, t.days, p.due_at FROM steps s JOIN churn_terms t USING (plan_id)
    LEFT JOIN churn_periods p ON p.paid_sequence = s.sequence AND p.subscription_id = s.subscription_id
    WHERE s.event IN ('started', 'renewed', 'paused') AND s.currency = $1
  )
  SELECT subscription_id, (event = 'paused')::INTEGER AS is_pause, (event = 'started')::INTEGER AS is_first, ${DAY_OF('known_at')} AS known_day,
    ${DAY_OF(`CASE WHEN event = 'paused' THEN occurred_at ELSE due_at END`)} AS due_day, amount, months, days,
    CASE WHEN next_event IS NULL THEN 0 WHEN next_event IN ('renewed', 'started') THEN 1 WHEN next_event = 'paused' THEN 2 ELSE 3 END
      AS ending,
    coalesce(${DAY_OF('next_at')}, ${FAR_DAY}) AS end_day, coalesce(${DAY_OF('next_known_at')}, ${FAR_DAY}) AS end_known_day,
    CASE WHEN next_event IN ('renewed', 'started') THEN following ELSE 0 END AS next_amount
  FROM placed ORDER BY known_at, sequence`;

async function readColumns(db: Duckdb, sql: string, currency: string) {
  const casts = NUMBERS.map((name) => `${name}::DOUBLE AS ${name}`).join(', ');
  const reader = await db.connection.runAndReadAll(`SELECT subscription_id, ${casts} FROM (${sql})`, [
    currency,
  ]);
  const [ids = [], ...columns] = reader.getColumns() as [string[], ...number[][]];
  const numbers = new Map<string, Float64Array>(
    NUMBERS.map((name, k) => [name, Float64Array.from(columns[k] ?? [])]),
  );
  return { n: ids.length, ids, numbers };
}

interface DayRow {
  readonly day: number;
  readonly started: number;
  readonly renewed: number;
  readonly recovered: number;
}

/** Up to the day `asOfDay`, which is not over. A recovery is a plan's payment by retry or link of what a debit did not bring. */
async function readRevenueByDay(db: Duckdb, currency: string, asOfDay: number): Promise<ContractRevenue> {
  const rows = await db.rows<DayRow>(
    `WITH paid AS (
       SELECT ${DAY_OF('e.occurred_at')} AS day, e.event, e.amount, EXISTS (
         SELECT 1 FROM payments p WHERE p.payer_id = e.payer_id AND p.amount_paise = e.amount AND p.kind <> 'payment'
           AND p.occurred_at BETWEEN e.occurred_at - INTERVAL 2 DAY AND e.occurred_at) AS is_recovered
       FROM churn_events e WHERE e.event IN ('started', 'renewed') AND e.currency = $1
     )
     SELECT day::DOUBLE AS day, coalesce(sum(amount) FILTER (event = 'started'), 0) AS started,
       coalesce(sum(amount) FILTER (event = 'renewed'), 0) AS renewed,
       coalesce(sum(amount) FILTER (event = 'renewed' AND is_recovered), 0) AS recovered
     FROM paid WHERE day < $2 GROUP BY day ORDER BY day`,
    [currency, asOfDay],
  );
  const firstDay = rows[0]?.day ?? asOfDay;
  const revenue = {
    firstDay,
    started: new Float64Array(asOfDay - firstDay),
    renewed: new Float64Array(asOfDay - firstDay),
    recovered: new Float64Array(asOfDay - firstDay),
  };
  for (const { day, ...amounts } of rows)
    for (const name of ['started', 'renewed', 'recovered'] as const)
      revenue[name][day - firstDay] = amounts[name];
  return revenue;
}
