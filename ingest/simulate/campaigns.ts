/**
 * When fraudsters strike. Each mechanic has a budget that grows with the merchant's traffic, so that fraud keeps its share
 * of payments at any size; campaigns start at irregular intervals and in waves. Denied purchases are made in `checkout`.
 */
import type { Mechanic } from './truth.js';
import type { World } from './world.js';
import { clamp, logNormal } from './chance.js';
import { compromiseCounter } from './compromised-counter.js';
import { spendStolenCards } from './stolen-card.js';
import { takeOver } from './account-takeover.js';
import { testCards } from './card-testing.js';

interface Campaign {
  readonly mechanic: Mechanic;
  /** Fraudulent attempts for each attempt of any kind. */
  readonly share: number;
  readonly medianSize: number;
  readonly run: (world: World, day: number, size: number) => void;
}

const CAMPAIGNS: readonly Campaign[] = [
  { mechanic: 'card_testing', share: 0.0021, medianSize: 26, run: testCards },
  { mechanic: 'account_takeover', share: 0.0014, medianSize: 9, run: takeOver },
  { mechanic: 'stolen_card', share: 0.0016, medianSize: 8, run: spendStolenCards },
  { mechanic: 'compromised_counter', share: 0.0014, medianSize: 30, run: compromiseCounter },
];

/** A campaign never takes more than six weeks' worth of its mechanic, but at least four attempts. */
const LARGEST_BUDGET_DAYS = 42;
const WAVE_PERSISTENCE = 0.97;
const WAVE_SPREAD = 0.45;

interface Underworld {
  /** Grows the budgets by the day's attempts and starts the campaigns that are due. */
  strike(world: World, day: number, attemptsOfDay: number): void;
}

export function createUnderworld(): Underworld {
  let usualDay = 0;
  const plots = CAMPAIGNS.map((campaign) => ({ campaign, budget: 0, wave: 0, threshold: Infinity, size: 0 }));
  const plan = (world: World, plot: (typeof plots)[number]): void => {
    const random = world.random.fraud;
    const { share, medianSize } = plot.campaign;
    const largest = Math.max(4, Math.round(LARGEST_BUDGET_DAYS * share * usualDay));
    plot.size = Math.round(
      clamp(logNormal(random, medianSize, 0.6), Math.min(4, medianSize), Math.min(90, largest)),
    );
    plot.threshold = plot.size * (0.3 + random.unit());
  };
  return {
    strike: (world, day, attemptsOfDay) => {
      usualDay = usualDay === 0 ? attemptsOfDay : 0.95 * usualDay + 0.05 * attemptsOfDay;
      for (const plot of plots) {
        const drift = Math.sqrt(1 - WAVE_PERSISTENCE ** 2) * world.random.fraud.normal();
        plot.wave = WAVE_PERSISTENCE * plot.wave + drift;
        plot.budget +=
          plot.campaign.share * attemptsOfDay * Math.exp(WAVE_SPREAD * plot.wave - WAVE_SPREAD ** 2 / 2);
        if (plot.threshold === Infinity && usualDay > 0) plan(world, plot);
        while (plot.budget >= plot.threshold) {
          plot.campaign.run(world, day, plot.size);
          plot.budget -= plot.size;
          plan(world, plot);
        }
      }
    },
  };
}
