/**
 * A pause that both sides agreed to. From its first day on nothing is served: the part of the period that was paid and will not be
 * served becomes credit, days counted as the plan prorates; what is paid later becomes credit when it goes on. Then the anchor is
 * the old one: the rest of the period in which that happens is charged, and periods go on. Plans without proration neither credit
 * nor split: the period is charged whole.
 */
import type { PoolClient } from 'pg';
import { newId } from '../../core/ids.js';
import { halfUpDivide } from '../../core/money.js';
import { readDayCount } from '../catalogue/day-count.js';
import type { DraftLine } from '../invoices/draft.js';
import { invoiceChanges, readStanding } from './change-invoice.js';
import { moveSubscription } from './move.js';
import { periodAt, periodOf } from './periods.js';
import type { Period } from './periods.js';
import { capCredits, lowerCharges, prorationLines, restOf, sumOf } from './proration.js';
import type { Subscription } from './subscription.js';

export interface On {
  /** Day of the Indian calendar from which on it holds. */
  readonly day: number;
  readonly actor: string;
  /** UTC epoch ms. */
  readonly occurredAt: number;
  readonly reason?: string | undefined;
}

/** @param resumeDay null: until somebody says so. */
export async function pauseFrom(
  client: PoolClient,
  subscription: Subscription,
  { day, actor, occurredAt, reason }: On,
  resumeDay: number | null,
  now: number,
): Promise<Subscription> {
  const period = currentPeriod(subscription);
  const { lines, forgonePaise } = await unusedLines(client, subscription, day);
  const changeId = newId('chg', { now: () => now });
  const detail = {
    changeId,
    forgonePaise: forgonePaise.toString(),
    ...(reason === undefined ? {} : { reason }),
  };
  const set = { pausedDay: day, resumeDay };
  const move = { event: 'pause', actor, detail, occurredAt, set } as const;
  const paused = await moveSubscription(client, subscription, move, now);
  if (period !== null) await invoiceChanges(client, paused, [{ cause: changeId, period, lines }], now);
  return paused;
}

/** Credits for what of the current period will not be served from a day on, within what was paid for it. */
export async function unusedLines(
  client: PoolClient,
  subscription: Subscription,
  day: number,
): Promise<{ readonly lines: readonly DraftLine[]; readonly forgonePaise: bigint }> {
  const { subscriptionId, terms } = subscription;
  const period = currentPeriod(subscription);
  const nothing = { lines: [], forgonePaise: 0n };
  if (period === null || day >= period.endDay) return nothing;
  const count = await readDayCount(client, terms, period.startDay, period.endDay);
  if (count === null) return nothing;
  const unused = prorationLines({ terms, rest: restOf(period, day, count) }, null);
  return capCredits(unused, await readStanding(client, subscriptionId, period.startDay));
}

export async function resumeFrom(
  client: PoolClient,
  subscription: Subscription,
  { day, actor, occurredAt }: On,
  now: number,
): Promise<Subscription> {
  const late = await lateCredit(client, subscription);
  const { period, lines } = await resumption(client, subscription, day, late.forgonePaise);
  const changeId = newId('chg', { now: () => now });
  const set = {
    pausedDay: null,
    resumeDay: null,
    period: period?.number ?? null,
    periodStartDay: period?.startDay ?? null,
    periodEndDay: period?.endDay ?? null,
  };
  const move = { event: 'resume', actor, detail: { changeId }, occurredAt, set } as const;
  let resumed = await moveSubscription(client, subscription, move, now);
  // Arrears do not go away by a pause.
  if (resumed.pastDueAt !== null)
    resumed = await moveSubscription(client, resumed, { event: 'fall-due', actor, occurredAt }, now);
  const paused = currentPeriod(subscription);
  const charges = [
    ...(paused === null ? [] : [{ cause: `${changeId}:pause`, period: paused, lines: late.lines }]),
    ...(period === null ? [] : [{ cause: changeId, period, lines }]),
  ];
  await invoiceChanges(client, resumed, charges, now);
  return resumed;
}

/** The period that counts as begun, null before the first, and what of it is charged now. */
async function resumption(
  client: PoolClient,
  subscription: Subscription,
  day: number,
  forgonePaise: bigint,
): Promise<{ period: Period | null; lines: readonly DraftLine[] }> {
  const { anchorDay, terms, pausedDay } = subscription;
  const before = currentPeriod(subscription);
  const isSame = before !== null && day < before.endDay;
  const period = isSame ? before : periodAt(anchorDay, terms.interval, Math.max(day, anchorDay));
  const count = await readDayCount(client, terms, period.startDay, period.endDay);
  if (count === null && isSame) return { period, lines: [] };
  // It begins whole, with an invoice of its own.
  if (count === null || (!isSame && day === period.startDay)) {
    const previous = period.number === 0 ? null : periodOf(anchorDay, terms.interval, period.number - 1);
    return { period: previous, lines: [] };
  }
  const rest = restOf(period, day, count);
  const charges = prorationLines(null, { terms, rest });
  if (!isSame || forgonePaise === 0n) return { period, lines: charges };
  // What is owed for these days already is not charged again.
  const pausedDays = restOf(period, pausedDay ?? day, count).daysLeft;
  const owed = halfUpDivide(forgonePaise * BigInt(rest.daysLeft), BigInt(Math.max(1, pausedDays)));
  return { period, lines: lowerCharges(charges, owed) };
}

/** What the pause could not credit, because it was not paid yet, is credited when it has been; the rest stays forgone. */
async function lateCredit(
  client: PoolClient,
  subscription: Subscription,
): Promise<{ readonly lines: readonly DraftLine[]; readonly forgonePaise: bigint }> {
  const { subscriptionId, terms, pausedDay } = subscription;
  const { rows } = await client.query<{ forgone: string | null }>(
    `SELECT detail ->> 'forgonePaise' AS forgone FROM subscription_events
     WHERE subscription_id = $1 AND event = 'pause' ORDER BY number DESC LIMIT 1`,
    [subscriptionId],
  );
  const forgone = BigInt(rows[0]?.forgone ?? 0);
  const period = currentPeriod(subscription);
  const nothing = { lines: [], forgonePaise: forgone };
  if (forgone === 0n || period === null || pausedDay === null) return nothing;
  const count = await readDayCount(client, terms, period.startDay, period.endDay);
  if (count === null) return nothing;
  const { standingPaise, paidPaise } = await readStanding(client, subscriptionId, period.startDay);
  const unused = prorationLines({ terms, rest: restOf(period, pausedDay, count) }, null);
  const most = forgone < standingPaise ? forgone : standingPaise;
  const { lines } = capCredits(unused, { standingPaise: most, paidPaise });
  return { lines, forgonePaise: forgone + sumOf(lines) };
}

export function currentPeriod({ period, periodStartDay, periodEndDay }: Subscription): Period | null {
  return period === null || periodStartDay === null || periodEndDay === null
    ? null
    : { number: period, startDay: periodStartDay, endDay: periodEndDay };
}
