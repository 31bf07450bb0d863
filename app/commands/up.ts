/**
 * `hasivu up`, the main job: opens the stores, fills an empty lake (from the user's file or by simulation), trains what
 * can be trained, serves the API and the pages, and goes on until it is told to stop.
 */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { requireSafeExposure } from '../../core/config.js';
import { takeAppLock } from '../../core/postgres.js';
import type { Decide } from '../../scoring/decide.js';
import type { Answer } from '../../scoring/request.js';
import type { Batch } from '../../ingest/batch-record.js';
import { openMerchant, type Merchant } from '../../ingest/simulate/merchant.js';
import { endToday, parseHistoryName, simulateDefaults } from '../../ingest/simulate/settings.js';
import { warehousePath } from '../../reporting/warehouse.js';
import { usableChampion } from '../champion.js';
import type { Cli } from '../cli-io.js';
import { startDemoSubscriptions } from '../demo-subscriptions/start.js';
import { startDemoTraffic } from '../demo-traffic.js';
import { openGateway, type OpenGateway } from '../gateway.js';
import { startJobs } from '../jobs.js';
import { metricsTable } from '../metrics-table.js';
import { postJson } from '../post-json.js';
import { refreshIfStale } from '../refresh-warehouse.js';
import { openOutbound } from '../outbound.js';
import { openQueue } from '../open-queue.js';
import { startServer } from '../server.js';
import { withStages } from '../stages.js';
import { openStores, type Stores } from '../stores.js';
import { untilStopped } from '../stop-signal.js';
import { trainFraudModel } from '../train-fraud.js';
import { importIntoLake, importOptions, type ImportOptions } from './import.js';
import { writeHistory } from './simulate.js';

const SEED = 1;

interface Options extends Omit<ImportOptions, 'file'> {
  readonly import?: string;
  readonly demo: boolean;
  readonly sandbox?: boolean;
}

export function registerUp(program: Command, cli: Cli): void {
  const command = program
    .command('up')
    .description(
      'start everything: stores, models, API and dashboard; an empty lake gets a simulated merchant',
    )
    .option('--import <file>', 'payments of your own instead of the simulation: CSV or Parquet')
    .option('--no-demo', 'simulate nothing')
    .option('--sandbox', 'payments go to a local double of Razorpay unless a key is set');
  importOptions(command).action(async (options: Options) => {
    requireSafeExposure(cli.config());
    const stop = untilStopped();
    const stores = await openStores(cli);
    try {
      const sharing = cli.config().redisUrl === null ? 'alone' : 'shared';
      const lock = await takeAppLock(stores.pool, sharing, (cause) => stop.now(cause));
      await run(cli, stores, options, stop.stopped);
      await lock.release();
    } finally {
      await stores.close();
    }
  });
}

async function run(cli: Cli, stores: Stores, options: Options, stopped: Promise<void>): Promise<void> {
  const merchant = await fillLake(cli, stores, options);
  const lines = [await trainIfNeeded(cli, stores), ...geoNotice(cli)];
  // An older warehouse serves until the first job has refreshed it: the gate need not wait for the pages.
  if (!existsSync(warehousePath(stores.dataDir)))
    await withStages(cli, (onStage) => refreshIfStale(stores, cli.clock, onStage));
  const payments = await openGateway(cli, options.sandbox === true);
  lines.push(payments.notice);
  const server = await withStages(cli, (onStage) => startServer(cli, stores, onStage, payments));
  const history = merchant && (await liveDemo(cli, stores, payments, server.url));
  if (history !== null) lines.push(history);
  payments.attach(server.url);
  const { apiKeys, policyFile } = cli.config();
  const { clock, log, env } = cli;
  const { gateway } = payments;
  const queue = await openQueue(cli, stores);
  const outbound = openOutbound(cli);
  lines.push(outbound.notice);
  const jobs = await startJobs({ stores, server, clock, log, policyFile, env, gateway, queue, outbound });
  const demo =
    merchant &&
    startDemoTraffic({
      merchant,
      url: server.url,
      apiKey: apiKeys[0] ?? null,
      clock: cli.clock,
      log: cli.log,
    });
  cli.result({ url: server.url }, () =>
    [...lines, '', `Dashboard ${server.url}   API ${server.url}/docs   Ctrl-C stops`].join('\n'),
  );
  await stopped;
  await demo?.stop();
  await payments.close();
  await jobs.stop();
  await server.close();
}

/** Before the jobs start: they know no other time than the present. Null: a real gateway, or there are plans already. */
async function liveDemo(
  cli: Cli,
  { pool }: Stores,
  { gateway, sandbox }: OpenGateway,
  url: string,
): Promise<string | null> {
  if (gateway === null || sandbox === null) return null;
  const address = { url, apiKey: cli.config().apiKeys[0] ?? null };
  const { clock, log } = cli;
  const decide: Decide = async (body) => (await postJson(address, '/v1/decisions', body)) as Answer;
  const deps = { pool, clock, log, gateway, sandbox, decide, stopwatch: () => performance.now() };
  return withStages(cli, (onStage) => startDemoSubscriptions(deps, onStage));
}

function geoNotice(cli: Cli): string[] {
  if (cli.config().geoipFile !== null) return [];
  return ['countries of IP addresses: unknown; GEOIP_FILE may name a .mmdb file'];
}

/** Imports what was asked for; simulates only into an empty lake. Returns the merchant whose payments go on. */
async function fillLake(cli: Cli, stores: Stores, options: Options): Promise<Merchant | null> {
  if (options.import !== undefined) {
    await importIntoLake(cli, stores.lake, { ...options, file: options.import });
    return null;
  }
  if (!options.demo) return null;
  const batches = await stores.lake.batches();
  const simulated = batches
    .map(({ name }: Batch) => parseHistoryName(name))
    .find((history) => history !== null);
  if (simulated) return openMerchant(simulated.settings, simulated.seed);
  if (batches.length > 0) return null;
  const settings = { ...simulateDefaults, endOn: endToday(cli.clock.now()) };
  const merchant = openMerchant(settings, SEED);
  await writeHistory(cli, stores.lake, merchant, { settings, seed: SEED });
  return merchant;
}

/** A model in production stays until `hasivu train` finds a better one; one of another feature set is replaced. Returns what is to be said about it. */
async function trainIfNeeded(cli: Cli, stores: Stores): Promise<string> {
  const champion = await usableChampion(stores.registry);
  if (champion) return metricsTable(await stores.registry.show(champion.version));
  const outcome = await withStages(cli, (onStage) =>
    trainFraudModel(stores, { asOfMs: cli.clock.now(), seed: SEED, onStage }),
  );
  if (outcome.outcome === 'too-few-labels') return `fraud model: none, rules only (${outcome.reason})`;
  return `${metricsTable(outcome.model)}\n  ${outcome.outcome}: ${outcome.reason}`;
}
