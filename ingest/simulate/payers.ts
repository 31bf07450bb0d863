/**
 * Parents: where they live, when salaries arrive, how they pay, how patient and how price-sensitive they are. Payer-level
 * facts only; children are a number. The latent fields never leave the simulator.
 */
import type { Random } from '../../core/random.js';
import type { Instrument } from './instruments.js';
import type { Canteen, School } from './schools.js';
import type { Payday } from './calendar.js';
import type { Streams, Weighted } from './chance.js';
import type { Subscription } from './subscriptions.js';
import { chance, clamp, logNormal, mintId, pick, pickWeighted } from './chance.js';
import { createInstrument, drawMethod } from './instruments.js';
import { homeAddress } from './network.js';
import { startOfDay } from '../../core/days.js';

export interface CanteenUse {
  readonly counter: Canteen;
  /** What the children spend on a day on which meals are served. */
  readonly dailySpendPaise: number;
  readonly usualTopUpPaise: number;
  balancePaise: number;
}

/** Times of day at which somebody pays: minutes after midnight, standard deviation. */
type Habit = readonly [minute: number, spread: number];

export interface Payer {
  readonly id: string;
  readonly school: School;
  readonly joinsOn: number;
  readonly children: number;
  readonly monthlyIncomePaise: number;
  readonly payday: Payday;
  /** Days in which the salary shrinks to a third. */
  readonly spendingDays: number;
  readonly habits: readonly Habit[];
  readonly canteen: CanteenUse | null;
  /** Probability of trying again after a failure. */
  readonly patience: number;
  readonly priceSensitivity: number;
  /** Probability that no child returns after the summer. */
  readonly leaveProbability: number;
  /** How readily an honest purchase is later denied; 1 on average. */
  readonly deniesPurchases: number;
  readonly abroad: boolean;
  readonly devices: string[];
  /** The one used most is first. */
  readonly instruments: Instrument[];
  homeIp: string;
  satisfaction: number;
  fundsShock: number;
  fundsShockDay: number;
  /** Recent failures, decaying; see churn. */
  friction: number;
  frictionDay: number;
  /** First day on which the payer no longer buys anything. */
  activeUntil: number;
  subscription: Subscription | null;
}

const HABITS: readonly Habit[] = [
  [7.6 * 60, 35],
  [13 * 60, 60],
  [18 * 60, 80],
  [20.8 * 60, 55],
  [22.5 * 60, 50],
];

const CHILDREN: Weighted<number> = [
  [1, 58],
  [2, 36],
  [3, 6],
];

const PAYDAY_SHARES: Weighted<Payday> = [
  ['1', 40],
  ['5', 15],
  ['7', 12],
  ['last-working-day', 33],
];

const TOP_UPS_RUPEES: Weighted<number> = [
  [100, 8],
  [150, 6],
  [200, 18],
  [250, 8],
  [300, 18],
  [500, 30],
  [1000, 10],
  [2000, 2],
];

const CANTEEN_SHARE = 0.68;

function createCanteenUse(random: Random, school: School, children: number): CanteenUse | null {
  if (!chance(random, CANTEEN_SHARE)) return null;
  const dailySpendPaise = Math.round(logNormal(random, 4_400, 0.4) * (0.5 + 0.5 * children));
  const usualTopUpPaise = pickWeighted(random, TOP_UPS_RUPEES) * 100;
  return { counter: pick(random, school.canteens), dailySpendPaise, usualTopUpPaise, balancePaise: 0 };
}

function createInstruments(streams: Streams, atMs: number): Instrument[] {
  const random = streams.payers;
  const instruments = [createInstrument(streams, drawMethod(random), atMs)];
  while (instruments.length < 4 && chance(random, 0.42)) {
    instruments.push(createInstrument(streams, drawMethod(random), atMs));
  }
  return instruments;
}

export function createPayer(streams: Streams, school: School, joinsOn: number): Payer {
  const random = streams.payers;
  const children = pickWeighted(random, CHILDREN);
  const devices = [mintId(streams.ids, 'device')];
  while (devices.length < 3 && chance(random, 0.35)) devices.push(mintId(streams.ids, 'device'));
  return {
    id: mintId(streams.ids, 'payer'),
    school,
    joinsOn,
    children,
    monthlyIncomePaise: Math.round(logNormal(random, 6_000_000, 0.5)),
    payday: pickWeighted(random, PAYDAY_SHARES),
    spendingDays: clamp(logNormal(random, 12, 0.35), 5, 40),
    habits: [pick(random, HABITS), pick(random, HABITS)],
    canteen: createCanteenUse(random, school, children),
    patience: clamp(0.72 + 0.15 * random.normal(), 0.2, 0.95),
    priceSensitivity: logNormal(random, 1, 0.6),
    leaveProbability: clamp(logNormal(random, 0.1, 0.7) / children, 0.01, 0.6),
    deniesPurchases: logNormal(random, 0.6, 1),
    abroad: chance(random, 0.012),
    devices,
    instruments: createInstruments(streams, startOfDay(joinsOn)),
    homeIp: homeAddress(streams.network),
    satisfaction: 0.6 * random.normal(),
    fundsShock: random.normal(),
    fundsShockDay: joinsOn,
    friction: 0,
    frictionDay: joinsOn,
    activeUntil: Infinity,
    subscription: null,
  };
}

/** Parents join in the weeks after their school opens, and later whenever families move; most in June. */
export function createPayers(
  streams: Streams,
  schools: readonly School[],
  count: number,
  endDay: number,
): Payer[] {
  const random = streams.payers;
  const shares = schools.map((school) => [school, school.weight] as const);
  return Array.from({ length: count }, () => {
    const school = pickWeighted(random, shares);
    const first = chance(random, 0.72);
    const room = Math.max(1, endDay - school.opensOn);
    const after = first ? Math.min(room, logNormal(random, 14, 0.7)) : random.unit() * room;
    return createPayer(streams, school, school.opensOn + Math.floor(after));
  });
}
