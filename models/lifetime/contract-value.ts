/**
 * What a contract is still worth: the discounted margin of all renewals to come, when the next one happens with probability
 * 1 - nextHazard and every later one with 1 - laterHazard. A geometric series, summed in closed form.
 * Source: Gupta, Lehmann and Stuart 2004; Fader and Hardie 2010 for the renewal paid in advance.
 */
import { assert } from '../../core/errors.js';

export interface Contract {
  /** Margin of one period, in minor units; paid at its beginning. */
  readonly marginPaise: number;
  readonly periodDays: number;
  /** P(it ends at the next renewal). */
  readonly nextHazard: number;
  /** P(it ends at any later renewal that it reaches); above 0 unless the discount is. */
  readonly laterHazard: number;
  /** What money is worth in a year, for instance 0.12. */
  readonly annualDiscount: number;
}

const YEAR_DAYS = 365.25;

/** In minor units, at the instant of the next renewal. */
export function contractValuePaise(contract: Contract): number {
  const { marginPaise, periodDays, nextHazard, laterHazard, annualDiscount } = contract;
  const discount = (1 + annualDiscount) ** (periodDays / YEAR_DAYS);
  const kept = (1 - laterHazard) / discount;
  assert(kept < 1 && kept >= 0, 'a contract without end or discount is worth no finite amount');
  return (marginPaise * (1 - nextHazard)) / (1 - kept);
}
