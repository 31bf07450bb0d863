import { describe, expect, it } from '@jest/globals';
import { seededRandom, type Random } from '../../core/random.js';
import { createFold, type Fold, type Observation } from '../../features/fold.js';
import { RecordFold, recordsOf } from '../../features/record-fold.js';
import type { PaymentFact } from '../../ingest/facts.js';
import { randomFacts } from './random-facts.js';

const FACTS = 600;

/** Results and labels with their payments, as a live log has them. */
function observationsOf(random: Random, count: number): Observation[] {
  const facts = randomFacts(random, count);
  const payments = new Map<string, PaymentFact>();
  for (const fact of facts) if (fact.fact === 'payment') payments.set(fact.paymentId, fact);
  return facts.flatMap((fact): Observation[] => {
    if (fact.fact === 'payment') return [fact];
    const payment = payments.get(fact.paymentId);
    return payment === undefined ? [] : [{ ...fact, payment }];
  });
}

function paymentOf(observation: Observation): Observation & PaymentFact {
  return (observation.fact === 'payment' ? observation : observation.payment) as Observation & PaymentFact;
}

function bits(fold: Fold, observation: Observation): string {
  const vector = fold.vector(paymentOf(observation), observation.knownAt);
  return Buffer.from(vector.buffer).toString('hex');
}

/** Records in a map, as a store of keys and values would keep them. */
function homeOfRecords(records = new Map<string, Buffer>(), firstName = 65_536) {
  const home = new RecordFold();
  let name = firstName;
  return {
    records,
    /** The vectors before each of the facts, which are then seen. */
    take(batch: readonly Observation[]): string[] {
      home.load(home.name(batch.map(paymentOf)).map((key) => records.get(key) ?? null));
      const vectors = batch.map((observation) => {
        const vector = bits(home.fold, observation);
        home.observe(observation);
        return vector;
      });
      const changed = home.changed(() => name++);
      for (const { key, expected, value } of changed.entities) {
        if (!(records.get(key)?.subarray(0, 8) ?? Buffer.alloc(0)).equals(expected)) throw new Error(key);
        records.set(key, Buffer.from(value));
      }
      for (const { key, value } of changed.pairs) records.set(key, Buffer.from(value));
      return vectors;
    },
  };
}

function batches<T>(random: Random, items: readonly T[]): T[][] {
  const result: T[][] = [];
  for (let from = 0; from < items.length;) {
    const size = 1 + random.below(12);
    result.push(items.slice(from, from + size));
    from += size;
  }
  return result;
}

describe('a fold over records that are kept elsewhere', () => {
  it.each([1, 2, 3])('sees what one fold in memory sees, bit for bit (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const observations = observationsOf(random, FACTS);
    const whole = createFold();
    const home = homeOfRecords();
    for (const batch of batches(random, observations)) {
      const expected = batch.map((observation) => {
        const vector = bits(whole, observation);
        whole.observe(observation);
        return vector;
      });
      expect(home.take(batch)).toEqual(expected);
    }
  });

  it('goes on from the records of a whole fold', () => {
    const random = seededRandom(4);
    const observations = observationsOf(random, FACTS);
    const whole = createFold();
    const half = observations.slice(0, FACTS / 2);
    for (const observation of half) whole.observe(observation);
    const written = createFold();
    for (const observation of half) written.observe(observation);
    const records = new Map<string, Buffer>();
    const walk = recordsOf(written, half.at(-1)!.knownAt);
    let step = walk.next();
    for (; !step.done; step = walk.next()) records.set(step.value[0], Buffer.from(step.value[1]));
    const home = homeOfRecords(records, step.value);
    for (const batch of batches(random, observations.slice(FACTS / 2))) {
      const expected = batch.map((observation) => {
        const vector = bits(whole, observation);
        whole.observe(observation);
        return vector;
      });
      expect(home.take(batch)).toEqual(expected);
    }
  });

  it('remembers nothing of facts whose records were not kept', () => {
    const random = seededRandom(5);
    const [first, ...others] = observationsOf(random, 200);
    const home = new RecordFold();
    const fresh = (observation: Observation): string => {
      home.load(home.name([paymentOf(observation)]).map(() => null));
      return bits(home.fold, observation);
    };
    const before = fresh(first!);
    for (const observation of others) {
      fresh(observation);
      home.observe(observation);
    }
    expect(fresh(first!)).toBe(before);
  });

  it('puts no id into a key', () => {
    const observations = observationsOf(seededRandom(6), 100);
    const home = homeOfRecords();
    for (const observation of observations) home.take([observation]);
    const ids = observations.flatMap((observation) => {
      const { payerId, deviceId, instrumentId } = paymentOf(observation);
      return [payerId, deviceId, instrumentId].filter((id) => id !== null && id.length > 5);
    });
    for (const key of home.records.keys()) for (const id of ids) expect(key).not.toContain(id);
  });
});
