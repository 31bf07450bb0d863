/**
 * Banks and wallets that issue instruments, and the windows in which one of them (or the gateway itself) is down.
 * Within a window most attempts at that issuer fail with a technical reason, whoever pays.
 */
import type { Random } from '../../core/random.js';
import type { Weighted } from './chance.js';
import { chance, clamp, logNormal, poisson } from './chance.js';
import { DAY_MS, MINUTE_MS, startOfDay } from '../../core/days.js';

interface Issuer {
  readonly share: number;
  readonly outagesAMonth: number;
}

/** Eight banks of falling size; smaller ones fail more often. */
const ISSUERS: readonly Issuer[] = [
  { share: 26, outagesAMonth: 1.5 },
  { share: 20, outagesAMonth: 1 },
  { share: 16, outagesAMonth: 1.2 },
  { share: 12, outagesAMonth: 2 },
  { share: 9, outagesAMonth: 2.5 },
  { share: 7, outagesAMonth: 3.5 },
  { share: 6, outagesAMonth: 3 },
  { share: 4, outagesAMonth: 5 },
];

export const ISSUER_SHARES: Weighted<number> = ISSUERS.map(({ share }, index) => [index, share] as const);

/** All issuers at once: the gateway is down. */
const GATEWAY = -1;
const GATEWAY_OUTAGES_A_MONTH = 0.35;

export interface Outage {
  readonly issuer: number;
  readonly startsAt: number;
  readonly endsAt: number;
  /** Probability that an attempt within the window fails because of it. */
  readonly failureShare: number;
}

/** Minutes: the median, and the standard deviation of the logarithm. */
const DURATION = { issuer: 60, gateway: 25, sigma: 0.8 } as const;
const FAILURE_SHARES = { total: 0.9, partial: 0.55 } as const;

function outagesOf(random: Random, issuer: number, aMonth: number, day: number): Outage[] {
  return Array.from({ length: poisson(random, aMonth / 30) }, () => {
    const startsAt = startOfDay(day) + Math.floor(random.unit() * DAY_MS);
    const minutes = clamp(
      logNormal(random, issuer === GATEWAY ? DURATION.gateway : DURATION.issuer, DURATION.sigma),
      8,
      600,
    );
    const failureShare = chance(random, 0.5) ? FAILURE_SHARES.total : FAILURE_SHARES.partial;
    return { issuer, startsAt, endsAt: startsAt + Math.floor(minutes * MINUTE_MS), failureShare };
  });
}

export function drawOutages(random: Random, day: number): Outage[] {
  const banks = ISSUERS.flatMap(({ outagesAMonth }, issuer) => outagesOf(random, issuer, outagesAMonth, day));
  return [...banks, ...outagesOf(random, GATEWAY, GATEWAY_OUTAGES_A_MONTH, day)];
}

/** The share of attempts that fail at this issuer at this instant because it is down: 0 when it is up. */
export function outageShare(outages: readonly Outage[], issuer: number, atMs: number): number {
  let share = 0;
  for (const outage of outages) {
    const concerns = outage.issuer === issuer || outage.issuer === GATEWAY;
    if (concerns && atMs >= outage.startsAt && atMs < outage.endsAt)
      share = Math.max(share, outage.failureShare);
  }
  return share;
}

/** The same at an instant of which nothing is known yet: how long an issuer is down, times how much then fails. */
export function expectedOutageShare(issuer: number): number {
  const share = (FAILURE_SHARES.total + FAILURE_SHARES.partial) / 2;
  const ofTime = (aMonth: number, median: number): number =>
    (aMonth / 30) * ((median * Math.exp(DURATION.sigma ** 2 / 2)) / (24 * 60));
  const bank = ofTime(ISSUERS[issuer]?.outagesAMonth ?? 0, DURATION.issuer);
  return share * (bank + ofTime(GATEWAY_OUTAGES_A_MONTH, DURATION.gateway));
}
