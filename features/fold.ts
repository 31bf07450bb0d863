/**
 * The fold as its callers see it: names in, features out. `observe` takes facts in the order (knownAt, sequence);
 * `vector` reads a request as of an instant and changes nothing that a later vector could see.
 */
import { hash32 } from '../core/random.js';
import {
  METHODS,
  PAYMENT_KINDS,
  type LabelFact,
  type OutcomeFact,
  type PaymentFact,
  type PaymentRequest,
} from '../ingest/facts.js';
import { FEATURE_NAMES, featureSetHash } from './definitions.js';
import { DEFAULT_FOLD_SETTINGS, ENTITIES, type Entity, type FoldSettings } from './vocabulary.js';
import { ABSENT, blankRequest, FoldState, type NumberedRequest } from './fold-state.js';
import { createInterner, type Interner } from './interner.js';

/** A result or a label names its payment's entities, so that the fold need not remember payments. */
export interface Named {
  readonly payment: PaymentRequest & { readonly occurredAt: number };
}
export type Observation = PaymentFact | (OutcomeFact & Named) | (LabelFact & Named);

export interface Fold {
  readonly featureNames: readonly string[];
  readonly featureSetHash: string;
  readonly settings: FoldSettings;
  observe(observation: Observation): void;
  /** The features of `request` (d) as of `atMs`, written into `out` when given. */
  vector(request: PaymentRequest, atMs: number, out?: Float32Array): Float32Array;
  /** Entities known so far, by kind. */
  sizes(): Readonly<Record<Entity, number>>;
  /** The numbered core and its dictionaries, for replays that number whole columns at once. */
  readonly state: FoldState;
  readonly interners: Readonly<Record<Entity, Interner>>;
}

export function createFold(settings: FoldSettings = DEFAULT_FOLD_SETTINGS): Fold {
  const state = new FoldState(settings);
  const interners = Object.fromEntries(ENTITIES.map((entity) => [entity, createInterner()])) as Record<
    Entity,
    Interner
  >;
  const scratch = blankRequest();
  const remember = (request: PaymentRequest): NumberedRequest => {
    number(request, scratch, (entity, id) => interners[entity].number(id));
    state.grow(ENTITIES.map((entity) => interners[entity].size));
    return scratch;
  };
  return {
    featureNames: FEATURE_NAMES,
    featureSetHash: featureSetHash(settings),
    settings,
    state,
    interners,
    observe: (observation) => {
      const named = observation.fact === 'payment' ? observation : observation.payment;
      observeNumbered(state, remember(named), observation);
    },
    vector: (request, atMs, out = new Float32Array(FEATURE_NAMES.length)) => {
      number(request, scratch, (entity, id) => interners[entity].find(id));
      state.read(scratch, atMs, out);
      return out;
    },
    sizes: () =>
      Object.fromEntries(ENTITIES.map((entity) => [entity, interners[entity].size - 1])) as Record<
        Entity,
        number
      >,
  };
}

function observeNumbered(state: FoldState, request: NumberedRequest, observation: Observation): void {
  const { occurredAt, knownAt } = observation;
  switch (observation.fact) {
    case 'payment':
      state.attempt(request, Math.min(occurredAt, knownAt), knownAt);
      if (observation.status === 'failed') state.failure(request, Math.min(occurredAt, knownAt), knownAt);
      return;
    case 'outcome':
      if (observation.status === 'failed') state.failure(request, Math.min(occurredAt, knownAt), knownAt);
      return;
    case 'label':
      if (observation.fraud) state.fraud(request, observation.payment.occurredAt, knownAt);
      return;
  }
}

export const idOf: Readonly<Record<Entity, (request: PaymentRequest) => string | null>> = {
  payer: (request) => request.payerId,
  instrument: (request) => request.instrumentId,
  device: (request) => request.deviceId,
  ip: (request) => request.ip,
  counterparty: (request) => request.counterpartyId,
};

function number(
  request: PaymentRequest,
  into: NumberedRequest,
  numberOf: (entity: Entity, id: string) => number,
): void {
  ENTITIES.forEach((entity, i) => {
    const id = idOf[entity](request);
    into.ids[i] = id === null ? ABSENT : numberOf(entity, id);
  });
  into.kind = PAYMENT_KINDS.indexOf(request.kind);
  into.amount = Number(request.amountPaise);
  into.method = methodCode(request.method);
  into.category = categoryCode(request.category);
  into.country = countryCode(request.country);
  into.latitude = request.latitude ?? NaN;
  into.longitude = request.longitude ?? NaN;
}

export function methodCode(method: string | null): number {
  const code = METHODS.findIndex((known) => known === method);
  return code < 0 ? NaN : code;
}

/** Free text folded into 251 codes: stable without a dictionary, at the price of rare collisions. */
export function categoryCode(category: string | null): number {
  return category === null ? NaN : hash32(category) % 251;
}

/** Two capital letters as a number below 676. */
export function countryCode(country: string | null): number {
  if (country === null || !/^[A-Z]{2}$/.test(country)) return NaN;
  return (country.charCodeAt(0) - 65) * 26 + country.charCodeAt(1) - 65;
}
