/**
 * A local server that behaves as Razorpay's API does, for development, demonstrations and tests: same bodies, errors, states and
 * webhooks, no money. Started by explicit configuration only. Deterministic for a seed and a clock; without `ticks`, time passes
 * only through `advance`.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../../core/clock.js';
import { seededRandom } from '../../../core/random.js';
import { bankOutcomes } from './bank.js';
import { arrangeWebhooks, controlEndpoints, pay, planFault } from './control.js';
import type { FaultRequest, PaymentRequest, WebhookRequest } from './control.js';
import type { Endpoints } from './endpoint.js';
import { keepWorld, restoreWorld } from './keep.js';
import { linkEndpoints, linkOutcomes } from './links.js';
import { mandateEndpoints, mandateOutcomes } from './mandates.js';
import { orderEndpoints, orderOutcomes } from './orders.js';
import { paymentEndpoints } from './payments.js';
import { createDoubleServer } from './server.js';
import { settle, settlementEndpoints } from './settlements.js';
import { createSender } from './webhooks.js';
import type { Sender } from './webhooks.js';
import { createWorld } from './world.js';
import type { DoubleSettings, Outcomes, World } from './world.js';

export interface DoubleOptions extends Partial<DoubleSettings> {
  readonly clock: Clock;
  /** 0: any free port; after a restart the former one, if it is free. */
  readonly port: number;
  /** Whether the double's time runs by itself. */
  readonly ticks: boolean;
  /** Where its memory outlives it; absent: nowhere. */
  readonly file?: string;
}

export interface GatewayDouble {
  /** Without a slash at the end. */
  readonly url: string;
  readonly keyId: string;
  readonly keySecret: string;
  /** Everything it knows, for tests to look at. */
  readonly world: World;
  readonly sender: Sender;
  /** One payer's attempt on an order, with checkout's signed answer after success. */
  pay(attempt: PaymentRequest): ReturnType<typeof pay>;
  planFault(fault: FaultRequest): void;
  arrangeWebhooks(request: WebhookRequest): void;
  /** Runs what falls due on the way, webhook deliveries included, and waits for it. */
  advance(byMs: number): Promise<void>;
  close(): Promise<void>;
}

const DEFAULTS: DoubleSettings = {
  keyId: 'rzp_test_LocalDouble000',
  keySecret: 'local-double-secret',
  seed: 1,
  // As in Razorpay's test mode; in live mode it takes a day.
  debitResultMs: 5 * 60_000,
  settleAfterMs: 2 * 86_400_000,
  receiptReuse: 'refuse',
  feeBasisPoints: 200,
};

const TICK_MS = 100;
const KEEP_MS = 2_000;
const DAY_MS = 86_400_000;

export async function startDouble({
  clock,
  port,
  ticks,
  file,
  ...given
}: DoubleOptions): Promise<GatewayDouble> {
  const settings: DoubleSettings = { ...DEFAULTS, ...given };
  const eventIds = seededRandom(settings.seed).fork('events');
  const newEventId = (): string => `evt_${String(eventIds.below(2 ** 31))}${String(eventIds.below(2 ** 31))}`;
  const sender: Sender = createSender(() => world.agenda, newEventId, 'acc_LocalDouble0001');
  const world: World = createWorld(settings, clock, { emit: sender.emit, outcomes: OUTCOMES });
  const isRestored = file !== undefined && restoreWorld(world, file);
  if (!isRestored) settleLater(world);
  const endpoints: Endpoints = {
    ...orderEndpoints,
    ...paymentEndpoints,
    ...mandateEndpoints,
    ...linkEndpoints,
    ...settlementEndpoints,
    ...controlEndpoints(sender),
  };
  const server = createDoubleServer(world, endpoints);
  await listen(server, port, world.baseUrl);
  world.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keep = file === undefined ? () => undefined : keepWorld(world, file);
  const timers = ticks
    ? [setInterval(() => void world.agenda.runDue(), TICK_MS), setInterval(keep, KEEP_MS)]
    : [];
  for (const timer of timers) timer.unref();
  return {
    url: world.baseUrl,
    keyId: settings.keyId,
    keySecret: settings.keySecret,
    world,
    sender,
    pay: (attempt) => pay(world, attempt),
    planFault: (fault) => {
      planFault(world, fault);
    },
    arrangeWebhooks: (request) => {
      arrangeWebhooks(world, sender, request);
    },
    advance: (byMs) => world.agenda.advance(byMs),
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      keep();
    },
  };
}

/** Links that were handed out before a restart name the former port. */
async function listen(server: Server, port: number, formerUrl: string): Promise<void> {
  const ports = port === 0 && formerUrl !== '' ? [Number(new URL(formerUrl).port), 0] : [port];
  for (const [i, one] of ports.entries()) {
    const failure = await new Promise<Error | null>((resolve) => {
      server.once('error', resolve);
      server.listen(one, '127.0.0.1', () => {
        server.off('error', resolve);
        resolve(null);
      });
    });
    if (failure === null) return;
    if (i === ports.length - 1) throw failure;
  }
}

const OUTCOMES: Outcomes = {
  ...bankOutcomes,
  ...mandateOutcomes,
  ...orderOutcomes,
  ...linkOutcomes,
  'daily-settlement': (world) => {
    settle(world, false);
    settleLater(world);
  },
};

function settleLater(world: World): void {
  world.later(DAY_MS, 'daily-settlement', '');
}
