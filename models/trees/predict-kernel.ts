/**
 * The one instance of the prediction kernel and its memory. A model is compiled to an image, loaded when it is first used
 * and kept until the images together pass a limit; then all leave and come back on use, so the memory is bounded.
 */
import { loadKernel } from './load-kernel.js';

/** Addresses and lengths are in bytes; kernels/predict.ts says what lies there. */
interface PredictKernel {
  rankEven(...args: [values: number, rows: number, lowest: number, scale: number, ...Search]): void;
  rankByExponent(...args: [values: number, rows: number, lowest: number, shift: number, ...Search]): void;
  placeMissing(
    ...args: [values: number, rows: number, ranks: number, left: number, right: number, last: number]
  ): void;
  bytesOfCodes(values: number, rows: number, codes: number): void;
  sidesOfBytes(codes: number, rows: number, set: number, flip: number, sides: number): void;
  sidesOfCodes(
    ...args: [values: number, rows: number, set: number, words: number, flip: number, sides: number]
  ): void;
  standRows(trees: number, count: number, columns: number, leaves: number): void;
  addBytes(tables: number, width: number, count: number, leaves: number, sums: number): void;
  addWholes(sums: number, bytes: number, totals: number): void;
  addInOrder(values: number, width: number, count: number, leaves: number, totals: number): void;
  decide(
    ...args: [row: number, width: number, sets: number, count: number, words: number, decisions: number]
  ): void;
  walkTrees(groups: number, count: number, decisions: number, nodes: number, gap: number): number;
  explainTrees(
    ...args: [
      trees: number,
      count: number,
      decisions: number,
      rules: number,
      scratch: number,
      contributions: number,
    ]
  ): void;
}

type Search = [buckets: number, first: number, thresholds: number, half: number, ranks: number];

const PAGE = 65_536;
/** Some dozens of models of 300 trees; more than a server ever has in use. */
const LIMIT = 64 * 1024 * 1024;

interface Arena {
  readonly kernel: PredictKernel;
  readonly memory: WebAssembly.Memory;
  /** Views of the memory, which growing replaces. */
  bytes: Uint8Array;
  floats: Float32Array;
  doubles: Float64Array;
  /** First free address. */
  next: number;
  /** How often the memory was cleared. */
  generation: number;
}

/** What a model brings into the memory: named sections that start at multiples of 16 from its address. */
export interface Image<Section extends string = string> {
  readonly bytes: Uint8Array;
  /** Scratch included. */
  readonly size: number;
  readonly offsets: Readonly<Record<Section, number>>;
  address: number;
  generation: number;
}

/** A number stands for that many bytes of scratch. */
export function layOut<Section extends string>(
  sections: Readonly<Record<Section, ArrayBufferView | number>>,
): Image<Section> {
  const names = Object.keys(sections) as Section[];
  const parts: (ArrayBufferView | number)[] = names.map((name) => sections[name]);
  const { offsets, size } = placesOf(parts);
  const filled = parts.map((part) => (typeof part === 'number' ? new Uint8Array(0) : part));
  const bytes = write(filled, offsets);
  const byName = Object.fromEntries(names.map((name, k) => [name, offsets[k]!])) as Record<Section, number>;
  return { bytes, size, offsets: byName, address: 0, generation: -1 };
}

/** Parts of one section, each at a multiple of 16. */
export function stack(parts: readonly ArrayBufferView[]): { bytes: Uint8Array; offsets: readonly number[] } {
  const { offsets } = placesOf(parts);
  return { bytes: write(parts, offsets), offsets };
}

function placesOf(parts: readonly (ArrayBufferView | number)[]): { offsets: number[]; size: number } {
  const offsets: number[] = [];
  let size = 0;
  for (const part of parts) {
    offsets.push(size);
    size += aligned(typeof part === 'number' ? part : part.byteLength);
  }
  return { offsets, size };
}

function aligned(size: number): number {
  return Math.ceil(size / 16) * 16;
}

function write(parts: readonly ArrayBufferView[], offsets: readonly number[]): Uint8Array {
  const filled = parts
    .map((part, k) => ({ part, at: offsets[k]! }))
    .filter(({ part }) => part.byteLength > 0);
  const bytes = new Uint8Array(filled.reduce((end, { part, at }) => Math.max(end, at + part.byteLength), 0));
  for (const { part, at } of filled) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
  }
  return bytes;
}

let arena: Arena | null = null;

/** The kernel's memory with the image in it, at `image.address`. Valid until the next call. */
export function withImage(image: Image): Arena {
  arena ??= newArena();
  if (image.generation !== arena.generation) load(arena, image);
  return arena;
}

function newArena(): Arena {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(loadKernel('predict'), { env: { memory } });
  const kernel = exports as unknown as PredictKernel; // Compiled beside us from kernels/predict.ts.
  return { kernel, memory, ...viewsOf(memory), next: PAGE, generation: 0 };
}

function viewsOf({ buffer }: WebAssembly.Memory): Pick<Arena, 'bytes' | 'floats' | 'doubles'> {
  return {
    bytes: new Uint8Array(buffer),
    floats: new Float32Array(buffer),
    doubles: new Float64Array(buffer),
  };
}

function load(into: Arena, image: Image): void {
  if (into.next + image.size > LIMIT && into.next > PAGE) {
    into.next = PAGE;
    into.generation++;
  }
  const missing = into.next + image.size - into.memory.buffer.byteLength;
  if (missing > 0) {
    into.memory.grow(Math.ceil(missing / PAGE));
    Object.assign(into, viewsOf(into.memory));
  }
  into.bytes.set(image.bytes, into.next);
  image.address = into.next;
  image.generation = into.generation;
  into.next += aligned(image.size);
}
