/**
 * Our boosted trees beside XGBoost `hist` and scikit-learn's HistGradientBoosting: the same matrix, the same settings, the
 * same numbers of threads, each in a process of its own, turn and turn about. Fit, memory and quality on three tables,
 * prediction of one model, and how the fit grows with the rows (docs/plots/fit-time.svg).
 * BENCH_SHARE, for instance 0.02, takes that share of the rows, to try the benchmark itself.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { systemEnvironment } from '../../core/config.js';
import { averagePrecision, logLoss } from '../../models/metrics.js';
import { slice, writeBlock } from './learners-blocks.js';
import { findPeers, startContender, title } from './learners-contenders.js';
import type { Assignment, Contender, Library, Memory, Peers, TreeSettings } from './learners-contenders.js';
import { handbookShape, simulatedSample, telcoShape, thousands } from './learners-frames.js';
import type { Shape } from './learners-frames.js';
import { benchGrowth } from './learners-growth.js';
import { benchPrediction } from './learners-prediction.js';
import { median } from './measure.js';
import type { Figure } from './measure.js';

const RUNS = 5;
const COLUMNS = 40;
const FIT_ROWS = 1_000_000;
const GROWTH_ROWS = 2_000_000;
const TEST_ROWS = 100_000;

const SETTINGS: TreeSettings = {
  trees: 200,
  depth: 6,
  leaves: 64,
  learningRate: 0.1,
  l2: 1,
  minChildWeight: 1,
  bins: 255,
};

export async function benchLearners(): Promise<Figure[]> {
  const share = Number(systemEnvironment['BENCH_SHARE'] ?? 1);
  const peers = findPeers();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bench-learners-'));
  try {
    return [
      ...absent(peers),
      ...(await raceOn(await handbookShape(folder, share), peers, folder)),
      ...(await simulated(peers, folder, share)),
      ...(await raceOn(await telcoShape(), peers, folder)),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

function absent({ xgboost, sklearn }: Peers): Figure[] {
  const missing = [
    ...(xgboost === null ? ['python3-xgboost'] : []),
    ...(sklearn === null ? ['python3-sklearn'] : []),
  ];
  const note = 'skipped, since no Python here imports it; on Debian: apt install';
  return missing.map((name) => ({ name, value: 0, unit: 'runs', note: `${note} ${name}` }));
}

/** The simulated table serves three benchmarks: its first rows are a smaller table of the same kind. */
async function simulated(peers: Peers, folder: string, share: number): Promise<Figure[]> {
  const [fitRows, rows, testRows] = [FIT_ROWS, GROWTH_ROWS, TEST_ROWS].map((n) => Math.round(n * share)) as [
    number,
    number,
    number,
  ];
  const sample = simulatedSample(rows + testRows, COLUMNS, 1);
  const fold = {
    train: writeBlock(slice(sample, 0, rows), path.join(folder, 'simulated-train')),
    test: writeBlock(slice(sample, rows, rows + testRows), path.join(folder, 'simulated-test')),
    predictions: '',
  };
  const y = sample.y.slice(rows);
  const shape = { name: `${thousands(fitRows)} x ${COLUMNS} simulated`, y, columns: COLUMNS };
  const first = (n: number): Assignment['folds'] => [{ ...fold, train: { ...fold.train, rows: n } }];
  return [
    ...(await raceOnBlocks({ ...shape, folds: first(fitRows) }, peers, folder)),
    ...(await benchPrediction({ columns: COLUMNS, folds: first(testRows) }, peers)),
    ...(await benchGrowth({ columns: COLUMNS, folds: first(rows) }, peers)),
  ];
}

interface WrittenShape {
  readonly name: string;
  readonly columns: number;
  readonly folds: Assignment['folds'];
  /** Labels of all test rows, in the order of the folds. */
  readonly y: Uint8Array;
}

async function raceOn({ name, folds }: Shape, peers: Peers, folder: string): Promise<Figure[]> {
  const written = folds.map(({ train, test }, i) => ({
    train: writeBlock(train, path.join(folder, `train-${i}`)),
    test: writeBlock(test, path.join(folder, `test-${i}`)),
    predictions: '',
  }));
  const y = Uint8Array.from(folds.flatMap(({ test }) => [...test.y]));
  const columns = folds[0]!.train.frame.columns.length;
  return raceOnBlocks({ name, columns, folds: written, y }, peers, folder);
}

interface Result {
  readonly library: Library;
  readonly threads: number;
  /** One for each run. */
  readonly seconds: readonly number[];
  readonly matrixSeconds: number;
  readonly loaded: Memory | null;
  /** Of the first run: a process that fits once. */
  readonly fitted: Memory | null;
  /** Of the last. */
  readonly finished: Memory | null;
  readonly logLoss: number;
  readonly averagePrecision: number;
}

