/**
 * A school-meal merchant, day by day: outages, kitchens, closures, joining families, purchases, debits and fraud. The same
 * settings and seed give byte-identical facts; they come in the order in which the merchant learns them.
 */
import type { DayOfTrade } from './journal.js';
import type { Fact } from '../facts.js';
import type { Payer } from './payers.js';
import type { SimulateSettings } from './settings.js';
import type { Truth } from './truth.js';
import type { World } from './world.js';
import { chance, openStreams, pickWeighted, poisson } from './chance.js';
import { civil, startOfDay, weekday } from '../../core/days.js';
import { createAgenda } from './agenda.js';
import { createCalendar } from './calendar.js';
import { createJournal } from './journal.js';
import { createNetwork } from './network.js';
import { createPayer, createPayers } from './payers.js';
import { createSchools } from './schools.js';
import { createUnderworld } from './campaigns.js';
import { drawOutages } from './issuers.js';
import { maybeFair } from './guests.js';
import { hash32, seededRandom } from '../../core/random.js';
import { historyDays } from './settings.js';
import { planStart } from './subscriptions.js';
import { refundClosure } from './refunds.js';
import { scheduleTopUp } from './topups.js';

export interface Merchant {
  /** The next day to be simulated. */
  readonly day: number;
  /** The first day after the history. */
  readonly endDay: number;
  nextDay(): DayOfTrade;
  /** The facts of the rest of the history by (knownAt, sequence); lazily, one day in memory at a time. */
  history(): Iterable<Fact>;
  /** From here on another future: other draws and other ids. */
  branch(name: string): void;
}

const SUBSCRIBER_SHARE = 0.74;
/** Unplanned closures of a school in each month, January first: monsoon, heat, winter smog. */
const CLOSURES_A_MONTH = [0.15, 0.05, 0.05, 0.1, 0.1, 0.25, 0.5, 0.45, 0.3, 0.1, 0.15, 0.1] as const;

function createWorld(settings: SimulateSettings, seed: number, truth: Truth | null): World {
  const { firstDay, endDay } = historyDays(settings);
  const random = openStreams(seededRandom(seed));
  const schools = createSchools(random, settings.schools, firstDay, endDay);
  const codes = [...new Set(schools.map(({ state }) => state.code))];
  return {
    random,
    calendar: createCalendar(),
    outages: drawOutages(random.outages, firstDay),
    network: createNetwork(random.network, codes, settings.payers),
    schools,
    payers: createPayers(random, schools, settings.payers, endDay),
    agenda: createAgenda(),
    journal: createJournal(),
    truth,
  };
}

/** A family joins: canteen money, a plan, or both. */
function join(world: World, payer: Payer, day: number): void {
  if (payer.canteen !== null) scheduleTopUp(world, payer, payer.canteen, day);
  if (payer.canteen === null || chance(world.random.subscriptions, SUBSCRIBER_SHARE))
    planStart(world, payer, day);
}

function runSchools(world: World, day: number): void {
  const { month } = civil(day);
  for (const school of world.schools) {
    if (school.opensOn > day) continue;
    const random = world.random.schools;
    maybeFair(world, school, day);
    if (weekday(day) === 1) school.quality = 0.94 * school.quality + 0.2 * random.normal();
    const closes = chance(random, (CLOSURES_A_MONTH[month - 1] ?? 0) / 30);
    if (closes && world.calendar.isServed(school, day)) {
      school.closures.add(day);
      refundClosure(world, school.id, day);
    }
    if (world.calendar.summer(school, civil(day).year).firstDay === day) leaveForGood(world, school.id, day);
  }
}

/** At the year's end families without a plan leave quietly; the others cancel, see churn. */
function leaveForGood(world: World, schoolId: string, day: number): void {
  for (const payer of world.payers) {
    const quiet = payer.school.id === schoolId && payer.subscription === null && payer.joinsOn < day;
    if (quiet && chance(world.random.churn, payer.leaveProbability))
      payer.activeUntil = Math.min(payer.activeUntil, day);
  }
}

function keepOutages(world: World, day: number): void {
  const current = world.outages.filter(({ endsAt }) => endsAt > startOfDay(day));
  world.outages = [...current, ...drawOutages(world.random.outages, day + 1)];
}

export function openMerchant(settings: SimulateSettings, seed: number, truth: Truth | null = null): Merchant {
  const world = createWorld(settings, seed, truth);
  const { firstDay, endDay } = historyDays(settings);
  const underworld = createUnderworld();
  const joiningADay = settings.payers / (endDay - firstDay);
  let day = firstDay;
  let attemptsOfDay = 0;
  for (const payer of world.payers) {
    if (payer.joinsOn < endDay) world.agenda.on(payer.joinsOn, (today) => join(world, payer, today));
  }
  const welcome = (): void => {
    const random = world.random.payers;
    for (let left = poisson(random, joiningADay); left > 0; left--) {
      const school = pickWeighted(
        random,
        world.schools.map((candidate) => [candidate, candidate.weight] as const),
      );
      const payer = createPayer(world.random, school, day);
      world.payers.push(payer);
      join(world, payer, day);
    }
  };
  const nextDay = (): DayOfTrade => {
    const before = world.journal.attempts;
    keepOutages(world, day);
    runSchools(world, day);
    if (day >= endDay) welcome();
    underworld.strike(world, day, attemptsOfDay);
    world.agenda.run(day);
    attemptsOfDay = world.journal.attempts - before;
    return world.journal.close(day++);
  };
  return {
    get day() {
      return day;
    },
    endDay,
    nextDay,
    *history() {
      while (day < endDay) yield* nextDay().facts;
    },
    branch: (name) => {
      world.random = openStreams(seededRandom(seed ^ hash32(name)));
    },
  };
}
