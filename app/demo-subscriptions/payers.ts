/**
 * Who the demo's payers are and what they will do: a pure function of a number, so that every demo is the same one. Ids are invented and
 * look it. Most pay within days; some forget, some never pay, some leave, pause, or take more.
 */
import { seededRandom } from '../../core/random.js';
import type { Random } from '../../core/random.js';
import { DEMO_PLANS } from './catalogue.js';

/** How much of it. */
export interface DemoSize {
  /** Before the present. */
  readonly days: number;
  readonly payers: number;
}

/** Four months and more fill a waterfall; so many payers, that each thing happens to some. */
export const DEMO_SIZE: DemoSize = { days: 130, payers: 64 };
const SCHOOLS = 3;
/** Of those who let themselves be debited. */
const MANDATE_SHARE = 0.4;
/** Of their debits. */
const SHORT_OF_FUNDS = 0.12;
/** One in so many pays once and never again: reminders, a stop, and arrears. */
const STOPS_EVERY = 7;
/** Two days ago their month began and the account was empty: a retry is planned when the demo starts. */
const SHORT_NOW = 4;

/** How long after an invoice its payer pays, and how often that happens. */
const HABITS = [
  { share: 0.8, fromDays: 0, toDays: 3 },
  { share: 0.1, fromDays: 7, toDays: 11 },
  // Long enough for reminders and, at the end, for a stop.
  { share: 0.05, fromDays: 20, toDays: 40 },
] as const;

export interface DemoOrder {
  readonly afterDays: number;
  readonly name: 'cancel' | 'more' | 'fewer' | 'pause';
}

export interface DemoPayer {
  readonly payerId: string;
  readonly schoolId: string;
  readonly planId: string;
  readonly quantity: number;
  /** Counted from the demo's first day. */
  readonly startsOn: number;
  readonly isDebited: boolean;
  /** How the debits after the first payment end; when there are no more, they pass. */
  readonly isShort: readonly boolean[];
  readonly orders: readonly DemoOrder[];
  /** Days until an invoice is paid by hand; null: never. @param nth from 0. */
  readonly waitsDays: (nth: number) => number | null;
}

export function demoPayers(seed: number, { days, payers }: DemoSize): DemoPayer[] {
  return Array.from({ length: payers }, (_, i) =>
    payer(i + 1, days, seededRandom(seed).fork(`payer ${i + 1}`)),
  );
}

function payer(number: number, days: number, random: Random): DemoPayer {
  const isShortNow = number <= SHORT_NOW;
  const stops = number % STOPS_EVERY === 0;
  const months =
    isShortNow || stops
      ? [true, true, true]
      : Array.from({ length: 6 }, () => random.unit() < SHORT_OF_FUNDS);
  return {
    payerId: `demo-payer-${number}`,
    schoolId: `demo-school-${1 + random.below(SCHOOLS)}`,
    planId: planOf(random.unit()),
    quantity: random.unit() < 0.25 ? 2 : 1,
    startsOn: startOf(days, { number, isShortNow, stops }, random),
    isDebited: isShortNow || random.unit() < MANDATE_SHARE,
    isShort: months,
    orders: ordersOf(number, random),
    waitsDays: (nth) => (nth > 0 && (isShortNow || stops) ? null : waitOf(random.fork(`invoice ${nth}`))),
  };
}

function startOf(
  days: number,
  {
    number,
    isShortNow,
    stops,
  }: { readonly number: number; readonly isShortNow: boolean; readonly stops: boolean },
  random: Random,
): number {
  // Some days over a month ago: the second month's debit fell in the last days.
  if (isShortNow) return days - 34 + (number % 2);
  // Dunning takes its weeks.
  return Math.floor(stops ? (days * random.unit()) / 2 : days * random.unit() ** 1.3);
}

function planOf(unit: number): string {
  if (unit < 0.6) return DEMO_PLANS.lunch;
  return unit < 0.85 ? DEMO_PLANS.breakfast : DEMO_PLANS.term;
}

function ordersOf(number: number, random: Random): DemoOrder[] {
  const afterDays = 35 + random.below(50);
  if (number % 8 === 0) return [{ afterDays, name: 'cancel' }];
  if (number % 9 === 0) return [{ afterDays, name: 'more' }];
  if (number % 13 === 0) return [{ afterDays, name: 'fewer' }];
  return number % 11 === 0 ? [{ afterDays, name: 'pause' }] : [];
}

function waitOf(random: Random): number | null {
  let left = random.unit();
  for (const { share, fromDays, toDays } of HABITS) {
    if (left < share) return fromDays + random.below(toDays - fromDays + 1);
    left -= share;
  }
  return null;
}
