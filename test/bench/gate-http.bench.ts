/**
 * The gate over HTTP: the product's own server with a trained model, rules and lists over the embedded PostgreSQL, under autocannon in
 * a second process; beside a bare Fastify route that echoes the same body and one that only inserts, turn and turn about.
 * Every answered decision is looked up in the log. Processor time for each decision tells the cost where clocks are noisy.
 */
import type { Pool } from 'pg';
import { startChild } from './child.js';
import type { Child } from './child.js';
import type { LoadPlan, LoadReport } from './gate-http-load.js';
import type { Route, Usage } from './gate-http-server.js';
import { PAYERS, withGateSite } from './gate-site.js';
import { median, quantile } from './measure.js';
import type { Figure } from './measure.js';

/** Seconds of each part: the full ones unless a shorter look is asked for. */
interface Lengths {
  readonly sustained: number;
  readonly burst: number;
  /** Of each route in each round. */
  readonly most: number;
}

type Measured = Exclude<Route, 'taking'>;
const ROUTES: readonly Measured[] = ['gate', 'insert', 'bare'];
const SUSTAINED_PER_SECOND = 1000;
const BURST_PER_SECOND = 2000;
const CONNECTIONS = 64;
const ROUNDS = 3;
const FULL: Lengths = { sustained: 60, burst: 10, most: 20 };

export function benchGateHttp(seconds: number | null): Promise<Figure[]> {
  const lengths = seconds === null ? FULL : { sustained: seconds, burst: seconds, most: seconds };
  return withGateSite(({ pool, env }) => measure(pool, env, lengths));
}

/** A plan's figures with what the server spent on it. */
interface Run {
  readonly report: LoadReport;
  readonly perSecond: number;
  /** User time of the server for each answer. */
  readonly userMicros: number;
  readonly systemMicros: number;
  readonly residentMegabytes: number;
}

type Shoot = (route: Measured, plan: Omit<LoadPlan, 'url' | 'payers'>) => Promise<Run>;

async function measure(
  pool: Pool,
  env: Record<string, string | undefined>,
  lengths: Lengths,
): Promise<Figure[]> {
  const children: Child[] = [];
  try {
    const load = await startChild('gate-http-load.js', [], env);
    children.push(load);
    const servers = new Map<Measured, Child & { readonly greeting: unknown }>();
    for (const route of ROUTES) {
      const server = await startChild('gate-http-server.js', [route], env);
      children.push(server);
      servers.set(route, server);
    }
    const shoot: Shoot = async (route, plan) => {
      const server = servers.get(route)!;
      const before = (await server.ask('usage')) as Usage;
      const url = server.greeting as string;
      const report = (await load.ask({ ...plan, url, payers: PAYERS } satisfies LoadPlan)) as LoadReport;
      const after = (await server.ask('usage')) as Usage;
      const answers = report.latencies.length;
      return {
        report,
        perSecond: answers / report.seconds,
        userMicros: ((after.userMs - before.userMs) * 1000) / answers,
        systemMicros: ((after.systemMs - before.systemMs) * 1000) / answers,
        residentMegabytes: after.residentMegabytes,
      };
    };
    await warmUp(shoot, lengths);
    return [
      ...(await paced(pool, shoot, 'sustained', SUSTAINED_PER_SECOND, lengths.sustained)),
      ...(await paced(pool, shoot, 'burst', BURST_PER_SECOND, lengths.burst)),
      ...(await most(pool, shoot, lengths.most)),
    ];
  } finally {
    for (const child of children) await child.end();
  }
}

async function warmUp(shoot: Shoot, { most: seconds }: Lengths): Promise<void> {
  for (const route of ROUTES)
    await shoot(route, {
      name: `warm-${route}`,
      seconds: Math.min(5, seconds),
      pace: { connections: CONNECTIONS },
    });
}

async function paced(
  pool: Pool,
  shoot: Shoot,
  name: string,
  perSecond: number,
  seconds: number,
): Promise<Figure[]> {
  const run = await shoot('gate', { name, seconds, pace: { perSecond } });
  const title = `${name}, ${perSecond}/s for ${seconds} s`;
  const { asked } = run.report;
  return [
    {
      name: `${title}: asked`,
      value: asked,
      unit: '',
      note: `${failures(run)}; ${await lost(pool, run)} lost`,
    },
    ...latencyFigures(title, run),
    { name: `${title}: user time for each decision`, value: run.userMicros, unit: 'µs' },
  ];
}

function latencyFigures(title: string, { report }: Run): Figure[] {
  const at = (share: number): number => quantile(report.latencies, share);
  return [
    { name: `${title}: median`, value: at(0.5), unit: 'ms', note: 'from sending to the whole answer' },
    { name: `${title}: 99th percentile`, value: at(0.99), unit: 'ms' },
    { name: `${title}: longest`, value: at(1), unit: 'ms' },
  ];
}

function failures({ report }: Run): string {
  const refused = Object.entries(report.statuses).filter(([status]) => status !== '200');
  const others = refused.map(([status, count]) => `${count} answers ${status}`);
  return [...others, `${report.errors} errors`].join(', ');
}

/** Decisions that were answered and that the log does not have. */
async function lost(pool: Pool, { report }: Run): Promise<number> {
  const { rows } = await pool.query<{ lost: bigint }>(
    `SELECT count(*) AS lost FROM unnest($1::text[]) AS answered(payment_id)
     WHERE NOT EXISTS (SELECT FROM decisions d WHERE d.payment_id = answered.payment_id)`,
    [report.decided],
  );
  return Number(rows[0]?.lost);
}

/** Medians of rounds in which every route has its turn. */
async function most(pool: Pool, shoot: Shoot, seconds: number): Promise<Figure[]> {
  const runs: Record<Measured, Run[]> = { gate: [], insert: [], bare: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const route of ROUTES)
      runs[route].push(
        await shoot(route, { name: `most-${route}-${round}`, seconds, pace: { connections: CONNECTIONS } }),
      );
  }
  const middle = (route: Measured, of: (run: Run) => number): number => median(runs[route].map(of));
  const figures: Figure[] = ROUTES.flatMap((route) => {
    const share = middle(route, (run) => run.report.cpuMs / run.report.seconds / 1000);
    const p99 = middle(route, ({ report }) => quantile(report.latencies, 0.99));
    const note = `p99 ${p99.toFixed(1)} ms, autocannon ${(share * 100).toFixed(0)} % of a core, ${failures(runs[route].at(-1)!)}`;
    const user = middle(route, (run) => run.userMicros);
    const system = middle(route, (run) => run.systemMicros);
    return [
      {
        name: `most, ${CONNECTIONS} connections, ${route}`,
        value: middle(route, (run) => run.perSecond),
        unit: '1/s',
        note,
      },
      {
        name: `most, ${route}: user time for each answer`,
        value: user,
        unit: 'µs',
        note: `system ${system.toFixed(0)} µs`,
      },
    ];
  });
  const ratio = (to: Measured): number =>
    median(runs.gate.map((run, round) => run.perSecond / runs[to][round]!.perSecond));
  const last = runs.gate.at(-1)!;
  return [
    ...figures,
    { name: 'most, gate beside bare', value: ratio('bare'), unit: '×', note: 'at least 0.4' },
    { name: 'most, gate beside insert only', value: ratio('insert'), unit: '×' },
    {
      name: 'memory of the gate',
      value: last.residentMegabytes,
      unit: 'MB',
      note: `${await lost(pool, last)} lost`,
    },
  ];
}
