/**
 * Collects facts as they are simulated and gives them out day by day in the order in which the merchant learns them,
 * numbered. Invariant: (knownAt, sequence) rises strictly over the whole history.
 */
import type { Fact, LabelSource, PaymentRequest } from '../facts.js';
import { assert } from '../../core/errors.js';
import { dayOf } from '../../core/days.js';

/** An instant's distance from the attempt, milliseconds. */
export interface Later {
  readonly status: 'captured' | 'failed';
  readonly failureReason: string | null;
  readonly delayMs: number;
}

/** One attempt to pay with all that will ever be known about it. */
export interface Attempt {
  readonly request: PaymentRequest;
  readonly occurredAt: number;
  /** Until the first status is known. */
  readonly latencyMs: number;
  readonly status: 'attempted' | 'captured' | 'failed';
  readonly failureReason: string | null;
  /** A result that arrives apart from the payment: of a mandate's debit, or a late authorisation. */
  readonly later: Later | null;
  /** When and by whom it will be reported as fraud. */
  readonly report: { readonly source: LabelSource; readonly delayMs: number } | null;
}

type DropSequence<T> = T extends Fact ? Omit<T, 'sequence'> : never;
type Unnumbered = DropSequence<Fact>;

export interface DayOfTrade {
  readonly facts: Fact[];
  /** Attempts that occurred on the day, in order. */
  readonly attempts: Attempt[];
}

export interface Journal {
  attempt(attempt: Attempt): void;
  fact(fact: Unnumbered): void;
  /** Attempts so far. */
  readonly attempts: number;
  close(day: number): DayOfTrade;
}

function paymentFact({ request, occurredAt, latencyMs, status, failureReason }: Attempt): Unnumbered {
  return { fact: 'payment', ...request, status, failureReason, occurredAt, knownAt: occurredAt + latencyMs };
}

function outcomeFact(
  { request, occurredAt }: Attempt,
  { status, failureReason, delayMs }: Later,
): Unnumbered {
  const knownAt = occurredAt + delayMs;
  return {
    fact: 'outcome',
    paymentId: request.paymentId,
    status,
    failureReason,
    occurredAt: knownAt,
    knownAt,
  };
}

export function createJournal(): Journal {
  const factsOf = new Map<number, Unnumbered[]>();
  const attemptsOf = new Map<number, Attempt[]>();
  let attempts = 0;
  let sequence = 0;
  let closedDay = -Infinity;

  const file = <T>(days: Map<number, T[]>, day: number, item: T): void => {
    assert(day > closedDay, 'facts are filed before their day is closed');
    const list = days.get(day);
    if (list === undefined) days.set(day, [item]);
    else list.push(item);
  };
  const fact = (item: Unnumbered): void => file(factsOf, dayOf(item.knownAt), item);
  return {
    fact,
    attempt: (attempt) => {
      attempts++;
      file(attemptsOf, dayOf(attempt.occurredAt), attempt);
      fact(paymentFact(attempt));
      if (attempt.later !== null) fact(outcomeFact(attempt, attempt.later));
    },
    get attempts() {
      return attempts;
    },
    close: (day) => {
      const known = (factsOf.get(day) ?? []).sort((a, b) => a.knownAt - b.knownAt);
      const made = (attemptsOf.get(day) ?? []).sort((a, b) => a.occurredAt - b.occurredAt);
      factsOf.delete(day);
      attemptsOf.delete(day);
      closedDay = day;
      const facts = known.map((item): Fact => Object.assign(item, { sequence: sequence++ }));
      return { facts, attempts: made };
    },
  };
}
