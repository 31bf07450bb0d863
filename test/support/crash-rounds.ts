/**
 * A real server under the load of concurrent callers, killed again and again (SIGKILL, in some rounds PostgreSQL with it).
 * What it has answered must be said again by the next one, stand in the log once, and come out of a replay bit for bit. The moment
 * of a kill is a number of answers, so that nothing here waits for a time.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Pool } from 'pg';
import { manualClock } from '../../core/clock.js';
import { systemEnvironment } from '../../core/config.js';
import { createLog, silentLog } from '../../core/log.js';
import { locateCluster } from '../../core/postgres-cluster.js';
import { openPostgres } from '../../core/postgres.js';
import { seededRandom } from '../../core/random.js';
import type { Random } from '../../core/random.js';
import { openLake } from '../../ingest/lake.js';
import type { Lake } from '../../ingest/lake.js';
import { appendFacts } from '../../ingest/append-facts.js';
import { replayableDecisions } from '../../scoring/decisions.js';
import { restoreFromLake } from '../../scoring/lake-history.js';
import { restoreLive } from '../../scoring/live-snapshot.js';
import { replayDecisions } from '../../scoring/replay/replay-decisions.js';
import { toGateRequest } from '../../scoring/request.js';
import type { DecisionBody } from '../../scoring/request.js';
import { label, payment } from './facts.js';

interface CrashSettings {
  /** The compiled command line. */
  readonly cli: string;
  /** Empty, and passable for the account that runs PostgreSQL. */
  readonly dataDir: string;
  readonly kills: number;
  /** Every so many kills PostgreSQL is killed too. */
  readonly postgresEvery: number;
  /** A kill comes after at least `answers` and less than twice as many. */
  readonly answers: number;
  readonly callers: number;
  readonly seed: number;
  /** Seconds since any moment. */
  readonly stopwatch: () => number;
}

export interface CrashOutcome {
  readonly kills: number;
  readonly postgresKills: number;
  /** Decisions and reports that were answered before a kill or when asked again. */
  readonly answered: number;
  /** Asked and not answered when the server was killed; all of them were answered by the next one. */
  readonly cutOff: number;
  /** Answered otherwise when asked again. */
  readonly changed: number;
  /** Answered, and not in the log exactly once under its key. */
  readonly notOnce: number;
  readonly startsFromSnapshot: number;
  /** From the start of the program to its address, after each kill. */
  readonly startSeconds: readonly number[];
  readonly replayed: number;
  readonly replayedUnequal: number;
  /** Of the vectors that a start from the snapshot and a replay from scratch give. */
  readonly probes: number;
  readonly probesUnequal: number;
}

interface Command {
  readonly path: '/v1/decisions' | '/v1/outcomes';
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly seconds: number;
  /** Events of its log, in order. */
  readonly events: readonly string[];
}

export async function crashRounds(settings: CrashSettings): Promise<CrashOutcome> {
  const random = seededRandom(settings.seed);
  const lake = await openLake(path.join(settings.dataDir, 'lake'));
  await appendFacts(lake, { name: 'history', source: 'test' }, history(random.fork('history')));
  const next = commands(random.fork('commands'));
  const answers = new Map<Command, string>();
  const startSeconds: number[] = [];
  let [cutOff, changed, startsFromSnapshot] = [0, 0, 0];
  let server = await start(settings);
  for (let kill = 1; kill <= settings.kills; kill++) {
    const quota = settings.answers + random.below(settings.answers);
    const load = await loadUntilKilled(server, { ...settings, next, quota });
    if (kill % settings.postgresEvery === 0) await killPostgres(settings.dataDir);
    server = await start(settings);
    startSeconds.push(server.seconds);
    if (server.events.includes('live-state-from-snapshot')) startsFromSnapshot++;
    const again = await askAgain(server.url, [...load.answered.keys()], settings.callers);
    for (const [command, answer] of again) if (load.answered.get(command) !== answer) changed++;
    const late = await askAgain(server.url, load.unanswered, settings.callers);
    cutOff += late.size;
    for (const [command, answer] of [...load.answered, ...late]) answers.set(command, answer);
  }
  server.child.kill('SIGINT');
  await once(server.child, 'exit');
  return {
    kills: settings.kills,
    postgresKills: Math.floor(settings.kills / settings.postgresEvery),
    answered: answers.size,
    cutOff,
    changed,
    startsFromSnapshot,
    startSeconds,
    ...(await examine(settings.dataDir, lake, answers)),
  };
}

