/**
 * The memory of one fit and the threads that work in it. Jobs are loops of kernels/grow.ts; a job gives the same result
 * for any number of threads, so workers take part once they have started and nobody waits for them to.
 */
import { Worker } from 'node:worker_threads';
import { AppError, assert } from '../../core/errors.js';
import { loadKernel } from './load-kernel.js';

type Job =
  | 'SORT'
  | 'BIN'
  | 'PACK'
  | 'DERIVE'
  | 'ROUND'
  | 'LIST'
  | 'COUNT'
  | 'SETTLE'
  | 'PART'
  | 'JOIN'
  | 'ADD'
  | 'WALK';

const PAGE = 65_536;
const MAX_PAGES = 65_536;
/** Of memory, so that no two arrays share a cache line. */
const LINE = 64;
/** Work in elementary steps (about a nanosecond) below which a second thread costs more than it brings. */
const WORTH_SHARING = 20_000;
/** The same for a whole fit: a worker starts in some 40 ms. */
const WORTH_STARTING = 5e7;

/**
 * Plain JavaScript, since a worker cannot load TypeScript where the tests run. A failure is told before it is thrown.
 */
const WORKER = `
const { workerData: { module, memory, ready, failed, done } } = require('node:worker_threads');
const words = new Int32Array(memory.buffer);
try {
  const { serve } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  serve(Atomics.add(words, ready / 4, 1) + 1);
} catch (error) {
  Atomics.store(words, failed / 4, 1);
  Atomics.add(words, done / 4, 1);
  Atomics.notify(words, done / 4);
  throw error;
}`;

export interface Crew {
  /** Bytes from one feature's cells to the next in a histogram. */
  readonly stride: number;
  /** Rows of a partial sum of gradients. */
  readonly chunk: number;
  /** Most threads that a job may have. */
  readonly threads: number;
  /** Views of the whole memory; read them anew after `reserve`. */
  readonly views: Views;
  /** Address of so many bytes, aligned to a cache line; their content is undefined. */
  reserve(bytes: number): number;
  /** Gives back everything that was reserved after the mark, which is what `reserve(0)` returned. */
  release(mark: number): void;
  /**
   * Starts the workers of a fit of so many elementary steps, if it is long enough to be worth it. No memory can be
   * reserved from then on: a thread learns late that another made it grow.
   */
  start(steps: number): void;
  /** Threads for a job of so many elementary steps: those that have started, or one when sharing does not pay. */
  threadsFor(steps: number): number;
  lead(job: Job, threads: number, args: readonly number[], reals?: readonly number[]): void;
  /** Lists the rows of [0, rows) that the seed draws with the chance bound / 2^32; returns how many. */
  drawRows(list: number, rows: number, seed: number, bound: number): number;
  /** Ends the workers. */
  close(): void;
}

interface Views {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

interface Exports extends Record<
  Job | 'ARGS' | 'REALS' | 'READY' | 'DONE' | 'FAILED',
  { readonly value: number }
> {
  readonly FREE: { readonly value: number };
  readonly STRIDE: { readonly value: number };
  readonly CHUNK: { readonly value: number };
  readonly MAX_THREADS: { readonly value: number };
  lead(job: number, threads: number): void;
  quit(): void;
  drawRows(list: number, rows: number, seed: number, bound: number): number;
}

/** Throws `too-many-threads`; `reserve` throws `too-large` beyond 4 GiB. */
export function openCrew(threads: number): Crew {
  const module = loadKernel('grow');
  const memory = new WebAssembly.Memory({ initial: 4, maximum: MAX_PAGES, shared: true });
  const kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
  const most = kernel.MAX_THREADS.value;
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= most))
    throw new AppError('bad-input', 'bad-threads', `threads is from 1 to ${most}, not ${threads}`);
  let views = viewsOf(memory);
  let free = kernel.FREE.value;
  let isStarted = false;
  return {
    stride: kernel.STRIDE.value,
    chunk: kernel.CHUNK.value,
    threads,
    get views() {
      return views;
    },
    reserve: (bytes) => {
      assert(!isStarted, 'memory is laid out before the workers start');
      const at = free;
      free = Math.ceil((at + bytes) / LINE) * LINE;
      const pages = Math.ceil(free / PAGE) - memory.buffer.byteLength / PAGE;
      if (pages > 0) {
        growMemory(memory, pages);
        views = viewsOf(memory);
      }
      return at;
    },
    release: (mark) => {
      free = mark;
    },
    start: (steps) => {
      isStarted = true;
      if (steps < WORTH_STARTING) return;
      const words = { ready: kernel.READY.value, failed: kernel.FAILED.value, done: kernel.DONE.value };
      for (let i = 1; i < threads; i++)
        new Worker(WORKER, { eval: true, workerData: { module, memory, ...words } }).unref();
    },
    threadsFor: (steps) => (steps < WORTH_SHARING ? 1 : 1 + Atomics.load(views.i32, kernel.READY.value / 4)),
    lead: (job, count, args, reals = []) => {
      args.forEach((value, k) => (views.i32[kernel.ARGS.value / 4 + k] = value));
      reals.forEach((value, k) => (views.f64[kernel.REALS.value / 8 + k] = value));
      kernel.lead(kernel[job].value, count);
      assert(
        count === 1 || Atomics.load(views.i32, kernel.FAILED.value / 4) === 0,
        'a thread of the fit stopped',
      );
    },
    drawRows: kernel.drawRows,
    close: kernel.quit,
  };
}

function growMemory(memory: WebAssembly.Memory, pages: number): void {
  try {
    memory.grow(pages);
  } catch (cause) {
    const gibibytes = ((memory.buffer.byteLength / PAGE + pages) * PAGE) / 2 ** 30;
    throw new AppError(
      'bad-input',
      'too-large',
      `these trees need ${gibibytes.toFixed(1)} GiB, and 4 is the most; take fewer rows or features`,
      { cause },
    );
  }
}

function viewsOf({ buffer }: WebAssembly.Memory): Views {
  return {
    u8: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  };
}
