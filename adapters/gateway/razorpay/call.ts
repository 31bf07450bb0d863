/**
 * How a call reaches the gateway: at most so many at once, none while the gateway is down, and only reads are repeated. Answers
 * every call with an outcome. A gateway that fails `FAILURES_TO_OPEN` calls in a row is left alone for a while: those calls are
 * declined as `gateway_unavailable`, certainly without effect (circuit breaker: Nygard, Release It!).
 */
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhenResult,
  retry,
  wrap,
} from 'cockatiel';
import type { IPolicy } from 'cockatiel';
import { AppError } from '../../../core/errors.js';
import type { Outcome } from '../../../core/ports/gateway.js';
import { failureOf, refusal } from './refusals.js';

/** Below the gateway's undisclosed rate limit in practice; more callers wait. */
const CONCURRENT_CALLS = 16;
/** Beyond it a caller is told at once: waiting longer would outlive the caller. */
const WAITING_CALLS = 512;
const FAILURES_TO_OPEN = 5;
/** Short against an outage, long against a hiccup. */
const OPEN_MS = 10_000;
/** First try and two more. */
const READ_RETRIES = 2;
const READ_BACKOFF = { initialDelay: 100, maxDelay: 2_000 };

export interface Caller {
  /** Repeated when the outcome is unknown or the gateway asks for patience. */
  read<T>(send: () => Promise<unknown>, parse: (body: unknown) => T): Promise<Outcome<T>>;
  /** Sent once. */
  write<T>(send: () => Promise<unknown>, parse: (body: unknown) => T): Promise<Outcome<T>>;
}

/** For whoever watches the gateway. */
export interface CallWatch {
  /** Told when calls stop and start again. */
  onBreaker(isOpen: boolean): void;
  /** Told how every call ended, repeats of a read counting once. */
  onCall?(outcome: Outcome<unknown>['kind'] | 'held-back'): void;
}

export function createCaller({ onBreaker, onCall }: CallWatch): Caller {
  const breaker = circuitBreaker(handleWhenResult(isOutage), {
    halfOpenAfter: OPEN_MS,
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
  });
  breaker.onStateChange((state) => {
    if (state === CircuitState.Open) onBreaker(true);
    if (state === CircuitState.Closed) onBreaker(false);
  });
  const once = wrap(breaker, bulkhead(CONCURRENT_CALLS, WAITING_CALLS));
  const again = retry(handleWhenResult(isWorthRepeating), {
    maxAttempts: READ_RETRIES,
    backoff: new ExponentialBackoff(READ_BACKOFF),
  });
  const watched = async <T>(call: Promise<Outcome<T>>): Promise<Outcome<T>> => {
    const outcome = await call;
    onCall?.(isUnsent(outcome) ? 'held-back' : outcome.kind);
    return outcome;
  };
  return {
    read: (send, parse) => watched(run(wrap(again, once), send, parse)),
    write: (send, parse) => watched(run(once, send, parse)),
  };
}

async function run<T>(
  policy: IPolicy,
  send: () => Promise<unknown>,
  parse: (body: unknown) => T,
): Promise<Outcome<T>> {
  try {
    return await policy.execute(() => attempt(send, parse));
  } catch (error) {
    if (error instanceof BrokenCircuitError)
      return refusal('gateway_unavailable', 'not sent: the gateway has failed several calls in a row');
    if (error instanceof BulkheadRejectedError)
      return refusal('gateway_unavailable', 'not sent: too many calls are waiting for the gateway');
    throw error;
  }
}

async function attempt<T>(send: () => Promise<unknown>, parse: (body: unknown) => T): Promise<Outcome<T>> {
  let body: unknown;
  try {
    body = await send();
  } catch (thrown) {
    return failureOf(thrown);
  }
  try {
    return { kind: 'ok', value: parse(body) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { kind: 'unknown', cause: 'bad-answer', message: error.message };
  }
}

function isOutage(result: unknown): boolean {
  const { kind, cause } = result as Outcome<unknown> & { cause?: string };
  return kind === 'unknown' && cause !== 'in-progress' ? true : isUnsent(result);
}

function isUnsent(result: unknown): boolean {
  const outcome = result as Outcome<unknown>;
  return outcome.kind === 'declined' && outcome.decline.reason === 'gateway_unavailable';
}

function isWorthRepeating(result: unknown): boolean {
  const outcome = result as Outcome<unknown>;
  if (outcome.kind === 'unknown') return true;
  return outcome.kind === 'declined' && REPEATABLE.has(outcome.decline.reason);
}

const REPEATABLE = new Set(['too_many_requests', 'operation_in_progress', 'gateway_unavailable']);

/**
 * An unknown outcome, or a refusal for one of `reasons`, becomes ok when asking finds the effect. Not finding it proves nothing.
 */
export async function settle<T>(
  outcome: Outcome<T>,
  find: () => Promise<Outcome<T | null>>,
  reasons: readonly string[] = [],
): Promise<Outcome<T>> {
  if (outcome.kind === 'ok') return outcome;
  if (outcome.kind === 'declined' && !reasons.includes(outcome.decline.reason)) return outcome;
  const found = await find();
  return found.kind === 'ok' && found.value !== null ? { kind: 'ok', value: found.value } : outcome;
}

export function mapOutcome<T, U>(outcome: Outcome<T>, change: (value: T) => U): Outcome<U> {
  return outcome.kind === 'ok' ? { kind: 'ok', value: change(outcome.value) } : outcome;
}
