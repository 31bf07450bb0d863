/**
 * The fold over memory that is kept elsewhere, record by record: the few entities that some facts name are read into a small
 * fold, the same code reads vectors and observes there, and the changed records go back. What belongs to a pair (payer,
 * other) has a record of its own; it changes only with the records of both, so only entities carry a version.
 * Ids appear in keys as hashes only.
 */
import { createHash } from 'node:crypto';
import { assert } from '../core/errors.js';
import type { PaymentRequest } from '../ingest/facts.js';
import {
  forgetPairs,
  pairedKind,
  readPair,
  readRecord,
  stampOf,
  writePair,
  writeRecord,
} from './entity-record.js';
import type { Stamp } from './entity-record.js';
import { createFold, idOf } from './fold.js';
import type { Fold, Observation } from './fold.js';
import { PAYER } from './fold-state.js';
import { NAMED_PAIRS } from './history-part.js';
import { ENTITIES, type FoldSettings } from './vocabulary.js';

/** Payments a load: each names at most one pair of a kind. */
const MAX_PAYMENTS = 256;

/** The first name that a pair can have; below are the numbers that pairs have for the length of a load. */
const FIRST_PAIR_NAME = 65_536;

/** Pairs a load can meet for the first time. */
export const MAX_NEW_PAIRS = MAX_PAYMENTS * (ENTITIES.length - 1);

export interface ChangedRecords {
  /** In order: with the eight bytes that the stored record must begin with, none for a record that must be absent. */
  readonly entities: readonly { readonly key: string; readonly expected: Buffer; readonly value: Buffer }[];
  readonly pairs: readonly { readonly key: string; readonly value: Buffer }[];
}

interface Entity {
  readonly e: number;
  readonly number: number;
  readonly key: string;
  stamp: Stamp;
  expected: Buffer;
}

interface Pair {
  readonly e: number;
  readonly payer: number;
  readonly other: number;
  readonly key: string;
}

export class RecordFold {
  /** Knows nothing but what was loaded last. */
  readonly fold: Fold;
  /** Per kind: the names of the pairs at hand by their numbers here, and the other way. */
  readonly #names = ENTITIES.map(() => new Map<number, number>());
  readonly #numbers = ENTITIES.map(() => new Map<number, number>());
  readonly #blanks: readonly Float64Array[];
  #entities = new Map<string, Entity>();
  #pairs = new Map<string, Pair>();

  constructor(settings?: FoldSettings) {
    this.fold = createFold(settings);
    this.#blanks = ENTITIES.map((_kind, e) => writeRecord(this.fold.state, e, 0, NEVER, (pair) => pair));
  }

  /** The keys of all that facts about these payments read and change. */
  name(payments: readonly PaymentRequest[]): readonly string[] {
    assert(payments.length <= MAX_PAYMENTS, 'a load has room for these payments');
    for (const kind of ENTITIES) this.fold.interners[kind].clear();
    this.#entities = new Map();
    this.#pairs = new Map();
    for (const payment of payments) this.#meet(payment);
    return [...this.#entities.keys(), ...this.#pairs.keys()];
  }

  #meet(payment: PaymentRequest): void {
    const payer = this.#enter(PAYER, payment.payerId);
    ENTITIES.forEach((kind, e) => {
      const id = idOf[kind](payment);
      if (id === null || e === PAYER) return;
      const other = this.#enter(e, id).number;
      const key = pairKey(e, payment.payerId, id);
      if (!this.#pairs.has(key)) this.#pairs.set(key, { e, payer: payer.number, other, key });
    });
  }

  #enter(e: number, id: string): Entity {
    const key = entityKey(e, id);
    const known = this.#entities.get(key);
    if (known !== undefined) return known;
    const number = this.fold.interners[ENTITIES[e]!].number(id);
    const entity: Entity = { e, number, key, stamp: NEVER, expected: NOTHING };
    this.#entities.set(key, entity);
    return entity;
  }

  #named(payment: PaymentRequest): Entity[] {
    return ENTITIES.flatMap((kind, e) => {
      const id = idOf[kind](payment);
      return id === null ? [] : [this.#entities.get(entityKey(e, id))!];
    });
  }

  /** The records under the keys that `name` gave last, null where there is none. */
  load(records: readonly (Buffer | null)[]): void {
    const { state, interners } = this.fold;
    assert(records.length === this.#entities.size + this.#pairs.size, 'each name has one record');
    state.grow(ENTITIES.map((kind) => interners[kind].size));
    forgetPairs(state);
    for (const map of [...this.#names, ...this.#numbers]) map.clear();
    [...this.#pairs.values()].forEach((pair, i) => {
      this.#loadPair(pair, records[this.#entities.size + i]!);
    });
    [...this.#entities.values()].forEach((entity, i) => {
      this.#loadEntity(entity, records[i]!);
    });
  }

  #loadPair({ e, payer, other }: Pair, record: Buffer | null): void {
    if (record === null) return;
    const { name, pair } = readPair(this.fold.state, e, payer, other, doublesOf(record));
    this.#names[e]!.set(pair, name);
    this.#numbers[e]!.set(name, pair);
  }

