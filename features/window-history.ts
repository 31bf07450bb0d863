/**
 * Exact sliding windows for every entity of one kind: the state behind counts, sums, means, spreads, maxima and
 * distinct counts. Window i of boundary b is half open, (t - b, t]; all windows of an entity share one ring of events,
 * so an event is stored once and passed by each window's head once: O(1) amortised.
 *
 * Sums are differences of running totals that are written once, when an event is added: nothing is ever subtracted from
 * them, so the result does not depend on when a window was last read and no window drifts. Maxima are read off peaks; a
 * distinct count skips events whose pair came again later.
 */
import { assert } from '../core/errors.js';
import { Chunks } from './chunks.js';
import { deviation } from './deviation.js';
import { enlarged } from './enlarged.js';
import { NAMED_PAIRS, type HistoryPart, type HistoryShape } from './history-part.js';
import { Peaks } from './peaks.js';
import type { Parts } from './parts.js';

/** Ring record: instant, running amount before it, running square before it, pair (or ~pair once superseded). */
const RECORD = 4;
/**
 * Entity header: tail, base, running amount, running square, first instant, last instant, lifetime count, degree,
 * instant of the last advance.
 */
const TAIL = 0;
const BASE = 1;
const AMOUNT = 2;
const SQUARE = 3;
const FIRST_AT = 4;
const LAST_AT = 5;
const SEEN = 6;
const DEGREE = 7;
const NOW = 8;
const HEADER = 9;
/** Per boundary: instant at head, head, running amount at head, running square at head, distinct count. */
const HEAD_AT = 0;
const HEAD = 1;
const HEAD_AMOUNT = 2;
const HEAD_SQUARE = 3;
const DISTINCT = 4;
const PER_BOUNDARY = 5;

/** Entity 0 never has events: it is everybody who is not known. */
export const STRANGER = 0;

/** A pair that names nothing: never counted as distinct. Real pairs are numbered from 1, so that ~pair < NO_PAIR. */
export const NO_PAIR = -1;

export class WindowHistory {
  readonly shape: HistoryShape;
  readonly #stride: number;
  readonly #boundaries: Float64Array;
  #state: Float64Array<ArrayBuffer>;
  #capacity = 0;
  /** 1 for entities that ever had an event: small enough to stay in the processor's cache. */
  #used = new Uint8Array(0);
  readonly #ring = new Chunks(RECORD);
  readonly #peaks: Peaks | null;
  #pairLast = new Float64Array(0);

  constructor(shape: HistoryShape) {
    this.shape = shape;
    this.#boundaries = Float64Array.from(shape.boundariesMs);
    this.#stride = HEADER + PER_BOUNDARY * this.#boundaries.length;
    this.#state = new Float64Array(0);
    this.#peaks = shape.max ? new Peaks() : null;
  }

  /** How many entities have room. */
  get entities(): number {
    return this.#capacity;
  }

