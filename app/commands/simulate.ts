/**
 * `hasivu simulate`: writes the history of a seeded school-meal merchant into the lake, as one batch named after its
 * settings, so that the same command twice changes nothing.
 */
import { lakeRoot } from '../../core/config.js';
import type { Command } from 'commander';
import { appendFacts } from '../../ingest/append-facts.js';
import type { Fact } from '../../ingest/facts.js';
import { LAKE_TABLES } from '../../ingest/facts.js';
import { openLake } from '../../ingest/lake.js';
import type { Merchant } from '../../ingest/simulate/merchant.js';
import { openMerchant } from '../../ingest/simulate/merchant.js';
import type { SimulateSettings } from '../../ingest/simulate/settings.js';
import { endToday, historyName, simulateDefaults } from '../../ingest/simulate/settings.js';
import { openTruthFile } from '../../ingest/simulate/truth-file.js';
import type { Cli } from '../cli-io.js';
import type { Progress } from '../progress.js';
import { wholeNumber } from './options.js';

interface Options {
  readonly months: number;
  readonly schools: number;
  readonly payers: number;
  readonly seed: number;
  readonly end?: string;
  readonly truth?: string;
}

const DEFAULT_SEED = 1;

export function registerSimulate(program: Command, cli: Cli): void {
  const { months, schools, payers } = simulateDefaults;
  program
    .command('simulate')
    .description('write the history of a simulated school-meal merchant into the lake')
    .option('--months <n>', 'length of the history', wholeNumber(1), months)
    .option('--schools <n>', 'schools served', wholeNumber(1), schools)
    .option('--payers <n>', 'parents who ever join', wholeNumber(1), payers)
    .option('--seed <n>', 'the same seed gives the same facts', wholeNumber(0), DEFAULT_SEED)
    .option('--end <date>', 'first day after the history, YYYY-MM-DD (default: today in Kolkata)')
    .option('--truth <file>', 'also write hidden fraud mechanics and churn hazards, .csv or .parquet')
    .action(async (options: Options) => {
      const { end = endToday(cli.clock.now()), seed, truth, ...size } = options;
      const settings: SimulateSettings = {
        months: size.months,
        schools: size.schools,
        payers: size.payers,
        endOn: end,
      };
      const summary = await simulate(cli, settings, seed, truth);
      cli.result({ ...settings, seed, ...summary }, () => describe(summary));
    });
}

interface Simulated {
  readonly outcome: 'committed' | 'already-committed';
  /** Facts by table. */
  readonly facts: Readonly<Record<string, number>>;
  /** Payments reported as fraud by the end, reports taken back left out, by count of payments. */
  readonly fraudRate: number;
  /** UTC; null when nothing was simulated. */
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  readonly truthRows: number | null;
  readonly seconds: number;
}

async function simulate(
  cli: Cli,
  settings: SimulateSettings,
  seed: number,
  truthPath?: string,
): Promise<Simulated> {
  const startedAt = cli.clock.now();
  const config = cli.config();
  const truth = truthPath === undefined ? null : openTruthFile(truthPath);
  const merchant = openMerchant(settings, seed, truth);
  const lake = await openLake(lakeRoot(config), cli.clock);
  const { outcome, tally } = await writeHistory(cli, lake, merchant, { settings, seed });
  // An earlier run may have written the facts: then the days are lived through for the truth alone.
  if (truth !== null) for (const _fact of merchant.history()) continue;
  const truthRows = truth === null ? null : await truth.finish();
  return { outcome, ...tally.summary(), truthRows, seconds: (cli.clock.now() - startedAt) / 1000 };
}

/** Writes what is left of the merchant's history, with a progress bar in days. */
export async function writeHistory(
  cli: Cli,
  lake: Awaited<ReturnType<typeof openLake>>,
  merchant: Merchant,
  { settings, seed }: { settings: SimulateSettings; seed: number },
) {
  const name = historyName(settings, seed);
  const progress = cli.progress('simulate (days)', merchant.endDay - merchant.day);
  const tally = createTally();
  try {
    const facts = observed(merchant, tally, progress);
    const { outcome } = await appendFacts(lake, { name, source: 'simulate' }, facts);
    progress.finish();
    return { outcome, tally };
  } catch (error) {
    progress.fail();
    throw error;
  }
}

function* observed(merchant: Merchant, tally: Tally, progress: Progress): Generator<Fact> {
  const firstDay = merchant.day;
  while (merchant.day < merchant.endDay) {
    for (const fact of merchant.nextDay().facts) {
      tally.count(fact);
      yield fact;
    }
    progress.update(merchant.day - firstDay);
  }
}

interface Tally {
  count(fact: Fact): void;
  summary(): Pick<Simulated, 'facts' | 'fraudRate' | 'firstAt' | 'lastAt'>;
}

function createTally(): Tally {
  const facts: Record<string, number> = {};
  let frauds = 0;
  let first: number | null = null;
  let last: number | null = null;
  const text = (instantMs: number | null): string | null =>
    instantMs === null ? null : new Date(instantMs).toISOString();
  return {
    count: (fact) => {
      const table = LAKE_TABLES[fact.fact];
      facts[table] = (facts[table] ?? 0) + 1;
      if (fact.fact === 'label') frauds += fact.fraud ? 1 : -1;
      first ??= fact.knownAt;
      last = fact.knownAt;
    },
    summary: () => ({
      facts,
      fraudRate: frauds / Math.max(1, facts['payments'] ?? 0),
      firstAt: text(first),
      lastAt: text(last),
    }),
  };
}

function describe({ outcome, facts, fraudRate, firstAt, lastAt, truthRows, seconds }: Simulated): string {
  if (outcome === 'already-committed') return 'the lake already has this history: nothing was written';
  const tables = Object.entries(facts).map(
    ([table, count]) => `${table.padEnd(20)}${count.toLocaleString('en-IN').padStart(12)}`,
  );
  return [
    ...tables,
    `reported fraud      ${(100 * fraudRate).toFixed(2).padStart(11)} % of payments`,
    `from ${firstAt ?? '-'} to ${lastAt ?? '-'}`,
    ...(truthRows === null ? [] : [`truth: ${truthRows.toLocaleString('en-IN')} rows`]),
    `${seconds.toFixed(1)} s`,
  ].join('\n');
}
