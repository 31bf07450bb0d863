/**
 * How many webhooks a second are verified, durable and acknowledged over HTTP, beside bare single-row inserts of the same bodies
 * through the same pool, turn and turn about on one embedded PostgreSQL; and how long a sender waits at a steady rate.
 * Every acknowledged event is counted again in the table. Then the same steady rate at the product's own server, which applies the events
 * and decides as many payments a second meanwhile.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';
import type { Pool } from 'pg';
import { applySightings } from '../../billing/payments/apply.js';
import { systemClock } from '../../core/clock.js';
import { assert } from '../../core/errors.js';
import { silentLog } from '../../core/log.js';
import { migrate } from '../../core/migrations.js';
import { openPostgres } from '../../core/postgres.js';
import { drainInbox } from '../../ingest/webhooks/drain.js';
import { openInbox } from '../../ingest/webhooks/inbox.js';
import { webhookRoutes } from '../../ingest/webhooks/routes.js';
import { createWebhookTally } from '../../ingest/webhooks/tally.js';
import { startChild } from './child.js';
import type { LoadPlan, LoadReport } from './gate-http-load.js';
import { PAYERS, withGateSite } from './gate-site.js';
import { median, quantile } from './measure.js';
import type { Figure } from './measure.js';
import type { WebhookLoad, WebhookLoadReport } from './webhooks-load.js';

const SECRET = 'whsec_bench';
const CONNECTIONS = 64;
const STEADY_PER_SECOND = 500;
const ROUNDS = 3;
const SECONDS = 5;
const SECONDS_BESIDE = 20;
/** As many as the pool has connections. */
const INSERTERS = 10;
const APPLIED = 3000;

