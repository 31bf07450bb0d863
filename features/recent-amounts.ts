/**
 * The newest amounts of every entity of one kind, in the order in which they became known, kept sorted as they come so
 * that a median or a percentile is one read. Adding costs one binary search and one shift of at most `limit` numbers.
 */
import { Chunks } from './chunks.js';
import type { Parts } from './parts.js';

export class RecentAmounts {
  readonly #limit: number;
  readonly #arrivals = new Chunks(1);
  readonly #sorted = new Chunks(1);

  constructor(limit: number) {
    this.#limit = limit;
  }

  grow(entities: number): void {
    this.#arrivals.growOwners(entities);
    this.#sorted.growOwners(entities);
  }

  *parts(entities: number): Parts {
    yield* this.#arrivals.parts(entities);
    yield* this.#sorted.parts(entities);
  }

  /** The held amounts, oldest first. */
  held(entity: number): number[] {
    const arrivals = this.#arrivals;
    const added = arrivals.to(entity);
    const amounts: number[] = [];
    for (let i = Math.max(0, added - this.#limit); i < added; i++)
      amounts.push(arrivals.values[arrivals.slot(entity, i)]!);
    return amounts;
  }

  /** Holds these amounts, oldest first, and no others. */
  restore(entity: number, amounts: Iterable<number>): void {
    this.#arrivals.hold(entity, 0, 0);
    this.#sorted.hold(entity, 0, 0);
    for (const amount of amounts) this.add(entity, amount);
  }

  add(entity: number, amount: number): void {
    const arrivals = this.#arrivals;
    const added = arrivals.to(entity);
    const held = Math.min(added, this.#limit);
    const sorted = this.#sorted;
    if (held < this.#limit && held === sorted.size(entity)) {
      sorted.enlarge(entity, 0, held);
      arrivals.enlarge(entity, 0, held);
    }
    const first = sorted.offset(entity);
    // The oldest amount makes room for the new one; until the limit is reached, an empty place does.
    const gap =
      held === this.#limit
        ? placeOf(sorted.values, first, held, arrivals.values[arrivals.slot(entity, added - held)]!)
        : first + held;
    fill(sorted.values, first, first + Math.min(held, this.#limit - 1), gap, amount);
    arrivals.values[arrivals.slot(entity, added)] = amount;
    arrivals.hold(entity, 0, added + 1);
    sorted.hold(entity, 0, Math.min(added + 1, this.#limit));
  }

  /** The value below which a share `q` of the held amounts lies (lower nearest rank); NaN when there are none. */
  quantile(entity: number, q: number): number {
    const held = this.#sorted.to(entity);
    if (held === 0) return NaN;
    return this.#sorted.values[this.#sorted.offset(entity) + Math.floor(q * (held - 1))]!;
  }
}

/** Where `amount` stands among the ascending values[first, first + count). */
function placeOf(values: Float64Array, first: number, count: number, amount: number): number {
  let low = first;
  let high = first + count - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < amount) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts `amount` among the ascending values[first..last], of which the one at `gap` is free, by moving what is between. */
function fill(values: Float64Array, first: number, last: number, gap: number, amount: number): void {
  let place = gap;
  while (place > first && values[place - 1]! > amount) {
    values[place] = values[place - 1]!;
    place--;
  }
  while (place < last && values[place + 1]! < amount) {
    values[place] = values[place + 1]!;
    place++;
  }
  values[place] = amount;
}
