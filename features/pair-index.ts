/**
 * Numbers the pairs (payer, other entity) from 1 in the order of their first meeting, and remembers how often and when
 * each pair met. Open addressing over one typed array that holds the keys in place: a look-up is one read of memory.
 */
import { enlarged } from './enlarged.js';
import type { Parts } from './parts.js';

const EMPTY = 0;
/** A slot: left, right, pair, unused; four integers fill a quarter of a cache line. */
const SLOT = 4;
/** What is remembered of a pair: how often it met, and when last. */
const MEETING = 2;

export class PairIndex {
  #slots = new Int32Array(1024 * SLOT);
  #mask = 1023;
  #meetings = new Float64Array(512 * MEETING);
  #partners = new Int32Array(512);
  #count = 0;

  constructor() {
    this.#meetings[1] = -Infinity;
  }

  /** The pair's number, or 0 when the two have not met. */
  find(left: number, right: number): number {
    return this.#slots[this.#place(left, right) + 2]!;
  }

  /** Notes that the two met at `atMs` and returns the pair's number. */
  meet(left: number, right: number, atMs: number): number {
    const slot = this.#place(left, right);
    const pair = this.#slots[slot + 2] === EMPTY ? this.#add(slot, left, right) : this.#slots[slot + 2]!;
    const meeting = pair * MEETING;
    this.#meetings[meeting] = this.#meetings[meeting]! + 1;
    if (atMs > this.#meetings[meeting + 1]!) this.#meetings[meeting + 1] = atMs;
    return pair;
  }

  /** How many others `left` has met. */
  partners(left: number): number {
    return left < this.#partners.length ? this.#partners[left]! : 0;
  }

  met(pair: number): number {
    return this.#meetings[pair * MEETING]!;
  }

  /** Minus infinity for two who have not met. */
  lastAt(pair: number): number {
    return this.#meetings[pair * MEETING + 1]!;
  }

  /** Everything. */
  *parts(): Parts {
    const sizes = Int32Array.of(this.#count, this.#slots.length, this.#partners.length);
    yield sizes;
    const [count, slots, partners] = sizes as unknown as [number, number, number];
    this.#count = count;
    if (slots !== this.#slots.length) this.#slots = new Int32Array(slots);
    this.#mask = slots / SLOT - 1;
    yield this.#slots;
    const meetings = (count + 1) * MEETING;
    this.#meetings = enlarged(this.#meetings, meetings);
    yield this.#meetings.subarray(0, meetings);
    this.#partners = enlarged(this.#partners, partners);
    yield this.#partners.subarray(0, partners);
  }

  /** Two who met `met` times, last at `lastAt`, and are not here yet. Returns the pair's number. */
  restore(left: number, right: number, met: number, lastAt: number): number {
    const pair = this.#add(this.#place(left, right), left, right);
    this.#meetings[pair * MEETING] = met;
    this.#meetings[pair * MEETING + 1] = lastAt;
    return pair;
  }

  /** How many others `left` has met, also those who are not here. */
  setPartners(left: number, partners: number): void {
    if (left >= this.#partners.length) this.#partners = enlarged(this.#partners, left + 1);
    this.#partners[left] = partners;
  }

  /** All pairs as [left, right, number], in no order. */
  *pairs(): Generator<readonly [number, number, number]> {
    const slots = this.#slots;
    for (let at = 0; at < slots.length; at += SLOT)
      if (slots[at + 2] !== EMPTY) yield [slots[at]!, slots[at + 1]!, slots[at + 2]!];
  }

  /** Forgets everything. */
  clear(): void {
    this.#slots.fill(EMPTY);
    this.#meetings.fill(0);
    this.#meetings[1] = -Infinity;
    this.#partners.fill(0);
    this.#count = 0;
  }

  /** The slot that holds the pair, or the empty one where it belongs. */
  #place(left: number, right: number): number {
    const slots = this.#slots;
    let slot = mix(left, right) & this.#mask;
    for (;;) {
      const at = slot * SLOT;
      if (slots[at + 2] === EMPTY || (slots[at] === left && slots[at + 1] === right)) return at;
      slot = (slot + 1) & this.#mask;
    }
  }

  #add(slot: number, left: number, right: number): number {
    const pair = ++this.#count;
    this.#slots[slot] = left;
    this.#slots[slot + 1] = right;
    this.#slots[slot + 2] = pair;
    if (left >= this.#partners.length) this.#partners = enlarged(this.#partners, left + 1);
    this.#partners[left] = this.#partners[left]! + 1;
    const needed = (pair + 1) * MEETING;
    if (needed > this.#meetings.length) this.#meetings = enlarged(this.#meetings, needed);
    this.#meetings[pair * MEETING + 1] = -Infinity;
    if (pair * 2 > this.#mask) this.#rehash();
    return pair;
  }

  #rehash(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let at = 0; at < old.length; at += SLOT) {
      if (old[at + 2] === EMPTY) continue;
      const slot = this.#place(old[at]!, old[at + 1]!);
      this.#slots.set(old.subarray(at, at + SLOT), slot);
    }
  }
}

function mix(left: number, right: number): number {
  let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
