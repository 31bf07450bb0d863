/**
 * A server to be measured, in a process of its own: `gate` is the product, `taking` the product while it applies the webhooks that come, `bare` a Fastify route that validates and
 * echoes the same body, `insert` the same with nothing but a group-committed insert of the decision and its vector. It
 * tells its parent where it listens and what it has used, and ends with it.
 */
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { createCli } from '../../app/cli-io.js';
import { startServer } from '../../app/server.js';
import { openStores } from '../../app/stores.js';
import { systemClock } from '../../core/clock.js';
import { systemEnvironment } from '../../core/config.js';
import { newId } from '../../core/ids.js';
import { openPostgres } from '../../core/postgres.js';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { createGroupCommit } from '../../core/group-commit.js';
import { DecisionBody } from '../../scoring/request.js';

/** What the parent is told on `usage`. */
export interface Usage {
  /** Processor time so far, all threads: milliseconds. */
  readonly userMs: number;
  readonly systemMs: number;
  readonly residentMegabytes: number;
}

export type Route = 'gate' | 'taking' | 'insert' | 'bare';

interface Opened {
  readonly url: string;
  close(): Promise<unknown>;
}

const cli = createCli({ env: systemEnvironment, clock: systemClock, terminal: process, json: () => true });

async function openGate(): Promise<Opened> {
  const stores = await openStores(cli);
  const server = await startServer(cli, stores, () => undefined);
  return { url: server.url, close: () => server.close().finally(() => stores.close()) };
}

/** As the jobs of a running server do, every second. */
async function openTaking(): Promise<Opened> {
  const stores = await openStores(cli);
  const server = await startServer(cli, stores, () => undefined);
  let turn: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    turn = turn.then(() => server.drainWebhooks()).then(() => server.feedFold());
  }, 1000);
  const close = async (): Promise<void> => {
    clearInterval(timer);
    await turn;
    await server.close().finally(() => stores.close());
  };
  return { url: server.url, close };
}

async function listening(app: FastifyInstance): Promise<Opened> {
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() };
}

async function openBare(): Promise<Opened> {
  const app = Fastify();
  const schema = { body: DecisionBody, response: { 200: DecisionBody } };
  app.post('/v1/decisions', { schema }, async (request) => request.body);
  return listening(app);
}

const INSERT = `INSERT INTO bench_decisions SELECT * FROM unnest($1::text[], $2::json[], $3::bytea[])`;

async function openInsert(): Promise<Opened> {
  const { dataDir, databaseUrl } = cli.config();
  const postgres = await openPostgres({ dataDir, databaseUrl, log: cli.log });
  await postgres.pool.query(
    'CREATE TABLE IF NOT EXISTS bench_decisions (decision_id text PRIMARY KEY, body json, vector bytea)',
  );
  const vector = Buffer.from(Float32Array.from(FEATURE_NAMES, (_, i) => i + 0.5).buffer);
  const commit = createGroupCommit<readonly [string, unknown], undefined>({
    write: async (rows) => {
      const values = [
        rows.map(([id]) => id),
        rows.map(([, body]) => JSON.stringify(body)),
        rows.map(() => vector),
      ];
      await postgres.pool.query({ name: 'bench-insert', text: INSERT, values });
      return rows.map(() => undefined);
    },
    maxBatch: 256,
    maxWaiting: 8192,
  });
  const app = Fastify();
  const schema = { body: DecisionBody, response: { 200: DecisionBody } };
  app.post('/v1/decisions', { schema }, async (request) => {
    await commit.add([newId('dec'), request.body]);
    return request.body;
  });
  app.addHook('onClose', () => postgres.close());
  return listening(app);
}

const OPEN: Readonly<Record<Route, () => Promise<Opened>>> = {
  gate: openGate,
  taking: openTaking,
  insert: openInsert,
  bare: openBare,
};

const opened = await OPEN[process.argv[2] as Route]();
process.on('message', (asked) => {
  if (asked !== 'usage') return;
  const { user, system } = process.cpuUsage();
  const residentMegabytes = Math.round(process.memoryUsage.rss() / 2 ** 20);
  process.send?.({ userMs: user / 1000, systemMs: system / 1000, residentMegabytes } satisfies Usage);
});
process.once('disconnect', () => void opened.close());
process.send?.(opened.url);
