/**
 * The newest amounts of every entity of one kind, in the order in which they became known, kept sorted as they come so
 * that a median or a percentile is one read. Adding costs one binary search and one shift of at most `limit` numbers.
 */
import { Chunks } from './chunks.js';

export class RecentAmounts {
  readonly #limit: number;
  readonly #arrivals = new Chunks(1);
  readonly #sorted = new Chunks(1);
  #added = new Float64Array(0);

  constructor(limit: number) {
    this.#limit = limit;
  }

  grow(entities: number): void {
    this.#arrivals.growOwners(entities);
    this.#sorted.growOwners(entities);
    const added = new Float64Array(entities);
    added.set(this.#added);
    this.#added = added;
  }

  add(entity: number, amount: number): void {
    const added = this.#added[entity]!;
    const held = Math.min(added, this.#limit);
    const arrivals = this.#arrivals;
    const sorted = this.#sorted;
    if (held === this.#limit) {
      this.#remove(entity, arrivals.values[arrivals.slot(entity, added - held)]!);
    } else if (held === sorted.size(entity)) {
      sorted.enlarge(entity, 0, held);
      arrivals.enlarge(entity, 0, held);
    }
    arrivals.values[arrivals.slot(entity, added)] = amount;
    const first = sorted.offset(entity);
    const last = first + (held === this.#limit ? held - 1 : held);
    let place = last;
    while (place > first && sorted.values[place - 1]! > amount) {
      sorted.values[place] = sorted.values[place - 1]!;
      place--;
    }
    sorted.values[place] = amount;
    this.#added[entity] = added + 1;
  }

  #remove(entity: number, amount: number): void {
    const values = this.#sorted.values;
    const first = this.#sorted.offset(entity);
    let low = first;
    let high = first + this.#limit - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[middle]! < amount) low = middle + 1;
      else high = middle;
    }
    values.copyWithin(low, low + 1, first + this.#limit);
  }

  /** The value below which a share `q` of the held amounts lies (lower nearest rank); NaN when there are none. */
  quantile(entity: number, q: number): number {
    const held = Math.min(this.#added[entity]!, this.#limit);
    if (held === 0) return NaN;
    return this.#sorted.values[this.#sorted.offset(entity) + Math.floor(q * (held - 1))]!;
  }
}
