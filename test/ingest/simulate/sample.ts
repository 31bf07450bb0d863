/** A small merchant, simulated once for each test file that asks for it. */
import type { Fact, LabelFact, OutcomeFact, PaymentFact, SubscriptionFact } from '../../../ingest/facts.js';
import { openMerchant } from '../../../ingest/simulate/merchant.js';
import type { Mechanic } from '../../../ingest/simulate/truth.js';

export const SMALL = { months: 3, schools: 2, payers: 300, endOn: '2026-11-01' } as const;
export const MEDIUM = { months: 8, schools: 3, payers: 1200, endOn: '2026-04-01' } as const;

export interface Sample {
  readonly facts: readonly Fact[];
  readonly payments: readonly PaymentFact[];
  readonly outcomes: ReadonlyMap<string, readonly OutcomeFact[]>;
  readonly labels: readonly LabelFact[];
  readonly subscriptions: readonly SubscriptionFact[];
  readonly mechanics: ReadonlyMap<string, Mechanic>;
  readonly hazards: readonly number[];
  /** The last word on a payment: captured or why not. */
  reasonOf(payment: PaymentFact): string | null;
}

export function drawSample(
  settings: { months: number; schools: number; payers: number; endOn: string },
  seed: number,
): Sample {
  const mechanics = new Map<string, Mechanic>();
  const hazards: number[] = [];
  const facts = [
    ...openMerchant(settings, seed, {
      payment: (id, _occurredAt, mechanic) => mechanics.set(id, mechanic),
      subscription: (_id, _day, hazard) => hazards.push(hazard),
    }).history(),
  ];
  const outcomes = new Map<string, OutcomeFact[]>();
  for (const fact of facts) {
    if (fact.fact === 'outcome')
      outcomes.set(fact.paymentId, [...(outcomes.get(fact.paymentId) ?? []), fact]);
  }
  return {
    facts,
    payments: facts.filter((fact) => fact.fact === 'payment'),
    outcomes,
    labels: facts.filter((fact) => fact.fact === 'label'),
    subscriptions: facts.filter((fact) => fact.fact === 'subscription'),
    mechanics,
    hazards,
    reasonOf: (payment) => {
      const last = outcomes.get(payment.paymentId)?.at(-1) ?? payment;
      return last.status === 'failed' ? last.failureReason : null;
    },
  };
}
