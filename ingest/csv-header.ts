/**
 * The first record of a CSV file, read by ourselves so that names, delimiter and packing are known before DuckDB reads
 * the values with nothing left to guess. A byte order mark is not part of the first name.
 */
import { AppError } from '../core/errors.js';
import { openBytes } from './csv-records.js';

const DELIMITERS = [',', ';', '\t', '|'] as const;
const MAX_HEADER_BYTES = 1 << 20;

export interface CsvHeader {
  readonly delimiter: string;
  readonly names: readonly string[];
}

/** Without a `delimiter` the candidate that splits the header most is taken. */
export async function readCsvHeader(path: string, gzip: boolean, delimiter?: string): Promise<CsvHeader> {
  const text = await firstBytes(path, gzip);
  const candidates = (delimiter === undefined ? DELIMITERS : [delimiter]).map((candidate) => ({
    delimiter: candidate,
    names: firstRecord(text, candidate),
  }));
  const header = candidates.reduce((best, next) => (next.names.length > best.names.length ? next : best));
  const named = { ...header, names: header.names.map((name, i) => (name === '' ? `column${i + 1}` : name)) };
  refuseBadNames(path, named);
  return named;
}

async function firstBytes(path: string, gzip: boolean): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of openBytes({ path, gzip })) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MAX_HEADER_BYTES) break;
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}

/** Trimmed fields of the first record. */
function firstRecord(text: string, delimiter: string): string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text.charAt(i);
    if (quoted) {
      if (letter !== '"') field += letter;
      else if (text.charAt(i + 1) === '"') field += text.charAt(++i);
      else quoted = false;
    } else if (letter === '"' && field === '') quoted = true;
    else if (letter === delimiter) {
      fields.push(field.trim());
      field = '';
    } else if (letter === '\n' || letter === '\r') break;
    else field += letter;
  }
  return [...fields, field.trim()];
}

function refuseBadNames(path: string, { names, delimiter }: CsvHeader): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new AppError(
      'bad-input',
      'header-duplicate',
      `${path} line 1 names the column "${twice}" twice: rename one`,
    );
  }
  if (names.length > 1) return;
  const message = `${path} line 1 has a single column when split at ${JSON.stringify(delimiter)}: the first line must name the columns; say "delimiter" in the map when it is another one`;
  throw new AppError('bad-input', 'header-unreadable', message);
}
