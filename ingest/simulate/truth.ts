/**
 * What only the simulator knows: which mechanic made a fraud, and the hazard from which a subscription's fate was drawn.
 * It is written apart, to judge models against the best possible; it never becomes a fact.
 */
export type Mechanic =
  'card_testing' | 'account_takeover' | 'stolen_card' | 'compromised_counter' | 'friendly_fraud';

export interface Truth {
  payment(paymentId: string, occurredAt: number, mechanic: Mechanic): void;
  /** `monthlyHazard`: probability, at the beginning of a paid cycle, of a voluntary end within a month. */
  subscription(subscriptionId: string, day: number, monthlyHazard: number): void;
}
