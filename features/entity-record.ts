/**
 * One entity's memory as one run of doubles that can be kept apart and put back, also into another fold: stamp, histories,
 * amounts, newest fraud, and for a payer its place and partners. Copied as they are, so nothing is computed here that the
 * fold computes, and a vector read off a restored record has the same bits. The form is that of the feature set and of
 * little-endian machines.
 */
import type { Chunks } from './chunks.js';
import type { EntityState } from './entity-state.js';
import { COUNTERPARTY, PAYER, type FoldState } from './fold-state.js';
import { NAMED_PAIRS } from './history-part.js';
import { NO_PAIR, type WindowHistory } from './window-history.js';
import { ENTITIES } from './vocabulary.js';

/** Doubles of a ring's record and of a peak; position of the pair in the former. */
const EVENT = 4;
const PAIR = 3;
const PEAK = 2;

/** In front of every record: its version, and the newest instant at which something of the entity became known. */
export interface Stamp {
  readonly version: number;
  readonly knownAt: number;
}
const STAMP = 2;

export function stampOf(record: Float64Array): Stamp {
  return { version: record[0]!, knownAt: record[1]! };
}

/** The histories of an entity, in the order of its record. */
function historiesOf(state: EntityState): WindowHistory[] {
  return [state.attempts, state.failures, state.retries, state.labels].filter((history) => history !== null);
}

/** The kind whose pairs with the payer stand in the rings of entities of kind `e`. */
export function pairedKind(e: number): number {
  return e === PAYER ? COUNTERPARTY : e;
}

/**
 * Every window moves to `stamp.knownAt` first, which drops what no window can see any more.
 * @param nameOf what stands for a pair's number in records: at least NAMED_PAIRS, and the same in every process.
 */
export function writeRecord(
  fold: FoldState,
  e: number,
  entity: number,
  stamp: Stamp,
  nameOf: (pair: number) => number,
): Float64Array<ArrayBuffer> {
  const state = fold.entity(e);
  const values: number[] = [stamp.version, stamp.knownAt];
  for (const history of historiesOf(state)) {
    history.advance(entity, stamp.knownAt);
    const part = history.part(entity);
    values.push(...part.state);
    for (let i = part.base; i < part.tail; i++) {
      const r = part.ring.slot(entity, i);
      const pair = part.ring.values[r + PAIR]!;
      values.push(part.ring.values[r]!, part.ring.values[r + 1]!, part.ring.values[r + 2]!);
      values.push(renamed(pair, nameOf));
    }
    if (part.peaks !== null) pushPeaks(part.peaks, entity, part.base, values);
  }
  if (state.amounts !== null) {
    const amounts = state.amounts.held(entity);
    values.push(amounts.length, ...amounts);
  }
  values.push(state.lastFraud[entity * 2]!, state.lastFraud[entity * 2 + 1]!);
  if (e === PAYER) {
    values.push(...fold.place(entity));
    for (let other = 0; other < ENTITIES.length; other++)
      values.push(fold.entity(other).pairs?.partners(entity) ?? 0);
  }
  return Float64Array.from(values);
}

/** Those that some window can still see. */
function pushPeaks(peaks: Chunks, entity: number, base: number, values: number[]): void {
  let from = peaks.from(entity);
  const to = peaks.to(entity);
  while (from < to && peaks.values[peaks.slot(entity, from)]! < base) from++;
  values.push(from, to);
  for (let i = from; i < to; i++) {
    const p = peaks.slot(entity, i);
    values.push(peaks.values[p]!, peaks.values[p + 1]!);
  }
}

/**
 * Replaces all that is known of `entity`. The pairs of the request at hand are there already and their `pairLast` is set
 * to 1 where they met at all: whoever is still in the ring gets its index.
 * @param numberOf a pair's number here by its name; other names stay, as numbers that nothing here uses.
 */
