/**
 * What only the simulator knows: which mechanic made a fraud, and the hazard from which a subscription's fate was drawn.
 * It is written apart, to judge models against the best possible; it never becomes a fact.
 */
import type { Instrument } from './instruments.js';
import type { Payer } from './payers.js';

export type Mechanic =
  'card_testing' | 'account_takeover' | 'stolen_card' | 'compromised_counter' | 'friendly_fraud';

/** A mandate's first debit that failed. */
export interface FailedDebit {
  readonly paymentId: string;
  /** As at this attempt, shock included: a copy. */
  readonly payer: Payer;
  readonly instrument: Instrument;
  readonly amountPaise: number;
}

export interface Truth {
  payment(paymentId: string, occurredAt: number, mechanic: Mechanic): void;
  /** `monthlyHazard`: probability, at the beginning of a paid cycle, of a voluntary end within a month. */
  subscription(subscriptionId: string, day: number, monthlyHazard: number): void;
  /** Left away by those who do not judge retries. */
  failedDebit?(debit: FailedDebit): void;
}
