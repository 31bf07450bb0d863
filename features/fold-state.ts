/**
 * The one fold, on numbers: `attempt`, `failure` and `label` update the histories of the entities that an event names,
 * `read` writes the declared features of a request. Replay and serving both run this code and nothing else.
 * Events must come in the order of their `knownAtMs`; reads must not be earlier than the last event.
 */
import { hourInIst, monthDayInIst, weekdayInIst } from './calendar.js';
import { kilometres } from './distance.js';
import { FEATURES } from './definitions.js';
import { entityState, type EntityState } from './entity-state.js';
import type { Parts } from './parts.js';
import { readSlot, type Reading } from './read-slot.js';
import { DAY_MS, ENTITIES, type FeatureDefinition, type FoldSettings } from './vocabulary.js';
import { NO_PAIR, STRANGER, type WindowHistory } from './window-history.js';

/** Positions in `NumberedRequest.ids`. */
export const PAYER = ENTITIES.indexOf('payer');
export const COUNTERPARTY = ENTITIES.indexOf('counterparty');
/** In `ids`: the source does not say. Number 0 is a stranger. */
export const ABSENT = -1;

/** A request in numbers. `ids` follows ENTITIES; codes and coordinates are NaN when unknown. */
export interface NumberedRequest {
  readonly ids: Int32Array;
  /** Position in PAYMENT_KINDS: 0 is a first attempt. */
  kind: number;
  amount: number;
  method: number;
  category: number;
  country: number;
  latitude: number;
  longitude: number;
}

export function blankRequest(): NumberedRequest {
  return {
    ids: new Int32Array(ENTITIES.length).fill(ABSENT),
    kind: 0,
    amount: 0,
    method: NaN,
    category: NaN,
    country: NaN,
    latitude: NaN,
    longitude: NaN,
  };
}

export class FoldState {
  readonly #readsRequest: boolean;
  readonly #entities: readonly EntityState[];
  #places: Float64Array<ArrayBuffer> = new Float64Array(0);
  readonly #reading: Reading = { atMs: 0, amount: 0, payer: 0, pair: 0, failures: 0, retries: 0, labels: 0 };

  /** `features` begins with the properties of the request, if it has any, and keeps each entity's features together. */
  constructor(settings: FoldSettings, features: readonly FeatureDefinition[] = FEATURES) {
    this.#readsRequest = features[0]?.measure === 'request';
    this.#entities = ENTITIES.map((entity) => entityState(entity, settings.maturityDays * DAY_MS, features));
    this.grow(new Array<number>(ENTITIES.length).fill(1));
  }

