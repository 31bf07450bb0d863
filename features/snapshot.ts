/**
 * A fold in a file: magic number, header as JSON, the arrays as they lie in memory (little endian), SHA-256 of all before it.
 * A file is believed whole or not at all: its digest is checked before an array is read, so a torn, altered or foreign file
 * is refused. What the fold has seen is told by `origin`, which means something to the writer only.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { syncToDisk } from '../ingest/durable-file.js';
import { createFold } from './fold.js';
import type { Fold } from './fold.js';
import type { Interner } from './interner.js';
import type { Part, Parts } from './parts.js';
import { DEFAULT_FOLD_SETTINGS, ENTITIES } from './vocabulary.js';
import type { FoldSettings } from './vocabulary.js';

/** To be raised with every change of what an array of the fold means: the digest cannot notice that. */
const FORMAT = 1;
const MAGIC = Buffer.from('foldsnap');
/** After the magic number: the length of the header. */
const LENGTH_BYTES = 4;
const DIGEST_BYTES = 32;
/** A header is a few hundred bytes: more is another kind of file. */
const MAX_HEADER_BYTES = 65_536;
/** Bytes written at once: between two of them the event loop turns. */
const CHUNK = 1 << 20;
/** Ids written at once. */
const ID_BLOCK = 16_384;

export interface SnapshotHeader {
  readonly format: typeof FORMAT;
  readonly featureSetHash: string;
  readonly settings: FoldSettings;
  /** Numbers given, by position in ENTITIES. */
  readonly sizes: readonly number[];
  readonly origin: unknown;
}

interface Refused {
  /** Why, in words. */
  readonly refused: string;
}

/** The fold must stand still meanwhile. On disk when it resolves. */
export async function writeSnapshot(path: string, fold: Fold, origin: unknown): Promise<void> {
  const header: SnapshotHeader = {
    format: FORMAT,
    featureSetHash: fold.featureSetHash,
    settings: fold.settings,
    sizes: ENTITIES.map((entity) => fold.interners[entity].size),
    origin,
  };
  await pipeline(hashed(contents(header, fold)), createWriteStream(path, { flags: 'wx' }));
  await syncToDisk(path);
}

function* contents(header: SnapshotHeader, fold: Fold): Generator<Uint8Array> {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(text.length);
  yield Buffer.concat([MAGIC, length, text]);
  for (const part of foldParts(fold, header.sizes)) {
    const bytes = bytesOf(part);
    for (let from = 0; from < bytes.length; from += CHUNK) yield bytes.subarray(from, from + CHUNK);
  }
}

function* hashed(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  const hash = createHash('sha256');
  for (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  yield hash.digest();
}

/** Reads no more than the header: a file with a good one may still be refused. */
export async function readSnapshotHeader(
  path: string,
  settings: FoldSettings = DEFAULT_FOLD_SETTINGS,
): Promise<SnapshotHeader | Refused> {
  const file = await open(path, 'r');
  try {
    const length = await headerLength(file);
    const text = Buffer.alloc(length);
    if (length === 0 || !(await fill(file, text, MAGIC.length + LENGTH_BYTES)))
      return { refused: 'it is not a snapshot of a fold' };
    const header = parsed(text);
    if (header?.format !== FORMAT) return { refused: 'another version of the program wrote it' };
    if (header.featureSetHash !== createFold(settings).featureSetHash)
      return { refused: 'it is of other features or settings' };
    return header;
  } finally {
    await file.close();
  }
}

/** 0 for a file of another kind. */
async function headerLength(file: FileHandle): Promise<number> {
  const start = Buffer.alloc(MAGIC.length + LENGTH_BYTES);
  if (!(await fill(file, start, 0)) || !start.subarray(0, MAGIC.length).equals(MAGIC)) return 0;
  const length = start.readUInt32LE(MAGIC.length);
  return length <= MAX_HEADER_BYTES ? length : 0;
}

function parsed(text: Buffer): SnapshotHeader | null {
  try {
    return JSON.parse(text.toString()) as SnapshotHeader;
  } catch {
    return null;
  }
}

/** @param header as `readSnapshotHeader` has answered it. */
export async function readSnapshot(path: string, header: SnapshotHeader): Promise<Fold | Refused> {
  const file = await open(path, 'r');
  try {
    const end = (await stat(path)).size - DIGEST_BYTES;
    if (!(await isWhole(path, file, end))) return { refused: 'it is torn or altered' };
    const fold = createFold(header.settings);
    let position = MAGIC.length + LENGTH_BYTES + (await headerLength(file));
    for (const part of foldParts(fold, header.sizes)) {
      if (!(await fill(file, bytesOf(part), position))) break;
      position += part.byteLength;
    }
    return position === end ? fold : { refused: 'its arrays are not those of this version' };
  } finally {
    await file.close();
  }
}

async function isWhole(path: string, file: FileHandle, end: number): Promise<boolean> {
  const digest = Buffer.alloc(DIGEST_BYTES);
  if (end <= 0 || !(await fill(file, digest, end))) return false;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { end: end - 1, highWaterMark: CHUNK }), hash);
  return hash.digest().equals(digest);
}

/** False when the file ends before. */
async function fill(file: FileHandle, bytes: Uint8Array, position: number): Promise<boolean> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled);
    if (bytesRead === 0) return false;
    filled += bytesRead;
  }
  return true;
}

function bytesOf(part: Part): Uint8Array {
  return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
}

function* foldParts(fold: Fold, sizes: readonly number[]): Parts {
  for (const [e, entity] of ENTITIES.entries()) yield* idParts(fold.interners[entity], sizes[e]!);
  yield* fold.state.parts(sizes);
}

/** Ids as UTF-8, before each block their lengths in UTF-16 units and that of the block in bytes. */
function* idParts(interner: Interner, size: number): Parts {
  const reading = interner.size < size;
  const known = [...interner.ids()];
  for (let from = 0; from < size - 1; from += ID_BLOCK) {
    const count = Math.min(ID_BLOCK, size - 1 - from);
    const ids = known.slice(from, from + count);
    const text = reading ? null : Uint8Array.from(Buffer.from(ids.join('')));
    const lengths = new Int32Array(count + 1);
    if (text !== null) lengths.set([...ids.map((id) => id.length), text.length]);
    yield lengths;
    const bytes = text ?? new Uint8Array(lengths[count]!);
    yield bytes;
    if (reading) numberAll(interner, Buffer.from(bytes.buffer).toString(), lengths.subarray(0, count));
  }
}

function numberAll(interner: Interner, text: string, lengths: Int32Array): void {
  let from = 0;
  for (const length of lengths) {
    interner.number(text.slice(from, from + length));
    from += length;
  }
}
