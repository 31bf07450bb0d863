/**
 * Reads the gateway's history once: payments, refunds, settlements and disputes, day by day, applied as a webhook would have
 * been. A page and how far it reached are written in one transaction, so whatever stops the reading, the next one goes on
 * there; what is read twice changes nothing. What was complete before we asked counts as known since then (facts.ts).
 */
import type { Pool } from 'pg';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import type { TimeRange } from '../../core/ports/gateway.js';
import { inTransaction } from '../../core/transaction.js';
import { DAY_MS } from '../../features/vocabulary.js';
import { applySightings } from './apply.js';
import { sightingPages, SWEPT_KINDS } from './sweep.js';
import type { Swept, SweptGateway, SweptKind } from './sweep.js';

interface BackfillDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly gateway: SweptGateway;
  pause(ms: number): Promise<void>;
  /** Told after every page and window: how many days of the kind are done. */
  onProgress(kind: SweptKind, done: number, total: number): void;
}

interface BackfillSettings {
  /** Razorpay publishes no limit and answers 429 beyond it: some a second leave room for the server's own calls. */
  readonly pagesPerSecond: number;
  /** Also windows that were read to their end before. */
  readonly again: boolean;
}

export interface Backfilled {
  /** Entities read by this call. */
  readonly read: Swept;
  /** Windows that an earlier call had read to their end. */
  readonly skipped: number;
  /** Refunds and disputes of payments that nobody has told us of: made before the range. They count once those are read. */
  readonly orphans: number;
}

/** An outage is waited for this long in all, about five minutes; then the caller may come back later. */
const OUTAGE_PAUSES_MS = [5_000, 15_000, 45_000, 90_000, 150_000] as const;

/** @throws AppError `gateway-unavailable` when an outage outlasts the patience; what was read stays. */
export async function backfill(
  deps: BackfillDeps,
  range: TimeRange,
  settings: BackfillSettings,
): Promise<Backfilled> {
  const read: Record<SweptKind, number> = { payments: 0, refunds: 0, settlements: 0, disputes: 0 };
  let skipped = 0;
  for (const kind of SWEPT_KINDS) {
    const windows = kind === 'disputes' ? [range] : daysOf(range);
    for (const [done, window] of windows.entries()) {
      const onPage = (items: number): void => {
        read[kind] += items;
        deps.onProgress(kind, done, windows.length);
      };
      const reached = await openWindow(deps.pool, kind, window, settings.again);
      if (reached === null) skipped += 1;
      else await readWindow(deps, { kind, window, reached }, settings, onPage);
      deps.onProgress(kind, done + 1, windows.length);
    }
  }
  return { read, skipped, orphans: await countOrphans(deps.pool) };
}

async function countOrphans(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ orphans: bigint }>(
    `SELECT count(*) AS orphans FROM
       (SELECT attempt_id FROM refunds UNION ALL SELECT attempt_id FROM disputes) AS followed
     WHERE NOT EXISTS (SELECT FROM payment_attempts a WHERE a.attempt_id = followed.attempt_id)`,
  );
  return Number(rows[0]?.orphans ?? 0);
}

/** Whole days from the range's beginning; the last one ends with the range. */
function daysOf({ fromAt, toAt }: TimeRange): TimeRange[] {
  const days = Math.max(0, Math.ceil((toAt - fromAt) / DAY_MS));
  return Array.from({ length: days }, (_, day) => ({
    fromAt: fromAt + day * DAY_MS,
    toAt: Math.min(toAt, fromAt + (day + 1) * DAY_MS - 1),
  }));
}

interface Reading {
  readonly kind: SweptKind;
  readonly window: TimeRange;
  /** What was created after this instant is applied. */
  readonly reached: number;
}

async function readWindow(
  deps: BackfillDeps,
  { kind, window, reached: start }: Reading,
  { pagesPerSecond }: BackfillSettings,
  onPage: (items: number) => void,
): Promise<void> {
  let reached = start;
  let outages = 0;
  for (;;) {
    try {
      const rest = { fromAt: window.fromAt, toAt: reached };
      for await (const page of sightingPages(deps.gateway, kind, rest, deps.clock)) {
        const { sightings, seenAt, oldestAt } = page;
        await inTransaction(deps.pool, async (client) => {
          await applySightings(client, sightings, seenAt, 'then');
          await client.query(
            `UPDATE backfill_windows SET reached_at = to_timestamp($4 / 1000.0), items = items + $5 ${OF_WINDOW}`,
            [kind, window.fromAt, window.toAt, Math.min(reached, oldestAt), sightings.length],
          );
        });
        reached = Math.min(reached, oldestAt);
        outages = 0;
        onPage(sightings.length);
        await deps.pause(1000 / pagesPerSecond);
      }
      await deps.pool.query(`UPDATE backfill_windows SET done_at = to_timestamp($4 / 1000.0) ${OF_WINDOW}`, [
        kind,
        window.fromAt,
        window.toAt,
        deps.clock.now(),
      ]);
      return;
    } catch (error) {
      const pauseMs = OUTAGE_PAUSES_MS[outages++];
      if (!isOutage(error) || pauseMs === undefined) throw error;
      await deps.pause(pauseMs);
    }
  }
}

const OF_WINDOW = `WHERE kind = $1 AND from_at = to_timestamp($2 / 1000.0) AND to_at = to_timestamp($3 / 1000.0)`;

function isOutage(error: unknown): boolean {
  return error instanceof AppError && error.code === 'gateway-unavailable';
}

/** How far the window was read; null when to its end. */
async function openWindow(
  pool: Pool,
  kind: SweptKind,
  { fromAt, toAt }: TimeRange,
  again: boolean,
): Promise<number | null> {
  const { rows } = await pool.query<{ reached_at: number; done_at: number | null }>(
    `INSERT INTO backfill_windows AS kept (kind, from_at, to_at, reached_at)
     VALUES ($1, to_timestamp($2 / 1000.0), to_timestamp($3 / 1000.0), to_timestamp($3 / 1000.0))
     ON CONFLICT (kind, from_at, to_at) DO UPDATE SET
       reached_at = CASE WHEN $4 AND kept.done_at IS NOT NULL THEN excluded.reached_at ELSE kept.reached_at END,
       done_at = CASE WHEN $4 THEN NULL ELSE kept.done_at END
     RETURNING reached_at, done_at`,
    [kind, fromAt, toAt, again],
  );
  const [row] = rows;
  if (row === undefined || row.done_at !== null) return null;
  return row.reached_at;
}
