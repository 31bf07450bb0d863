/** `hasivu evaluate revenue`: how well would the merchant's thirteen weeks and quarters have been forecast, and how often did intervals hold? */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { lakeRoot } from '../../core/config.js';
import { AppError } from '../../core/errors.js';
import { startOfDay } from '../../core/days.js';
import { openLake, type Lake } from '../../ingest/lake.js';
import { openMerchant } from '../../ingest/simulate/merchant.js';
import { endToday, historyDays, simulateDefaults } from '../../ingest/simulate/settings.js';
import {
  rehearseRevenue,
  summariseRevenue,
  type PastRevenue,
} from '../../models/forecast/evaluate-revenue.js';
import { LEAST_WEEKS, type RevenueHistory } from '../../models/forecast/revenue.js';
import { openWarehouseReader } from '../../reporting/reader.js';
import { readRevenue } from '../../reporting/revenue-history.js';
import { buildWarehouse, warehousePath } from '../../reporting/warehouse.js';
import type { Cli } from '../cli-io.js';
import { readBook } from '../run-forecast.js';
import { reportRevenue } from './evaluate-revenue-report.js';
import { indianDay, wholeNumber } from './options.js';
import { writeHistory } from './simulate.js';

interface Options {
  readonly simulate?: readonly number[];
  readonly payers: number;
  readonly schools: number;
  readonly months: number;
  readonly end?: string;
  readonly asOf?: number;
  readonly least: number;
  readonly every: number;
  readonly lines?: true;
  readonly seed: number;
  readonly threads: number;
}

const EXPLANATION = `
From every earlier end of the history, as --every and --least say, the next thirteen weeks and the open quarter are forecast with what was
known of contracts by then, and judged by what came. Without --simulate the lake of DATA_DIR is the history.
  hasivu evaluate revenue --as-of 2026-11-01
  hasivu evaluate revenue --simulate 6,7 --payers 4000 --months 36 --end 2026-11-01
Bootstrap intervals draw calendar quarters of a merchant whole; intervals of coverage take forecasts for independent, and are too narrow.
`;

/** Only simulated merchants have these. */
const SIZES = ['payers', 'schools', 'months', 'end'] as const;

/** Adds `revenue` to the `evaluate` command. */
export function registerEvaluateRevenue(evaluate: Command, cli: Cli): void {
  const { schools } = simulateDefaults;
  evaluate
    .command('revenue')
    .description(
      'judge the forecast of all revenue, thirteen weeks and quarters, at earlier ends of a history',
    )
    .option(
      '--as-of <day>',
      'of the lake, only what was known before this day in India (default: now)',
      indianDay,
    )
    .option('--simulate <seeds>', 'fresh simulated merchants of these seeds in place of the lake', seeds)
    .option('--payers <n>', 'of a simulated merchant', wholeNumber(1), 4000)
    .option('--schools <n>', 'of a simulated merchant', wholeNumber(1), schools)
    .option('--months <n>', 'of a simulated merchant', wholeNumber(1), 36)
    .option(
      '--end <date>',
      'of a simulated merchant, first day after its history (default: today in Kolkata)',
    )
    .option('--least <weeks>', 'weeks of history before the first forecast', wholeNumber(LEAST_WEEKS), 80)
    .option('--every <days>', 'days between forecasts', wholeNumber(1), 28)
    .option('--lines', 'forecast every counterparty and line as the nightly job does; slower')
    .option('--seed <number>', 'of forecasts and bootstrap', wholeNumber(0), 1)
    .option('--threads <number>', 'threads that fit', wholeNumber(1), availableParallelism())
    .addHelpText('after', EXPLANATION)
    .action(async (options: Options, command: Command) => {
      const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
      const stray = SIZES.find(given);
      if (options.simulate === undefined && stray !== undefined)
        command.error(`error: --${stray} is of a simulated merchant; give --simulate too`);
      if (options.simulate !== undefined && given('asOf'))
        command.error('error: --as-of is of the lake; a simulated history ends with --end');
      await run(options, cli);
    });
}

