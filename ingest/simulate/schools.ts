/**
 * Schools, their canteens and their prices. Every school raises its prices once, in the middle of the history; the new
 * price holds for a running plan from its next renewal on. Prices are whole multiples of five rupees, in paise.
 */
import type { Random } from '../../core/random.js';
import type { State } from './places.js';
import type { Streams } from './chance.js';
import { between, logNormal, mintId, pick } from './chance.js';
import { homeAddress } from './network.js';
import { STATES } from './places.js';

export interface Canteen {
  readonly id: string;
  /** A tablet at the counter on which some parents pay: one device shared by many honest payers. */
  readonly kioskDeviceId: string;
}

export interface School {
  readonly id: string;
  readonly state: State;
  readonly latitude: number;
  readonly longitude: number;
  /** Share of payers, relative to other schools. */
  readonly weight: number;
  readonly opensOn: number;
  readonly saturdays: boolean;
  readonly monthlyLunchPaise: number;
  readonly priceRiseOn: number;
  readonly priceRise: number;
  readonly ip: string;
  readonly canteens: readonly Canteen[];
  /** Unplanned closures (heavy rain, heat, elections), found as they happen. */
  readonly closures: Set<number>;
  /** Parents' opinion of the kitchen, a slow random walk around 0. */
  quality: number;
}

export const PLANS = [
  { id: 'plan_lunch_monthly', category: 'monthly_lunch', intervalMonths: 1, priceRatio: 1 },
  { id: 'plan_breakfast_monthly', category: 'monthly_breakfast', intervalMonths: 1, priceRatio: 0.5 },
  { id: 'plan_lunch_annual', category: 'annual_lunch', intervalMonths: 12, priceRatio: 9.2 },
  { id: 'plan_lunch_instalment', category: 'annual_lunch_instalment', intervalMonths: 3, priceRatio: 2.4 },
] as const;
export type Plan = (typeof PLANS)[number];

const FIVE_RUPEES_PAISE = 500;

export function planPricePaise(school: School, plan: Plan, day: number): number {
  const rise = day >= school.priceRiseOn ? 1 + school.priceRise : 1;
  return (
    Math.round((school.monthlyLunchPaise * plan.priceRatio * rise) / FIVE_RUPEES_PAISE) * FIVE_RUPEES_PAISE
  );
}

/** Two schools in three open with the merchant; the rest are won during the first half of the history. */
function opening(random: Random, index: number, firstDay: number, historyDays: number): number {
  return index % 3 === 2 ? firstDay + Math.floor(random.unit() * 0.5 * historyDays) : firstDay;
}

function createSchool(streams: Streams, index: number, firstDay: number, endDay: number): School {
  const random = streams.schools;
  const state = STATES[index % STATES.length] ?? pick(random, STATES);
  const days = endDay - firstDay;
  const canteens = Array.from({ length: between(random, 2, 4) }, () => ({
    id: mintId(streams.ids, 'canteen'),
    kioskDeviceId: mintId(streams.ids, 'device'),
  }));
  return {
    id: mintId(streams.ids, 'school'),
    state,
    latitude: state.latitude + 0.08 * random.normal(),
    longitude: state.longitude + 0.08 * random.normal(),
    weight: logNormal(random, 1, 0.4),
    opensOn: opening(random, index, firstDay, days),
    saturdays: random.unit() < 0.4,
    monthlyLunchPaise: between(random, 36, 64) * 10 * FIVE_RUPEES_PAISE,
    priceRiseOn: firstDay + Math.floor(days * (0.5 + 0.12 * random.unit())),
    priceRise: 0.07 + 0.08 * random.unit(),
    ip: homeAddress(random),
    canteens,
    closures: new Set(),
    quality: 0,
  };
}

export function createSchools(streams: Streams, count: number, firstDay: number, endDay: number): School[] {
  return Array.from({ length: count }, (_, index) => createSchool(streams, index, firstDay, endDay));
}
