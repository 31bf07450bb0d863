/**
 * From a probability of fraud to an action, by expected money. For each transaction it takes the cheapest of:
 *   allow      p · (amount + dispute fee)
 *   challenge  (1 - p) · abandonment · (margin + churn cost)  +  p · passes · (amount + dispute fee)
 *   block      (1 - p) · (margin + churn cost)
 * so it blocks only if p · (amount + dispute fee) > (1 - p) · (margin + churn cost) (Elkan 2001, cost-sensitive learning).
 * The churn cost of a payer with a churn score is the payer's own (`churnCostPaise`), of everybody else the average.
 * A model's own thresholds bound it: nobody is blocked below the threshold of a 0.1 % false positive rate, and
 * whatever the money leaves alone above that of 0.5 % is put before a person. In a currency without costs nobody is blocked.
 */
import type { ChurnRisk } from './churn/night.js';
import type { Costs, CostsByCurrency } from './policy-settings.js';
import type { Action } from './request.js';

/** Probabilities at which a model's false positive rate on its test period is 0.1 % and 0.5 %. */
export interface FprThresholds {
  readonly blockFrom: number;
  readonly reviewFrom: number;
}

interface Stake {
  readonly fraudProbability: number;
  readonly amountPaise: bigint;
  readonly currency: string;
  /** Absent without a score. */
  readonly churn?: ChurnRisk | undefined;
}

/** @param thresholds null when the model does not say. */
export function actionFor(
  stake: Stake,
  thresholds: FprThresholds | null,
  costsByCurrency: CostsByCurrency,
): Action {
  const p = stake.fraudProbability;
  const costs = costsByCurrency[stake.currency];
  const cheapest =
    costs === undefined ? null : cheapestAction(p, Number(stake.amountPaise), costs, stake.churn);
  if (thresholds === null) return cheapest ?? (p >= FALLBACK_REVIEW_FROM ? 'review' : 'allow');
  if (p < thresholds.reviewFrom)
    return cheapest === 'challenge' || cheapest === 'block' ? 'challenge' : 'allow';
  if (p < thresholds.blockFrom) return 'review';
  return cheapest === 'block' ? 'block' : 'review';
}

/** Without costs in the currency and without thresholds, only what is more likely fraud than not is looked at. */
const FALLBACK_REVIEW_FROM = 0.5;

function cheapestAction(
  p: number,
  amountPaise: number,
  costs: Costs,
  churn: ChurnRisk | undefined,
): 'allow' | 'challenge' | 'block' {
  const fraudLoss = amountPaise + costs.disputeFeePaise;
  const declineLoss = amountPaise * costs.marginShare + churnCostPaise(costs, churn);
  const allow = p * fraudLoss;
  const block = (1 - p) * declineLoss;
  const challenge = block * costs.abandonmentShare + allow * costs.challengePassShare;
  if (allow <= challenge && allow <= block) return 'allow';
  return challenge <= block ? 'challenge' : 'block';
}

/**
 * Future margin that is lost by refusing an honest payer once. A refusal multiplies the odds of leaving, as a covariate of a
 * discrete-time hazard does (Cox 1972), so it drives away few who are settled, most who waver, and hardly anybody who leaves anyway.
 */
export function churnCostPaise(costs: Costs, churn: ChurnRisk | undefined): number {
  if (costs.churn === undefined || churn === undefined || churn.valuePaise === 0)
    return costs.falseDeclinePaise;
  const { refusalOddsRatio, leastPaise, mostPaise } = costs.churn;
  const leaves = churn.expectedLossPaise / churn.valuePaise;
  const odds = refusalOddsRatio * leaves;
  const drivenAway = odds / (1 - leaves + odds) - leaves;
  return Math.min(mostPaise, Math.max(leastPaise, drivenAway * churn.valuePaise));
}
