/**
 * Forecasts beside Debian's r-cran-forecast (automatic ETS and Theta) on the same series in one run, one thread each: series a
 * second and accuracy, ours on every core, and how the time of ours grows with the number and the length of series. Without R, or
 * without its package, the peer is said to be missing; without the public files, seeded series stand in.
 */
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { openDuckdb } from '../../core/duckdb.js';
import { packageRoot } from '../../core/package-root.js';
import { seededRandom } from '../../core/random.js';
import { forecast } from '../../models/forecast/forecast.js';
import { naiveScale, meanAbsoluteError, smapeOf } from '../../models/forecast/measures.js';
import { readSeries, type SplitSeries } from '../../models/forecast/read-series.js';
import { makeSeries } from '../models/forecast/worlds.js';
import { race, type Figure } from './measure.js';
import { publicFile } from './public-file.js';

interface Scene {
  readonly name: string;
  readonly season: number;
  readonly h: number;
  readonly series: readonly SplitSeries[];
}

/** Enough for the second digit, few enough for R's ETS. */
const QUARTERLY = 160;
const HOURLY = 12;
const SEED = 1;
const RUNS = 3;
const PEERS = { ets: 'R forecast, ETS', theta: 'R forecast, Theta' } as const;
type Peer = keyof typeof PEERS;

/** Of the growth: each twice the one before, at the middle of the other. */
const COUNTS = [20, 40, 80, 160] as const;
const LENGTHS = [120, 240, 480, 960, 1920, 3840] as const;
const USUAL = { count: 20, length: 240 } as const;

export async function benchForecast(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const scene of [
    await openScene('m3_quarterly', 4, 8, QUARTERLY),
    await openScene('m4_hourly', 24, 48, HOURLY),
  ])
    figures.push(...(await compare(scene)));
  return [...figures, ...(await growth())];
}

/** Ours and both methods of the peer on the series of a scene. */
async function compare(scene: Scene): Promise<Figure[]> {
  const { season, h, series, name } = scene;
  const trains = series.map(({ train }) => train);
  const run = async (threads: number): Promise<Float64Array[]> =>
    (await forecast(trains, { h, season, seed: SEED, threads })).series.map(({ mean }) => mean);
  const cores = os.cpus().length;
  const seconds = await race({ one: () => run(1), all: () => run(cores) }, RUNS);
  const ours: Answer = { seconds: seconds.one, paths: await run(1) };
  const figures = judge(scene, 'ours', ours, null);
  figures.push({
    name: `${name}, ours on ${cores} threads: series a minute`,
    value: (60 * series.length) / seconds.all,
    unit: '/min',
    note: 'starting the threads counts',
  });
  const peers = runPeers(scene);
  if (peers === null) process.stdout.write(`  ${name}: r-cran-forecast is not installed, no peer\n`);
  else
    for (const [key, title] of Object.entries(PEERS) as [Peer, string][])
      figures.push(...judge(scene, title, peers[key], ours));
  return figures;
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

/** Seconds for all series of a scene, and a path for each. */
interface Answer {
  readonly seconds: number;
  readonly paths: readonly Float64Array[];
}

/** Speed and accuracy of an answer, beside ours where it is a peer's. */
function judge(scene: Scene, who: string, answer: Answer, ours: Answer | null): Figure[] {
  const { name, series } = scene;
  const { smape, mase } = errorsOf(scene, answer);
  const beside = ours && errorsOf(scene, ours);
  const times = ours === null ? '' : `, ours ${(answer.seconds / ours.seconds).toPrecision(2)} times as fast`;
  const share = beside === null ? '' : `, ours ${percent(beside.smape / smape)}`;
  return [
    {
      name: `${name}, ${who}: series a second`,
      value: series.length / answer.seconds,
      unit: '/s',
      note: `${series.length} series, one thread${times}`,
    },
    { name: `${name}, ${who}: sMAPE`, value: smape, unit: '%', note: `lower is better${share}` },
    {
      name: `${name}, ${who}: MASE`,
      value: mase,
      unit: '',
      note: `lower is better${beside === null ? '' : `, ours ${percent(beside.mase / mase)}`}`,
    },
  ];
}

/** How far a ratio to the peer is from 1. */
function percent(ratio: number): string {
  return `${ratio < 1 ? '-' : '+'}${Math.abs(100 * (ratio - 1)).toFixed(1)} %`;
}

function errorsOf({ series, season }: Scene, { paths }: Answer): { smape: number; mase: number } {
  const mean = (of: (one: SplitSeries, path: Float64Array) => number): number =>
    series.reduce((sum, one, i) => sum + of(one, paths[i]!), 0) / series.length;
  return {
    smape: mean(({ test }, path) => smapeOf(test, path)),
    mase: mean(({ train, test }, path) => meanAbsoluteError(test, path) / naiveScale(train, season)),
  };
}

type Peers = Record<Peer, { seconds: number; paths: Float64Array[] }>;

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

/** Seconds as the number and the length of series double, and the exponent of each: 1 is linear. */
async function growth(): Promise<Figure[]> {
  const timesOf = (worlds: readonly { count: number; length: number }[]): Promise<Record<string, number>> =>
    race(Object.fromEntries(worlds.map((world, i) => [String(i), () => forecastMade(world)])), RUNS);
  const figures: Figure[] = [];
  for (const [what, worlds] of [
    ['count', COUNTS.map((count) => ({ ...USUAL, count }))],
    ['length', LENGTHS.map((length) => ({ ...USUAL, length }))],
  ] as const) {
    const seconds = Object.values(await timesOf(worlds));
    for (const [i, { count, length }] of worlds.entries())
      figures.push({ name: `time of ${count} series of ${length} values`, value: seconds[i]!, unit: 's' });
    figures.push({
      name: `growth of time with ${what}, exponent`,
      value: exponent(
        worlds.map((world) => world[what]),
        seconds,
      ),
      unit: '',
      note: '1 is linear; the last 1,200 values are read, and so many windows of all series',
    });
  }
  return figures;
}

async function forecastMade({ count, length }: { count: number; length: number }): Promise<void> {
  const series = Array.from({ length: count }, (_, seed) =>
    makeSeries({ n: length, season: 12, swing: 0.2, noise: 0.1, seed }),
  );
  await forecast(series, { h: 12, season: 12, seed: SEED, threads: 1 });
}

/** Slope of the logarithm of y over that of x by least squares. */
function exponent(x: readonly number[], y: readonly number[]): number {
  const centred = (values: readonly number[]): number[] => {
    const logs = values.map(Math.log);
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
    return logs.map((value) => value - mean);
  };
  const [across, up] = [centred(x), centred(y)];
  return (
    across.reduce((sum, value, i) => sum + value * up[i]!, 0) / across.reduce((sum, v) => sum + v * v, 0)
  );
}
