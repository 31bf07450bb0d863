/**
 * A small seeded merchant for pages and marts: weekly rhythm, growth, failures with Razorpay's reasons, late outcomes,
 * refunds, frauds whose labels arrive days later, subscriptions, and the gate's decisions on all of it.
 */
import type { Random } from '../../core/random.js';
import { seededRandom } from '../../core/random.js';
import type { Fact, PaymentFact } from '../../ingest/facts.js';
import type { GateDecision } from '../../reporting/warehouse.js';

const DAY_MS = 86_400_000;
export const HISTORY_STARTS_AT = Date.UTC(2026, 0, 5);

interface History {
  readonly facts: readonly Fact[];
  readonly decisions: readonly GateDecision[];
  /** The first instant after everything that happened, though not after everything that will be known. */
  readonly endsAt: number;
}

interface HistorySettings {
  readonly seed: number;
  readonly days: number;
}

const METHODS = ['upi', 'upi', 'upi', 'card', 'card', 'netbanking', 'wallet', 'emandate'] as const;
const REASONS = ['insufficient_funds', 'payment_timed_out', 'bank_technical_error', 'incorrect_otp'] as const;

export function paymentHistory({ seed, days }: HistorySettings): History {
  const random = seededRandom(seed);
  const facts: Fact[] = [];
  const decisions: GateDecision[] = [];
  for (let day = 0; day < days; day++) {
    const startsAt = HISTORY_STARTS_AT + day * DAY_MS;
    const weekend = new Date(startsAt).getUTCDay() % 6 === 0 ? 0.35 : 1;
    const payments = Math.round((24 + day / 6 + random.below(9)) * weekend);
    for (let i = 0; i < payments; i++) {
      const payment = drawPayment(random, facts.length, startsAt + random.below(DAY_MS));
      facts.push(payment, ...aftermath(random, payment, facts.length + 1));
      decisions.push(decide(random, payment, facts.at(-1)));
    }
    if (day % 3 === 0) facts.push(subscription(random, facts.length, startsAt));
  }
  return { facts, decisions, endsAt: HISTORY_STARTS_AT + days * DAY_MS };
}

function drawPayment(random: Random, sequence: number, occurredAt: number): PaymentFact {
  const failed = random.unit() < 0.11;
  const late = random.unit() < 0.05;
  return {
    fact: 'payment',
    paymentId: `pay_${String(sequence).padStart(8, '0')}`,
    kind: 'payment',
    retryOf: null,
    payerId: `payer_${random.below(600)}`,
    counterpartyId: `school_${random.below(6) + 1}`,
    instrumentId: null,
    deviceId: null,
    ip: `203.0.113.${random.below(255)}`,
    method: METHODS[random.below(METHODS.length)] ?? 'upi',
    category: 'meal-plan',
    country: 'IN',
    latitude: null,
    longitude: null,
    amountPaise: BigInt(45_000 + random.below(320_000)),
    currency: 'INR',
    status: late ? 'attempted' : failed ? 'failed' : 'captured',
    failureReason: failed && !late ? (REASONS[random.below(random.below(REASONS.length) + 1)] ?? null) : null,
    sequence,
    occurredAt,
    knownAt: occurredAt + 2000,
  };
}

const FRAUD_SHARE = 0.02;

function aftermath(random: Random, payment: PaymentFact, sequence: number): Fact[] {
  const { paymentId, occurredAt, amountPaise, currency } = payment;
  const facts: Fact[] = [];
  const later = (delayMs: number) => ({
    sequence: sequence + facts.length,
    occurredAt,
    knownAt: payment.knownAt + delayMs,
  });
  if (payment.status === 'attempted' && random.unit() < 0.9) {
    facts.push({
      fact: 'outcome',
      paymentId,
      status: 'captured',
      failureReason: null,
      ...later(random.below(DAY_MS)),
    });
  }
  if (payment.status === 'captured' && random.unit() < 0.03) {
    const parties = { paymentId, payerId: null, counterpartyId: null };
    const at = { ...later(4 * DAY_MS), occurredAt: occurredAt + 4 * DAY_MS };
    facts.push({ fact: 'refund', refundId: `rfnd_${sequence}`, ...parties, amountPaise, currency, ...at });
  }
  if (payment.status === 'captured' && random.unit() < FRAUD_SHARE) {
    const delayMs = (3 + random.below(25)) * DAY_MS;
    facts.push({ fact: 'label', paymentId, fraud: true, source: 'simulator', ...later(delayMs) });
  }
  return facts;
}

/** A gate that catches most frauds and sometimes errs. */
function decide(
  random: Random,
  { paymentId, occurredAt }: PaymentFact,
  last: Fact | undefined,
): GateDecision {
  const fraud = last?.fact === 'label';
  const suspicious = fraud ? random.unit() < 0.72 : random.unit() < 0.008;
  const action = suspicious ? (random.unit() < 0.5 ? 'block' : 'review') : 'allow';
  return {
    decisionId: `dec_${paymentId}`,
    paymentId,
    action,
    fraudProbability: suspicious ? 0.55 + random.unit() * 0.4 : random.unit() * 0.2,
    flagProbability: 0.5,
    modelVersion: 'f00dfeedf00dfeed',
    decidedAt: occurredAt,
  };
}

function subscription(random: Random, sequence: number, occurredAt: number): Fact {
  return {
    fact: 'subscription',
    subscriptionId: `sub_${random.below(20)}`,
    payerId: `payer_${random.below(600)}`,
    counterpartyId: null,
    planId: 'plan_month',
    event: random.unit() < 0.8 ? 'renewed' : 'cancelled',
    amountPaise: 250_000n,
    currency: 'INR',
    sequence,
    occurredAt,
    knownAt: occurredAt,
  };
}