  /** Makes room for numbers below `sizes[entity]`. */
  grow(sizes: readonly number[]): void {
    this.#entities.forEach((state, i) => {
      const size = sizes[i]!;
      if (size <= state.attempts.entities) return;
      state.attempts.grow(size);
      state.amounts?.grow(state.attempts.entities);
      state.failures?.grow(size);
      state.retries?.grow(size);
      state.labels?.grow(size);
      state.lastFraud = widened(state.lastFraud, state.attempts.entities * 2);
      if (i !== PAYER) return;
      this.#places = widened(this.#places, state.attempts.entities * 3);
    });
  }

  /** All that is known of the entities of one kind, by its position in ENTITIES. */
  entity(e: number): EntityState {
    return this.#entities[e]!;
  }

  /** Latitude, longitude and instant of the payer's last known place: a view. */
  place(payer: number): Float64Array<ArrayBuffer> {
    return this.#places.subarray(payer * 3, payer * 3 + 3);
  }

  /** What is known of the entities with numbers below `sizes[entity]`. */
  *parts(sizes: readonly number[]): Parts {
    this.grow(sizes);
    for (const [e, state] of this.#entities.entries()) {
      const size = sizes[e]!;
      for (const history of [state.attempts, state.amounts, state.failures, state.retries, state.labels])
        if (history !== null) yield* history.parts(size);
      if (state.pairs !== null) yield* state.pairs.parts();
      yield state.lastFraud.subarray(0, size * 2);
    }
    yield this.#places.subarray(0, sizes[PAYER]! * 3);
  }

  /** An attempt to pay became known. A retry repeats an earlier wish, so it only counts as a retry. */
  attempt(request: NumberedRequest, occurredAtMs: number, knownAtMs: number): void {
    const payer = request.ids[PAYER]!;
    let pair = NO_PAIR;
    // The payer comes last and is paired with its counterparty, which comes first.
    for (let e = this.#entities.length - 1; e >= 0; e--) {
      const state = this.#entities[e]!;
      const id = request.ids[e]!;
      if (id < 0) continue;
      if (request.kind !== 0) {
        state.retries?.append(id, occurredAtMs, 0, NO_PAIR, knownAtMs);
        continue;
      }
      const own = state.pairs ? state.pairs.meet(payer, id, occurredAtMs) : pair;
      if (e === COUNTERPARTY) pair = own;
      state.attempts.append(id, occurredAtMs, request.amount, own, knownAtMs);
      state.amounts?.add(id, request.amount);
    }
    const hasPlace = request.latitude === request.latitude && request.longitude === request.longitude;
    // A retry runs where the server is, or minutes after the payer has moved on: it must not look like travel.
    if (hasPlace && request.kind === 0) {
      this.#places[payer * 3] = request.latitude;
      this.#places[payer * 3 + 1] = request.longitude;
      this.#places[payer * 3 + 2] = occurredAtMs;
    }
  }

  /** A first attempt failed. */
  failure(request: NumberedRequest, occurredAtMs: number, knownAtMs: number): void {
    if (request.kind !== 0) return;
    for (let e = 0; e < this.#entities.length; e++) {
      const id = request.ids[e]!;
      if (id >= 0) this.#entities[e]!.failures?.append(id, occurredAtMs, 0, NO_PAIR, knownAtMs);
    }
  }

  /** A payment of `paidAtMs` was reported as fraud. */
  fraud(request: NumberedRequest, paidAtMs: number, knownAtMs: number): void {
    const payer = request.ids[PAYER]!;
    for (let e = 0; e < this.#entities.length; e++) {
      const id = request.ids[e]!;
      if (id < 0) continue;
      const state = this.#entities[e]!;
      const other = this.#entities[e === PAYER ? COUNTERPARTY : e]!;
      const partner = e === PAYER ? request.ids[COUNTERPARTY]! : id;
      const pair = partner < 0 ? 0 : other.pairs!.find(payer, partner);
      state.labels?.append(id, knownAtMs, 0, pair === 0 ? NO_PAIR : pair, knownAtMs);
      if (state.lastFraud[id * 2]! >= paidAtMs) continue;
      state.lastFraud[id * 2] = paidAtMs;
      state.lastFraud[id * 2 + 1] = request.amount;
    }
  }

  /** Writes the features of `request` as of `atMs` into `out` (d). */
  read(request: NumberedRequest, atMs: number, out: Float32Array): void {
    if (this.#readsRequest) this.#readRequest(request, atMs, out);
    this.#reading.atMs = atMs;
    this.#reading.amount = request.amount;
    this.#reading.payer = request.ids[PAYER]!;
    for (let e = 0; e < this.#entities.length; e++) {
      const state = this.#entities[e]!;
      const id = request.ids[e]!;
      if (id < 0) out.fill(NaN, state.from, state.to);
      else this.#readEntity(state, id, out);
    }
  }

  #readRequest(request: NumberedRequest, atMs: number, out: Float32Array): void {
    const place = request.ids[PAYER]! * 3;
    const km = kilometres(
      this.#places[place]!,
      this.#places[place + 1]!,
      request.latitude,
      request.longitude,
    );
    const hours = (atMs - this.#places[place + 2]!) / 3_600_000;
    out[0] = request.amount;
    out[1] = hourInIst(atMs);
    out[2] = weekdayInIst(atMs);
    out[3] = monthDayInIst(atMs);
    out[4] = request.kind;
    out[5] = request.method;
    out[6] = request.category;
    out[7] = request.country;
    out[8] = km;
    out[9] = km / Math.max(hours, 1 / 60);
  }

  #readEntity(state: EntityState, id: number, out: Float32Array): void {
    const reading = this.#reading;
    state.attempts.advance(id, reading.atMs);
    reading.failures = readable(state.failures, id, reading.atMs);
    reading.retries = readable(state.retries, id, reading.atMs);
    reading.labels = readable(state.labels, id, reading.atMs);
    state.attempts.writeWindows(id, state.windowPositions, out);
    reading.pair = state.pairs ? state.pairs.find(reading.payer, id) : 0;
    const slots = state.slots;
    for (let s = 0; s < slots.length; s++) {
      const slot = slots[s]!;
      out[slot.position] = readSlot(state, slot, id, reading);
    }
  }
}

/** Advances the history where the entity has one, and says which number to read there. */
function readable(history: WindowHistory | null, id: number, atMs: number): number {
  if (history === null) return STRANGER;
  const entity = history.readable(id);
  history.advance(entity, atMs);
  return entity;
}

function widened(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(length).fill(NaN);
  wider.set(values);
  return wider;
}
