/**
 * Forecasts beside Debian's r-cran-forecast (automatic ETS and Theta) on the same series in one run, one thread each: series a
 * second and accuracy, and how the time of ours grows with the number and the length of series. Without R, or without its package,
 * the peer is said to be missing; without the public files, seeded series stand in.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { openDuckdb } from '../../core/duckdb.js';
import { packageRoot } from '../../core/package-root.js';
import { seededRandom } from '../../core/random.js';
import { forecast } from '../../models/forecast/forecast.js';
import { naiveScale, meanAbsoluteError, smapeOf } from '../../models/forecast/measures.js';
import { readSeries, type SplitSeries } from '../../models/forecast/read-series.js';
import { makeSeries } from '../models/forecast/worlds.js';
import type { Figure } from './measure.js';
import { publicFile } from './public-file.js';

interface Scene {
  readonly name: string;
  readonly season: number;
  readonly h: number;
  readonly series: readonly SplitSeries[];
}

/** Enough for the second digit, few enough for R's ETS. */
const QUARTERLY = 80;
const HOURLY = 12;
const SEED = 1;
const PEERS = { ets: 'R forecast, ETS', theta: 'R forecast, Theta' } as const;

export async function benchForecast(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const scene of [
    await openScene('m3_quarterly', 4, 8, QUARTERLY),
    await openScene('m4_hourly', 24, 48, HOURLY),
  ]) {
    const { season, h, series, name } = scene;
    const trains = series.map(({ train }) => train);
    const startedAt = performance.now();
    const { series: ours } = await forecast(trains, { h, season, seed: 1, threads: 1 });
    const seconds = (performance.now() - startedAt) / 1000;
    figures.push(
      ...judge(
        scene,
        'ours',
        seconds,
        ours.map(({ mean }) => mean),
      ),
    );
    const peers = runPeers(scene);
    if (peers === null) process.stdout.write(`  ${name}: r-cran-forecast is not installed, no peer\n`);
    else
      for (const [key, title] of Object.entries(PEERS) as [keyof typeof PEERS, string][])
        figures.push(...judge(scene, title, peers[key].seconds, peers[key].paths));
  }
  return [...figures, ...(await growth())];
}

/** A seeded sample of the series whose values are all known. */
async function openScene(dataset: string, season: number, h: number, most: number): Promise<Scene> {
  const file = publicFile(`${dataset}.parquet`);
  if (file === null) {
    const series = Array.from({ length: most }, (_, seed) => {
      const whole = makeSeries({ n: 12 * season + h, slope: 0.5, season, swing: 0.2, noise: 0.05, seed });
      return { id: String(seed), dates: null, train: whole.slice(0, -h), test: whole.slice(-h) };
    });
    return { name: `seeded, season ${season}`, season, h, series };
  }
  const db = await openDuckdb(':memory:');
  try {
    const columns = { series: 'series_id', time: 't', value: 'value', part: 'part' };
    const { series } = await readSeries(db, { file, h, ...columns });
    const whole = series.filter(
      ({ train, test }) => train.every(Number.isFinite) && test.every(Number.isFinite),
    );
    const chance = seededRandom(SEED).fork(dataset);
    const drawn = whole.map((one) => ({ one, order: chance.unit() })).sort((a, b) => a.order - b.order);
    return { name: dataset, season, h, series: drawn.slice(0, most).map(({ one }) => one) };
  } finally {
    db.close();
  }
}

function judge(
  { name, season, series }: Scene,
  who: string,
  seconds: number,
  paths: readonly Float64Array[],
): Figure[] {
  const mean = (of: (one: SplitSeries, path: Float64Array) => number): number =>
    series.reduce((sum, one, i) => sum + of(one, paths[i]!), 0) / series.length;
  const smape = mean(({ test }, path) => smapeOf(test, path));
  const mase = mean(({ train, test }, path) => meanAbsoluteError(test, path) / naiveScale(train, season));
  return [
    {
      name: `${name}, ${who}: series a second`,
      value: series.length / seconds,
      unit: '/s',
      note: `${series.length} series`,
    },
    { name: `${name}, ${who}: sMAPE`, value: smape, unit: '%', note: `MASE ${mase.toFixed(3)}` },
  ];
}

type Peers = Record<keyof typeof PEERS, { seconds: number; paths: Float64Array[] }>;

/** Null where R or the package is missing. */
function runPeers({ series, season, h }: Scene): Peers | null {
  const script = path.join(packageRoot(), 'test', 'bench', 'peers', 'forecast_peer.R');
  const input = series.map(({ train }) => [season, h, ...train].join(' ')).join('\n');
  const run = spawnSync('Rscript', ['--vanilla', script], { input, encoding: 'utf8' });
  if (run.status !== 0) return null;
  const peers: Peers = { ets: { seconds: 0, paths: [] }, theta: { seconds: 0, paths: [] } };
  for (const line of run.stdout.split('\n')) {
    const [kind, name, ...values] = line.trim().split(/\s+/);
    const peer = name === 'ets' || name === 'theta' ? peers[name] : null;
    if (peer === null) continue;
    if (kind === 'seconds') peer.seconds = Number(values[0]);
    else peer.paths.push(Float64Array.from(values, Number));
  }
  return peers;
}

/** Seconds for twice the series, and for series of twice the length. */
async function growth(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [count, n] of [
    [20, 120],
    [40, 120],
    [80, 120],
    [20, 240],
    [20, 480],
    [20, 960],
  ] as const) {
    const series = Array.from({ length: count }, (_, seed) =>
      makeSeries({ n, season: 12, swing: 0.2, noise: 0.1, seed }),
    );
    const startedAt = performance.now();
    await forecast(series, { h: 12, season: 12, seed: 1, threads: 1 });
    const value = (performance.now() - startedAt) / 1000;
    figures.push({ name: `time of ${count} series of ${n} values`, value, unit: 's' });
  }
  return figures;
}
