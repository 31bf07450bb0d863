/**
 * The value of a decision in money: minus what it costs, so that a perfect decision is worth nothing and every other less.
 * The costs are the policy's own (scoring/policy.ts); a review costs its time and finds the truth. With the probability of
 * each action the value is linear in whether the payment is fraud, which is all that an outcome tells.
 */
import type { Finding } from '../precedence.js';
import type { ChurnRisk } from '../churn/night.js';
import { churnCostPaise } from '../policy.js';
import type { Costs } from '../policy-settings.js';
import type { Action } from '../request.js';

/** Probability of each action; they sum to 1. */
export type ActionShares = Readonly<Record<Action, number>>;

const NEVER: ActionShares = { allow: 0, challenge: 0, review: 0, block: 0 };

interface Drawn {
  readonly action: Action;
  readonly decidedBy?: Finding;
  readonly propensity: number | null;
}

/** What else the draw could have given: only a block of the model is drawn against a challenge (scoring/exploration.ts). */
export function sharesOf({ action, decidedBy, propensity }: Drawn): ActionShares {
  const drawn = propensity ?? 1;
  if (decidedBy === 'model-block') return { ...NEVER, block: drawn, challenge: 1 - drawn };
  if (decidedBy === 'explored-challenge') return { ...NEVER, challenge: drawn, block: 1 - drawn };
  return { ...NEVER, [action]: 1 };
}

/** Paise. */
export interface ActionValue {
  readonly ifGood: number;
  readonly ifFraud: number;
}

export interface Yardstick {
  readonly costs: Costs;
  readonly reviewCostPaise: number;
}

/** What is decided about. */
export interface Stake {
  readonly amountPaise: number;
  /** As the decision saw it. */
  readonly churn?: ChurnRisk | undefined;
}

export function valueOf(
  shares: ActionShares,
  { amountPaise, churn }: Stake,
  { costs, reviewCostPaise }: Yardstick,
): ActionValue {
  const fraudLoss = amountPaise + costs.disputeFeePaise;
  const declineLoss = amountPaise * costs.marginShare + churnCostPaise(costs, churn);
  const review = shares.review * reviewCostPaise;
  return {
    ifGood: 0 - review - (shares.challenge * costs.abandonmentShare + shares.block) * declineLoss,
    ifFraud: 0 - review - (shares.allow + shares.challenge * costs.challengePassShare) * fraudLoss,
  };
}

/** @param fraud 0 or 1, a probability, or an unbiased estimate of one. */
export function at({ ifGood, ifFraud }: ActionValue, fraud: number): number {
  return ifGood + fraud * (ifFraud - ifGood);
}

export function minus(a: ActionValue, b: ActionValue): ActionValue {
  return { ifGood: a.ifGood - b.ifGood, ifFraud: a.ifFraud - b.ifFraud };
}
