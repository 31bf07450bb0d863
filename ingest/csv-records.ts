/**
 * Where the records of a CSV file begin (RFC 4180: quoted fields may hold delimiters, doubled quotes and line breaks).
 * DuckDB reads the values; it counts records, people count lines. This scan translates, and is only made for a file
 * that has something to complain about.
 */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

export interface CsvFile {
  readonly path: string;
  readonly gzip: boolean;
  readonly delimiter: string;
}

/** The bytes of a file, unpacked when it is packed. */
export function openBytes({ path, gzip }: Pick<CsvFile, 'path' | 'gzip'>): AsyncIterable<Buffer> {
  const bytes = createReadStream(path, { highWaterMark: 1 << 20 });
  if (!gzip) return bytes;
  const unpacked = createGunzip();
  // `pipe` does not carry errors along.
  bytes.on('error', (error) => unpacked.destroy(error));
  return bytes.pipe(unpacked);
}

/** Calls `visit` with each record's first line (from 1) and whether it is an empty line; blank ones count as records. */
export async function eachRecord(
  file: CsvFile,
  visit: (line: number, blank: boolean) => void,
): Promise<void> {
  const scan = recordScanner(file.delimiter.charCodeAt(0), visit);
  for await (const chunk of openBytes(file)) for (const byte of chunk) scan.push(byte);
  scan.end();
}

interface RecordScanner {
  push(byte: number): void;
  end(): void;
}

function recordScanner(delimiter: number, visit: (line: number, blank: boolean) => void): RecordScanner {
  let line = 1;
  let startLine = 1;
  let length = 0;
  let atFieldStart = true;
  let quoted = false;
  let closedJustNow = false;
  let previous = 0;
  const endRecord = (): void => {
    visit(startLine, length === 0);
    startLine = line;
    length = 0;
    atFieldStart = true;
  };
  const push = (byte: number): void => {
    const breaksLine = byte === LF || byte === CR;
    const completesCrLf = byte === LF && previous === CR;
    previous = byte;
    if (breaksLine && !completesCrLf) line += 1;
    if (quoted) {
      if (byte === QUOTE) quoted = false;
      return;
    }
    if (breaksLine) {
      if (completesCrLf) startLine = line;
      else endRecord();
      return;
    }
    length += 1;
    // A quote opens a field at its start, or again right after closing: a doubled quote.
    if (byte === QUOTE && (atFieldStart || closedJustNow)) quoted = true;
    closedJustNow = false;
    atFieldStart = byte === delimiter;
  };
  return {
    push: (byte) => {
      const wasQuoted = quoted;
      push(byte);
      closedJustNow = wasQuoted && !quoted;
    },
    end: () => {
      if (length > 0 || quoted) endRecord();
    },
  };
}
