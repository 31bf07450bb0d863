/**
 * The device, address and place from which an honest payer pays. Phones are replaced, home lines get new addresses,
 * carriers share theirs, and now and then somebody travels or uses a VPN: novelty alone is no proof of fraud.
 */
import type { Canteen } from './schools.js';
import type { Origin } from './record.js';
import type { Payer } from './payers.js';
import type { World } from './world.js';
import { chance, mintId, pick } from './chance.js';
import { homeAddress, mobileAddress } from './network.js';
import { STATES } from './places.js';

const KIOSK_SHARE = 0.05;
const NEW_DEVICE_SHARE = 0.006;
const NEW_HOME_ADDRESS_SHARE = 0.02;
const TRAVEL_SHARE = 0.03;
const UNLOCATED_SHARE = 0.15;
const MOST_DEVICES = 4;

const ABROAD = [
  { country: 'AE', latitude: 25.2, longitude: 55.27 },
  { country: 'US', latitude: 37.77, longitude: -122.42 },
  { country: 'SG', latitude: 1.35, longitude: 103.82 },
  { country: 'GB', latitude: 51.51, longitude: -0.13 },
] as const;

/** IP geolocation knows a place to about a kilometre. */
const coarse = (degrees: number): number => Math.round(degrees * 100) / 100;

function deviceOf(world: World, payer: Payer): string | null {
  const random = world.random.network;
  if (chance(random, NEW_DEVICE_SHARE)) {
    payer.devices.unshift(mintId(world.random.ids, 'device'));
    payer.devices.length = Math.min(payer.devices.length, MOST_DEVICES);
  }
  if (chance(random, 0.02)) return null;
  return (chance(random, 0.78) ? payer.devices[0] : pick(random, payer.devices)) ?? null;
}

function addressOf(world: World, payer: Payer, stateCode: string): string {
  const random = world.random.network;
  if (chance(random, NEW_HOME_ADDRESS_SHARE)) payer.homeIp = homeAddress(random);
  const draw = random.unit();
  if (draw < 0.47) return payer.homeIp;
  if (draw < 0.95) return mobileAddress(random, world.network, stateCode);
  return draw < 0.98 ? homeAddress(random) : pick(random, world.network.vpn);
}

export function whereabouts(world: World, payer: Payer, counter: Canteen | null): Origin {
  const random = world.random.network;
  const { school } = payer;
  const atSchool = { country: 'IN', latitude: coarse(school.latitude), longitude: coarse(school.longitude) };
  if (counter !== null && chance(random, KIOSK_SHARE)) {
    return { deviceId: counter.kioskDeviceId, ip: school.ip, ...atSchool };
  }
  const state = chance(random, TRAVEL_SHARE) ? pick(random, STATES) : school.state;
  const deviceId = deviceOf(world, payer);
  const ip = addressOf(world, payer, state.code);
  if (payer.abroad && chance(random, 0.8)) return { deviceId, ip, ...pick(random, ABROAD) };
  if (chance(random, UNLOCATED_SHARE))
    return { deviceId, ip, country: 'IN', latitude: null, longitude: null };
  const home = state === school.state ? school : state;
  return {
    deviceId,
    ip,
    country: 'IN',
    latitude: coarse(home.latitude + 0.06 * random.normal()),
    longitude: coarse(home.longitude + 0.06 * random.normal()),
  };
}

/** No screen, no place: the merchant's own server executes a mandate. */
export const UNATTENDED: Origin = {
  deviceId: null,
  ip: null,
  country: 'IN',
  latitude: null,
  longitude: null,
};
