/** Random payments, results and labels with ties, late knowledge, duplicates, strangers and missing names. */
import type { Random } from '../../core/random.js';
import type { LabelFact, OutcomeFact, PaymentFact } from '../../ingest/facts.js';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

export type RandomFact = PaymentFact | OutcomeFact | LabelFact;

function pick(random: Random, prefix: string, bound: number, missing: number): string | null {
  return random.unit() < missing ? null : `${prefix}${random.below(bound)}`;
}

function payment(random: Random, sequence: number, occurredAt: number): PaymentFact {
  const late = random.unit() < 0.1 ? random.below(48 * HOUR) : 0;
  const kind = random.unit() < 0.9 ? 'payment' : 'retry';
  const placed = random.unit() < 0.5;
  return {
    fact: 'payment',
    sequence,
    occurredAt,
    knownAt: occurredAt + late,
    paymentId: `p${sequence}`,
    kind,
    retryOf: kind === 'retry' ? 'p0' : null,
    payerId: `payer${random.below(40)}`,
    counterpartyId: pick(random, 'shop', 12, 0.1),
    instrumentId: pick(random, 'card', 60, 0.2),
    deviceId: pick(random, 'device', 50, 0.2),
    ip: pick(random, 'ip', 30, 0.2),
    method: random.unit() < 0.8 ? 'card' : null,
    category: pick(random, 'category', 5, 0.3),
    country: random.unit() < 0.7 ? 'IN' : null,
    latitude: placed ? 8 + random.unit() * 20 : null,
    longitude: placed ? 70 + random.unit() * 20 : null,
    amountPaise: BigInt(random.below(500_000)),
    currency: 'INR',
    status: random.unit() < 0.15 ? 'failed' : 'captured',
    failureReason: null,
  };
}

/** About `count` facts, each payment once, in the order in which they are known. */
export function randomFacts(random: Random, count: number): RandomFact[] {
  const facts: RandomFact[] = [];
  let at = START;
  while (facts.length < count) {
    // A third of the payments share their instant with the one before.
    at += random.unit() < 0.3 ? 0 : random.below(20 * 60_000);
    const fact = payment(random, facts.length, at);
    facts.push(fact);
    if (random.unit() < 0.1) {
      const knownAt = fact.knownAt + random.below(3) * HOUR;
      const { paymentId } = fact;
      facts.push({
        fact: 'outcome',
        paymentId,
        sequence: facts.length,
        occurredAt: knownAt,
        knownAt,
        status: 'failed',
        failureReason: 'card_declined',
      });
    }
    if (random.unit() < 0.08) {
      const knownAt = fact.knownAt + random.below(40 * 24) * HOUR;
      const { paymentId, occurredAt } = fact;
      facts.push({
        fact: 'label',
        paymentId,
        sequence: facts.length,
        occurredAt,
        knownAt,
        fraud: random.unit() < 0.9,
        source: 'chargeback',
      });
    }
  }
  return facts.sort((a, b) => a.knownAt - b.knownAt || a.sequence - b.sequence);
}
