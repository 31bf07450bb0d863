/**
 * The payments API over a real database, the real gate and the real SDK against the double, with time that stands still: what a
 * caller asks, what a payer does, and webhooks that come when, in which order and how often the test says.
 */
import { startDouble } from '../../adapters/gateway/double/double.js';
import type { GatewayDouble } from '../../adapters/gateway/double/double.js';
import type { PaymentRequest } from '../../adapters/gateway/double/control.js';
import { createRazorpayGateway } from '../../adapters/gateway/razorpay/gateway.js';
import { requireSoundLedger } from '../../billing/ledger/check.js';
import { applySightings } from '../../billing/payments/apply.js';
import { createPayment } from '../../billing/payments/create.js';
import type { NewPaymentBody } from '../../billing/payments/create.js';
import { followPayments } from '../../billing/payments/follow.js';
import { readPayment } from '../../billing/payments/payment.js';
import type { PaymentView } from '../../billing/payments/payment.js';
import { repairPayments } from '../../billing/payments/repair.js';
import { silentLog } from '../../core/log.js';
import type { Gateway } from '../../core/ports/gateway.js';
import { sign } from '../../core/signature.js';
import { admitWebhook } from '../../ingest/webhooks/admission.js';
import { drainInbox } from '../../ingest/webhooks/drain.js';
import { openInbox } from '../../ingest/webhooks/inbox.js';
import { createWebhookTally } from '../../ingest/webhooks/tally.js';
import { openWorld } from '../scoring/world.js';
import type { World } from '../scoring/world.js';
import { testPostgres } from './postgres.js';
import type { TestPostgres } from './postgres.js';

const SECRET = 'whsec_desk';
export const MINUTE_MS = 60_000;

interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly body: string;
}

export interface Desk extends Pick<World, 'pool' | 'clock' | 'decide' | 'reportOutcome'> {
  readonly double: GatewayDouble;
  readonly gateway: Gateway;
  readonly world: World;
  readonly log: typeof silentLog;
  create(body: Partial<NewPaymentBody>, key: string): Promise<PaymentView>;
  read(paymentId: string): Promise<PaymentView>;
  /** The payer's attempt on the payment's order. */
  pay(payment: PaymentView, attempt?: Partial<PaymentRequest>): ReturnType<GatewayDouble['pay']>;
  /** Lets time pass for everybody; what falls due at the gateway happens. */
  wait(ms: number): Promise<void>;
  /** Delivers what the gateway has said since the last delivery, and applies it. */
  deliver(arrange?: (events: readonly Delivery[]) => readonly Delivery[]): Promise<void>;
  /** Until nothing changes any more: time, webhooks, what follows, repair. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param timeoutMs of the gateway's calls: short where a test waits for silence.
 * @param given migrated and empty; closed with the desk.
 */
export async function openDesk(
  timeoutMs = 2_000,
  given?: Pick<TestPostgres, 'pool' | 'close'>,
): Promise<Desk> {
  const database = given ?? (await testPostgres());
  const world = await openWorld({ pool: database.pool });
  const { pool, clock } = world;
  const double = await startDouble({ clock, port: 0, ticks: false });
  const { keyId, keySecret, url } = double;
  const gateway = createRazorpayGateway({
    keyId,
    keySecret,
    doubleUrl: url,
    timeoutMs,
    onBreaker: () => undefined,
  });
  const deps = { ...world, gateway, log: silentLog };
  const inbox = openInbox(pool);
  let said = 0;

  const wait = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await double.world.agenda.runDue();
  };
  const deliver: Desk['deliver'] = async (arrange = (events) => events) => {
    const { events } = double.sender;
    const fresh = events.slice(said);
    said = events.length;
    for (const { id, body } of arrange(fresh)) {
      const raw = Buffer.from(body);
      const signature = sign(body, SECRET);
      const rules = { secrets: [SECRET], maxAgeDays: 15 };
      await inbox.store(admitWebhook({ raw, signature, eventId: id }, rules, clock.now()));
      await drainInbox({ pool, clock, log: silentLog, tally: createWebhookTally(), apply: applySightings });
    }
  };
  return {
    ...deps,
    double,
    world,
    create: (body, key) => createPayment(deps, { amountPaise: 500_00, payerId: 'payer_1', ...body }, key),
    read: (paymentId) => readPayment(pool, paymentId),
    pay: ({ orderId }, attempt = {}) =>
      double.pay({ orderId: orderId ?? '', instrument: { method: 'netbanking', bank: 'HDFC' }, ...attempt }),
    wait,
    deliver,
    settle: async () => {
      for (let turn = 0; turn < 6; turn++) {
        await wait(5 * MINUTE_MS);
        await deliver();
        await followPayments(deps);
        await repairPayments(deps);
      }
    },
    close: async () => {
      await double.close();
      await world.liveLog.close();
      await database.close();
    },
  };
}

/** The program dies after the gateway has done what it was asked, before anything of the answer is kept. */
export function dyingAfter<Part extends 'orders' | 'payments' | 'refunds' | 'links'>(
  gateway: Gateway,
  part: Part,
  call: string,
): Gateway {
  const calls = gateway[part] as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>;
  const dying = async (...given: unknown[]): Promise<never> => {
    await calls[call]?.(...given);
    throw new Error('died');
  };
  return { ...gateway, [part]: { ...gateway[part], [call]: dying } };
}

/** What the double's payers have paid and have back, against our rows and books. */
export async function requireAgreement({ pool, double }: Desk): Promise<void> {
  const { balances } = await requireSoundLedger(pool);
  const payments = [...double.world.payments.values()];
  const taken = payments.filter(({ captured }) => captured).reduce((sum, { amount }) => sum + amount, 0);
  const kept = Number(-(balances['advances INR'] ?? 0n));
  if (taken !== kept) throw new Error(`the gateway took ${taken}, the books have ${kept}`);
  const back = [...double.world.refunds.values()]
    .filter(({ payment_id: id, status }) => status === 'processed' && double.world.payments.get(id)?.captured)
    .reduce((sum, { amount }) => sum + amount, 0);
  const booked = Number(balances['refunds INR'] ?? 0n);
  if (back !== booked) throw new Error(`the gateway gave back ${back}, the books have ${booked}`);
  const { rows } = await pool.query(
    `SELECT payment_id FROM payments WHERE origin = 'api' GROUP BY coalesce(reference, payment_id), payment_id
     HAVING sum(captured_paise - refunded_paise) > max(amount_paise)`,
  );
  if (rows.length > 0) throw new Error(`${rows.length} payments were charged twice`);
}
