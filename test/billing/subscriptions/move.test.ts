import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { periodOf } from '../../../billing/subscriptions/periods.js';
import { moveSubscription } from '../../../billing/subscriptions/move.js';
import { nextBillingAt } from '../../../billing/subscriptions/next-billing.js';
import { lockSubscription, readSubscription } from '../../../billing/subscriptions/subscription.js';
import type { Subscription } from '../../../billing/subscriptions/subscription.js';
import { AppError } from '../../../core/errors.js';
import { dayOf, formatDay } from '../../../core/days.js';
import { inTransaction } from '../../../core/transaction.js';
import { subscriptionScene } from './scene.js';

const scene = subscriptionScene();
const LIVES = 6;
const STEPS = 10;
const MONTHLY = { unit: 'month', count: 1 } as const;
const PRICES = { small: 2799_99n, large: 4100_01n } as const;

beforeAll(async () => {
  await scene().plan('small', { pricePaise: Number(PRICES.small) });
  await scene().plan('large', { pricePaise: Number(PRICES.large) });
});

type Plan = keyof typeof PRICES;
type Deed =
  | { readonly kind: 'change'; readonly planId: Plan; readonly quantity: number }
  | { readonly kind: 'pause-later'; readonly inDays: number; readonly forDays: number }
  | { readonly kind: 'toggle' | 'undo-pause' | 'nothing' };

const deeds: fc.Arbitrary<{ readonly afterDays: number; readonly deed: Deed }> = fc.record({
  afterDays: fc.integer({ min: 0, max: 24 }),
  deed: fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('change' as const),
        planId: fc.constantFrom<Plan>('small', 'large'),
        quantity: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('pause-later' as const),
        inDays: fc.integer({ min: 1, max: 30 }),
        forDays: fc.integer({ min: 1, max: 40 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom('toggle' as const, 'toggle' as const, 'toggle' as const, 'undo-pause' as const),
      }),
    },
  ),
});

/** What a slow clerk writes down: for each day since the start its monthly price, and whether it is served. */
interface Diary {
  readonly prices: bigint[];
  readonly served: boolean[];
}

const DAYS = 1000;

describe('a subscription that lives at random, with everything paid', () => {
  it('is invoiced what a clerk finds who goes from day to day, and its row, events and calendar agree', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(deeds, { minLength: 6, maxLength: STEPS }),
        fc.integer({ min: 0, max: 30 }),
        live,
      ),
      { numRuns: LIVES, seed: 7, endOnFailure: true },
    );
  }, 120_000);
});

async function live(
  life: readonly { readonly afterDays: number; readonly deed: Deed }[],
  wait: number,
): Promise<void> {
  const { goTo, subscribe, payAll, pool, clock } = scene();
  await goTo(formatDay(dayOf(clock.now()) + wait));
  const { subscriptionId: id } = await subscribe({ planId: 'small' });
  const start = dayOf(clock.now());
  const diary: Diary = {
    prices: Array<bigint>(DAYS).fill(PRICES.small),
    served: Array<boolean>(DAYS).fill(true),
  };
  for (const { afterDays, deed } of life) {
    await walk(id, dayOf(clock.now()) + afterDays);
    const isPaused = (await readSubscription(pool, id)).status === 'paused';
    const isDone = await perform(id, deed, isPaused);
    if (isDone) note(diary, dayOf(clock.now()) - start, deed, isPaused);
    await payAll();
    await check(id, start, diary);
  }
  await pool.query(`UPDATE subscriptions SET parked_reason = 'its life is over'`);
}

/** Everything that the calendar does on the way is paid on its day. */
async function walk(id: string, toDay: number): Promise<void> {
  const { goTo, payAll, pool } = scene();
  for (let day = 0; day < toDay;) {
    const { nextBillingAt: next } = await readSubscription(pool, id);
    day = next === null ? toDay : Math.min(toDay, dayOf(next));
    await goTo(formatDay(day));
    await payAll();
  }
}

