/**
 * One failed debit repeated by one policy until it is paid, may not be repeated or the attempts are used: legal slots, a choice, its result in
 * the debit's fate, and again. Every policy sees what a merchant would know at that instant, and the oracle what it is entitled to.
 */
import { addMonths, dayOf, startOfDay } from '../../core/days.js';
import { declineCause } from '../../core/decline-reasons.js';
import { afterFailure, type RetryContext, type RetryMoment } from '../../features/retry/moment.js';
import { pastKnown, type TriedPayment } from '../../features/retry/rows.js';
import type { FailedDebit } from '../../ingest/simulate/truth.js';
import { legalSlots, MOST_ATTEMPTS, type Slot } from '../retry/legal-slots.js';
import type { DebitMethod, DebitSituation, PresentedAttempt } from '../retry/situation.js';
import type { Fate } from './fate.js';

export interface ChainStep {
  readonly debit: FailedDebit;
  readonly situation: DebitSituation;
  readonly context: RetryContext;
  readonly nowMs: number;
  readonly fate: Fate;
}

/** Answers the next slot, or null to stop. */
export type Policy = (step: ChainStep) => number | null;

export interface ChainTry {
  readonly moment: RetryMoment;
  readonly succeeded: boolean;
  readonly chosenAtMs: number;
  readonly knownAtMs: number;
}

export interface Chain {
  readonly paidAtMs: number | null;
  readonly tries: readonly ChainTry[];
  readonly illegal: number;
}

/** Null when the failure may not be repeated at all, or was never known. */
export function openChain(
  debit: FailedDebit,
  payments: readonly TriedPayment[],
  fate: Fate,
): ChainStep | null {
  const tried = payments.find(({ paymentId }) => paymentId === debit.paymentId);
  const result = tried?.results.find(({ status }) => status === 'failed');
  if (tried === undefined || result === undefined) return null;
  const nowMs = result.knownAtMs;
  const failure = { slotAt: tried.atMs, status: 'failed', reason: result.reason, resolvedAt: nowMs } as const;
  const situation = situationOf(debit, failure);
  if (legalSlots(situation, nowMs).slots.length === 0) return null;
  const context: RetryContext = {
    method: tried.method,
    issuer: null,
    declineClass: classOf(situation, result.reason),
    attempt: 2,
    failedAtMs: tried.atMs,
    amountPaise: tried.amountPaise,
    past: pastKnown(payments, nowMs),
  };
  return { debit, situation, context, nowMs, fate };
}

function situationOf({ instrument, amountPaise }: FailedDebit, failure: PresentedAttempt): DebitSituation {
  const day = dayOf(failure.slotAt);
  return {
    method: instrument.method as DebitMethod, // Only UPI and cards carry the simulator's mandates.
    purpose: 'general',
    amountPaise: BigInt(Math.round(amountPaise)),
    duePaise: BigInt(Math.round(amountPaise)),
    mandate: {
      status: 'active',
      frequency: 'as_presented',
      maxPaise: BigInt(Math.round(amountPaise)),
      startsAt: null,
      confirmedAt: 0,
      expiresAt: Infinity,
      debitedAt: [],
    },
    attempts: [failure],
    cycle: { startAt: startOfDay(day), endAt: startOfDay(addMonths(day, 1)) },
    noticedAt: null,
    downtimes: [],
    hasUnresolved: false,
    isSkipped: false,
    chainBlocked: false,
  };
}

function classOf({ method }: DebitSituation, reason: string | null) {
  return declineCause(reason ?? '', { method, isRecurring: true }).class;
}

export function runChain(opened: ChainStep, policy: Policy): Chain {
  const tries: ChainTry[] = [];
  let illegal = 0;
  let step = opened;
  while (step.situation.attempts.length < MOST_ATTEMPTS) {
    const atMs = policy(step);
    if (atMs === null) break;
    if (!isLegal(step, atMs)) illegal++;
    const reason = step.fate.attempt(atMs);
    const knownAtMs = atMs + step.fate.delayMs(step.context.attempt);
    const moment = { ...step.context, slotAtMs: atMs };
    tries.push({ moment, succeeded: reason === null, chosenAtMs: step.nowMs, knownAtMs });
    if (reason === null) return { paidAtMs: atMs, tries, illegal };
    step = after(step, moment, reason, knownAtMs);
  }
  return { paidAtMs: null, tries, illegal };
}

function after(step: ChainStep, moment: RetryMoment, reason: string, knownAtMs: number): ChainStep {
  const failed: PresentedAttempt = {
    slotAt: moment.slotAtMs,
    status: 'failed',
    reason,
    resolvedAt: knownAtMs,
  };
  const situation = { ...step.situation, attempts: [...step.situation.attempts, failed] };
  return {
    ...step,
    situation,
    context: known(afterFailure(moment, classOf(situation, reason))),
    nowMs: knownAtMs,
  };
}

/** What was imagined has come. */
function known({ imagined = [], past, ...context }: RetryContext): RetryContext {
  return { ...context, past: [...past, ...imagined] };
}

function isLegal({ situation, nowMs }: ChainStep, atMs: number): boolean {
  return legalSlots(situation, nowMs).slots.some((slot: Slot) => slot.atMs === atMs);
}