  /** Makes room for entities [0, count). */
  grow(count: number): void {
    if (count <= this.#capacity) return;
    const capacity = Math.max(1024, 2 ** Math.ceil(Math.log2(count)));
    const state = new Float64Array(capacity * this.#stride);
    state.set(this.#state);
    for (let e = this.#capacity; e < capacity; e++) this.#blank(state, e * this.#stride);
    this.#state = state;
    const used = new Uint8Array(capacity);
    used.set(this.#used);
    this.#used = used;
    this.#ring.growOwners(capacity);
    this.#peaks?.grow(capacity);
    this.#capacity = capacity;
  }

  /** What is known of the first `count` entities. */
  *parts(count: number): Parts {
    this.grow(count);
    yield this.#state.subarray(0, count * this.#stride);
    yield this.#used.subarray(0, count);
    yield* this.#ring.parts(count);
    if (this.#peaks) yield* this.#peaks.parts(count);
    const pairs = Int32Array.of(this.#pairLast.length);
    yield pairs;
    this.#pairLast = enlarged(this.#pairLast, pairs[0]!);
    yield this.#pairLast.subarray(0, pairs[0]);
  }

  /** One entity's part, to be copied out or written over. */
  part(entity: number): HistoryPart {
    this.#used[entity] = 1;
    this.#pairLast = enlarged(this.#pairLast, NAMED_PAIRS);
    const state = this.#state.subarray(entity * this.#stride, (entity + 1) * this.#stride);
    const [ring, peaks, pairLast] = [this.#ring, this.#peaks?.chunks ?? null, this.#pairLast];
    return { state, base: state[BASE]!, tail: state[TAIL]!, ring, peaks, pairLast };
  }

  #blank(state: Float64Array, at: number): void {
    state[at + FIRST_AT] = NaN;
    state[at + LAST_AT] = -Infinity;
    for (let i = 0; i < this.#boundaries.length; i++)
      state[at + HEADER + i * PER_BOUNDARY + HEAD_AT] = Infinity;
  }

  /** The entity itself, or the stranger when it never had an event here: the same values, without a cold read. */
  readable(entity: number): number {
    return this.#used[entity] === 1 ? entity : STRANGER;
  }

  /** Moves every window of `entity` forward to end at `nowMs`. Time never goes back. */
  advance(entity: number, nowMs: number): void {
    const state = this.#state;
    const at = entity * this.#stride;
    if (state[at + NOW] === nowMs) return;
    state[at + NOW] = nowMs;
    const boundaries = this.#boundaries;
    const count = boundaries.length;
    const records = this.#ring.values;
    const first = this.#ring.offset(entity);
    const mask = this.#ring.size(entity) - 1;
    const tail = state[at + TAIL]!;
    for (let i = 0, h = at + HEADER; i < count; i++, h += PER_BOUNDARY) {
      const untilMs = nowMs - boundaries[i]!;
      if (state[h + HEAD_AT]! > untilMs) continue;
      // The window's head passes the events that are too old; those that came again later were never counted twice.
      let head = state[h + HEAD]! | 0;
      let gone = 0;
      let r = (first + (head & mask)) * RECORD;
      do {
        if (records[r + 3]! >= 0) gone++;
        head++;
        r = (first + (head & mask)) * RECORD;
      } while (head < tail && records[r]! <= untilMs);
      const empty = head === tail;
      state[h + HEAD_AT] = empty ? Infinity : records[r]!;
      state[h + HEAD] = head;
      state[h + HEAD_AMOUNT] = empty ? state[at + AMOUNT]! : records[r + 1]!;
      state[h + HEAD_SQUARE] = empty ? state[at + SQUARE]! : records[r + 2]!;
      state[h + DISTINCT] = state[h + DISTINCT]! - gone;
    }
    state[at + BASE] = state[at + HEADER + (count - 1) * PER_BOUNDARY + HEAD]!;
  }

  /**
   * Adds an event that happened at `atMs` and is known at `nowMs >= atMs`. Windows are not moved: what expires is found
   * when somebody reads, or when the ring is full. An event that comes late (before one already held) is inserted at
   * its place; that costs one pass over the newer ones.
   */
  append(entity: number, atMs: number, amount: number, pair: number, nowMs: number): void {
    const state = this.#state;
    const at = entity * this.#stride;
    this.#used[entity] = 1;
    state[at + SEEN] = state[at + SEEN]! + 1;
    if (!(state[at + FIRST_AT]! <= atMs)) state[at + FIRST_AT] = atMs;
    if (atMs < state[at + LAST_AT]!) {
      this.#insertLate(entity, atMs, amount, pair, nowMs);
      return;
    }
    state[at + LAST_AT] = atMs;
    if (atMs <= nowMs - this.#boundaries[this.#boundaries.length - 1]!) return;
    this.#push(entity, atMs, amount, pair, nowMs);
  }

  #push(entity: number, atMs: number, amount: number, pair: number, nowMs: number): void {
    const state = this.#state;
    const at = entity * this.#stride;
    const tail = state[at + TAIL]!;
    if (tail - state[at + BASE]! === this.#ring.size(entity)) this.#makeRoom(entity, at, nowMs);
    const base = state[at + BASE]!;
    const r = this.#ring.slot(entity, tail);
    const records = this.#ring.values;
    const amountBefore = state[at + AMOUNT]!;
    const squareBefore = state[at + SQUARE]!;
    records[r] = atMs;
    records[r + 1] = amountBefore;
    records[r + 2] = squareBefore;
    records[r + 3] = pair;
    const before = this.shape.distinct && pair >= 0 ? this.#supersede(entity, at, tail, pair) : tail;
    const boundaries = this.#boundaries;
    for (let i = 0, h = at + HEADER; i < boundaries.length; i++, h += PER_BOUNDARY) {
      if (state[h + HEAD_AT] === Infinity) {
        const inside = atMs > nowMs - boundaries[i]!;
        state[h + HEAD_AT] = inside ? atMs : Infinity;
        state[h + HEAD] = inside ? tail : tail + 1;
        state[h + HEAD_AMOUNT] = inside ? amountBefore : amountBefore + amount;
        state[h + HEAD_SQUARE] = inside ? squareBefore : squareBefore + amount * amount;
      }
      // Counted anew unless the pair's earlier event is still in this window.
      if (before < state[h + HEAD]! && state[h + HEAD]! <= tail)
        state[h + DISTINCT] = state[h + DISTINCT]! + 1;
    }
    state[at + TAIL] = tail + 1;
    state[at + AMOUNT] = amountBefore + amount;
    state[at + SQUARE] = squareBefore + amount * amount;
    this.#peaks?.push(entity, base, tail, amount);
  }

  #makeRoom(entity: number, at: number, nowMs: number): void {
    this.advance(entity, nowMs);
    const [tail, base] = [this.#state[at + TAIL]!, this.#state[at + BASE]!];
    if (tail - base === this.#ring.size(entity)) this.#ring.enlarge(entity, base, tail);
  }

  /** Takes the pair's earlier event out of the distinct counts to come and returns its index, -1 for the first. */
  #supersede(entity: number, at: number, index: number, pair: number): number {
    if (pair >= this.#pairLast.length) this.#pairLast = enlarged(this.#pairLast, Math.max(1024, pair + 1));
    const before = this.#pairLast[pair]! - 1;
    this.#pairLast[pair] = index + 1;
    if (before < 0) this.#state[at + DEGREE] = this.#state[at + DEGREE]! + 1;
    if (before >= this.#state[at + BASE]!) this.#ring.values[this.#ring.slot(entity, before) + 3] = ~pair;
    return before;
  }

  /** Puts an event before newer ones that are already held: they move up by one. */
  #insertLate(entity: number, atMs: number, amount: number, pair: number, nowMs: number): void {
    const state = this.#state;
    const at = entity * this.#stride;
    this.advance(entity, nowMs);
    if (atMs <= nowMs - this.#boundaries[this.#boundaries.length - 1]!) return;
    const place = this.#firstAfter(entity, atMs, state[at + TAIL]!);
    if (place === state[at + TAIL]!) {
      this.#push(entity, atMs, amount, pair, nowMs);
      return;
    }
    if (state[at + TAIL]! - state[at + BASE]! === this.#ring.size(entity)) this.#makeRoom(entity, at, nowMs);
    this.#moveUp(entity, place, amount);
    this.#ring.values[this.#ring.slot(entity, place)] = atMs;
    const before = this.#takePlace(entity, at, place, pair);
    for (let i = 0, h = at + HEADER; i < this.#boundaries.length; i++, h += PER_BOUNDARY) {
      if (atMs <= nowMs - this.#boundaries[i]!) {
        // Older than the window: its head moves up with the events, and so does what lies before it.
        state[h + HEAD] = state[h + HEAD]! + 1;
        state[h + HEAD_AMOUNT] = state[h + HEAD_AMOUNT]! + amount;
        state[h + HEAD_SQUARE] = state[h + HEAD_SQUARE]! + amount * amount;
        continue;
      }
      if (state[h + HEAD] === place) state[h + HEAD_AT] = atMs;
      if (before < state[h + HEAD]!) state[h + DISTINCT] = state[h + DISTINCT]! + 1;
    }
    this.#peaks?.insert(entity, place, amount);
  }

  /** Makes the record at `place` free by moving it and all newer ones up; the running totals take the amount in. */
  #moveUp(entity: number, place: number, amount: number): void {
    const state = this.#state;
    const at = entity * this.#stride;
    const records = this.#ring.values;
    for (let i = state[at + TAIL]!; i > place; i--) {
      const from = this.#ring.slot(entity, i - 1);
      const to = this.#ring.slot(entity, i);
      const pair = records[from + 3]!;
      records[to] = records[from]!;
      records[to + 1] = records[from + 1]! + amount;
      records[to + 2] = records[from + 2]! + amount * amount;
      records[to + 3] = pair;
      if (this.shape.distinct && pair >= 0) this.#pairLast[pair] = i + 1;
    }
    state[at + TAIL] = state[at + TAIL]! + 1;
    state[at + AMOUNT] = state[at + AMOUNT]! + amount;
    state[at + SQUARE] = state[at + SQUARE]! + amount * amount;
  }

  /** Writes the pair of a late event. Returns the index up to which windows count the pair already: all, if it came again. */
  #takePlace(entity: number, at: number, place: number, pair: number): number {
    const slot = this.#ring.slot(entity, place) + 3;
    this.#ring.values[slot] = pair;
    if (!this.shape.distinct || pair < 0) return Infinity;
    if (pair < this.#pairLast.length && this.#pairLast[pair]! - 1 > place) {
      this.#ring.values[slot] = ~pair;
      return Infinity;
    }
    return this.#supersede(entity, at, place, pair);
  }

  /** The first index below `end` whose event happened after `instantMs`. */
  #firstAfter(entity: number, instantMs: number, end: number): number {
    let low = this.#state[entity * this.#stride + BASE]!;
    let high = end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#ring.values[this.#ring.slot(entity, middle)]! <= instantMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // Reads: valid for the instant of the last `advance` of that entity.

  /**
   * Writes what every window is asked for into `out`, in one pass from the shortest window to the longest. `positions`
   * has WINDOW_AGGREGATES.length entries a boundary, where each of them goes; -1 at the first leaves the boundary out.
   */
  writeWindows(entity: number, positions: Int32Array, out: Float32Array): void {
    const state = this.#state;
    const peaks = this.#peaks!;
    const at = entity * this.#stride;
    const tail = state[at + TAIL]!;
    let peak = peaks.end(entity);
    for (let i = 0, p = 0, h = at + HEADER; i < this.#boundaries.length; i++, p += 6, h += PER_BOUNDARY) {
      if (positions[p]! < 0) continue;
      const head = state[h + HEAD]!;
      const n = tail - head;
      const sum = state[at + AMOUNT]! - state[h + HEAD_AMOUNT]!;
      peak = peaks.reach(entity, peak, head);
      out[positions[p]!] = n;
      out[positions[p + 1]!] = sum;
      out[positions[p + 2]!] = n > 0 ? sum / n : NaN;
      out[positions[p + 3]!] = peaks.amount(entity, peak);
      out[positions[p + 4]!] = deviation(n, sum, state[at + SQUARE]! - state[h + HEAD_SQUARE]!);
      out[positions[p + 5]!] = state[h + DISTINCT]!;
    }
  }

  count(entity: number, boundary: number): number {
    const at = entity * this.#stride;
    return this.#state[at + TAIL]! - this.#state[at + HEADER + boundary * PER_BOUNDARY + HEAD]!;
  }

  /** Events in (t - b_older, t - b_newer]. */
  countBetween(entity: number, newer: number, older: number): number {
    return this.count(entity, older) - this.count(entity, newer);
  }

  sum(entity: number, boundary: number): number {
    const at = entity * this.#stride;
    return this.#state[at + AMOUNT]! - this.#state[at + HEADER + boundary * PER_BOUNDARY + HEAD_AMOUNT]!;
  }

  spread(entity: number, boundary: number): number {
    const at = entity * this.#stride;
    const squares =
      this.#state[at + SQUARE]! - this.#state[at + HEADER + boundary * PER_BOUNDARY + HEAD_SQUARE]!;
    return deviation(this.count(entity, boundary), this.sum(entity, boundary), squares);
  }

  distinct(entity: number, boundary: number): number {
    return this.#state[entity * this.#stride + HEADER + boundary * PER_BOUNDARY + DISTINCT]!;
  }

  /** Largest amount in the window, NaN when it is empty. */
  max(entity: number, boundary: number): number {
    const peaks = this.#peaks;
    assert(peaks, 'this history keeps no maxima');
    const head = this.#state[entity * this.#stride + HEADER + boundary * PER_BOUNDARY + HEAD]!;
    return peaks.amount(entity, peaks.reach(entity, peaks.end(entity), head));
  }

  /** Instant of the first event still inside the window, NaN when it is empty. */
  firstIn(entity: number, boundary: number): number {
    const instant = this.#state[entity * this.#stride + HEADER + boundary * PER_BOUNDARY + HEAD_AT]!;
    return instant === Infinity ? NaN : instant;
  }

  /** Instant of the newest event outside (before) the window, if the ring still holds it; otherwise NaN. */
  lastBefore(entity: number, boundary: number): number {
    const at = entity * this.#stride;
    const head = this.#state[at + HEADER + boundary * PER_BOUNDARY + HEAD]!;
    return head > this.#state[at + BASE]! ? this.#ring.values[this.#ring.slot(entity, head - 1)]! : NaN;
  }

  /** Events after `sinceMs` and before the window: those at instants in (sinceMs, t - b]. */
  countAfterUntil(entity: number, sinceMs: number, boundary: number): number {
    const at = entity * this.#stride;
    const head = this.#state[at + HEADER + boundary * PER_BOUNDARY + HEAD]!;
    return head - this.#firstAfter(entity, sinceMs, head);
  }

  firstAt(entity: number): number {
    return this.#state[entity * this.#stride + FIRST_AT]!;
  }

  /** -Infinity when the entity was never seen. */
  lastAt(entity: number): number {
    return this.#state[entity * this.#stride + LAST_AT]!;
  }

  seen(entity: number): number {
    return this.#state[entity * this.#stride + SEEN]!;
  }

  degree(entity: number): number {
    return this.#state[entity * this.#stride + DEGREE]!;
  }
}