export function readRecord(
  fold: FoldState,
  e: number,
  entity: number,
  record: Float64Array,
  numberOf: (name: number) => number,
): void {
  const state = fold.entity(e);
  let at = STAMP;
  for (const history of historiesOf(state)) {
    const header = history.part(entity).state;
    header.set(record.subarray(at, at + header.length));
    at += header.length;
    const { base, tail, ring, peaks, pairLast } = history.part(entity);
    makeRoom(ring, entity, tail - base);
    for (let i = base; i < tail; i++, at += EVENT) {
      const r = ring.slot(entity, i);
      ring.values.set(record.subarray(at, at + EVENT), r);
      const pair = renamed(record[at + PAIR]!, numberOf);
      ring.values[r + PAIR] = pair;
      if (pair >= 0 && pair < NAMED_PAIRS) pairLast[pair] = i + 1;
    }
    if (peaks !== null) at = readPeaks(peaks, entity, record, at);
  }
  if (state.amounts !== null) {
    const count = record[at]!;
    state.amounts.restore(entity, record.subarray(at + 1, at + 1 + count));
    at += 1 + count;
  }
  state.lastFraud.set(record.subarray(at, at + 2), entity * 2);
  if (e !== PAYER) return;
  fold.place(entity).set(record.subarray(at + 2, at + 5));
  for (let other = 0; other < ENTITIES.length; other++)
    fold.entity(other).pairs?.setPartners(entity, record[at + 5 + other]!);
}

/** Returns the position behind them. */
function readPeaks(peaks: Chunks, entity: number, record: Float64Array, at: number): number {
  const [from, to] = [record[at]!, record[at + 1]!];
  makeRoom(peaks, entity, to - from);
  peaks.hold(entity, from, to);
  let next = at + 2;
  for (let i = from; i < to; i++, next += PEAK)
    peaks.values.set(record.subarray(next, next + PEAK), peaks.slot(entity, i));
  return next;
}

function makeRoom(chunks: Chunks, entity: number, count: number): void {
  while (chunks.size(entity) < count) chunks.enlarge(entity, 0, 0);
}

/** A superseded event holds the complement of its pair. */
function renamed(pair: number, rename: (pair: number) => number): number {
  if (pair === NO_PAIR) return NO_PAIR;
  return pair >= 0 ? rename(pair) : ~rename(~pair);
}

/** A pair's own record: its name, how often and when last it met, and in which histories it has been. */
const PAIR_RECORD = 4;

/** The histories that count a pair as distinct: those of the other entity, and for counterparties also the payer's. */
function pairHistories(fold: FoldState, e: number): WindowHistory[] {
  const kinds = e === COUNTERPARTY ? [e, PAYER] : [e];
  return kinds.flatMap((kind) => {
    const { attempts, labels } = fold.entity(kind);
    return labels === null ? [attempts] : [attempts, labels];
  });
}

export function writePair(fold: FoldState, e: number, pair: number, name: number): Float64Array<ArrayBuffer> {
  const pairs = fold.entity(e).pairs!;
  let seenBy = 0;
  for (const [i, history] of pairHistories(fold, e).entries())
    if (history.part(0).pairLast[pair]! > 0) seenBy |= 1 << i;
  return Float64Array.of(name, pairs.met(pair), pairs.lastAt(pair), seenBy);
}

/** Returns the pair's name and its number here. The records of both entities are to be read after it. */
export function readPair(
  fold: FoldState,
  e: number,
  payer: number,
  entity: number,
  record: Float64Array,
): { readonly name: number; readonly pair: number } {
  const [name, met, lastAt, seenBy] = record.subarray(0, PAIR_RECORD) as unknown as [
    number,
    number,
    number,
    number,
  ];
  const pair = fold.entity(e).pairs!.restore(payer, entity, met, lastAt);
  for (const [i, history] of pairHistories(fold, e).entries())
    history.part(0).pairLast[pair] = (seenBy >> i) & 1;
  return { name, pair };
}

/** No pair is known any more, neither as one that met nor in any history. */
export function forgetPairs(fold: FoldState): void {
  for (let e = 0; e < ENTITIES.length; e++) {
    const { attempts, labels, pairs } = fold.entity(e);
    attempts.part(0).pairLast.fill(0);
    labels?.part(0).pairLast.fill(0);
    pairs?.clear();
  }
}
