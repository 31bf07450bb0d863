/**
 * Endless traffic of a merchant after its history, squeezed into real time: simulated days follow each other as fast as
 * the wished rate demands, and long delays (results of mandates, fraud reports) shrink by the same factor.
 */
import type { Attempt } from './journal.js';
import type { LabelSource, PaymentRequest } from '../facts.js';
import type { Merchant } from './merchant.js';
import { DAY_MS } from '../../core/days.js';
import { openStreams, waiting } from './chance.js';
import { seededRandom, hash32 } from '../../core/random.js';

export interface LivePayment {
  readonly request: PaymentRequest;
  /** When to ask for a decision, on the clock of `startAtMs`. */
  readonly dueAtMs: number;
  /** The result, had the payment been let through; `delayMs` counts from `dueAtMs`. */
  readonly outcome: {
    readonly status: 'captured' | 'failed';
    readonly failureReason: string | null;
    readonly delayMs: number;
  };
  /** A fraud report to come; null for what is never reported, fraud or not. */
  readonly label: { readonly fraud: true; readonly source: LabelSource; readonly delayMs: number } | null;
}

interface LiveSettings {
  readonly startAtMs: number;
  readonly paymentsPerSecond: number;
}

export const liveDefaults = { paymentsPerSecond: 3 } as const;

/** Results that come within two minutes come in real time: a person waits for them. */
const REAL_TIME_MS = 120_000;

function squeeze(delayMs: number, factor: number): number {
  return delayMs <= REAL_TIME_MS ? delayMs : Math.max(REAL_TIME_MS, Math.round(delayMs / factor));
}

function livePayment(attempt: Attempt, dueAtMs: number, factor: number): LivePayment {
  const { request, later, report, status, failureReason, latencyMs } = attempt;
  const captured = (later?.status ?? status) === 'captured';
  const last = later ?? { failureReason, delayMs: latencyMs };
  return {
    request,
    dueAtMs,
    outcome: {
      status: captured ? 'captured' : 'failed',
      failureReason: captured ? null : last.failureReason,
      delayMs: squeeze(last.delayMs, factor),
    },
    label:
      report === null
        ? null
        : { fraud: true, source: report.source, delayMs: squeeze(report.delayMs, factor) },
  };
}

/**
 * Continues the merchant without end; what is left of its history is simulated first (about the time of `simulate`).
 * Another `startAtMs` gives another future with other payment ids, so that a restarted server never meets an id twice.
 */
export function* liveTraffic(merchant: Merchant, settings: LiveSettings): Generator<LivePayment, never> {
  while (merchant.day < merchant.endDay) merchant.nextDay();
  const name = `live ${settings.startAtMs}`;
  merchant.branch(name);
  const pace = openStreams(seededRandom(hash32(name))).checkout;
  let dueAtMs = settings.startAtMs;
  for (;;) {
    const { attempts } = merchant.nextDay();
    const factor = Math.max(1, (DAY_MS / 1000) * (settings.paymentsPerSecond / Math.max(1, attempts.length)));
    for (const attempt of attempts) {
      dueAtMs += waiting(pace, 1000 / settings.paymentsPerSecond);
      yield livePayment(attempt, Math.round(dueAtMs), factor);
    }
  }
}
