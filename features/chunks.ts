/**
 * Growing ring buffers for many owners inside one typed array. Each owner holds a chunk of a power-of-two number of
 * records; outgrown chunks go to a free list by size, so memory follows what is held and nothing is allocated per event.
 * What is known of an owner's chunk lies in one place: with many owners, each separate array would be a cache miss.
 */
import { enlarged } from './enlarged.js';
import type { Parts } from './parts.js';

const SMALLEST = 4;
/** Offset and size of the chunk, first and next index that the owner holds. */
const PLACE = 4;

export class Chunks {
  values = new Float64Array(0);
  readonly #width: number;
  #places = new Int32Array(0);
  #used = 0;
  #free = new Map<number, number[]>();

  /** `width` is the number of doubles in a record. */
  constructor(width: number) {
    this.#width = width;
  }

  growOwners(count: number): void {
    const places = new Int32Array(count * PLACE);
    places.set(this.#places);
    this.#places = places;
  }

  /** First record of the owner's chunk. */
  offset(owner: number): number {
    return this.#places[owner * PLACE]!;
  }

  /** Records that the owner's chunk can hold: 0 or a power of two. */
  size(owner: number): number {
    return this.#places[owner * PLACE + 1]!;
  }

  /** The owner's own bookkeeping: first index held. */
  from(owner: number): number {
    return this.#places[owner * PLACE + 2]!;
  }

  /** The index after the last one held. */
  to(owner: number): number {
    return this.#places[owner * PLACE + 3]!;
  }

  hold(owner: number, from: number, to: number): void {
    this.#places[owner * PLACE + 2] = from;
    this.#places[owner * PLACE + 3] = to;
  }

  /** Where the record of absolute index `index` starts in `values`. */
  slot(owner: number, index: number): number {
    const place = owner * PLACE;
    return (this.#places[place]! + (index & (this.#places[place + 1]! - 1))) * this.#width;
  }

  /** Doubles the owner's chunk and keeps its records [from, to) at their absolute indexes. */
  enlarge(owner: number, from: number, to: number): void {
    const size = this.size(owner);
    const doubled = size === 0 ? SMALLEST : size * 2;
    const offset = this.#take(doubled);
    const width = this.#width;
    const values = this.values;
    for (let i = from; i < to; i++) {
      const source = this.slot(owner, i);
      const target = (offset + (i & (doubled - 1))) * width;
      for (let k = 0; k < width; k++) values[target + k] = values[source + k]!;
    }
    if (size > 0) this.#give(size, this.offset(owner));
    this.#places[owner * PLACE] = offset;
    this.#places[owner * PLACE + 1] = doubled;
  }

  #take(size: number): number {
    const reused = this.#free.get(size)?.pop();
    if (reused !== undefined) return reused;
    const offset = this.#used;
    this.#used += size;
    this.#makeRoom();
    return offset;
  }

  #makeRoom(): void {
    const needed = this.#used * this.#width;
    if (needed > this.values.length) this.values = enlarged(this.values, Math.max(4096, needed));
  }

  /** What the first `owners` hold; there is room for them. */
  *parts(owners: number): Parts {
    yield this.#places.subarray(0, owners * PLACE);
    const given = [...this.#free].flatMap(([size, offsets]) => offsets.flatMap((offset) => [size, offset]));
    const counts = Int32Array.of(this.#used, given.length);
    yield counts;
    this.#used = counts[0]!;
    this.#makeRoom();
    yield this.values.subarray(0, this.#used * this.#width);
    const free = new Int32Array(counts[1]!);
    free.set(given);
    yield free;
    this.#free = new Map();
    for (let i = 0; i < free.length; i += 2) this.#give(free[i]!, free[i + 1]!);
  }

  #give(size: number, offset: number): void {
    const list = this.#free.get(size);
    if (list) list.push(offset);
    else this.#free.set(size, [offset]);
  }
}
