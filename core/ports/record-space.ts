/**
 * Memory that several processes share: records under keys, a counter of sequences, and entries that wait to become durable,
 * all in one space that lives and dies as a whole. A change is applied at once or not at all, and only to what the caller has
 * read. No call waits longer than a bound: when the memory cannot be reached, the call rejects.
 */

export interface SpaceChange {
  /** Where the space's counter must stand at least: a memory that has gone back to an earlier state is found out. */
  readonly floor: number;
  /** What may be claimed only once, in the order of `entries`. */
  readonly claims: readonly (readonly string[])[];
  /** `expected` are the bytes that the stored record begins with, empty for one that is absent. */
  readonly checked: readonly { readonly key: string; readonly expected: Buffer; readonly value: Buffer }[];
  readonly unchecked: readonly { readonly key: string; readonly value: Buffer }[];
  /** Each gets the next sequence and waits under it. */
  readonly entries: readonly string[];
}

export type ChangeOutcome =
  | { readonly kind: 'done'; readonly firstSequence: number }
  /** A record is no longer what was read: read again. */
  | { readonly kind: 'stale' }
  /** A claim of the entry at this position was made before. */
  | { readonly kind: 'claimed'; readonly position: number }
  /** The space is not there, or has gone back. */
  | { readonly kind: 'lost' };

export interface WaitingEntry {
  readonly sequence: number;
  readonly entry: string;
  readonly claims: readonly string[];
}

export interface RecordSpace {
  /** In one round trip: the records, null where there is none, or null for a space that is not there. */
  read(keys: readonly string[]): Promise<readonly (Buffer | null)[] | null>;
  /** In one round trip. */
  change(change: SpaceChange): Promise<ChangeOutcome>;
  /** Entries that are durable wait no more; their claims are kept for a while yet. */
  settle(entries: readonly Omit<WaitingEntry, 'entry'>[]): Promise<void>;
  /** Entries that wait, at most `limit`, lowest sequence first. */
  waiting(limit: number): Promise<readonly WaitingEntry[]>;
  /** The first of `count` numbers that nobody else gets. */
  takeNumbers(count: number): Promise<number>;
  /** Fills a space before it is opened. */
  put(records: readonly (readonly [key: string, value: Buffer])[]): Promise<void>;
  /** From here on it is there. */
  open(from: { readonly sequence: number; readonly numbers: number }): Promise<void>;
  isOpen(): Promise<boolean>;
}

export interface SharedMemory {
  /** Spaces know nothing of each other. */
  space(name: string): RecordSpace;
  /** Forgets a space, whatever it holds. */
  drop(name: string): Promise<void>;
  close(): Promise<void>;
}
