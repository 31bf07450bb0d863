/**
 * Stolen cards cashed as canteen credit: fresh accounts that look like newly joined families start small, go high over
 * some days, and spread to further accounts that share the device or the card.
 */
import type { Attacker } from './attackers.js';
import type { Instrument } from './instruments.js';
import type { School } from './schools.js';
import type { World } from './world.js';
import { attackAt, createAttacker, openSchool, originOf, roundPaise, stolenInstrument } from './attackers.js';
import { between, chance, mintId, pick, pickWeighted } from './chance.js';
import { createInstrument } from './instruments.js';
import { planPricePaise, PLANS } from './schools.js';
import { record } from './record.js';
import { REASONS, STOLEN_CARD_REASONS } from './reasons.js';

const declines = ({ method }: Instrument) =>
  method === 'card' ? STOLEN_CARD_REASONS : REASONS.undisclosed[method];

/** Half of the gangs let their accounts age: small purchases that they really pay, weeks before the first stolen card. */
function warmUp(world: World, crew: Crew, day: number): number {
  const random = world.random.fraud;
  if (!chance(random, 0.5)) return day;
  for (const payerId of crew.accounts) {
    const own = createInstrument(world.random, 'upi', attackAt(world, day));
    for (let left = between(random, 1, 3); left > 0; left--) {
      record(world, {
        payerId,
        counterpartyId: pick(random, crew.school.canteens).id,
        instrument: own,
        origin: originOf(world, crew.attacker),
        category: 'canteen_topup',
        amountPaise: roundPaise(world, 100, 500),
        atMs: attackAt(world, day + between(random, 0, 12)),
        reason: null,
      });
    }
  }
  return day + between(random, 20, 45);
}

interface Crew {
  readonly attacker: Attacker;
  readonly school: School;
  readonly accounts: readonly string[];
}

function gather(world: World, day: number, size: number): Crew {
  const random = world.random.fraud;
  const attacker = createAttacker(world, {
    devices: between(random, 1, 2),
    addresses: between(random, 1, 4),
    abroadShare: 0.05,
    rotatingShare: 0.5,
  });
  const accounts = Array.from({ length: 1 + Math.floor(size / 3) }, () => mintId(world.random.ids, 'payer'));
  return { attacker, school: openSchool(world, attackAt(world, day)), accounts };
}

export function spendStolenCards(world: World, startDay: number, size: number): void {
  const random = world.random.fraud;
  const crew = gather(world, startDay, size);
  const { school } = crew;
  const day = warmUp(world, crew, startDay);
  const times = Array.from({ length: size }, () => attackAt(world, day + between(random, 0, 9))).sort(
    (a, b) => a - b,
  );
  let card = stolenInstrument(world, times[0] ?? 0);
  times.forEach((atMs, i) => {
    if (chance(random, 0.3)) card = stolenInstrument(world, atMs);
    const plan = chance(random, 0.12);
    const topUp =
      i === 0 || chance(random, 0.5) ? roundPaise(world, 150, 700) : roundPaise(world, 700, 3_500);
    record(world, {
      // One account after the other.
      payerId: crew.accounts[Math.floor((i * crew.accounts.length) / size)] ?? pick(random, crew.accounts),
      counterpartyId: plan ? school.id : pick(random, school.canteens).id,
      instrument: card,
      origin: originOf(world, crew.attacker),
      category: plan ? PLANS[0].category : 'canteen_topup',
      amountPaise: plan ? planPricePaise(school, PLANS[0], day) : topUp,
      atMs,
      reason: chance(random, 0.22) ? pickWeighted(random, declines(card)) : null,
      mechanic: 'stolen_card',
    });
  });
}