const PAYERS = 300;

/** Two thousand payments of earlier years, every fiftieth a known fraud. */
function history(random: Random) {
  const from = Date.UTC(2024, 0, 1);
  return Array.from({ length: 2000 }, (_, i) => {
    const parties = { payerId: `payer-${random.below(PAYERS)}`, deviceId: `device-${random.below(400)}` };
    const amountPaise = BigInt(100 + random.below(90_000));
    const one = payment({ paymentId: `old-${i}`, occurredAt: from + i * 600_000, amountPaise, ...parties });
    const { paymentId, knownAt, occurredAt } = one;
    return i % 50 === 0 ? [one, label({ paymentId, occurredAt, knownAt })] : [one];
  }).flat();
}

/** Decisions of many payers; now and then a report about an earlier one. */
function commands(random: Random): (answered: readonly Command[]) => Command {
  let asked = 0;
  return (answered) => {
    const key = `key-${asked++}`;
    const about = answered[random.below(answered.length + 1)];
    if (about?.path === '/v1/decisions' && random.unit() < 0.2) {
      const outcome = random.unit() < 0.7 ? 'failed' : 'fraud';
      const { paymentId } = about.body;
      return { path: '/v1/outcomes', key: `${outcome}-${String(paymentId)}`, body: { paymentId, outcome } };
    }
    return { path: '/v1/decisions', key, body: { ...decisionBody(random, key) } };
  };
}

function decisionBody(random: Random, paymentId: string): DecisionBody {
  return {
    paymentId,
    payerId: `payer-${random.below(PAYERS)}`,
    counterpartyId: `school-${random.below(9)}`,
    deviceId: `device-${random.below(400)}`,
    ip: `203.0.113.${random.below(256)}`,
    latitude: 12 + random.unit(),
    longitude: 77 + random.unit(),
    amountPaise: random.below(500_000),
  };
}

async function start({ cli, dataDir, stopwatch }: CrashSettings): Promise<Running> {
  const startedAt = stopwatch();
  const child = spawn(process.execPath, [cli, 'up', '--no-demo'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: systemEnvironment['PATH'], DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'info' },
  });
  const events: string[] = [];
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line);
    events.push(/"event":"([\w-]+)"/.exec(line)?.[1] ?? '');
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url !== undefined) return { child, url, events, seconds: stopwatch() - startedAt };
  }
  throw new Error(`the server ended before it listened:\n${said.slice(-5).join('\n')}`);
}

interface LoadSettings extends Pick<CrashSettings, 'callers'> {
  readonly next: (answered: readonly Command[]) => Command;
  readonly quota: number;
}

interface Load {
  readonly answered: ReadonlyMap<Command, string>;
  readonly unanswered: readonly Command[];
}