/** Those with as many threads run next to each other. */
function entrants({ xgboost, sklearn }: Peers): (readonly [Library, number])[] {
  const rivals = [1, 2].flatMap((threads) =>
    xgboost === null
      ? [['ours', threads] as const]
      : [['ours', threads] as const, ['xgboost', threads] as const],
  );
  return sklearn === null ? rivals : [...rivals, ['sklearn', 2]];
}

async function raceOnBlocks(shape: WrittenShape, peers: Peers, folder: string): Promise<Figure[]> {
  const started = [];
  for (const [library, threads] of entrants(peers)) {
    const folds = shape.folds.map((fold, i) => ({
      ...fold,
      predictions: path.join(folder, `${library}-${threads}-${i}`),
    }));
    const assignment = { columns: shape.columns, threads, settings: SETTINGS, folds };
    const contender = await startContender(library, peers, assignment);
    started.push({ contender, folds, loaded: contender.memory(), fits: [] as Fit[] });
  }
  for (let run = 1; run <= RUNS; run++) {
    process.stderr.write(`learners: ${shape.name}, run ${run} of ${RUNS}\n`);
    for (const { contender, fits } of started) {
      const fitted = await contender.ask({ command: 'fit', rows: null });
      fits.push({ ...fitted, memory: contender.memory() });
    }
  }
  const results: Result[] = [];
  for (const { contender, folds, loaded, fits } of started) {
    const quality = await qualityOf(contender, folds, shape.y);
    await contender.close();
    results.push({
      library: contender.library,
      threads: contender.threads,
      seconds: fits.map(({ seconds }) => seconds),
      matrixSeconds: median(fits.map(({ matrixSeconds }) => matrixSeconds)),
      loaded,
      fitted: fits[0]!.memory,
      finished: fits.at(-1)!.memory,
      ...quality,
    });
  }
  return [...results.map((result) => figureOf(shape.name, result)), ...ratios(results)];
}

interface Fit {
  readonly seconds: number;
  readonly matrixSeconds: number;
  readonly memory: Memory | null;
}

/** All metrics are ours, on each contender's predictions of the test rows. */
async function qualityOf(
  contender: Contender,
  folds: Assignment['folds'],
  y: Uint8Array,
): Promise<Pick<Result, 'logLoss' | 'averagePrecision'>> {
  await contender.ask({ command: 'predict' });
  const bytes = Buffer.concat(folds.map(({ predictions }) => readFileSync(predictions)));
  const probabilities = Float64Array.from({ length: y.length }, (_, row) => bytes.readDoubleLE(row * 8));
  return { logLoss: logLoss(y, probabilities), averagePrecision: averagePrecision(y, probabilities) };
}

function figureOf(shape: string, result: Result): Figure {
  const { seconds, matrixSeconds, fitted, finished } = result;
  const memory =
    fitted === null || finished === null
      ? 'memory unknown'
      : `peak ${Math.round(fitted.peakMegabytes)} MB, ${Math.round(aboveFrame(result))} above the frame, ` +
        `${Math.round(finished.peakMegabytes)} after ${RUNS} fits`;
  const quality = `log-loss ${result.logLoss.toFixed(5)}, AP ${result.averagePrecision.toFixed(4)}`;
  const matrix = matrixSeconds > 0 ? `; ${matrixSeconds.toPrecision(2)} s to build its matrix` : '';
  return {
    name: `${shape}: fit, ${title(result)}`,
    value: median(seconds),
    unit: 's',
    note: `${memory}, ${quality}${matrix}`,
  };
}

/** What the fit adds to a process that has its libraries and its frame. */
function aboveFrame({ fitted, loaded }: Result): number {
  return (fitted?.peakMegabytes ?? NaN) - (loaded?.nowMegabytes ?? NaN);
}

/** Ours by XGBoost's with as many threads: the median of the runs' ratios, since neighbours in time share the machine. */
function ratios(results: readonly Result[]): Figure[] {
  return results
    .filter(({ library }) => library === 'ours')
    .flatMap((ours) => {
      const peer = results.find((other) => other.library === 'xgboost' && other.threads === ours.threads);
      if (peer === undefined) return [];
      const times = ours.seconds.map((seconds, run) => seconds / peer.seconds[run]!);
      const range = `${Math.min(...times).toFixed(2)} to ${Math.max(...times).toFixed(2)}`;
      const of = (what: string, value: number, note: string): Figure => ({
        name: `  ${what}, ours / XGBoost, ${ours.threads} thread${ours.threads === 1 ? '' : 's'}`,
        value,
        unit: 'x',
        note,
      });
      return [
        of('fit time', median(times), `goal <= 1; ${range}`),
        ...(ours.fitted === null || peer.fitted === null
          ? []
          : [
              of('peak memory', ours.fitted.peakMegabytes / peer.fitted.peakMegabytes, 'goal <= 1.5'),
              of('memory above the frame', aboveFrame(ours) / aboveFrame(peer), ''),
            ]),
        of('log-loss', ours.logLoss / peer.logLoss, 'goal <= 1.005'),
        of('average precision', ours.averagePrecision / peer.averagePrecision, ''),
      ];
    });
}
