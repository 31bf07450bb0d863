/**
 * The life of a case: one table says which event is possible in which state and where it leads; nothing else assigns a
 * status. Whoever closes a case says whether the payment was fraud, and that word becomes a label.
 */
import { AppError } from '../../core/errors.js';
import type { OutcomeBody } from '../outcomes.js';

export const CASE_STATUSES = ['open', 'assigned', 'closed'] as const;
export type CaseStatus = (typeof CASE_STATUSES)[number];

const ACTS = ['assign', 'note', 'close', 'reopen'] as const;
export type CaseAct = (typeof ACTS)[number];

export const CASE_EVENTS = ['open', ...ACTS] as const;

export const VERDICTS = ['fraud', 'good'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What closing with each verdict says of the payment. */
export const VERDICT_OUTCOMES = { fraud: 'fraud', good: 'legitimate' } as const satisfies Record<
  Verdict,
  OutcomeBody['outcome']
>;

/** A case that nobody has taken cannot be closed: a verdict has somebody who answers for it. */
const LIFE = {
  open: { assign: 'assigned', note: 'open', close: null, reopen: null },
  assigned: { assign: 'assigned', note: 'assigned', close: 'closed', reopen: null },
  closed: { assign: null, note: 'closed', close: null, reopen: 'open' },
} as const satisfies Record<CaseStatus, Record<CaseAct, CaseStatus | null>>;

/** @throws AppError `conflict` that says what is possible instead. */
export function advance(status: CaseStatus, act: CaseAct): CaseStatus {
  const next = LIFE[status][act];
  if (next !== null) return next;
  const possible = ACTS.filter((other) => LIFE[status][other] !== null);
  const message = `a case that is ${status} does not take ${act}, only ${possible.join(' or ')}`;
  throw new AppError('conflict', 'case-state', message);
}

export interface Case {
  readonly caseId: string;
  readonly decisionId: string;
  readonly paymentId: string;
  readonly status: CaseStatus;
  readonly assignee: string | null;
  /** Null unless it is closed. */
  readonly verdict: Verdict | null;
  /** UTC epoch milliseconds. */
  readonly openedAt: number;
  readonly changedAt: number;
}

/** One step of a case, as it was taken; `note` also carries the reason of the others. */
export interface CaseStep {
  readonly event: (typeof CASE_EVENTS)[number];
  readonly actor: string;
  readonly assignee: string | null;
  readonly verdict: Verdict | null;
  readonly note: string | null;
  readonly at: number;
}
