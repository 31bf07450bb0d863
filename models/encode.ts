/**
 * Turns a feature into the terms of a linear model. A number gives a standardised value (missing imputed by the mean,
 * clamped to what training saw), optionally one indicator for each quantile bin, and one for missing; a category gives one
 * indicator for each frequent code, one for the rare rest and one for missing. Learned from training rows only.
 */
import { quantileEdges } from './trees/bins.js';
import type { Frame } from './contract.js';

export interface EncodingSettings {
  /** Numbers enter as a straight line, as indicators of quantile bins, or as both. */
  readonly numbers: 'line' | 'bins' | 'line-and-bins';
  readonly quantileBins: number;
  /** A rarer code is folded into the rest. */
  readonly minCategoryRows: number;
  readonly maxCategories: number;
}

/** The terms of one feature are [offset, offset + terms). */
export interface NumberEncoding {
  readonly kind: 'number';
  readonly offset: number;
  readonly terms: number;
  readonly mean: number;
  /** 0 leaves the line out. */
  readonly scale: number;
  readonly low: number;
  readonly high: number;
  readonly edges: readonly number[];
  readonly missingTerm: boolean;
}

export interface CategoryEncoding {
  readonly kind: 'category';
  readonly offset: number;
  readonly terms: number;
  readonly codes: readonly number[];
  readonly restTerm: boolean;
  readonly missingTerm: boolean;
}

export type FeatureEncoding = NumberEncoding | CategoryEncoding;

export function fitEncoding(frame: Frame, settings: EncodingSettings): FeatureEncoding[] {
  const categorical = new Set(frame.categorical);
  let offset = 0;
  return frame.columns.map((column, k) => {
    const encoding = categorical.has(frame.names[k]!)
      ? encodeCategory(column, offset, settings)
      : encodeNumber(column, offset, settings);
    offset += encoding.terms;
    return encoding;
  });
}

/** Number of terms of all features. */
export function termsOf(encodings: readonly FeatureEncoding[]): number {
  const last = encodings.at(-1);
  return last === undefined ? 0 : last.offset + last.terms;
}

/** Overwrites `terms` (termsOf) with the row at values[offset ...]. */
export function writeTerms(
  encodings: readonly FeatureEncoding[],
  values: Float32Array,
  offset: number,
  terms: Float64Array,
): void {
  terms.fill(0);
  for (let k = 0; k < encodings.length; k++) {
    const encoding = encodings[k]!;
    const value = values[offset + k]!;
    if (encoding.kind === 'number') writeNumber(encoding, value, terms);
    else writeCategory(encoding, value, terms);
  }
}

function writeNumber(encoding: NumberEncoding, value: number, terms: Float64Array): void {
  const { offset, edges, scale, mean, low, high } = encoding;
  if (value !== value) {
    if (encoding.missingTerm) terms[offset + encoding.terms - 1] = 1;
    return;
  }
  const line = scale > 0 ? 1 : 0;
  if (line === 1) terms[offset] = (Math.min(high, Math.max(low, value)) - mean) / scale;
  if (edges.length === 0) return;
  let bin = 0;
  while (bin < edges.length && value > edges[bin]!) bin++;
  terms[offset + line + bin] = 1;
}

function writeCategory(encoding: CategoryEncoding, value: number, terms: Float64Array): void {
  const { offset, codes, restTerm, missingTerm } = encoding;
  const place = codes.indexOf(value);
  if (place >= 0) terms[offset + place] = 1;
  else if (value !== value) {
    if (missingTerm) terms[offset + encoding.terms - 1] = 1;
  } else if (restTerm) terms[offset + codes.length] = 1;
}

function encodeNumber(column: Float32Array, offset: number, settings: EncodingSettings): NumberEncoding {
  const finite = column.filter(Number.isFinite).sort();
  const low = finite[0] ?? 0;
  const high = finite.at(-1) ?? 0;
  const wantsLine = settings.numbers !== 'bins' && high > low;
  const { mean, deviation } = momentsOf(column, low, high);
  const present = column.filter((value) => value === value).sort();
  const wantsBins = settings.numbers !== 'line' && high > low;
  const edges = wantsBins ? [...quantileEdges(present, settings.quantileBins)].filter(Number.isFinite) : [];
  const scale = wantsLine ? deviation : 0;
  const missingTerm = present.length < column.length && present.length > 0;
  const terms = (scale > 0 ? 1 : 0) + (edges.length > 0 ? edges.length + 1 : 0) + (missingTerm ? 1 : 0);
  return { kind: 'number', offset, terms, mean, scale, low, high, edges, missingTerm };
}

/** Of the present values, infinities clamped: two passes, because large means lose digits in one. */
function momentsOf(column: Float32Array, low: number, high: number): { mean: number; deviation: number } {
  let sum = 0;
  let count = 0;
  for (const value of column) {
    if (value !== value) continue;
    sum += Math.min(high, Math.max(low, value));
    count++;
  }
  const mean = count === 0 ? 0 : sum / count;
  let squares = 0;
  for (const value of column) {
    if (value === value) squares += (Math.min(high, Math.max(low, value)) - mean) ** 2;
  }
  return { mean, deviation: count === 0 ? 0 : Math.sqrt(squares / count) };
}

function encodeCategory(column: Float32Array, offset: number, settings: EncodingSettings): CategoryEncoding {
  const counts = new Map<number, number>();
  let missing = 0;
  for (const code of column) {
    if (code === code) counts.set(code, (counts.get(code) ?? 0) + 1);
    else missing++;
  }
  const frequent = [...counts].filter(([, rows]) => rows >= settings.minCategoryRows);
  const kept = frequent.sort(([a, m], [b, n]) => n - m || a - b).slice(0, settings.maxCategories);
  const codes = kept.map(([code]) => code).sort((a, b) => a - b);
  const restTerm = codes.length < counts.size;
  const missingTerm = missing > 0 && counts.size > 0;
  const terms = codes.length + (restTerm ? 1 : 0) + (missingTerm ? 1 : 0);
  return { kind: 'category', offset, terms, codes, restTerm, missingTerm };
}
