/**
 * What one compiled feature, other than a plain window, reads off an entity's histories, all as of the instant to which they were last advanced.
 */
import type { EntityState, Slot } from './entity-state.js';
import type { PairIndex } from './pair-index.js';
import { DAY_MS, RISK_PRIOR } from './vocabulary.js';

/** What the features of one request have in common. */
export interface Reading {
  atMs: number;
  /** Minor units. */
  amount: number;
  payer: number;
  /** Number of the payer's pair with the entity being read, 0 when they have not met. */
  pair: number;
  /** The entity's number in these histories: the stranger's where it has no events. */
  failures: number;
  retries: number;
  labels: number;
}

export function readSlot(state: EntityState, slot: Slot, id: number, reading: Reading): number {
  switch (slot.measure) {
    case 'attempts':
      return attempts(state, slot, id, reading);
    case 'failures':
      return state.failures!.count(reading.failures, slot.boundary);
    case 'retries':
      return state.retries!.count(reading.retries, slot.boundary);
    case 'labels':
      return labels(state, slot, id, reading);
    case 'matured':
      return matured(state, slot, id, reading);
    case 'pair':
      return acquaintance(state.pairs!, slot, reading);
    case 'request':
      throw new Error('properties of the request belong to no entity');
  }
}

function attempts(state: EntityState, slot: Slot, id: number, reading: Reading): number {
  const history = state.attempts;
  const { boundary } = slot;
  switch (slot.aggregate) {
    case 'ratioToMean':
      return over(reading.amount * history.count(id, boundary), history.sum(id, boundary));
    case 'meanToMean': {
      const { quarter } = slot;
      return over(
        history.sum(id, boundary) * history.count(id, quarter),
        history.count(id, boundary) * history.sum(id, quarter),
      );
    }
    case 'ratioToMax':
      return over(reading.amount, history.max(id, boundary));
    case 'deviation':
      return over(
        reading.amount - history.sum(id, boundary) / history.count(id, boundary),
        history.spread(id, boundary),
      );
    case 'ratioToMedian':
      return over(
        boundary < 0 ? reading.amount : history.max(id, boundary),
        state.amounts!.quantile(id, 0.5),
      );
    case 'ratioToP90':
      return over(reading.amount, state.amounts!.quantile(id, 0.9));
    case 'lifetimeCount':
      return history.seen(id);
    case 'lifetimeDistinct':
      return history.degree(id);
    case 'sinceLast':
      return since(history.lastAt(id), reading.atMs, 3_600_000);
    case 'sinceFirst':
      return since(history.firstAt(id), reading.atMs, DAY_MS);
    default:
      throw new Error(`no such aggregate of attempts: ${slot.aggregate}`);
  }
}

function labels(state: EntityState, slot: Slot, id: number, reading: Reading): number {
  const { atMs, labels: reported } = reading;
  switch (slot.aggregate) {
    case 'count':
      return state.labels!.count(reported, slot.boundary);
    case 'risk': {
      const frauds = state.labels!.count(reported, slot.boundary);
      const seen = Math.max(frauds, state.attempts.countBetween(id, slot.mature, slot.matureOlder));
      return (frauds + RISK_PRIOR.rate * RISK_PRIOR.payments) / (seen + RISK_PRIOR.payments);
    }
    case 'distinct':
      return state.labels!.distinct(reported, slot.boundary);
    case 'lastAmount':
      return state.lastFraud[reported * 2 + 1]!;
    case 'sinceFirst':
      return since(state.labels!.firstIn(reported, slot.boundary), atMs, DAY_MS);
    case 'sinceLast':
      return since(state.labels!.lastAt(reported), atMs, DAY_MS);
    default:
      throw new Error(`no such aggregate of labels: ${slot.aggregate}`);
  }
}

function matured(state: EntityState, slot: Slot, id: number, { atMs, labels: reported }: Reading): number {
  switch (slot.aggregate) {
    case 'count':
      return state.attempts.countBetween(id, slot.mature, slot.matureOlder);
    case 'streak': {
      const lastFraudAt = state.lastFraud[reported * 2]!;
      return lastFraudAt === lastFraudAt ? state.attempts.countAfterUntil(id, lastFraudAt, slot.mature) : NaN;
    }
    case 'sinceLast':
      return since(state.attempts.lastBefore(id, slot.mature), atMs, DAY_MS);
    default:
      throw new Error(`no such aggregate of matured attempts: ${slot.aggregate}`);
  }
}

function acquaintance(pairs: PairIndex, slot: Slot, { pair, payer, atMs }: Reading): number {
  switch (slot.aggregate) {
    case 'count':
      return pairs.met(pair);
    case 'sinceLast':
      return since(pairs.lastAt(pair), atMs, 3_600_000);
    case 'lifetimeDistinct':
      return pairs.partners(payer);
    default:
      throw new Error(`no such aggregate of pairs: ${slot.aggregate}`);
  }
}

/** NaN instead of an infinity when there is nothing to compare with. */
function over(part: number, whole: number): number {
  return whole > 0 ? part / whole : NaN;
}

/** NaN when it never happened: an instant of NaN or minus infinity. */
function since(instantMs: number, atMs: number, unitMs: number): number {
  return instantMs > -Infinity ? (atMs - instantMs) / unitMs : NaN;
}