/** False: it was refused, as it may be. */
async function perform(id: string, deed: Deed, isPaused: boolean): Promise<boolean> {
  const { order, clock } = scene();
  const day = (later: number): string => formatDay(dayOf(clock.now()) + later);
  const orders = {
    change: () =>
      deed.kind === 'change' &&
      order(id, 'change', { at: 'now', planId: deed.planId, quantity: deed.quantity }),
    'pause-later': () =>
      deed.kind === 'pause-later' &&
      order(id, 'pause', { from: day(deed.inDays), resumeOn: day(deed.inDays + deed.forDays) }),
    toggle: () => order(id, isPaused ? 'resume' : 'pause', {}),
    'undo-pause': () => order(id, 'undo', { what: 'pause' }),
    nothing: () => Promise.resolve(),
  } as const;
  try {
    await orders[deed.kind]();
    return true;
  } catch (error) {
    if (error instanceof AppError && (error.kind === 'conflict' || error.kind === 'bad-input')) return false;
    throw error;
  }
}

function note({ prices, served }: Diary, today: number, deed: Deed, isPaused: boolean): void {
  switch (deed.kind) {
    case 'change':
      prices.fill(PRICES[deed.planId] * BigInt(deed.quantity), today);
      return;
    case 'toggle':
      served.fill(isPaused, today);
      return;
    case 'undo-pause':
      served.fill(true, today);
      return;
    case 'pause-later':
      served.fill(true, today);
      served.fill(false, today + deed.inDays, today + deed.inDays + deed.forDays);
      return;
    case 'nothing':
  }
}

async function check(id: string, start: number, diary: Diary): Promise<void> {
  const { pool, invoices } = scene();
  const subscription = await readSubscription(pool, id);
  expect(subscription.nextBillingAt).toBe(nextBillingAt(subscription));
  const made = await invoices(id);
  const lines = made.flatMap((invoice) => invoice.lines).filter(({ kind }) => !kind.startsWith('credit-'));
  const invoiced = lines.reduce((sum, { amount_paise: amount }) => sum + amount, 0n);
  const distance = Math.abs(Number(invoiced) - worthOf(diary, start, subscription));
  // Half a paisa for each line; what the caps cut is less.
  expect(distance).toBeLessThanOrEqual(lines.length / 2 + 1);
  const kept = made.reduce((sum, { credit_paise: credit }) => sum - credit, 0n);
  expect(subscription.creditPaise).toBe(kept);
  const paid = made.reduce((sum, { total_paise: total }) => sum + total, 0n);
  expect(kept).toBeLessThanOrEqual(paid);
  await checkEvents(id, subscription);
}

/** Day by day: each costs its price over the days of its month that it is in, when it is served. */
function worthOf({ prices, served }: Diary, start: number, subscription: Subscription): number {
  const { periodEndDay, status, pausedDay } = subscription;
  const until = periodEndDay ?? start;
  let worth = 0;
  for (let n = 0, day = start; day < until; n++) {
    const { startDay, endDay } = periodOf(start, MONTHLY, n);
    for (day = startDay; day < endDay && day < until; day++) {
      const isAfterPause = pausedDay !== null && day >= pausedDay;
      // A pause that is still to come has not been credited yet, nor has what comes after one been charged.
      const isInvoiced = isAfterPause ? status !== 'paused' : served[day - start] === true;
      if (isInvoiced) worth += Number(prices[day - start]) / (endDay - startDay);
    }
  }
  return worth;
}

async function checkEvents(id: string, { status, revision }: Subscription): Promise<void> {
  const { rows } = await scene().pool.query<{
    from_status: string | null;
    to_status: string;
    mrr_paise: bigint;
    ok: boolean;
  }>(
    `SELECT from_status, to_status, mrr_paise, occurred_at <= known_at AS ok FROM subscription_events
     WHERE subscription_id = $1 ORDER BY number`,
    [id],
  );
  expect(rows).toHaveLength(revision + 1);
  rows.forEach(({ from_status: from, to_status: to, mrr_paise: mrr, ok }, i) => {
    expect([from, ok]).toEqual([rows[i - 1]?.to_status ?? null, true]);
    expect(mrr > 0n).toBe(to === 'active' || to === 'past_due');
  });
  expect(rows.at(-1)?.to_status).toBe(status);
}

it('a row that is not as it was read is not moved', async () => {
  const { pool, clock, subscribe } = scene();
  const { subscriptionId: id } = await subscribe({ planId: 'small' });
  const move = { event: 'schedule', actor: 'test', occurredAt: clock.now() } as const;
  const stale = await inTransaction(pool, async (client) => {
    const read = await lockSubscription(client, id);
    await moveSubscription(client, read, move, clock.now());
    return read;
  });
  const again = inTransaction(pool, (client) => moveSubscription(client, stale, move, clock.now()));
  await expect(again).rejects.toMatchObject({ code: 'subscription-changed', retryable: true });
});
