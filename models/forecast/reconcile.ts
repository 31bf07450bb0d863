/**
 * Forecasts of a hierarchy made to add up: the smallest change of all of them together, measured by how their errors vary
 * (minimum trace, Wickramasuriya, Athanasopoulos and Hyndman 2019), here as a projection on what adds up. Series that may not be
 * negative are held at 0 and the rest is projected again. Sums are taken at the end, so that they hold to the last bit.
 */
import { solveNormal } from './solve.js';

/** The series of a hierarchy: `sums.length` aggregates first, then the bottoms. */
export interface Hierarchy {
  /** What each aggregate is made of: a weight for each bottom (m - b of b). */
  readonly sums: readonly Float64Array[];
  readonly bottoms: number;
}

export interface Reconciliation {
  /** Paths of all series (m of h) as they add up; `isNegative: false` keeps the bottoms from 0, which needs weights from 0. */
  of(base: readonly Float64Array[], settings: { readonly isNegative: boolean }): Float64Array[];
}

/** @param covariance of the errors of all series (m x m), positive definite. */
export function reconciliation(hierarchy: Hierarchy, covariance: Float64Array): Reconciliation {
  const free = projection(hierarchy, covariance, []);
  return {
    of: (base, { isNegative }) => {
      const h = base[0]?.length ?? 0;
      const bottoms = Array.from({ length: hierarchy.bottoms }, () => new Float64Array(h));
      for (let t = 0; t < h; t++) {
        const values = Float64Array.from(base, (path) => path[t]!);
        const coherent = isNegative ? free(values) : heldFromZero(hierarchy, covariance, free, values);
        for (const [j, path] of bottoms.entries()) path[t] = coherent[hierarchy.sums.length + j]!;
      }
      return addUp(hierarchy, bottoms);
    },
  };
}

/** Paths of all series from those of the bottoms (b of h): m of h. */
export function addUp({ sums }: Hierarchy, bottoms: readonly Float64Array[]): Float64Array[] {
  const aggregates = sums.map((weights) => {
    const path = new Float64Array(bottoms[0]?.length ?? 0);
    for (const [j, bottom] of bottoms.entries())
      if (weights[j] !== 0) for (let t = 0; t < path.length; t++) path[t]! += weights[j]! * bottom[t]!;
    return path;
  });
  return [...aggregates, ...bottoms];
}

type Projection = (values: Float64Array) => Float64Array;

/** Bottoms below 0 are held there, and whatever falls below 0 then. At most as many rounds as bottoms. */
function heldFromZero(
  hierarchy: Hierarchy,
  covariance: Float64Array,
  free: Projection,
  values: Float64Array,
): Float64Array {
  const first = hierarchy.sums.length;
  const held = new Set<number>();
  let coherent = free(values);
  for (;;) {
    const fallen = Array.from({ length: hierarchy.bottoms }, (_, j) => j).filter(
      (j) => coherent[first + j]! < 0 && !held.has(j),
    );
    if (fallen.length === 0) break;
    for (const j of fallen) held.add(j);
    coherent = projection(hierarchy, covariance, [...held])(values);
  }
  for (const j of held) coherent[first + j] = 0;
  return coherent;
}

/**
 * y - W C' (C W C')^-1 C y, where C y = 0 says that every aggregate is the sum of its parts and every held bottom is 0.
 * The inverse is of as many rows as there are such sentences, never of all series.
 */
function projection(
  { sums, bottoms }: Hierarchy,
  covariance: Float64Array,
  held: readonly number[],
): Projection {
  const m = sums.length + bottoms;
  const rows = [
    ...sums.map((weights, i) => {
      const row = new Float64Array(m);
      row[i] = 1;
      for (const [j, weight] of weights.entries()) row[sums.length + j] = -weight;
      return row;
    }),
    ...held.map((j) => {
      const row = new Float64Array(m);
      row[sums.length + j] = 1;
      return row;
    }),
  ];
  // How the errors of each sentence vary with those of each series (q of m), and with each other (q x q).
  const together = rows.map((row) => timesSymmetric(covariance, row));
  const q = rows.length;
  const among = new Float64Array(q * q);
  for (let a = 0; a < q; a++) for (let b = a; b < q; b++) among[a * q + b] = dot(rows[b]!, together[a]!);
  return (values) => {
    const missing = Float64Array.from(rows, (row) => dot(row, values));
    solveNormal(among.slice(), missing, q, 1);
    return values.map((value, i) => {
      let change = 0;
      for (let a = 0; a < q; a++) change += together[a]![i]! * missing[a]!;
      return value - change;
    });
  };
}

function timesSymmetric(matrix: Float64Array, row: Float64Array): Float64Array {
  const m = row.length;
  const result = new Float64Array(m);
  for (let k = 0; k < m; k++) {
    if (row[k] === 0) continue;
    for (let i = 0; i < m; i++) result[i]! += row[k]! * matrix[k * m + i]!;
  }
  return result;
}

function dot(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += one[i]! * other[i]!;
  return sum;
}
