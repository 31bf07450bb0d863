/**
 * The histories of one kind of entity and the compiled list of its features: which history, which aggregate, which
 * window of it. Compiled once from the declarations; the fold only walks the slots.
 */
import { PairIndex } from './pair-index.js';
import { RecentAmounts } from './recent-amounts.js';
import {
  DAY_MS,
  QUANTILE_AMOUNTS,
  WINDOW_AGGREGATES,
  WINDOWS,
  type Aggregate,
  type Entity,
  type FeatureDefinition,
  type Measure,
} from './vocabulary.js';
import { WindowHistory } from './window-history.js';

export interface Slot {
  readonly position: number;
  readonly measure: Measure;
  readonly aggregate: Aggregate;
  /** Boundary of the window in the measure's history; for matured attempts the older one. */
  readonly boundary: number;
  /** For matured attempts and risks: boundaries of maturity and of maturity plus window in the attempts. */
  readonly mature: number;
  readonly matureOlder: number;
  /** Boundary of 90 days in the attempts. */
  readonly quarter: number;
}

export interface EntityState {
  readonly entity: Entity;
  readonly from: number;
  readonly to: number;
  /** Features that are read one by one. */
  readonly slots: readonly Slot[];
  /** Where the windows of the attempts go: see `writeWindows`. */
  readonly windowPositions: Int32Array;
  readonly attempts: WindowHistory;
  /** Null where no feature looks at a quantile. */
  readonly amounts: RecentAmounts | null;
  readonly failures: WindowHistory | null;
  readonly retries: WindowHistory | null;
  readonly labels: WindowHistory | null;
  /** With the payer; null for the payer itself. */
  readonly pairs: PairIndex | null;
  /** Newest payment known to be fraud: instant and amount, by entity. */
  lastFraud: Float64Array<ArrayBuffer>;
}

/** `features` is the whole list; positions in the vector are positions in it. */
export function entityState(
  entity: Entity,
  maturityMs: number,
  features: readonly FeatureDefinition[],
): EntityState {
  const own = features
    .map((feature, position) => ({ feature, position }))
    .filter(({ feature }) => feature.entity === entity);
  const boundaries = (measure: Measure): number[] =>
    distinctAscending(own.filter(({ feature }) => feature.measure === measure));
  const windows = own.flatMap(({ feature }) => maturedBoundaries(feature, maturityMs));
  const attemptBoundaries = ascending([
    ...boundaries('attempts'),
    ...WINDOWS.map(([, ms]) => ms),
    ...windows,
  ]);
  const byMeasure: Record<Measure, number[]> = {
    attempts: attemptBoundaries,
    failures: boundaries('failures'),
    retries: boundaries('retries'),
    labels: boundaries('labels'),
    matured: attemptBoundaries,
    pair: [],
    request: [],
  };
  const isWindow = ({ measure, aggregate, windowMs }: FeatureDefinition): boolean =>
    measure === 'attempts' && windowMs !== null && WINDOW_AGGREGATES.some((known) => known === aggregate);
  const history = (measure: Measure): WindowHistory | null =>
    byMeasure[measure].length === 0
      ? null
      : new WindowHistory({ boundariesMs: byMeasure[measure], max: false, distinct: false });
  return {
    entity,
    from: own[0]?.position ?? 0,
    to: (own.at(-1)?.position ?? -1) + 1,
    windowPositions: windowPositions(
      own.filter(({ feature }) => isWindow(feature)),
      attemptBoundaries,
    ),
    slots: own
      .filter(({ feature }) => !isWindow(feature))
      .map(({ feature, position }) => ({
        position,
        measure: feature.measure,
        aggregate: feature.aggregate,
        boundary: feature.windowMs === null ? -1 : byMeasure[feature.measure].indexOf(feature.windowMs),
        mature: attemptBoundaries.indexOf(maturityMs),
        matureOlder: attemptBoundaries.indexOf(maturityMs + (feature.windowMs ?? 0)),
        quarter: attemptBoundaries.indexOf(90 * DAY_MS),
      })),
    amounts: own.some(({ feature }) => feature.aggregate === 'ratioToMedian')
      ? new RecentAmounts(QUANTILE_AMOUNTS)
      : null,
    attempts: new WindowHistory({ boundariesMs: attemptBoundaries, max: true, distinct: true }),
    failures: history('failures'),
    retries: history('retries'),
    labels:
      byMeasure.labels.length === 0
        ? null
        : new WindowHistory({ boundariesMs: byMeasure.labels, max: false, distinct: true }),
    pairs: entity === 'payer' ? null : new PairIndex(),
    lastFraud: new Float64Array(0),
  };
}

interface Placed {
  readonly feature: FeatureDefinition;
  readonly position: number;
}

function windowPositions(placed: readonly Placed[], boundariesMs: readonly number[]): Int32Array {
  return Int32Array.from(
    boundariesMs.flatMap((boundaryMs) =>
      WINDOW_AGGREGATES.map(
        (aggregate) =>
          placed.find(({ feature }) => feature.windowMs === boundaryMs && feature.aggregate === aggregate)
            ?.position ?? -1,
      ),
    ),
  );
}

function maturedBoundaries(feature: FeatureDefinition, maturityMs: number): number[] {
  if (feature.measure !== 'matured' && feature.aggregate !== 'risk') return [];
  return [maturityMs, maturityMs + (feature.windowMs ?? 0)];
}

function distinctAscending(own: { feature: FeatureDefinition }[]): number[] {
  return ascending(own.flatMap(({ feature }) => (feature.windowMs === null ? [] : [feature.windowMs])));
}

function ascending(values: number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
