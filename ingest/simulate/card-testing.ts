/**
 * Card testing: many card tokens tried with small canteen top-ups within minutes, from a few devices and accounts; most
 * attempts fail. Nearly half of the campaigns go slowly, over days, and half rotate
 * devices, addresses and accounts, to stay below velocity limits.
 */
import type { World } from './world.js';
import { attackAt, createAttacker, openSchool, originOf, roundPaise, stolenCard } from './attackers.js';
import { between, chance, mintId, pick, pickWeighted, waiting } from './chance.js';
import { MINUTE_MS } from '../../core/days.js';
import { record } from './record.js';
import { STOLEN_CARD_REASONS } from './reasons.js';

const CAPTURED_SHARE = 0.42;

export function testCards(world: World, day: number, size: number): void {
  const random = world.random.fraud;
  const slow = chance(random, 0.45);
  const attacker = createAttacker(world, {
    devices: between(random, 1, 3),
    addresses: between(random, 1, 4),
    abroadShare: 0.15,
    rotatingShare: 0.5,
  });
  const accounts = Array.from({ length: between(random, 1, 1 + Math.ceil(size / 6)) }, () =>
    mintId(world.random.ids, 'payer'),
  );
  let atMs = attackAt(world, day);
  const { canteens } = openSchool(world, atMs);
  let card = stolenCard(world, atMs);
  for (let i = 0; i < size; i++) {
    if (!chance(random, 0.3)) card = stolenCard(world, atMs);
    record(world, {
      payerId: attacker.rotates ? mintId(world.random.ids, 'payer') : pick(random, accounts),
      counterpartyId: pick(random, canteens).id,
      instrument: card,
      origin: originOf(world, attacker),
      category: 'canteen_topup',
      amountPaise: roundPaise(world, 50, 320),
      atMs,
      reason: chance(random, CAPTURED_SHARE) ? null : pickWeighted(random, STOLEN_CARD_REASONS),
      mechanic: 'card_testing',
    });
    atMs += Math.floor(waiting(random, slow ? 75 : 1.5) * MINUTE_MS) + 2_000;
  }
}
