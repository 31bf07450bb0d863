/**
 * Why families leave of their own accord: a logistic monthly hazard of payment trouble, satisfaction, the kitchen's
 * quality, a recent price rise weighted by price sensitivity, and tenure; plus families whose children do not return
 * after the summer. The hazard is the ground truth that is written apart.
 */
import type { Subscription } from './subscriptions.js';
import type { World } from './world.js';
import { addMonths, civil } from '../../core/days.js';
import { friction } from './friction.js';
import { logistic } from './chance.js';

const BASE_LOGIT = -3.85;
/** A rise is felt for about two cycles. */
const PRICE_MEMORY_DAYS = 62;

function yearEndsWithin(world: World, { payer }: Subscription, day: number, untilDay: number): boolean {
  const { firstDay } = world.calendar.summer(payer.school, civil(day).year);
  return firstDay > day && firstDay <= untilDay;
}

/** P(voluntary end within the next month), at the beginning of a paid cycle. */
export function monthlyHazard(world: World, subscription: Subscription, day: number): number {
  const { payer, cycles, priceRaisedOn } = subscription;
  const raised = priceRaisedOn !== null && day - priceRaisedOn < PRICE_MEMORY_DAYS;
  const logit =
    BASE_LOGIT +
    0.55 * friction(payer, day) -
    0.75 * payer.satisfaction -
    0.5 * payer.school.quality +
    (raised ? 0.8 * payer.priceSensitivity : 0) -
    0.2 * Math.log1p(cycles);
  const ordinary = logistic(logit);
  if (!yearEndsWithin(world, subscription, day, addMonths(day, 1))) return ordinary;
  return 1 - (1 - ordinary) * (1 - payer.leaveProbability);
}

/** Satisfaction drifts from cycle to cycle and follows the kitchen. */
export function driftSatisfaction(world: World, { payer }: Subscription): void {
  payer.satisfaction =
    0.82 * payer.satisfaction + 0.4 * world.random.churn.normal() + 0.12 * payer.school.quality;
}

/**
 * P(voluntary end of this cycle), given that it was not told `leadDays` before the cycle of `days` ends: what nobody can
 * beat. A decided end is told early in the cycle with a density that rises towards its end (a squared uniform draw).
 */
export function hiddenEndProbability(
  hazard: number,
  cycle: { readonly months: number; readonly days: number; readonly leadDays: number },
): number {
  const ends = 1 - (1 - hazard) ** cycle.months;
  const untold = ends * Math.min(1, Math.sqrt((cycle.leadDays + 1) / cycle.days));
  return untold / (1 - ends + untold);
}
