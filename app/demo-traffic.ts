/**
 * The simulated merchant goes on paying: its payments come to the gate over HTTP like anybody's, and their results and
 * fraud reports follow. Only a data folder that was simulated gets such traffic.
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { PaymentRequest } from '../ingest/facts.js';
import { liveDefaults, liveTraffic, type LivePayment } from '../ingest/simulate/live.js';
import type { Merchant } from '../ingest/simulate/merchant.js';
import { postJson } from './post-json.js';
import type { Address } from './post-json.js';

interface DemoDeps extends Address {
  readonly merchant: Merchant;
  readonly clock: Clock;
  readonly log: Log;
}

export interface DemoTraffic {
  stop(): Promise<void>;
}

export function startDemoTraffic(deps: DemoDeps): DemoTraffic {
  const stopping = new AbortController();
  const done = drive(deps, stopping.signal).catch((error: unknown) => {
    if (!stopping.signal.aborted) deps.log.error({ event: 'demo-traffic-failed', reason: String(error) });
  });
  return {
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

async function drive(deps: DemoDeps, signal: AbortSignal): Promise<void> {
  const { merchant, clock } = deps;
  // A merchant whose history was written earlier lives through it again, day by day, to know its own state.
  while (merchant.day < merchant.endDay && !signal.aborted) {
    merchant.nextDay();
    await nextTurn();
  }
  for (const payment of liveTraffic(merchant, { startAtMs: clock.now(), ...liveDefaults })) {
    await pause(Math.max(0, payment.dueAtMs - clock.now()), undefined, { signal });
    void play(deps, payment, signal).catch((error: unknown) => {
      if (!signal.aborted) deps.log.warn({ event: 'demo-payment-failed', reason: String(error) });
    });
  }
}

/** Asks the gate, then tells it the result and, later, the fraud report. A blocked payment has no result. */
async function play(deps: DemoDeps, payment: LivePayment, signal: AbortSignal): Promise<void> {
  const { request, outcome, label } = payment;
  const { paymentId } = request;
  const { action } = (await postJson(deps, '/v1/decisions', decisionBody(request), signal)) as {
    action: string;
  };
  if (action === 'block') return;
  const { status, failureReason, delayMs } = outcome;
  await pause(delayMs, undefined, { signal });
  const reason = status === 'failed' && failureReason !== null ? { failureReason } : {};
  await postJson(deps, '/v1/outcomes', { paymentId, outcome: status, ...reason }, signal);
  if (label === null) return;
  await pause(Math.max(0, label.delayMs - delayMs), undefined, { signal });
  await postJson(deps, '/v1/outcomes', { paymentId, outcome: 'fraud', source: 'chargeback' }, signal);
}

function decisionBody({ amountPaise, ...request }: PaymentRequest): Record<string, unknown> {
  const named = Object.entries(request).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(named), amountPaise: Number(amountPaise) };
}
