/**
 * Prediction by 300 trees of 16 leaves on one core, ours beside XGBoost's: one row, a batch, and exact explanations.
 * Every library predicts with the model that it fitted itself on the same rows.
 */
import { startContender } from './learners-contenders.js';
import type { Assignment, Library, Peers, Timed, TreeSettings } from './learners-contenders.js';
import { median } from './measure.js';
import type { Figure } from './measure.js';

const RUNS = 5;

const SETTINGS: TreeSettings = {
  trees: 300,
  depth: 12, // Only stops chains, so that every tree has its 16 leaves.
  leaves: 16,
  learningRate: 0.05,
  l2: 1,
  minChildWeight: 1,
  bins: 255,
};

const SINGLE_ROWS = 10_000;
const EXPLAINED_ROWS = 1_000;

interface Measured {
  readonly single: readonly Timed[];
  readonly batch: readonly Timed[];
  readonly explain: readonly Timed[];
}

/** Of the fold's test rows. */
export async function benchPrediction(
  { columns, folds }: Pick<Assignment, 'columns' | 'folds'>,
  peers: Peers,
): Promise<Figure[]> {
  const libraries: Library[] = ['ours', ...(peers.xgboost === null ? [] : (['xgboost'] as const))];
  const started = [];
  for (const library of libraries) {
    const assignment = { columns, folds, threads: 1, settings: SETTINGS };
    const contender = await startContender(library, peers, assignment);
    await contender.ask({ command: 'fit', rows: null });
    started.push({ contender, single: [] as Timed[], batch: [] as Timed[], explain: [] as Timed[] });
  }
  const batchRows = folds[0]!.test.rows;
  for (let run = 1; run <= RUNS; run++) {
    process.stderr.write(`learners: prediction, run ${run} of ${RUNS}\n`);
    for (const { contender, single, batch, explain } of started) {
      single.push(await contender.ask({ command: 'single', rows: SINGLE_ROWS }));
      batch.push(await contender.ask({ command: 'batch', rows: batchRows }));
      explain.push(await contender.ask({ command: 'explain', rows: Math.min(EXPLAINED_ROWS, batchRows) }));
    }
  }
  for (const { contender } of started) await contender.close();
  return figures(started[0]!, started[1]);
}

function figures(ours: Measured, peer: Measured | undefined): Figure[] {
  const beside = (what: keyof Measured, of: (timed: Timed) => number, unit: string): string =>
    peer === undefined ? '' : `; XGBoost ${short(median(peer[what].map(of)))} ${unit}`;
  const middle = ({ median: micros }: Timed): number => micros;
  const tail = ({ p99 }: Timed): number => p99;
  const perSecond = ({ median: micros }: Timed): number => 1e6 / micros;
  const model = `${SETTINGS.trees} trees of ${SETTINGS.leaves} leaves`;
  return [
    {
      name: `${model}: one row, median`,
      value: median(ours.single.map(middle)),
      unit: 'µs',
      note: `goal <= 3${beside('single', middle, 'µs through Python')}`,
    },
    {
      name: `${model}: one row, 99th percentile`,
      value: median(ours.single.map(tail)),
      unit: 'µs',
      note: beside('single', tail, 'µs through Python').slice(2),
    },
    {
      name: `${model}: batch on one core`,
      value: median(ours.batch.map(perSecond)),
      unit: 'rows/s',
      note: `goal >= ${short(2e6)}${beside('batch', perSecond, 'rows/s')}`,
    },
    {
      name: `${model}: exact explanation of one row, median`,
      value: median(ours.explain.map(middle)),
      unit: 'µs',
      note: `goal <= 150${beside('explain', middle, 'µs a row in a batch')}`,
    },
  ];
}

function short(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en-IN') : value.toPrecision(3);
}
