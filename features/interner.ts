/**
 * Numbers the ids of one kind of entity from 1 in the order in which they are first observed. Number 0 is everybody who
 * was never observed, so that asking for a stranger's vector remembers nothing.
 */
export interface Interner {
  /** Numbers given so far, 0 included. */
  readonly size: number;
  /** The id's number; a new one when it was not observed before. */
  number(id: string): number;
  /** The id's number, or 0 for a stranger. */
  find(id: string): number;
  /** All ids in the order of their numbers, from 1. */
  ids(): Iterable<string>;
  /** Forgets all ids. */
  clear(): void;
}

export function createInterner(): Interner {
  const numbers = new Map<string, number>();
  return {
    get size() {
      return numbers.size + 1;
    },
    number: (id) => {
      const known = numbers.get(id);
      if (known !== undefined) return known;
      numbers.set(id, numbers.size + 1);
      return numbers.size;
    },
    find: (id) => numbers.get(id) ?? 0,
    ids: () => numbers.keys(),
    clear: () => {
      numbers.clear();
    },
  };
}
