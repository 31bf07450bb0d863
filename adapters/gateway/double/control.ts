/**
 * The strings by which tests and demonstrations pull the double: pay, script verdicts, plan faults, skip time, arrange
 * webhooks, settle, dispute. Each is an endpoint under `/double/` and the same function in process. Razorpay has none of them.
 */
import Type from 'typebox';
import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';
import type { Endpoint, Endpoints } from './endpoint.js';
import { FAULTS } from './faults.js';
import { payOrder, readyVerdict } from './pay.js';
import { invalid, known } from './refuse.js';
import { raiseDispute, resolveDispute, settle } from './settlements.js';
import { OUTCOMES } from './verdicts.js';
import { roughSchedule, ruleSchedule } from './webhooks.js';
import type { Sender } from './webhooks.js';
import type { Json } from './wire.js';
import type { World } from './world.js';

const Verdict = Type.Object({
  outcome: Type.Enum(OUTCOMES),
  reason: Type.Optional(Type.String()),
  lateAfterMs: Type.Optional(Type.Integer({ minimum: 0 })),
});
const Card = Type.Object({
  last4: Type.String(),
  network: Type.String(),
  type: Type.String(),
  issuer: Type.String(),
});
const Payment = Type.Object({
  orderId: Type.String(),
  instrument: Type.Object({
    method: Type.String(),
    vpa: Type.Optional(Type.String()),
    bank: Type.Optional(Type.String()),
    wallet: Type.Optional(Type.String()),
    card: Type.Optional(Card),
  }),
  amountPaise: Type.Optional(Type.Integer()),
  email: Type.Optional(Type.String()),
  contact: Type.Optional(Type.String()),
  customerId: Type.Optional(Type.String()),
  isRemembered: Type.Optional(Type.Boolean()),
  verdict: Type.Optional(Verdict),
});
const PlannedFault = Type.Object({
  fault: Type.Enum(FAULTS),
  on: Type.String({ pattern: '^(GET|POST|PUT|PATCH|DELETE) /v1/' }),
  times: Type.Optional(Type.Integer({ minimum: 1 })),
});
const Share = Type.Number({ minimum: 0, maximum: 1 });
const Webhooks = Type.Object({
  target: Type.Optional(
    Type.Union([Type.Null(), Type.Object({ url: Type.String(), secret: Type.String() })]),
  ),
  rules: Type.Optional(
    Type.Array(Type.Object({ event: Type.String(), delaysMs: Type.Array(Type.Integer()) })),
  ),
  weather: Type.Optional(
    Type.Object({ maxDelayMs: Type.Integer({ minimum: 0 }), twiceShare: Share, lostShare: Share }),
  ),
});
const Downtime = Type.Object({
  id: Type.Optional(Type.String()),
  method: Type.String(),
  instrument: Type.Record(Type.String(), Type.String()),
  severity: Type.String(),
  status: Type.String(),
});

export type PaymentRequest = Static<typeof Payment>;
export type FaultRequest = Static<typeof PlannedFault>;
export type WebhookRequest = Static<typeof Webhooks>;

export function pay(world: World, attempt: PaymentRequest) {
  return payOrder(world, attempt, readyVerdict(world, attempt) ?? { outcome: 'success' });
}

export function planFault(world: World, { fault, on, times = 1 }: FaultRequest): void {
  world.faults.push({ fault, on, times });
}

export function arrangeWebhooks(world: World, sender: Sender, request: WebhookRequest): void {
  if (request.target !== undefined) sender.setTarget(request.target);
  if (request.rules !== undefined) sender.setSchedule(ruleSchedule(request.rules));
  if (request.weather !== undefined)
    sender.setSchedule(roughSchedule(world.random.fork('weather'), request.weather));
}

export function controlEndpoints(sender: Sender): Endpoints {
  return {
    'POST /double/payments': checked(Payment, pay),
    'POST /double/verdicts': checked(
      Type.Object({ for: Type.String(), verdicts: Type.Array(Verdict) }),
      (world, request) => {
        world.verdicts.set(request.for, [...request.verdicts]);
        return {};
      },
    ),
    'POST /double/faults': checked(PlannedFault, (world, request) => {
      planFault(world, request);
      return {};
    }),
    'POST /double/webhooks': checked(Webhooks, (world, request) => {
      arrangeWebhooks(world, sender, request);
      return {};
    }),
    'POST /double/webhooks/redeliver': checked(
      Type.Object({ eventId: Type.String() }),
      async (_world, { eventId }) => {
        await sender.redeliver(eventId);
        return {};
      },
    ),
    'POST /double/clock': checked(
      Type.Object({ advanceMs: Type.Integer({ minimum: 0 }) }),
      async (world, { advanceMs }) => {
        await world.agenda.advance(advanceMs);
        return { now: world.agenda.now() };
      },
    ),
    'GET /double/webhooks': () => ({
      events: sender.events,
      attempts: sender.attempts,
      isDisabled: sender.isDisabled(),
    }),
    'POST /double/settlements': checked(Type.Object({ isForced: Type.Boolean() }), (world, { isForced }) => ({
      settlement: settle(world, isForced),
    })),
    'POST /double/disputes': checked(
      Type.Object({ paymentId: Type.String(), amountPaise: Type.Integer(), reasonCode: Type.String() }),
      (world, { paymentId, amountPaise, reasonCode }) =>
        raiseDispute(world, known(world.payments, paymentId), amountPaise, reasonCode),
    ),
    'POST /double/disputes/*/won': (world, { ids: [id] }) =>
      resolveDispute(world, known(world.disputes, id), 'won'),
    'POST /double/disputes/*/lost': (world, { ids: [id] }) =>
      resolveDispute(world, known(world.disputes, id), 'lost'),
    'POST /double/downtimes': checked(Downtime, changeDowntime),
  };
}

function checked<S extends TSchema>(
  schema: S,
  act: (world: World, body: Static<S>) => object | Promise<object>,
): Endpoint {
  return (world, { body }) => {
    if (Value.Check(schema, body)) return act(world, body);
    const [error] = Value.Errors(schema, body);
    throw invalid(`${error?.instancePath ?? ''} ${error?.message ?? 'is wrong'}`);
  };
}

function changeDowntime(world: World, request: Static<typeof Downtime>): Json {
  const now = world.seconds();
  const id = request.id ?? world.newId('down');
  const before = world.downtimes.get(id);
  const downtime: Json = {
    id,
    entity: 'payment.downtime',
    method: request.method,
    begin: before?.['begin'] ?? now,
    end: request.status === 'resolved' ? now : null,
    status: request.status,
    scheduled: false,
    severity: request.severity,
    instrument: request.instrument,
    created_at: before?.['created_at'] ?? now,
    updated_at: now,
  };
  world.downtimes.set(id, downtime);
  const event = before === undefined ? 'started' : request.status === 'resolved' ? 'resolved' : 'updated';
  world.emit(`payment.downtime.${event}`, { 'payment.downtime': downtime });
  return downtime;
}
