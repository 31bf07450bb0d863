/**
 * Opens a merchant's file for SQL: a DuckDB view `input` over CSV (all columns text, so that amounts stay exact) or
 * Parquet, and over it, when there is one, the user's query as a table. Kinds of file are told by their first bytes,
 * not by their names. CSV records with too few or too many fields are set aside in `csv_rejects`, never guessed at.
 */
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Duckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';
import type { ColumnMap } from './column-map.js';
import { readCsvHeader } from './csv-header.js';
import type { CsvFile } from './csv-records.js';
import type { SourceColumn } from './source-columns.js';
import { quoteName, quoteText } from './sql-quote.js';

export interface SourceRequest {
  readonly file: string;
  readonly map: ColumnMap;
  /** One SELECT over the view `input`. */
  readonly query?: string | undefined;
}

export interface Source {
  /** For messages: the file's name, or the query on it. */
  readonly place: string;
  /** The view or table that has the rows. */
  readonly relation: 'input' | 'queried';
  readonly columns: readonly SourceColumn[];
  /** Set when the file is CSV; its records are the rows of `input`. */
  readonly csv: CsvFile | null;
}

export async function openSource(db: Duckdb, { file, map, query }: SourceRequest): Promise<Source> {
  const csv = await createInput(db, file, map.delimiter);
  const place = basename(file);
  if (query === undefined) return { place, relation: 'input', columns: await describe(db, 'input'), csv };
  await runQuery(db, query, csv !== null);
  return { place: `the query on ${place}`, relation: 'queried', columns: await describe(db, 'queried'), csv };
}

async function createInput(db: Duckdb, file: string, delimiter: string | undefined): Promise<CsvFile | null> {
  const kind = await fileKind(file);
  if (kind === 'parquet') {
    await db
      .run(`CREATE VIEW input AS SELECT * FROM read_parquet(${quoteText(file)})`)
      .catch(unreadable(file));
    return null;
  }
  const gzip = kind === 'gzip';
  const header = await readCsvHeader(file, gzip, delimiter).catch(unreadable(file));
  const columns = header.names.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(', ');
  await db
    .run(
      `CREATE VIEW input AS SELECT * FROM read_csv(${quoteText(file)}, auto_detect = false, header = true,
         delim = ${quoteText(header.delimiter)}, quote = '"', escape = '"', compression = '${gzip ? 'gzip' : 'none'}',
         columns = {${columns}}, store_rejects = true, rejects_table = 'csv_rejects', rejects_scan = 'csv_scans')`,
    )
    .catch(unreadable(file));
  return { path: file, gzip, delimiter: header.delimiter };
}

type FileKind = 'parquet' | 'gzip' | 'text';

async function fileKind(file: string): Promise<FileKind> {
  const head = await firstBytes(file);
  if (head.length === 0) throw new AppError('bad-input', 'file-empty', `${file} is empty: nothing to import`);
  if (head.toString('latin1') === 'PAR1') return 'parquet';
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head.subarray(0, 2).toString('latin1') === 'PK') {
    const message = `${file} is a ZIP archive or an Excel workbook: unpack it, or save it as CSV`;
    throw new AppError('bad-input', 'file-kind', message);
  }
  if (head.includes(0) || (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    throw new AppError(
      'bad-input',
      'file-kind',
      `${file} is neither Parquet nor UTF-8 text: save it as CSV in UTF-8`,
    );
  }
  return 'text';
}

async function firstBytes(file: string): Promise<Buffer> {
  const opened = await open(file, 'r').catch((cause: unknown) => {
    throw new AppError(
      'bad-input',
      'file-unreadable',
      `cannot open ${file}: check the path and its permissions`,
      { cause },
    );
  });
  try {
    const { buffer, bytesRead } = await opened.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await opened.close();
  }
}

async function runQuery(db: Duckdb, query: string, inputIsText: boolean): Promise<void> {
  const [parsed] = await db.rows<{ error: string; statements: bigint | null; message: string | null }>(
    `SELECT p ->> '$.error' AS error, json_array_length(p, '$.statements') AS statements, p ->> '$.error_message' AS message
     FROM (SELECT json_serialize_sql($1::VARCHAR) AS p)`,
    [query],
  );
  if (parsed?.error !== 'false' || Number(parsed.statements) !== 1) {
    const reason = parsed?.message ?? `it has ${String(parsed?.statements)} statements`;
    throw new AppError(
      'bad-input',
      'query-invalid',
      `--query must be exactly one SELECT over the view input: ${reason}`,
    );
  }
  await db.run(`CREATE TEMP TABLE queried AS\n${query}\n`).catch((cause: unknown) => {
    const hint = inputIsText ? ' (columns of a CSV file are text in input: cast them)' : '';
    throw new AppError('bad-input', 'query-failed', `--query failed: ${reasonOf(cause)}${hint}`, { cause });
  });
}

async function describe(db: Duckdb, relation: string): Promise<SourceColumn[]> {
  const rows = await db.rows<{ column_name: string; column_type: string }>(`DESCRIBE ${quoteName(relation)}`);
  return rows.map(({ column_name: name, column_type: type }) => ({ name, type }));
}

/** For `catch`: DuckDB's own complaint about a file, as the user's to mend. */
export function unreadable(file: string): (cause: unknown) => never {
  return (cause) => {
    if (cause instanceof AppError) throw cause;
    throw new AppError('bad-input', 'file-unreadable', `cannot read ${file}: ${reasonOf(cause)}`, { cause });
  };
}

function reasonOf(cause: unknown): string {
  const message = typeof cause === 'object' && cause !== null && 'message' in cause ? cause.message : cause;
  return String(message).split('\n')[0] ?? '';
}
