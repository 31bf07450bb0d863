/**
 * What fraudsters have: devices, addresses and a place. Their ids and addresses come from the same makers as everybody
 * else's, so that only behaviour and reuse can give them away.
 */
import type { Instrument } from './instruments.js';
import type { Origin } from './record.js';
import type { School } from './schools.js';
import type { Weighted } from './chance.js';
import type { World } from './world.js';
import { between, chance, mintId, pick, pickWeighted } from './chance.js';
import { createInstrument } from './instruments.js';
import { dayOf, HOUR_MS, startOfDay } from '../../core/days.js';
import { homeAddress, mobileAddress } from './network.js';
import { STATES } from './places.js';

export interface Attacker {
  readonly devices: readonly string[];
  readonly addresses: readonly string[];
  /** Has emulators and proxies enough to look like somebody new in most attempts. */
  readonly rotates: boolean;
  readonly stateCode: string;
  readonly country: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

const FOREIGN: Weighted<string> = [
  ['US', 3],
  ['AE', 2],
  ['GB', 1],
  ['SG', 1],
];

function address(world: World, stateCode: string): string {
  const random = world.random.fraud;
  const draw = random.unit();
  if (draw < 0.4) return mobileAddress(random, world.network, stateCode);
  return draw < 0.8 ? homeAddress(random) : pick(random, world.network.vpn);
}

interface Means {
  readonly devices: number;
  readonly addresses: number;
  /** How often the attack seems to come from another country. */
  readonly abroadShare: number;
  readonly rotatingShare: number;
}

export function createAttacker(
  world: World,
  { devices, addresses, abroadShare, rotatingShare }: Means,
): Attacker {
  const random = world.random.fraud;
  const state = pick(random, STATES);
  const abroad = chance(random, abroadShare);
  const located = !abroad && chance(random, 0.8);
  const coarse = (degrees: number): number => Math.round((degrees + 0.08 * random.normal()) * 100) / 100;
  return {
    devices: Array.from({ length: devices }, () => mintId(world.random.ids, 'device')),
    addresses: Array.from({ length: addresses }, () => address(world, state.code)),
    rotates: chance(random, rotatingShare),
    stateCode: state.code,
    country: abroad ? pickWeighted(random, FOREIGN) : 'IN',
    latitude: located ? coarse(state.latitude) : null,
    longitude: located ? coarse(state.longitude) : null,
  };
}

export function originOf(world: World, attacker: Attacker): Origin {
  const random = world.random.fraud;
  const { country, latitude, longitude } = attacker;
  if (attacker.rotates && chance(random, 0.7)) {
    const deviceId = mintId(world.random.ids, 'device');
    return { deviceId, ip: address(world, attacker.stateCode), country, latitude, longitude };
  }
  const deviceId = chance(random, 0.05) ? null : pick(random, attacker.devices);
  return { deviceId, ip: pick(random, attacker.addresses), country, latitude, longitude };
}

/** Mostly a card; one time in four a UPI id behind a mule's account. */
export function stolenInstrument(world: World, atMs: number): Instrument {
  return createInstrument(world.random, chance(world.random.fraud, 0.25) ? 'upi' : 'card', atMs);
}

export function stolenCard(world: World, atMs: number): Instrument {
  return createInstrument(world.random, 'card', atMs);
}

export function openSchool(world: World, atMs: number): School {
  const open = world.schools.filter(({ opensOn }) => opensOn <= dayOf(atMs));
  return pickWeighted(
    world.random.fraud,
    open.map((school) => [school, school.weight] as const),
  );
}

/** A time of day like anybody's, or (one time in five) at night. */
export function attackAt(world: World, day: number): number {
  const random = world.random.fraud;
  const hours = chance(random, 0.2) ? 6 * random.unit() : 7 + 16.5 * random.unit();
  return startOfDay(day) + Math.floor(hours * HOUR_MS);
}

/** A canteen top-up of whole hundreds of rupees, mostly. */
export function roundPaise(world: World, lowRupees: number, highRupees: number): number {
  const random = world.random.fraud;
  const rupees = between(random, lowRupees, highRupees);
  return (chance(random, 0.75) ? Math.max(100, Math.round(rupees / 100) * 100) : rupees) * 100;
}
