/**
 * What blocking by a model is worth in money against approving everything. A blocked fraud saves its amount and the
 * dispute fee; a blocked honest payment loses its margin and the cost of a false decline.
 * Source: example-dependent costs, Bahnsen et al. 2015; the rule is the expected-cost minimum of Elkan 2001.
 */
import { AppError, assert } from '../core/errors.js';

/** In paise of INR. */
export interface PaymentCosts {
  /** What a lost dispute costs besides the amount. */
  readonly disputeFeePaise: number;
  /** Share of an honest payment's amount that is earned. */
  readonly marginShare: number;
  /** Expected future margin lost by refusing an honest payer once. */
  readonly falseDeclinePaise: number;
}

/**
 * A merchant of small recurring amounts: a dispute costs about INR 500 in fees and work, a tenth of the amount is
 * margin, and one honest refusal in ten loses a customer worth about INR 2,500 a year.
 */
export const DEFAULT_PAYMENT_COSTS: PaymentCosts = {
  disputeFeePaise: 50_000,
  marginShare: 0.1,
  falseDeclinePaise: 25_000,
};

export interface ScoredAmounts {
  readonly y: Uint8Array;
  readonly fraudProbability: Float64Array;
  /** Minor units as doubles, exact below 2^53 (n). */
  readonly amountPaise: Float64Array;
}

export interface ValueSaved {
  readonly savedPaise: number;
  /** Saved, as a share of what all fraud costs when nothing is blocked; negative when blocking does harm. */
  readonly savedShare: number;
  readonly blockedRows: number;
}

/** Blocks where p (amount + fee) > (1 - p) (margin + cost of a false decline). */
export function valueSaved(
  { y, fraudProbability, amountPaise }: ScoredAmounts,
  costs: PaymentCosts,
): ValueSaved {
  assert(
    y.length === fraudProbability.length && y.length === amountPaise.length,
    'one amount and score for each row',
  );
  let saved = 0;
  let atStake = 0;
  let blockedRows = 0;
  for (let row = 0; row < y.length; row++) {
    const p = fraudProbability[row]!;
    const fraudCost = amountPaise[row]! + costs.disputeFeePaise;
    const declineCost = amountPaise[row]! * costs.marginShare + costs.falseDeclinePaise;
    if (y[row] === 1) atStake += fraudCost;
    if (p * fraudCost <= (1 - p) * declineCost) continue;
    blockedRows++;
    saved += y[row] === 1 ? fraudCost : -declineCost;
  }
  if (atStake === 0)
    throw new AppError('bad-input', 'one-class', 'the scored rows hold no fraud; there is nothing to save');
  return { savedPaise: Math.round(saved), savedShare: saved / atStake, blockedRows };
}
