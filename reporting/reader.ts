/**
 * Reads the warehouse while builds replace it: every read checks which file is at the path and opens it read-only, so
 * one page sees one warehouse, and the next page the newest one.
 */
import { stat } from 'node:fs/promises';
import { openDuckdb } from '../core/duckdb.js';
import type { Duckdb } from '../core/duckdb.js';

export interface WarehouseReader {
  /** The query's answer from the newest warehouse, or null when none was built yet. */
  read<T>(query: (db: Duckdb) => Promise<T>): Promise<T | null>;
  close(): void;
}

interface OpenFile {
  readonly identity: string;
  readonly db: Duckdb;
  readers: number;
}

export function openWarehouseReader(path: string): WarehouseReader {
  let current: OpenFile | null = null;

  const release = (file: OpenFile): void => {
    file.readers -= 1;
    if (file !== current && file.readers === 0) file.db.close();
  };

  const acquire = async (): Promise<OpenFile | null> => {
    const identity = await fileIdentity(path);
    if (identity === null) return null;
    if (current?.identity !== identity) replaceBy(identity, await openDuckdb(path, { readOnly: true }));
    const file = current;
    if (file !== null) file.readers += 1;
    return file;
  };

  const replaceBy = (identity: string, db: Duckdb): void => {
    // Another read may have opened the same file meanwhile.
    if (current?.identity === identity) return db.close();
    const previous = current;
    // The reader itself holds the current file until a newer one takes its place.
    current = { identity, db, readers: 1 };
    if (previous !== null) release(previous);
  };

  return {
    read: async (query) => {
      const file = await acquire();
      if (file === null) return null;
      try {
        return await query(file.db);
      } finally {
        release(file);
      }
    },
    close: () => {
      const previous = current;
      current = null;
      if (previous !== null) release(previous);
    },
  };
}

/** Changes whenever another file is renamed to the path. */
async function fileIdentity(path: string): Promise<string | null> {
  const found = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return found === null ? null : `${found.dev}:${found.ino}:${found.mtimeNs}`;
}
