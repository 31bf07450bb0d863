/**
 * The shape of a residual stack that forecasts a window (N-HiTS: Challu et al. 2023, after N-BEATS: Oreshkin et al. 2020):
 * each block reads what the blocks before left unexplained at its own rate, takes its part of it away and adds its part of
 * the forecast, both given at a few knots. Here pooling is the mean, and each block has a linear way beside its hidden layers.
 */
import type { Random } from '../../../core/random.js';

export interface StackShape {
  /** Values read. */
  readonly lookback: number;
  /** Steps ahead. */
  readonly h: number;
  /** Of both hidden layers of a block. */
  readonly units: number;
  readonly blocks: readonly BlockShape[];
}

interface BlockShape {
  /** Values that are read as their mean. */
  readonly pool: number;
  /** Of what is taken away; 0 for the last block, after which nothing reads on. */
  readonly backKnots: number;
  /** Of the forecast. */
  readonly knots: number;
}

/** A matrix that nothing learns: rows x columns, row-major. */
export interface Fixed {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** Coarse to fine: a rate for each block, at most what the window and the horizon hold. */
export function stackShape(lookback: number, h: number, units: number, rates: readonly number[]): StackShape {
  const blocks = rates.map((rate, k) => ({
    pool: Math.min(rate, Math.max(1, lookback >> 1)),
    backKnots: k === rates.length - 1 ? 0 : Math.ceil(lookback / rate),
    knots: Math.ceil(h / rate),
  }));
  return { lookback, h, units, blocks };
}

/** Of a block: two hidden layers (weights, bias each), the knots (weights, bias), the linear way to the knots. */
export function stackParameterSizes({ lookback, units, blocks }: StackShape): (readonly number[])[] {
  return blocks.flatMap(({ pool, backKnots, knots }) => {
    const read = Math.ceil(lookback / pool);
    const given = backKnots + knots;
    return [[read, units], [units], [units, units], [units], [units, given], [given], [read, given]];
  });
}

export const PARAMETERS_A_BLOCK = 7;

/** He before rectifiers; the knots start small, so that blocks start as no change. */
export function startStack(shape: StackShape, random: Random): Float32Array[] {
  return stackParameterSizes(shape).map((size, k) => {
    const [inputs, outputs] = size;
    const values = new Float32Array(inputs! * (outputs ?? 1));
    if (outputs === undefined) return values;
    const isKnots = k % PARAMETERS_A_BLOCK >= 4;
    const spread = Math.sqrt((isKnots ? 0.1 : 2) / inputs!);
    for (let i = 0; i < values.length; i++) values[i] = spread * random.normal();
    return values;
  });
}

/** Means of `pool` neighbours counted from the newest value, so that the oldest may be of fewer (n x ceil(n / pool)). */
export function poolingMatrix(n: number, pool: number): Fixed {
  const columns = Math.ceil(n / pool);
  const values = new Float32Array(n * columns);
  for (let t = 0; t < n; t++) {
    const column = columns - 1 - Math.floor((n - 1 - t) / pool);
    const members = Math.min(pool, n - (columns - 1 - column) * pool);
    values[t * columns + column] = 1 / members;
  }
  return { rows: n, columns, values };
}

/** Straight lines between knots in the middle of equal parts, flat beyond the outermost (knots x n). */
export function knotMatrix(knots: number, n: number): Fixed {
  const values = new Float32Array(knots * n);
  for (let t = 0; t < n; t++) {
    const place = Math.min(knots - 1, Math.max(0, ((t + 0.5) * knots) / n - 0.5));
    const low = Math.min(knots - 1, Math.floor(place));
    const share = place - low;
    values[low * n + t]! += 1 - share;
    if (share > 0) values[(low + 1) * n + t]! += share;
  }
  return { rows: knots, columns: n, values };
}
