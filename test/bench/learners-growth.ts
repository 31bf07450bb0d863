/**
 * How the fit grows with the rows, ours beside XGBoost's: seconds from 10 thousand rows to 2 million, as a picture in
 * docs/plots/ and as the slope of the line through the logarithms, where 1 is linear.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../core/package-root.js';
import { startContender, title } from './learners-contenders.js';
import type { Assignment, Library, Peers, TreeSettings } from './learners-contenders.js';
import { thousands } from './learners-frames.js';
import { machine, median } from './measure.js';
import type { Figure } from './measure.js';
import { logLogPlot } from './plot.js';
import type { Point, Series } from './plot.js';

const RUNS = 3;
const THREADS = 2;
/** Of the largest table. */
const SHARES = [0.005, 0.015, 0.05, 0.15, 0.5, 1];

/** Fewer trees than in the other benchmarks: each costs about the same, and the picture is about rows. */
const SETTINGS: TreeSettings = {
  trees: 50,
  depth: 6,
  leaves: 64,
  learningRate: 0.1,
  l2: 1,
  minChildWeight: 1,
  bins: 255,
};

const COLOURS: Readonly<Record<Library, string>> = {
  ours: '#0b6e4f',
  xgboost: '#c2571a',
  sklearn: '#4a5fa5',
};

export async function benchGrowth(
  { columns, folds }: Pick<Assignment, 'columns' | 'folds'>,
  peers: Peers,
): Promise<Figure[]> {
  const libraries: Library[] = ['ours', ...(peers.xgboost === null ? [] : (['xgboost'] as const))];
  const started = [];
  for (const library of libraries) {
    const assignment = { columns, folds, threads: THREADS, settings: SETTINGS };
    const contender = await startContender(library, peers, assignment);
    // Threads start and code is compiled once in a process; the smallest table would pay for it.
    await contender.ask({ command: 'fit', rows: rowsOf(SHARES[0]!, folds) });
    started.push({ contender, points: [] as Point[] });
  }
  for (const share of SHARES) {
    const rows = rowsOf(share, folds);
    process.stderr.write(`learners: growth, ${thousands(rows)} rows\n`);
    const seconds: number[][] = started.map(() => []);
    for (let run = 0; run < RUNS; run++) {
      for (const [i, { contender }] of started.entries())
        seconds[i]!.push((await contender.ask({ command: 'fit', rows })).seconds);
    }
    started.forEach(({ points }, i) => points.push({ x: rows, y: median(seconds[i]!) }));
  }
  for (const { contender } of started) await contender.close();
  const series = started.map(({ contender, points }) => ({
    name: title(contender),
    colour: COLOURS[contender.library],
    points,
  }));
  return [...series.flatMap(figuresOf), write(series, columns)];
}

function rowsOf(share: number, folds: Assignment['folds']): number {
  return Math.round(share * folds[0]!.train.rows);
}

function figuresOf({ name, points }: Series): Figure[] {
  const [last, before] = [points.at(-1)!, points.at(-2)!];
  const large = points.slice(2);
  return [
    {
      name: `growth with rows, ${name}: slope in logarithms`,
      value: slope(points),
      unit: '',
      note: `goal <= 1, linear; ${points.map(({ x, y }) => `${thousands(x)} ${y.toPrecision(3)} s`).join(', ')}`,
    },
    {
      name: `growth with rows, ${name}: slope from ${thousands(large[0]!.x)} rows on`,
      value: slope(large),
      unit: '',
    },
    {
      name: `growth with rows, ${name}: ${thousands(last.x)} / ${thousands(before.x)} rows`,
      value: last.y / before.y,
      unit: 'x',
      note: `linear is ${(last.x / before.x).toPrecision(2)}`,
    },
  ];
}

/** Of the least-squares line through (log x, log y). */
function slope(points: readonly Point[]): number {
  const logs = points.map(({ x, y }) => [Math.log(x), Math.log(y)] as const);
  const meanOf = (k: 0 | 1): number => logs.reduce((sum, pair) => sum + pair[k], 0) / logs.length;
  const [mx, my] = [meanOf(0), meanOf(1)];
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return covariance / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

function write(series: readonly Series[], columns: number): Figure {
  const folder = path.join(packageRoot(), 'docs/plots');
  const file = path.join(folder, 'fit-time.svg');
  const { trees, depth } = SETTINGS;
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    file,
    logLogPlot({
      title: 'Fit time against rows',
      subtitle: `${columns} columns, ${trees} trees of depth ${depth}, medians of ${RUNS} runs; ${machine()}`,
      xTitle: 'rows',
      yTitle: 'seconds',
      series,
    }),
  );
  return { name: 'plot', value: series.length, unit: 'lines', note: path.relative(packageRoot(), file) };
}
