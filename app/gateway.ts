/**
 * Who takes the payments of this run: Razorpay with the configured key, its local double when that is asked for, or nobody. The
 * double keeps its state in the data folder, makes its own webhook secret and sends its webhooks to this server.
 */
import path from 'node:path';
import { startDouble } from '../adapters/gateway/double/double.js';
import type { GatewayDouble } from '../adapters/gateway/double/double.js';
import { createRazorpayGateway } from '../adapters/gateway/razorpay/gateway.js';
import type { Clock } from '../core/clock.js';
import { newSecret } from '../core/ids.js';
import type { Gateway } from '../core/ports/gateway.js';
import type { Cli } from './cli-io.js';
import { countGatewayCalls } from './gateway-metrics.js';
import type { GatewayCalls } from './gateway-metrics.js';

/** The double, which can live at another time than ours. */
export interface Sandbox {
  readonly double: GatewayDouble;
  /** By this clock from now on; null: by ours. */
  live(clock: Clock | null): void;
}

export interface OpenGateway {
  /** Null: no payments are taken. */
  readonly gateway: Gateway | null;
  /** Current first. */
  readonly webhookSecrets: readonly string[];
  /** How its calls ended so far. */
  readonly calls: GatewayCalls;
  /** One line for people. */
  readonly notice: string;
  /** Null: no double takes payments. */
  readonly sandbox: Sandbox | null;
  /** Tells the double where webhooks go; Razorpay is told in its dashboard. */
  attach(serverUrl: string): void;
  close(): Promise<void>;
}

/** @param isSandbox the double takes payments unless the configuration names who does. */
export async function openGateway(cli: Cli, isSandbox: boolean): Promise<OpenGateway> {
  const { paymentGateway, razorpay, webhookSecrets } = cli.config();
  const calls = countGatewayCalls();
  const onBreaker = (isOpen: boolean): void => {
    calls.onBreaker(isOpen);
    if (isOpen) cli.log.warn('the payment gateway fails: calls to it are held back');
    else cli.log.info('the payment gateway answers again');
  };
  const chosen = paymentGateway ?? (isSandbox ? 'double' : null);
  const watched = { ...calls, onBreaker };
  if (chosen === 'double') return openDouble(cli, webhookSecrets, watched);
  const gateway =
    razorpay === null ? null : createRazorpayGateway({ ...razorpay, ...watched, doubleUrl: null });
  return {
    gateway,
    webhookSecrets,
    calls,
    sandbox: null,
    notice:
      gateway === null
        ? 'payments: none; RAZORPAY_KEY_ID or --sandbox'
        : `payments: Razorpay, ${gateway.mode} mode`,
    attach: () => undefined,
    close: async () => undefined,
  };
}

async function openDouble(
  { clock, config }: Cli,
  configured: readonly string[],
  calls: GatewayCalls,
): Promise<OpenGateway> {
  let other: Clock | null = null;
  const time = { now: () => (other ?? clock).now() };
  const file = path.join(config().dataDir, 'gateway-double.json');
  const double = await startDouble({ clock: time, port: 0, ticks: true, seed: clock.now(), file });
  const { url, keyId, keySecret } = double;
  const webhookSecrets = configured.length > 0 ? configured : [newSecret()];
  return {
    gateway: createRazorpayGateway({ keyId, keySecret, doubleUrl: url, ...calls }),
    webhookSecrets,
    calls,
    notice: `payments: a local double of Razorpay at ${url}, no money moves`,
    sandbox: {
      double,
      live: (next) => {
        other = next;
      },
    },
    attach: (serverUrl) => {
      const [secret = ''] = webhookSecrets;
      double.arrangeWebhooks({ target: { url: `${serverUrl}/webhooks/razorpay`, secret } });
    },
    close: double.close,
  };
}
