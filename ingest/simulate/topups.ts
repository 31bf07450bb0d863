/**
 * Canteen money: a payer tops up when the balance has run low, a little before or after it would run out. What children
 * spend follows the days on which meals are served, exam weeks and how content the family is.
 */
import type { CanteenUse, Payer } from './payers.js';
import type { World } from './world.js';
import { between, chance, pick } from './chance.js';
import { attendedAt, checkOut } from './checkout.js';
import { payAsRelative } from './guests.js';

/** Top-ups that a grandparent or aunt pays. */
const RELATIVE_SHARE = 0.05;
const LONGEST_WAIT_DAYS = 150;
const RUPEES_100_PAISE = 10_000;

/** The first day after `day` on which the balance no longer covers the spending. */
function runsOutOn(world: World, payer: Payer, canteen: CanteenUse, day: number): number {
  const cancelled = payer.subscription?.state === 'ending' ? 0.6 : 1;
  const aDay = canteen.dailySpendPaise * Math.exp(0.22 * payer.satisfaction) * cancelled;
  let left = canteen.balancePaise;
  for (let on = day + 1; on <= day + LONGEST_WAIT_DAYS; on++) {
    if (!world.calendar.isServed(payer.school, on)) continue;
    left -= world.calendar.isExam(payer.school, on) ? 0.5 * aDay : aDay;
    if (left <= 0) {
      canteen.balancePaise = 0;
      return on;
    }
  }
  return day + LONGEST_WAIT_DAYS;
}

/** Mostly the usual sum; sometimes a round multiple for a trip or a term. */
function amountPaise(world: World, canteen: CanteenUse): number {
  const random = world.random.topups;
  const draw = random.unit();
  if (draw < 0.72) return canteen.usualTopUpPaise;
  if (draw < 0.94) return between(random, 1, 8) * RUPEES_100_PAISE;
  if (draw < 0.97) return between(random, 10, 50) * RUPEES_100_PAISE;
  return between(random, 21, 499) * 100;
}

function topUp(world: World, payer: Payer, canteen: CanteenUse, day: number): void {
  if (day >= payer.activeUntil) return;
  const random = world.random.topups;
  const counter = chance(random, 0.86) ? canteen.counter : pick(random, payer.school.canteens);
  const amount = amountPaise(world, canteen);
  const paid = chance(random, RELATIVE_SHARE)
    ? payAsRelative(world, { school: payer.school, counter, amountPaise: amount }, day)
    : checkOut(world, {
        payer,
        counterpartyId: counter.id,
        counter,
        category: 'canteen_topup',
        amountPaise: amount,
        atMs: attendedAt(world, payer, day),
      }) !== null;
  if (paid) canteen.balancePaise += amount;
  scheduleTopUp(world, payer, canteen, day);
}

export function scheduleTopUp(world: World, payer: Payer, canteen: CanteenUse, day: number): void {
  const dry = runsOutOn(world, payer, canteen, day);
  const on = Math.max(day + 1, dry + between(world.random.topups, -2, 2));
  world.agenda.on(on, (today) => topUp(world, payer, canteen, today));
}
