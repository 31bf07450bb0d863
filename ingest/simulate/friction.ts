/** How much payment trouble a payer had lately: failures, halved every 45 days. It drives churn. */
import type { Payer } from './payers.js';

const HALF_LIFE_DAYS = 45;

export function friction(payer: Payer, day: number): number {
  return payer.friction * 0.5 ** (Math.max(0, day - payer.frictionDay) / HALF_LIFE_DAYS);
}

export function addFriction(payer: Payer, day: number, amount: number): void {
  payer.friction = friction(payer, day) + amount;
  payer.frictionDay = Math.max(day, payer.frictionDay);
}
