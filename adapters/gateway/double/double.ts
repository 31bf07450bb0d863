/**
 * A local server that behaves as Razorpay's API does, for development, demonstrations and tests: same bodies, errors, states and
 * webhooks, no money. Started by explicit configuration only. Deterministic for a seed and a clock; without `ticks`, time passes
 * only through `advance`.
 */
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../../core/clock.js';
import { seededRandom } from '../../../core/random.js';
import { arrangeWebhooks, controlEndpoints, pay, planFault } from './control.js';
import type { FaultRequest, PaymentRequest, WebhookRequest } from './control.js';
import type { Endpoints } from './endpoint.js';
import { linkEndpoints } from './links.js';
import { mandateEndpoints } from './mandates.js';
import { orderEndpoints } from './orders.js';
import { paymentEndpoints } from './payments.js';
import { createDoubleServer } from './server.js';
import { settle, settlementEndpoints } from './settlements.js';
import { createSender } from './webhooks.js';
import type { Sender } from './webhooks.js';
import { createWorld } from './world.js';
import type { DoubleSettings, World } from './world.js';

export interface DoubleOptions extends Partial<DoubleSettings> {
  readonly clock: Clock;
  /** 0: any free port. */
  readonly port: number;
  /** Whether the double's time runs by itself. */
  readonly ticks: boolean;
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
const DAY_MS = 86_400_000;

export async function startDouble({ clock, port, ticks, ...given }: DoubleOptions): Promise<GatewayDouble> {
  const settings: DoubleSettings = { ...DEFAULTS, ...given };
  const eventIds = seededRandom(settings.seed).fork('events');
  const newEventId = (): string => `evt_${String(eventIds.below(2 ** 31))}${String(eventIds.below(2 ** 31))}`;
  const sender: Sender = createSender(() => world.agenda, newEventId, 'acc_LocalDouble0001');
  const world: World = createWorld(settings, clock, sender.emit);
  const endpoints: Endpoints = {
    ...orderEndpoints,
    ...paymentEndpoints,
    ...mandateEndpoints,
    ...linkEndpoints,
    ...settlementEndpoints,
    ...controlEndpoints(sender),
  };
  const server = createDoubleServer(world, endpoints);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  world.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  settleDaily(world);
  const ticker = ticks ? setInterval(() => void world.agenda.runDue(), TICK_MS) : null;
  ticker?.unref();
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
      if (ticker !== null) clearInterval(ticker);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function settleDaily(world: World): void {
  world.agenda.after(DAY_MS, () => {
    settle(world, false);
    settleDaily(world);
  });
}