export async function benchWebhooks(seconds: number | null): Promise<Figure[]> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-bench-'));
  await chmod(dataDir, 0o755);
  const postgres = await openPostgres({ dataDir, databaseUrl: null, log: silentLog });
  const load = fork(fileURLToPath(new URL('./webhooks-load.js', import.meta.url)));
  try {
    await migrate(postgres.pool);
    const ask = async (plan: WebhookLoad): Promise<WebhookLoadReport> => {
      load.send(plan);
      return (await once(load, 'message'))[0] as WebhookLoadReport;
    };
    const alone = await measure(postgres.pool, ask, seconds ?? SECONDS);
    return [...alone, ...(await besideGate(ask, seconds ?? SECONDS_BESIDE))];
  } finally {
    load.kill();
    await postgres.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function measure(
  pool: Pool,
  ask: (plan: WebhookLoad) => Promise<WebhookLoadReport>,
  seconds: number,
): Promise<Figure[]> {
  const tally = createWebhookTally();
  const app = Fastify();
  const admission = { secrets: [SECRET], maxAgeDays: 15 };
  await app.register(webhookRoutes({ pool, clock: systemClock, inbox: openInbox(pool), tally, admission }));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const createdAt = Math.floor(systemClock.now() / 1000);
  const plan = { url, secret: SECRET, seconds, connections: CONNECTIONS, createdAt };
  await pool.query(
    'CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL)',
  );
  await ask({ ...plan, name: 'warm', seconds: 2 });
  const rates: number[] = [];
  const bare: number[] = [];
  let accepted = await count(pool);
  for (let round = 0; round < ROUNDS; round++) {
    const report = await ask({ ...plan, name: `round${round}` });
    assert(report.refused === 0, `${report.refused} webhooks were refused`);
    rates.push(report.accepted / report.seconds);
    accepted += report.accepted;
    bare.push(await bareInserts(pool, seconds));
  }
  const stored = await count(pool);
  assert(stored >= accepted, `${accepted} webhooks were acknowledged and ${stored} are stored`);
  const steady = await ask({ ...plan, name: 'steady', perSecond: STEADY_PER_SECOND });
  const applied = await drained(pool);
  await app.close();
  const share = median(rates) / median(bare);
  return [
    {
      name: 'webhooks verified and durable over HTTP',
      value: median(rates),
      unit: '/s',
      note: `${stored} in the table`,
    },
    { name: 'bare single-row inserts, 10 connections', value: median(bare), unit: '/s' },
    { name: 'share of the bare inserts', value: share, unit: '', note: 'meant to be at least 0.6' },
    { name: `p50 at ${STEADY_PER_SECOND}/s`, value: steady.p50Ms, unit: 'ms' },
    {
      name: `p99 at ${STEADY_PER_SECOND}/s`,
      value: steady.p99Ms,
      unit: 'ms',
      note: 'meant to be at most 50 ms',
    },
    { name: 'applied to payments and ledger, one program', value: applied, unit: '/s' },
  ];
}

/** Webhooks and decisions at once, everything on this machine. */
async function besideGate(
  ask: (plan: WebhookLoad) => Promise<WebhookLoadReport>,
  seconds: number,
): Promise<Figure[]> {
  return withGateSite(async ({ pool, env }) => {
    const served = { ...env, RAZORPAY_WEBHOOK_SECRET: SECRET };
    const server = await startChild('gate-http-server.js', ['taking'], served);
    const load = await startChild('gate-http-load.js', [], served);
    try {
      const url = server.greeting as string;
      const createdAt = Math.floor(systemClock.now() / 1000);
      const both = async (name: string, lasting: number) =>
        Promise.all([
          ask({
            url,
            name,
            secret: SECRET,
            seconds: lasting,
            connections: CONNECTIONS,
            createdAt,
            perSecond: STEADY_PER_SECOND,
          }),
          load.ask({
            url,
            name,
            payers: PAYERS,
            seconds: lasting,
            pace: { perSecond: STEADY_PER_SECOND },
          } satisfies LoadPlan) as Promise<LoadReport>,
        ]);
      await both('warm', Math.min(5, seconds));
      const before = await count(pool);
      const [webhooks, decisions] = await both('beside', seconds);
      const lost = webhooks.accepted - ((await count(pool)) - before);
      assert(lost <= 0, `${lost} acknowledged webhooks are not stored`);
      const title = `${STEADY_PER_SECOND}/s beside ${STEADY_PER_SECOND} decisions/s`;
      const failed = `${webhooks.refused} refused`;
      return [
        { name: `p50 at ${title}`, value: webhooks.p50Ms, unit: 'ms', note: failed },
        { name: `p99 at ${title}`, value: webhooks.p99Ms, unit: 'ms', note: 'meant to be at most 50 ms' },
        {
          name: 'p99 of those decisions',
          value: quantile(decisions.latencies, 0.99),
          unit: 'ms',
          note: `${decisions.asked - (decisions.statuses['200'] ?? 0)} not decided`,
        },
      ];
    } finally {
      await load.end();
      await server.end();
    }
  });
}

async function count(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: bigint }>('SELECT count(*) FROM webhook_events');
  return Number(rows[0]?.count);
}

/** Inserts a second of a body as large as the events', each its own transaction. */
async function bareInserts(pool: Pool, seconds: number): Promise<number> {
  const { rows } = await pool.query<{ body: string }>('SELECT body FROM webhook_events LIMIT 1');
  const body = rows[0]?.body;
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  let inserted = 0;
  const insert = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      await pool.query({ name: 'bare', text: 'INSERT INTO bare (body) VALUES ($1)', values: [body] });
      inserted += 1;
    }
  };
  await Promise.all(Array.from({ length: INSERTERS }, insert));
  return inserted / ((performance.now() - startedAt) / 1000);
}

/** Events a second, of a sample: the rest are put aside. */
async function drained(pool: Pool): Promise<number> {
  await pool.query(
    `UPDATE webhook_events SET status = 'applied', settled_at = now()
     WHERE number > (SELECT min(number) + $1 - 1 FROM webhook_events)`,
    [APPLIED],
  );
  const startedAt = performance.now();
  const applied = await drainInbox({
    pool,
    clock: systemClock,
    log: silentLog,
    apply: applySightings,
    tally: createWebhookTally(),
  });
  return applied / ((performance.now() - startedAt) / 1000);
}
