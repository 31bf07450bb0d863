/**
 * Honest strangers: relatives who top up for a family once, and visitors of a school fair who buy credit for its stalls
 * within a few hours. New account, new device and new card, often many at one counter: what card testing looks like too.
 */
import type { Canteen, School } from './schools.js';
import type { World } from './world.js';
import { between, chance, clamp, logNormal, pick } from './chance.js';
import { attendedAt, checkOut } from './checkout.js';
import { createPayer } from './payers.js';
import { HOUR_MS, startOfDay } from '../../core/days.js';

const FAIR_SHARE = 1 / 18;

interface Gift {
  readonly school: School;
  readonly counter: Canteen;
  readonly amountPaise: number;
}

/** A relative pays from an account of their own; true when the money arrived. */
export function payAsRelative(world: World, gift: Gift, day: number): boolean {
  const { school, counter, amountPaise } = gift;
  const payer = createPayer(world.random, school, day);
  const purchase = { payer, counterpartyId: counter.id, counter, category: 'canteen_topup', amountPaise };
  return checkOut(world, { ...purchase, atMs: attendedAt(world, payer, day) }) !== null;
}

/** On some days with lessons a school holds a fair. */
export function maybeFair(world: World, school: School, day: number): void {
  const random = world.random.guests;
  if (!chance(random, FAIR_SHARE) || !world.calendar.isServed(school, day)) return;
  const counter = pick(random, school.canteens);
  const opensAt = startOfDay(day) + between(random, 9, 15) * HOUR_MS;
  const families = world.payers.length / world.schools.length;
  for (let left = clamp(logNormal(random, 0.02 * families, 0.6), 2, 120); left > 1; left--) {
    const amountPaise = chance(random, 0.7) ? between(random, 1, 4) * 10_000 : between(random, 30, 350) * 100;
    const purchase = { counterpartyId: counter.id, counter, category: 'canteen_topup', amountPaise };
    const atMs = opensAt + Math.floor(3 * HOUR_MS * random.unit());
    checkOut(world, { ...purchase, payer: createPayer(world.random, school, day), atMs });
  }
}