  #loadEntity(entity: Entity, record: Buffer | null): void {
    const { e, number } = entity;
    const numbers = this.#numbers[pairedKind(e)]!;
    const doubles = record === null ? this.#blanks[e]! : doublesOf(record);
    readRecord(this.fold.state, e, number, doubles, (name) => numbers.get(name) ?? name);
    entity.stamp = stampOf(doubles);
    entity.expected = record === null ? NOTHING : record.subarray(0, 8);
  }

  /** The newest instant at which something became known of the payment's entities. */
  knownAt(payment: PaymentRequest): number {
    return Math.max(...this.#named(payment).map(({ stamp }) => stamp.knownAt));
  }

  /** Lets the fold see what becomes known now, and remembers the instant. */
  observe(observation: Observation): void {
    const payment = observation.fact === 'payment' ? observation : observation.payment;
    for (const entity of this.#named(payment))
      entity.stamp = { ...entity.stamp, knownAt: Math.max(entity.stamp.knownAt, observation.knownAt) };
    this.fold.observe(observation);
  }

  /** @param newName gives a name that no pair has yet, FIRST_PAIR_NAME or above. */
  changed(newName: () => number): ChangedRecords {
    const { state } = this.fold;
    const nameOf =
      (kind: number) =>
      (pair: number): number => {
        if (pair >= NAMED_PAIRS) return pair;
        const name = this.#names[kind]!.get(pair) ?? newName();
        this.#names[kind]!.set(pair, name);
        return name;
      };
    return {
      entities: [...this.#entities.values()].map(({ e, number, key, stamp, expected }) => {
        const next = { version: stamp.version + 1, knownAt: stamp.knownAt };
        return { key, expected, value: bytesOf(writeRecord(state, e, number, next, nameOf(pairedKind(e)))) };
      }),
      pairs: [...this.#pairs.values()].flatMap(({ e, payer, other, key }) => {
        const pair = state.entity(e).pairs!.find(payer, other);
        return pair === 0 ? [] : [{ key, value: bytesOf(writePair(state, e, pair, nameOf(e)(pair))) }];
      }),
    };
  }
}

const NEVER: Stamp = { version: 0, knownAt: 0 };
const NOTHING = Buffer.alloc(0);

/**
 * All records of a whole fold, with the pairs named after their numbers there. Every window of it is moved to `knownAt`.
 * @returns through the generator's return value the first name that no pair has.
 */
export function* recordsOf(
  fold: Fold,
  knownAt: number,
): Generator<readonly [key: string, value: Buffer], number> {
  const { state, interners } = fold;
  const ids = ENTITIES.map((entity) => [...interners[entity].ids()]);
  const nameOf = (pair: number): number => FIRST_PAIR_NAME + pair;
  const stamp = { version: 1, knownAt };
  let unnamed = FIRST_PAIR_NAME;
  for (let e = 0; e < ENTITIES.length; e++) {
    for (const [i, id] of ids[e]!.entries())
      yield [entityKey(e, id), bytesOf(writeRecord(state, e, i + 1, stamp, nameOf))];
    for (const [payer, other, pair] of state.entity(e).pairs?.pairs() ?? []) {
      const key = pairKey(e, ids[PAYER]![payer - 1]!, ids[e]![other - 1]!);
      yield [key, bytesOf(writePair(state, e, pair, nameOf(pair)))];
      unnamed = Math.max(unnamed, nameOf(pair) + 1);
    }
  }
  return unnamed;
}

function entityKey(e: number, id: string): string {
  return `${ENTITIES[e]!}:${hashed(id)}`;
}

function pairKey(e: number, payerId: string, id: string): string {
  return `payer-${ENTITIES[e]!}:${hashed(JSON.stringify([payerId, id]))}`;
}

/** More than 128 bits: among a billion ids, two have one hash with a probability of 10^-21. */
function hashed(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, 22);
}

function bytesOf(record: Float64Array<ArrayBuffer>): Buffer {
  return Buffer.from(record.buffer, record.byteOffset, record.byteLength);
}

/** A copy, since a Buffer's bytes need not start where a double may. */
function doublesOf(bytes: Buffer): Float64Array {
  return new Float64Array(new Uint8Array(bytes).buffer);
}
