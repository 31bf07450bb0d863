/**
 * What one tree is grown on: a draw of rows and features, their bins packed row by row, and gradients in whole units.
 * Rows are drawn and gradients rounded by a hash of row and tree, so the sample is the same for any number of threads.
 */
import { assert } from '../../core/errors.js';
import type { Random } from '../../core/random.js';
import type { Crew } from './crew.js';
import type { Units } from './leaf-value.js';

export interface SampleSettings {
  readonly rowSubsample: number;
  readonly columnSubsample: number;
}

export interface TreeSample {
  /** Positions in the binned columns, ascending. */
  readonly picked: Int32Array;
  /** Number of rows drawn; the tree knows a row by its position among them. */
  readonly rows: number;
  /** Address of the row of each position; 0 when all rows are drawn. */
  readonly list: number;
  /** What drew the rows: its seed, and the share in 2^-32. */
  readonly draw: { readonly seed: number; readonly bound: number };
  /** Address of the packed bins, and bytes of each block of 16 features. */
  readonly blocks: number;
  readonly blockBytes: number;
  /** Address of gradient and hessian of each position (i32 pairs). */
  readonly gradients: number;
  readonly units: Units;
}

export interface Sampler {
  /** The next tree's sample, from real gradients (f32 pairs) and the sums of their sizes. */
  draw(random: Random, gradients: number, sums: { gradient: number; hessian: number }): TreeSample;
}

const LANES = 16;
/** Sums of so many units fit 32 bits with their sign, rows included whose rounding adds a unit each. */
const MOST_UNITS = 2 ** 31 - 1;

export function sampler(
  crew: Crew,
  columns: readonly number[],
  rows: number,
  settings: SampleSettings,
): Sampler {
  const picks = Math.min(columns.length, Math.max(1, Math.round(settings.columnSubsample * columns.length)));
  const addresses = crew.reserve((picks + LANES) * 4);
  const isSampled = settings.rowSubsample < 1;
  const list = isSampled ? crew.reserve((rows + 2) * 4) : 0;
  const chosen = isSampled ? crew.reserve((rows + 2) * 8) : 0;
  // Draws differ: eight standard deviations above the mean are never reached.
  const expected = rows * settings.rowSubsample;
  const most = isSampled ? Math.min(rows, Math.ceil(expected + 8 * Math.sqrt(expected) + 64)) : rows;
  const blockBytes = most * LANES;
  const blocks = crew.reserve(Math.ceil(picks / LANES) * blockBytes);
  const all = Int32Array.from(columns.keys());
  let isPacked = false;
  return {
    draw: (random, gradients, sums) => {
      const draw = { seed: random.below(2 ** 32) | 0, bound: settings.rowSubsample * 2 ** 32 };
      const drawn = isSampled ? drawRows(crew, list, rows, draw) : rows;
      const picked = picks < columns.length ? pickColumns(all, settings.columnSubsample, random) : all;
      assert(drawn <= most, 'the packed rows have room');
      if (picked.length > 0 && (!isPacked || isSampled || picks < columns.length)) {
        const places = Array.from(picked, (k) => columns[k]!);
        const padded = [...places, ...Array<number>(LANES).fill(places.at(-1)!)];
        crew.views.i32.set(padded, addresses / 4);
        const threads = crew.threadsFor(drawn * picked.length);
        crew.lead('PACK', threads, [addresses, picked.length, list, drawn, blocks, blockBytes]);
        isPacked = true;
      }
      const units = { gradient: unitOf(sums.gradient, rows), hessian: unitOf(sums.hessian, rows) };
      const target = isSampled ? chosen : gradients;
      const scales = [1 / units.gradient, 1 / units.hessian];
      crew.lead(
        'ROUND',
        crew.threadsFor(drawn),
        [gradients, target, drawn, list, draw.seed ^ 0x5bd1e995],
        scales,
      );
      return { picked, rows: drawn, list, draw, blocks, blockBytes, gradients: target, units };
    },
  };
}

/** At least one row: a tree needs something to say. */
function drawRows(crew: Crew, list: number, rows: number, { seed, bound }: TreeSample['draw']): number {
  const drawn = crew.drawRows(list, rows, seed, bound);
  if (drawn > 0) return drawn;
  crew.views.i32[list / 4] = 0;
  return 1;
}

/** A power of two, so that equal hessians of one stay equal. */
function unitOf(sum: number, rows: number): number {
  if (!(sum > 0)) return 1;
  return 2 ** Math.max(-100, Math.ceil(Math.log2(sum / (MOST_UNITS - 2 * rows - 2))));
}

/** A share of the columns without replacement, at least one, ascending. */
export function pickColumns(columns: Int32Array, rate: number, random: Random): Int32Array {
  const wanted = Math.min(columns.length, Math.max(1, Math.round(rate * columns.length)));
  const pool = columns.slice();
  for (let i = 0; i < wanted; i++) {
    const other = i + random.below(pool.length - i);
    [pool[i], pool[other]] = [pool[other]!, pool[i]!];
  }
  return pool.slice(0, wanted).sort();
}
