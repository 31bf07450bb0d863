/**
 * Served vectors beside the fitted ones, feature by feature. A level is given by how far the PSI lies beyond what chance
 * gives with so many independent members, so that a quiet day does not alarm: payments of one payer, device or school
 * resemble each other and count once.
 */
import { setImmediate } from 'node:timers/promises';
import { FEATURES } from '../features/definitions.js';
import { DAY_MS, ENTITIES } from '../features/vocabulary.js';
import type { Entity } from '../features/vocabulary.js';
import { exceeds, jensenShannon, psi, psiNoise } from '../models/drift-measures.js';
import { countBins } from '../models/reference.js';
import type { BinnedColumn, Reference } from '../models/reference.js';
import { driftsByDesign } from '../models/tasks/fraud-drift.js';
import { DRIFTING_FROM, LEVELS, SHIFTING_FROM } from './watch-report.js';
import type { DriftingFeature, WatchReport } from './watch-report.js';
import { featureColumn } from './watch-sample.js';
import type { SampledDecision } from './watch-sample.js';

type Leading = WatchReport['leading'][number];
type Score = NonNullable<WatchReport['score']>;

interface Drift {
  /** The largest PSI first. */
  readonly features: readonly DriftingFeature[];
  /** The bins of the first of them. */
  readonly leading: readonly Leading[];
}

interface Compared {
  readonly feature: string;
  readonly measured: Measured;
  readonly column: BinnedColumn;
  readonly served: readonly number[];
}

/** A longer list is not read. */
const LEADING = 20;

/** @param sample decisions made with the feature set of the reference. */
export async function featureDrift(
  sample: readonly SampledDecision[],
  { features }: Reference,
): Promise<Drift> {
  const hours = isOfHours(sample);
  const definitions = new Map(FEATURES.map((feature) => [feature.name, feature]));
  const members = new Map(ENTITIES.map((entity) => [entity, distinctMembers(sample, entity)]));
  const compared: Compared[] = [];
  for (const column of features.columns) {
    const definition = definitions.get(column.name);
    if (definition === undefined) continue;
    // Payments are decided in this process: none of them waits for more than one feature.
    await setImmediate();
    const served = countBins(column, featureColumn(sample, column.name));
    const n = members.get(definition.entity ?? 'payer') ?? 0;
    const measured = measure(column, served, { n, m: features.payers });
    const excused = hours || driftsByDesign(definition);
    compared.push({ feature: column.name, measured: excuse(measured, excused), column, served });
  }
  compared.sort((a, b) => rankOf(b.measured) - rankOf(a.measured) || b.measured.psi - a.measured.psi);
  return {
    features: compared.map(({ feature, measured }) => ({ feature, ...measured })),
    leading: compared
      .slice(0, LEADING)
      .map(({ feature, column, served }) => ({ feature, ...shares(column, served) })),
  };
}

/** Probabilities of the model served; null before it gave one. */
export function scoreDrift(sample: readonly SampledDecision[], { score }: Reference): Score | null {
  const scored = sample.filter(({ fraudProbability }) => fraudProbability !== null);
  const [column] = score.columns;
  if (scored.length === 0 || column === undefined) return null;
  const values = Float32Array.from(scored, ({ fraudProbability }) => fraudProbability ?? NaN);
  const served = countBins(column, values);
  const members = { n: distinctMembers(scored, 'payer'), m: score.payers };
  return { ...excuse(measure(column, served, members), isOfHours(scored)), ...shares(column, served) };
}

export function distinctMembers(sample: readonly SampledDecision[], entity: Entity): number {
  return new Set(sample.flatMap(({ members }) => members[entity] ?? [])).size;
}

/** Payments of a few hours differ from those of a year without anything having moved: a gate that has just begun does not alarm. */
function isOfHours(sample: readonly SampledDecision[]): boolean {
  const [first, last] = [sample[0], sample.at(-1)];
  return first !== undefined && last !== undefined && last.decidedAt - first.decidedAt < DAY_MS;
}

function excuse(measured: Measured, excused: boolean): Measured {
  return excused && measured.level !== 'steady' ? { ...measured, level: 'by-design' } : measured;
}

type Measured = Omit<DriftingFeature, 'feature'>;

function measure(
  { counts: fitted, categorical }: BinnedColumn,
  served: readonly number[],
  members: { readonly n: number; readonly m: number },
): Measured {
  const [value, noise] = [psi(fitted, served), psiNoise(fitted, served, members)];
  const missing = (counts: readonly number[]): number => (counts.at(-1) ?? 0) / Math.max(1, sumOf(counts));
  return {
    psi: value,
    noiseMean: noise.mean,
    noiseHigh: noise.high,
    jensenShannon: jensenShannon(fitted, served),
    exceeds: categorical ? null : exceeds(fitted.slice(0, -1), served.slice(0, -1)),
    missingShift: missing(served) - missing(fitted),
    level: levelOf(value, noise),
  };
}

function levelOf(value: number, noise: { readonly mean: number; readonly high: number }) {
  if (value <= noise.high || value - noise.mean < SHIFTING_FROM) return 'steady';
  return value - noise.mean < DRIFTING_FROM ? 'shifting' : 'drifting';
}

/** What calls for a look stands before what moves by design or by chance. */
function rankOf({ level }: Measured): number {
  return LEVELS.indexOf(level);
}

function shares({ counts }: BinnedColumn, served: readonly number[]): Pick<Leading, 'fitted' | 'served'> {
  const of = (sample: readonly number[]): number[] => {
    const total = Math.max(1, sumOf(sample));
    return sample.map((count) => count / total);
  };
  return { fitted: of(counts), served: of(served) };
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
