/** Everything that a reviewer needs to decide on one case: the decision with its reasons, what was done, the payer's past. */
import type { Pool } from 'pg';
import { assert } from '../../core/errors.js';
import { findDecision, paymentsOfPayer } from '../decisions.js';
import type { InspectedDecision, PayerPayment } from '../decisions.js';
import type { Case, CaseStep } from './case.js';
import { findCase, stepsOf } from './store.js';

export interface InspectedCase extends Case {
  readonly decision: InspectedDecision;
  /** Oldest first. */
  readonly steps: readonly CaseStep[];
  /** Newest first, the case's own among them. */
  readonly payerPayments: readonly PayerPayment[];
}

const PAYER_PAYMENTS = 20;

export async function inspectCase(pool: Pool, caseId: string): Promise<InspectedCase | null> {
  const found = await findCase(pool, caseId);
  if (found === null) return null;
  const [decision, steps] = await Promise.all([findDecision(pool, found.decisionId), stepsOf(pool, caseId)]);
  assert(decision !== null, 'a case stands beside its decision');
  const payerPayments = await paymentsOfPayer(pool, decision.payment.payerId, PAYER_PAYMENTS);
  return { ...found, decision, steps, payerPayments };
}
