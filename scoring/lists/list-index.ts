/**
 * The lists in memory: which entries a request meets at an instant, by one look-up for each of its parts. Built by applying
 * changes in their order, so that the index at version n is the same in every process and in a replay.
 * An entry counts until before its expiry.
 */
import { assert } from '../../core/errors.js';
import type { PaymentRequest } from '../../ingest/facts.js';
import type { Signals } from '../request.js';
import { createRangeTable } from './addresses.js';
import type { ListChange, ListEntry, ListSubject } from './entry.js';

export interface ListIndex {
  /** The id of the newest change that was applied; 0 before the first. */
  version(): number;
  apply(change: ListChange): void;
  /** The entries that the request meets at `atMs`, in the order of the subjects. */
  find(payment: PaymentRequest, signals: Signals, atMs: number): readonly ListEntry[];
}

interface Table {
  get(value: string): readonly ListEntry[] | undefined;
  set(value: string, entries: readonly ListEntry[]): void;
  delete(value: string): void;
}

const NONE: readonly ListEntry[] = [];

export function createListIndex(): ListIndex {
  const ranges = createRangeTable<readonly ListEntry[]>();
  const tables: Readonly<Record<ListSubject, Table>> = {
    payer: new Map<string, readonly ListEntry[]>(),
    instrument: new Map<string, readonly ListEntry[]>(),
    device: new Map<string, readonly ListEntry[]>(),
    ip: ranges,
    emailDomain: new Map<string, readonly ListEntry[]>(),
    bin: new Map<string, readonly ListEntry[]>(),
    country: new Map<string, readonly ListEntry[]>(),
  };
  let version = 0;
  return {
    version: () => version,
    apply: (change) => {
      assert(change.changeId > version, 'changes of the lists are applied once and in order');
      version = change.changeId;
      const { kind, subject, value } = change;
      const table = tables[subject];
      const others = (table.get(value) ?? NONE).filter((entry) => entry.kind !== kind);
      const entries = change.change === 'add' ? [...others, entryOf(change)] : others;
      if (entries.length > 0) table.set(value, entries);
      else table.delete(value);
    },
    find: (payment, { emailDomain, bin, ipCountry }, atMs) => {
      let found = collect(tables.payer, payment.payerId, atMs, NONE);
      found = collect(tables.instrument, payment.instrumentId, atMs, found);
      found = collect(tables.device, payment.deviceId, atMs, found);
      if (payment.ip !== null)
        for (const entries of ranges.around(payment.ip)) found = join(found, entries, atMs);
      found = collect(tables.emailDomain, emailDomain, atMs, found);
      if (bin !== null)
        for (let digits = bin.length; digits >= 6; digits--)
          found = collect(tables.bin, bin.slice(0, digits), atMs, found);
      // What the caller says counts only where the address says nothing.
      return collect(tables.country, ipCountry ?? payment.country, atMs, found);
    },
  };
}

/** `found` with what the value is on the list for; nearly always nothing, and then nothing is made. */
function collect(
  table: Table,
  value: string | null,
  atMs: number,
  found: readonly ListEntry[],
): readonly ListEntry[] {
  if (value === null) return found;
  const entries = table.get(value);
  return entries === undefined ? found : join(found, entries, atMs);
}

function join(
  found: readonly ListEntry[],
  entries: readonly ListEntry[],
  atMs: number,
): readonly ListEntry[] {
  return [...found, ...entries.filter(({ expiresAt }) => expiresAt === null || atMs < expiresAt)];
}

/** Without the change around it. */
function entryOf({ kind, subject, value, overridable, expiresAt, reason }: ListEntry): ListEntry {
  return { kind, subject, value, overridable, expiresAt, reason };
}
