/** How the calls to the payment gateway ended and whether they are held back: counted here, read by Prometheus. */
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

const OUTCOMES = ['ok', 'declined', 'unknown', 'held-back'] as const;
type CallOutcome = (typeof OUTCOMES)[number];

/** What a gateway tells of its calls, and what it has told so far. */
export interface GatewayCalls {
  onCall(outcome: CallOutcome): void;
  onBreaker(isOpen: boolean): void;
  counts(): Readonly<Record<CallOutcome, number>>;
  isHeldBack(): boolean;
}

export function countGatewayCalls(): GatewayCalls {
  const counts = { ok: 0, declined: 0, unknown: 0, 'held-back': 0 };
  let isOpen = false;
  return {
    onCall: (outcome) => {
      counts[outcome] += 1;
    },
    onBreaker: (open) => {
      isOpen = open;
    },
    counts: () => counts,
    isHeldBack: () => isOpen,
  };
}

export function registerGatewayMetrics(
  registry: Registry,
  { counts, isHeldBack }: Pick<GatewayCalls, 'counts' | 'isHeldBack'>,
): void {
  new Counter({
    name: 'gateway_calls_total',
    help: 'Calls to the payment gateway: ok, declined (no effect), unknown (asked about later) or held-back (not sent).',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const outcome of OUTCOMES) this.inc({ outcome }, counts()[outcome]);
    },
  });
  new Gauge({
    name: 'gateway_breaker_open',
    help: 'Whether calls to the gateway are held back because it fails (1) or not (0).',
    registers: [registry],
    collect() {
      this.set(Number(isHeldBack()));
    },
  });
}
