/**
 * Account takeover: somebody enters honest payers' accounts, mostly from a new device and address, fails a few proofs,
 * then tops up more than usual at a counter that the family does not use, with the saved instrument or another one.
 */
import type { Attacker } from './attackers.js';
import type { Payer } from './payers.js';
import type { World } from './world.js';
import { addFriction } from './friction.js';
import { attackAt, createAttacker, openSchool, originOf, roundPaise, stolenCard } from './attackers.js';
import { between, chance, clamp, pick, pickWeighted, waiting } from './chance.js';
import { dayOf, MINUTE_MS } from '../../core/days.js';
import { record } from './record.js';
import { whereabouts } from './whereabouts.js';
import { REASONS, STOLEN_CARD_REASONS } from './reasons.js';

/** An active payer, or null when a few draws find none. */
function findVictim(world: World, day: number): Payer | null {
  for (let draws = 0; draws < 40; draws++) {
    const payer = pick(world.random.fraud, world.payers);
    if (payer.joinsOn < day && payer.activeUntil > day) return payer;
  }
  return null;
}

function raid(world: World, payer: Payer, attacker: Attacker, atMs: number, size: number): void {
  const random = world.random.fraud;
  const saved = payer.instruments[0];
  const instrument = saved === undefined || chance(random, 0.35) ? stolenCard(world, atMs) : saved;
  const foreign = openSchool(world, atMs).canteens;
  const counters = chance(random, 0.7) ? foreign : payer.school.canteens;
  const usual = (payer.canteen?.usualTopUpPaise ?? 30_000) / 100; // Malware or a relative's hand: nothing about the device is new.
  const onTheirPhone = chance(random, 0.3);
  const proofs = Math.min(size - 1, chance(random, 0.4) ? 0 : between(random, 1, 3));
  for (let i = 0; i < size; i++) {
    const proof = i < proofs;
    const failed = proof || chance(random, 0.15);
    const reasons =
      instrument.method === 'card' ? STOLEN_CARD_REASONS : REASONS.credential[instrument.method];
    record(world, {
      payerId: payer.id,
      counterpartyId: pick(random, counters).id,
      instrument,
      origin: onTheirPhone ? whereabouts(world, payer, null) : originOf(world, attacker),
      category: 'canteen_topup',
      amountPaise: roundPaise(world, Math.round(0.8 * usual), clamp(Math.round(4 * usual), 600, 4_900)),
      atMs,
      reason: failed ? pickWeighted(random, reasons) : null,
      mechanic: 'account_takeover',
    });
    atMs += Math.floor(waiting(random, proof ? 3 : 70) * MINUTE_MS) + 15_000;
  }
  addFriction(payer, dayOf(atMs), 2);
}

export function takeOver(world: World, day: number, size: number): void {
  const random = world.random.fraud;
  const attacker = createAttacker(world, {
    devices: between(random, 1, 2),
    addresses: between(random, 1, 3),
    abroadShare: 0.06,
    rotatingShare: 0.3,
  });
  for (let left = size; left > 0;) {
    const payments = Math.min(left, between(random, 1, 6));
    const at = attackAt(world, day + between(random, 0, Math.min(6, size)));
    const payer = findVictim(world, day);
    if (payer !== null) raid(world, payer, attacker, at, payments);
    left -= payments;
  }
}
