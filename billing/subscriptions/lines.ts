/**
 * The lines of a period's invoice, from the subscription alone: quantity times price, add-ons, and with the first period the setup fee.
 * Prices include tax; a line covers whole days, its end exclusive.
 */
import { assert } from '../../core/errors.js';
import type { Terms } from '../catalogue/terms.js';
import type { DraftLine } from '../invoices/draft.js';
import type { Subscription } from './subscription.js';

/** What is charged again each period. */
export interface Item {
  readonly kind: 'plan' | 'add-on';
  /** The plan with its version, or the add-on. */
  readonly id: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitPaise: bigint;
}

export function itemsOf(terms: Terms): Item[] {
  const { planId, planVersion, planName, quantity, unitPaise, addOns } = terms;
  return [
    { kind: 'plan', id: `${planId} ${planVersion}`, name: planName, quantity, unitPaise },
    ...addOns.map((addOn): Item => ({ kind: 'add-on', id: addOn.addOnId, ...addOn })),
  ];
}

/** Of the current period. */
export function recurringLines(subscription: Subscription): DraftLine[] {
  const { terms, periodStartDay: fromDay, periodEndDay: toDay } = subscription;
  assert(fromDay !== null && toDay !== null, 'a period has begun');
  const { taxClass, setupFeePaise } = terms;
  const lines = itemsOf(terms).map(({ kind, name, quantity, unitPaise }): DraftLine => ({
    kind,
    description: name,
    quantity,
    unitPaise,
    amountPaise: unitPaise * BigInt(quantity),
    taxClass,
    fromDay,
    toDay,
  }));
  if (!isFirstPeriod(subscription) || setupFeePaise === 0n) return lines;
  const fee = { description: 'Setup fee', quantity: 1, unitPaise: setupFeePaise, amountPaise: setupFeePaise };
  return [...lines, { kind: 'setup-fee', ...fee, taxClass, fromDay: null, toDay: null }];
}

/** A later anchor counts from zero again. */
function isFirstPeriod({ period, anchorDay, startsDay, trialEndDay }: Subscription): boolean {
  return period === 0 && anchorDay === (trialEndDay ?? startsDay ?? anchorDay);
}
