/**
 * What every benchmark of the gate is about: a school-meal merchant's payments, a forest of 300 boosted trees on the fold's
 * own vectors, twenty rules and a hundred thousand list entries. Drawn from a seed: every run has the same.
 */
import type { Random } from '../../core/random.js';
import { CATEGORICAL_FEATURES, FEATURE_NAMES } from '../../features/definitions.js';
import { createFold } from '../../features/fold.js';
import type { Fold } from '../../features/fold.js';
import type { PaymentFact } from '../../ingest/facts.js';
import { boostedTrees } from '../../models/trees/boosted-trees.js';
import type { Model } from '../../models/contract.js';
import { DEFAULT_RULES } from '../../scoring/rules/defaults.js';
import { toGateRequest } from '../../scoring/request.js';
import type { DecisionBody } from '../../scoring/request.js';

const HISTORY_PAYMENTS = 50_000;
const TRAINING_ROWS = 6_000;
const LONGEST_PAUSE_MS = 200_000;

export function requestBody(
  paymentId: string,
  random: Random,
  payers: number,
): DecisionBody & { paymentId: string } {
  const payer = random.below(payers);
  return {
    paymentId,
    payerId: `payer-${payer}`,
    counterpartyId: `school-${payer % 60}`,
    instrumentId: `token-${payer}-${random.below(2)}`,
    deviceId: `device-${payer}`,
    ip: `203.0.${random.below(64)}.${random.below(256)}`,
    method: 'upi',
    category: 'meal-plan',
    country: 'IN',
    latitude: 12.9 + random.unit(),
    longitude: 77.5 + random.unit(),
    amountPaise: 100 * (50 + random.below(5_000)),
  };
}

/** Two months of payments that end at `endMs`, in their order. */
function* history(random: Random, payers: number, endMs: number): Generator<PaymentFact> {
  let atMs = endMs - (HISTORY_PAYMENTS * LONGEST_PAUSE_MS) / 2;
  for (let sequence = 0; sequence < HISTORY_PAYMENTS; sequence++) {
    atMs = Math.min(endMs, atMs + random.below(LONGEST_PAUSE_MS));
    const { payment } = toGateRequest(requestBody(`pay_history_${sequence}`, random, payers));
    yield {
      fact: 'payment',
      ...payment,
      status: 'captured',
      failureReason: null,
      sequence,
      occurredAt: atMs,
      knownAt: atMs,
    };
  }
}

/** A fold that has seen the history, and a forest of its newest vectors. */
export function warm(
  random: Random,
  payers: number,
  endMs: number,
  each: (fact: PaymentFact) => void = () => undefined,
): { fold: Fold; model: Model } {
  const fold = createFold();
  const columns = FEATURE_NAMES.map(() => new Float32Array(TRAINING_ROWS));
  const y = new Uint8Array(TRAINING_ROWS);
  const vector = new Float32Array(FEATURE_NAMES.length);
  const firstTrained = HISTORY_PAYMENTS - TRAINING_ROWS;
  for (const fact of history(random, payers, endMs)) {
    const row = fact.sequence - firstTrained;
    if (row >= 0) {
      fold.vector(fact, fact.knownAt, vector);
      vector.forEach((value, j) => columns[j]?.fill(value, row, row + 1));
      y[row] = random.unit() < (fact.amountPaise > 400_000n ? 0.04 : 0.003) ? 1 : 0;
    }
    fold.observe(fact);
    each(fact);
  }
  const frame = { rows: TRAINING_ROWS, names: FEATURE_NAMES, columns, categorical: CATEGORICAL_FEATURES };
  return { fold, model: boostedTrees.fit(frame, y, { settings: boostedTrees.defaults, seed: 1 }) };
}

/** As many rules again as a database begins with, which read texts and do arithmetic. */
export const MORE_RULES = DEFAULT_RULES.map((rule, i) => ({
  ...rule,
  ruleId: `bench-${i}`,
  condition: `amountPaise > ${1_000_000 + i} * 100 && !(country in ["IN", "NP"]) || payerCount1h * 2 >= ${40 + i} && method == "card"`,
}));

export const LIST_ENTRIES = 100_000;

interface Listed {
  readonly subject: 'payer' | 'instrument' | 'device' | 'ip';
  readonly value: string;
}

export function listedValue(i: number): Listed {
  const ip = `10.${(i >> 14) & 255}.${(i >> 6) & 255}.${(i << 2) & 255}/30`;
  const values = [
    { subject: 'payer', value: `blocked-payer-${i}` },
    { subject: 'instrument', value: `blocked-token-${i}` },
    { subject: 'device', value: `blocked-device-${i}` },
    { subject: 'ip', value: ip },
  ] as const;
  return values[(i % 4) as 0 | 1 | 2 | 3];
}
