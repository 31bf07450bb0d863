/**
 * Other terms for a running subscription, from today on: the rest of the period is credited at the old and charged at the new ones. Terms
 * with another interval begin a period, and with it an anchor, of their own. While nothing is served only the terms change.
 * Where a period is unpaid nothing of it can be given back: such a change is refused, not made at the payer's expense.
 */
import type { PoolClient } from 'pg';
import { dayOf } from '../../core/days.js';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { readDayCount } from '../catalogue/day-count.js';
import type { Interval, Terms } from '../catalogue/terms.js';
import type { DraftLine } from '../invoices/draft.js';
import { invoiceChanges, readStanding } from './change-invoice.js';
import { moveSubscription } from './move.js';
import { currentPeriod } from './pause.js';
import { periodOf } from './periods.js';
import type { Period } from './periods.js';
import { capCredits, prorationLines, restOf } from './proration.js';
import { isPaying } from './states.js';
import type { Subscription } from './subscription.js';

/** @throws AppError `period-unpaid`, `change-at-period-end` or `change-not-possible`. */
export async function changeNow(
  client: PoolClient,
  subscription: Subscription,
  terms: Terms,
  actor: string,
  now: number,
): Promise<Subscription> {
  const day = dayOf(now);
  const period = currentPeriod(subscription);
  const isSplit = isPaying(subscription.status) && period !== null && day < period.endDay;
  const isRhythm = sameInterval(subscription.terms.interval, terms.interval);
  if (!isRhythm) requireNewRhythm(subscription, period);
  const changeId = newId('chg', { now: () => now });
  const fresh = isSplit && !isRhythm ? periodOf(day, terms.interval, 0) : null;
  const set = {
    terms,
    pendingChange: null,
    ...(isRhythm || period === null ? {} : begin(fresh, fresh?.startDay ?? period.endDay)),
  };
  const move = { event: 'change', actor, detail: { changeId }, occurredAt: now, set } as const;
  const credits = isSplit
    ? await splitLines(client, { subscription, terms, period, day }, fresh !== null)
    : [];
  const changed = await moveSubscription(client, subscription, move, now);
  const charges = [
    ...(period === null ? [] : [{ cause: changeId, period, lines: credits }]),
    ...(fresh === null ? [] : [{ cause: `${changeId}:new`, period: fresh, lines: wholeLines(terms, fresh) }]),
  ];
  await invoiceChanges(client, changed, charges, now);
  return changed;
}

/** From a day on: periods count from there. */
export function begin(period: Period | null, anchorDay: number) {
  return {
    anchorDay,
    period: period?.number ?? null,
    periodStartDay: period?.startDay ?? null,
    periodEndDay: period?.endDay ?? null,
  };
}

export function sameInterval(a: Interval, b: Interval): boolean {
  return a.unit === b.unit && a.count === b.count;
}

function requireNewRhythm({ subscriptionId, status, endsDay }: Subscription, period: Period | null): void {
  if (period === null) return;
  const refuse = (why: string): never => {
    throw new AppError('conflict', 'change-not-possible', `${subscriptionId} ${why}`);
  };
  if (endsDay !== null)
    refuse('ends after a number of periods: a plan with another interval does not fit into them');
  if (!isPaying(status)) refuse(`is ${status}: resume it before it gets a plan with another interval`);
}

interface Split {
  readonly subscription: Subscription;
  readonly terms: Terms;
  readonly period: Period;
  readonly day: number;
}

/** @param isCreditOnly the new terms are charged by a period of their own. */
async function splitLines(
  client: PoolClient,
  { subscription, terms, period, day }: Split,
  isCreditOnly: boolean,
): Promise<readonly DraftLine[]> {
  const before = subscription.terms;
  const oldCount = await readDayCount(client, before, period.startDay, period.endDay);
  const newCount = await readDayCount(client, terms, period.startDay, period.endDay);
  if (oldCount === null || newCount === null) {
    if (!isCreditOnly) return [];
    const message = `${subscription.subscriptionId} is not prorated: a plan with another interval begins at the period's end`;
    throw new AppError('conflict', 'change-at-period-end', message);
  }
  const after = isCreditOnly ? null : { terms, rest: restOf(period, day, newCount) };
  const lines = prorationLines({ terms: before, rest: restOf(period, day, oldCount) }, after);
  const standing = await readStanding(client, subscription.subscriptionId, period.startDay);
  const capped = capCredits(lines, standing);
  if (capped.forgonePaise === 0n || standing.unpaidPaise === 0n) return capped.lines;
  const message = `the period of ${subscription.subscriptionId} is unpaid, so nothing of it can be given back: have it paid or void its invoice first, or change at the period's end`;
  throw new AppError('conflict', 'period-unpaid', message);
}

function wholeLines(terms: Terms, period: Period): DraftLine[] {
  const { startDay: fromDay, endDay: toDay } = period;
  return prorationLines(null, { terms, rest: { fromDay, toDay, daysLeft: 1, daysTotal: 1 } });
}