function seeds(text: string): number[] {
  const found = text.split(',').map((part) => (/^\d+$/.test(part.trim()) ? Number(part) : NaN));
  if (!found.every(Number.isSafeInteger) || new Set(found).size < found.length)
    throw new InvalidArgumentError('give different whole numbers such as 6,7.');
  return found;
}

async function run(options: Options, cli: Cli): Promise<void> {
  const { dataDir } = cli.config();
  await mkdir(dataDir, { recursive: true });
  const scratch = await mkdtemp(path.join(dataDir, '.revenue-'));
  try {
    const forecasts: PastRevenue[] = [];
    if (options.simulate === undefined) {
      const lake = await openLake(lakeRoot(cli.config()), cli.clock);
      const asOf = options.asOf ?? cli.clock.now();
      forecasts.push(...(await judge(cli, { lake, scratch, asOf, merchant: 'lake' }, options)));
    } else {
      for (const seed of options.simulate) {
        const { lake, asOf } = await simulated(cli, path.join(scratch, `${seed}`), seed, options);
        forecasts.push(...(await judge(cli, { lake, scratch, asOf, merchant: `seed ${seed}` }, options)));
      }
    }
    const spans = summariseRevenue(forecasts, options.seed);
    const { least, every } = options;
    const evaluation = { leastWeeks: least, everyDays: every, spans, forecasts };
    cli.result(evaluation, () => reportRevenue(evaluation));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function simulated(cli: Cli, folder: string, seed: number, options: Options) {
  const { months, schools, payers, end = endToday(cli.clock.now()) } = options;
  const settings = { months, schools, payers, endOn: end };
  const asOf = startOfDay(historyDays(settings).endDay);
  const lake = await openLake(folder, cli.clock);
  await writeHistory(cli, lake, openMerchant(settings, seed), { settings, seed });
  return { lake, asOf };
}

interface Judged {
  readonly lake: Lake;
  readonly scratch: string;
  /** Epoch milliseconds. */
  readonly asOf: number;
  readonly merchant: string;
}

async function judge(
  cli: Cli,
  { lake, scratch, asOf, merchant }: Judged,
  options: Options,
): Promise<PastRevenue[]> {
  const history = await readHistory(cli, { lake, folder: path.join(scratch, 'warehouse'), asOf });
  const { least: leastWeeks, every: everyDays, seed, threads } = options;
  const progress = cli.progress(`forecasting, ${merchant}`);
  try {
    const found = await rehearseRevenue(options.lines ? history : { ...history, lines: byKind(history) }, {
      merchant,
      leastWeeks,
      everyDays,
      seed,
      threads,
      onProgress: progress.update,
    });
    progress.finish();
    return found;
  } catch (error) {
    progress.fail();
    throw error;
  }
}

/** As the nightly job reads it, from a warehouse that is built for the purpose. */
async function readHistory(
  cli: Cli,
  { lake, folder, asOf }: { readonly lake: Lake; readonly folder: string; readonly asOf: number },
): Promise<RevenueHistory> {
  const file = warehousePath(folder);
  await buildWarehouse({ lake, path: file, asOf, builtAt: cli.clock.now() });
  const reader = openWarehouseReader(file);
  try {
    const revenue = await reader.read(readRevenue);
    if (revenue === null || revenue.lines.length === 0)
      throw new AppError(
        'bad-input',
        'no-revenue',
        'the lake holds no captured payment; import payments, or give --simulate',
      );
    return { ...revenue, book: await readBook(lake, revenue) };
  } finally {
    reader.close();
  }
}

/** Contracts speak of all revenue alone: kinds are enough to judge it, and quick. */
function byKind({ lines }: RevenueHistory): RevenueHistory['lines'] {
  const kinds = new Map<string, Float64Array>();
  for (const { kind, daily } of lines) {
    const sum = kinds.get(kind) ?? new Float64Array(daily.length);
    for (const [t, value] of daily.entries()) sum[t] = (sum[t] ?? 0) + value;
    kinds.set(kind, sum);
  }
  return Array.from(kinds, ([kind, daily]) => ({ counterparty: 'all', kind, daily }));
}
