/**
 * Numbers the pairs (payer, other entity) from 1 in the order of their first meeting, and remembers how often and when
 * each pair met. Open addressing over typed arrays: two integers in, one integer out, no strings.
 */
const EMPTY = 0;

export class PairIndex {
  #slots = new Int32Array(1024);
  #left = new Int32Array(512);
  #right = new Int32Array(512);
  #met = new Int32Array(512);
  #lastAt = new Float64Array(512);
  #partners = new Int32Array(512);
  #count = 0;

  constructor() {
    this.#lastAt[EMPTY] = -Infinity;
  }

  /** The pair's number, or 0 when the two have not met. */
  find(left: number, right: number): number {
    const mask = this.#slots.length - 1;
    let slot = mix(left, right) & mask;
    for (;;) {
      const pair = this.#slots[slot]!;
      if (pair === EMPTY || (this.#left[pair] === left && this.#right[pair] === right)) return pair;
      slot = (slot + 1) & mask;
    }
  }

  /** Notes that the two met at `atMs` and returns the pair's number. */
  meet(left: number, right: number, atMs: number): number {
    let pair = this.find(left, right);
    if (pair === EMPTY) pair = this.#add(left, right, atMs);
    this.#met[pair] = this.#met[pair]! + 1;
    if (atMs > this.#lastAt[pair]!) this.#lastAt[pair] = atMs;
    return pair;
  }

  /** How many others `left` has met. */
  partners(left: number): number {
    return left < this.#partners.length ? this.#partners[left]! : 0;
  }

  met(pair: number): number {
    return this.#met[pair]!;
  }

  /** Minus infinity for two who have not met. */
  lastAt(pair: number): number {
    return this.#lastAt[pair]!;
  }

  #add(left: number, right: number, atMs: number): number {
    const pair = ++this.#count;
    if (pair >= this.#left.length) this.#growPairs();
    if (this.#count * 2 > this.#slots.length) this.#growSlots();
    if (left >= this.#partners.length)
      this.#partners = int32(this.#partners, 2 ** Math.ceil(Math.log2(left + 1)));
    this.#partners[left] = this.#partners[left]! + 1;
    this.#left[pair] = left;
    this.#right[pair] = right;
    this.#lastAt[pair] = atMs;
    this.#place(pair);
    return pair;
  }

  #place(pair: number): void {
    const mask = this.#slots.length - 1;
    let slot = mix(this.#left[pair]!, this.#right[pair]!) & mask;
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.#slots[slot] = pair;
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let pair = 1; pair < this.#count; pair++) this.#place(pair);
  }

  #growPairs(): void {
    const size = this.#left.length * 2;
    this.#left = int32(this.#left, size);
    this.#right = int32(this.#right, size);
    this.#met = int32(this.#met, size);
    this.#lastAt = float64(this.#lastAt, size);
  }
}

function mix(left: number, right: number): number {
  let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function int32(values: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(values);
  return larger;
}

function float64(values: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size);
  larger.set(values);
  return larger;
}