/** Calls until enough is answered, then kills the server while the other callers wait for theirs. */
async function loadUntilKilled(
  { child, url }: Running,
  { callers, next, quota }: LoadSettings,
): Promise<Load> {
  const answered = new Map<Command, string>();
  const unanswered: Command[] = [];
  const dead = once(child, 'exit');
  let killed = false;
  const caller = async (): Promise<void> => {
    while (!killed) {
      const command = next([...answered.keys()].slice(-50));
      const answer = await ask(url, command).catch(() => null);
      if (answer === null) unanswered.push(command);
      else answered.set(command, answer);
      if (answered.size < quota || killed) continue;
      killed = true;
      child.kill('SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  await dead;
  return { answered, unanswered };
}

/** @throws when the server is gone or does not answer with 200. */
async function ask(url: string, { path: route, key, body }: Command): Promise<string> {
  const response = await fetch(`${url}${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${route} answered ${response.status}: ${answer}`);
  return answer;
}

/** Decisions before reports, which need them. */
async function askAgain(
  url: string,
  asked: readonly Command[],
  callers: number,
): Promise<Map<Command, string>> {
  const answers = new Map<Command, string>();
  for (const route of ['/v1/decisions', '/v1/outcomes'] as const) {
    const waiting = asked.filter((command) => command.path === route);
    const caller = async (): Promise<void> => {
      for (let command = waiting.pop(); command !== undefined; command = waiting.pop())
        answers.set(command, await ask(url, command));
    };
    await Promise.all(Array.from({ length: callers }, caller));
  }
  return answers;
}

/** The embedded server of the folder: its first process, by the id that it has written down. */
async function killPostgres(dataDir: string): Promise<void> {
  const { pgdata } = await locateCluster(dataDir, silentLog);
  const [pid] = (await readFile(path.join(pgdata, 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
}

type Examined = Pick<CrashOutcome, 'notOnce' | 'replayed' | 'replayedUnequal' | 'probes' | 'probesUnequal'>;

const PROBES = 200;

async function examine(
  dataDir: string,
  lake: Lake,
  answers: ReadonlyMap<Command, string>,
): Promise<Examined> {
  const { pool, close } = await openPostgres({ dataDir, databaseUrl: null, log: silentLog });
  try {
    const notOnce = await countNotOnce(pool, answers);
    const registry = { load: () => Promise.reject(new Error('no model decided')) };
    const decisions = await replayableDecisions(pool, { last: answers.size });
    const reports = await replayDecisions({ pool, lake, registry }, decisions);
    const probesUnequal = await compareProbes({ pool, lake, dataDir });
    return {
      notOnce,
      replayed: reports.length,
      replayedUnequal: reports.filter(({ outcome }) => outcome !== 'equal').length,
      probes: PROBES,
      probesUnequal,
    };
  } finally {
    await close();
  }
}

async function countNotOnce(pool: Pool, answers: ReadonlyMap<Command, string>): Promise<number> {
  const { rows } = await pool.query<{ key: string; ids: string[] }>(
    `SELECT key, array_agg(id) AS ids FROM (
       SELECT idempotency_key AS key, decision_id AS id FROM decisions
       UNION ALL SELECT idempotency_key, report_id FROM outcome_reports) entries GROUP BY key`,
  );
  const logged = new Map(rows.map(({ key, ids }) => [key, ids]));
  return [...answers].filter(([{ key }, answer]) => {
    const ids = logged.get(key) ?? [];
    return ids.length !== 1 || !answer.includes(`"${ids[0]!}"`);
  }).length;
}

/** The fold that served last, which it has kept when it was stopped, beside one that begins from nothing. */
async function compareProbes({
  pool,
  lake,
  dataDir,
}: {
  pool: Pool;
  lake: Lake;
  dataDir: string;
}): Promise<number> {
  let said = '';
  const log = createLog({
    level: 'info',
    pretty: false,
    destination: { write: (line: string) => void (said += line) },
  });
  // The instants of the log are newer.
  const clock = manualClock(0);
  const deps = { pool, lake, clock, log, folder: path.join(dataDir, 'fold-snapshots') };
  const served = await restoreLive(deps);
  if (!said.includes('live-state-from-snapshot')) throw new Error(`no snapshot of the last server: ${said}`);
  const scratch = await restoreFromLake(deps);
  const random = seededRandom(1);
  const atMs = Math.max(served.knownAt, scratch.knownAt) + 1;
  return Array.from({ length: PROBES }, (_, i) => {
    const probe = toGateRequest(decisionBody(random, `probe-${i}`)).payment;
    const [mine, theirs] = [served.fold.vector(probe, atMs), scratch.fold.vector(probe, atMs)];
    return Buffer.from(mine.buffer).equals(Buffer.from(theirs.buffer));
  }).filter((equal) => !equal).length;
}
