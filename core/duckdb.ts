/**
 * DuckDB for history: one connection to an in-memory or file database, results as plain JavaScript values. Only what
 * is built in is used (icu, json, parquet): nothing is installed or loaded at run time.
 * While a process holds a file for writing no other process can open it, so long-lived readers open read-only.
 */
import type { DuckDBConnection, DuckDBType, DuckDBValue, DuckDBValueConverter } from '@duckdb/node-api';
import { DuckDBInstance, JSDuckDBValueConverter } from '@duckdb/node-api';
import { AppError } from './errors.js';

/** Bound by position: `$1` is the first. */
export type DuckdbParameters = readonly DuckDBValue[];

export interface Duckdb {
  readonly connection: DuckDBConnection;
  /**
   * All rows as objects: BIGINT and HUGEINT are bigint, TIMESTAMP and DATE are UTC epoch milliseconds (a DATE at
   * midnight UTC), DECIMAL is number, NULL is null. For wide results read chunks through `connection` instead.
   */
  rows<T>(sql: string, parameters?: DuckdbParameters): Promise<T[]>;
  run(sql: string, parameters?: DuckdbParameters): Promise<void>;
  close(): void;
}

interface DuckdbSettings {
  readonly readOnly?: boolean;
  readonly threads?: number;
}

export async function openDuckdb(path: string, settings: DuckdbSettings = {}): Promise<Duckdb> {
  const options: Record<string, string> = {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  };
  if (settings.readOnly === true) options['access_mode'] = 'READ_ONLY';
  if (settings.threads !== undefined) options['threads'] = String(settings.threads);
  const instance = await DuckDBInstance.create(path, options).catch((cause: unknown) => {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new AppError(
      'unavailable',
      'duckdb-open-failed',
      `cannot open the DuckDB file ${path}: ${reason}`,
      { cause },
    );
  });
  const connection = await instance.connect();
  // Naive instants in SQL are UTC; a rule in Indian time says so itself.
  await connection.run(`SET TimeZone = 'UTC'`);
  return {
    connection,
    rows: async <T>(sql: string, parameters: DuckdbParameters = []) => {
      const reader = await connection.runAndReadAll(sql, [...parameters]);
      return reader.convertRowObjects(plainValue) as T[];
    },
    run: async (sql, parameters = []) => {
      await connection.run(sql, [...parameters]);
    },
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** As `JSDuckDBValueConverter`, with instants as epoch milliseconds, also inside lists and structs. */
const plainValue: DuckDBValueConverter<unknown> = (value: DuckDBValue, type: DuckDBType, converter) => {
  const converted = JSDuckDBValueConverter(
    value,
    type,
    converter as typeof JSDuckDBValueConverter,
  ) as unknown;
  return converted instanceof Date ? converted.getTime() : converted;
};
