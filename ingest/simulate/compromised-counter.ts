/**
 * A compromised counter: for two to five weeks somebody at one canteen charges the saved instruments of families who use
 * it, with ordinary sums in school hours. Only the counter's own history of reports betrays it.
 */
import type { Attacker } from './attackers.js';
import type { Canteen, School } from './schools.js';
import type { Origin } from './record.js';
import type { Payer } from './payers.js';
import type { World } from './world.js';
import { between, chance, pick, pickWeighted } from './chance.js';
import { createAttacker, openSchool, originOf } from './attackers.js';
import { HOUR_MS, startOfDay } from '../../core/days.js';
import { record } from './record.js';
import { REASONS } from './reasons.js';

function customersOf(world: World, counter: Canteen, day: number): Payer[] {
  return world.payers.filter(
    ({ canteen, joinsOn, activeUntil }) => canteen?.counter === counter && joinsOn < day && activeUntil > day,
  );
}

/** Usually the counter's own tablet, on which honest families pay too. */
function originAt(world: World, school: School, counter: Canteen, operator: Attacker): Origin {
  if (!chance(world.random.fraud, 0.55)) return originOf(world, operator);
  const { ip, latitude, longitude } = school;
  return {
    deviceId: counter.kioskDeviceId,
    ip,
    country: 'IN',
    latitude: round(latitude),
    longitude: round(longitude),
  };
}

const round = (degrees: number): number => Math.round(degrees * 100) / 100;

export function compromiseCounter(world: World, day: number, size: number): void {
  const random = world.random.fraud;
  const school = openSchool(world, startOfDay(day));
  const counter = pick(random, school.canteens);
  const customers = customersOf(world, counter, day);
  if (customers.length === 0) return;
  const operator = createAttacker(world, { devices: 2, addresses: 2, abroadShare: 0, rotatingShare: 0 });
  const days = Math.min(between(random, 14, 35), 2 * size);
  for (let i = 0; i < size; i++) {
    const payer = pick(random, customers);
    const instrument = pick(random, payer.instruments);
    record(world, {
      payerId: payer.id,
      counterpartyId: counter.id,
      instrument,
      origin: originAt(world, school, counter, operator),
      category: 'canteen_topup',
      amountPaise: payer.canteen?.usualTopUpPaise ?? 30_000,
      atMs: startOfDay(day + between(random, 0, days)) + Math.floor((8 + 11 * random.unit()) * HOUR_MS),
      reason: chance(random, 0.07) ? pickWeighted(random, REASONS.undisclosed[instrument.method]) : null,
      mechanic: 'compromised_counter',
    });
  }
}
