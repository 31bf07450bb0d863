/**
 * `hasivu report`: the period's totals and days from the warehouse, which is built first when the lake knows more than it; `hasivu
 * report uplift`: what treatments against churn are worth.
 */
import { Argument } from 'commander';
import type { Command } from 'commander';
import { lakeRoot } from '../../core/config.js';
import { AppError } from '../../core/errors.js';
import { formatMoney } from '../../core/money.js';
import { openLake } from '../../ingest/lake.js';
import { readUplift } from '../../reporting/churn/uplift-store.js';
import type { DailyReport, ReportQuery, SummaryReport } from '../../reporting/daily-report.js';
import { readDaily, readSummary } from '../../reporting/daily-report.js';
import { formatCount, formatShare } from '../../reporting/format.js';
import { isWarehouseStale } from '../../reporting/freshness.js';
import { openWarehouseReader } from '../../reporting/reader.js';
import { warehousePath } from '../../reporting/warehouse.js';
import type { Cli } from '../cli-io.js';
import { refreshWarehouse } from '../refresh-warehouse.js';
import { openStores } from '../stores.js';
import { upliftText } from '../uplift-text.js';

interface Options extends ReportQuery {
  readonly rebuild?: boolean;
}

export function registerReport(program: Command, cli: Cli): void {
  program
    .command('report')
    .description(
      'print revenue, refunds, payments and success per day, or what treatments against churn are worth',
    )
    .addArgument(new Argument('[what]', 'of what').choices(['payments', 'uplift']).default('payments'))
    .option('--from <day>', 'first day in India, YYYY-MM-DD (default: the first with payments)')
    .option('--to <day>', 'last day, YYYY-MM-DD (default: the last with payments)')
    .option('--currency <code>', 'ISO 4217 (default: the most used)')
    .option('--rebuild', 'build the warehouse even if it is fresh')
    .action(async (what: 'payments' | 'uplift', { rebuild = false, ...query }: Options) => {
      if (what === 'uplift') return printUplift(cli, query, rebuild);
      const { summary, daily } = await report(cli, query, rebuild);
      cli.result({ summary, days: daily.days }, () => describe(summary, daily));
    });
}

/** From PostgreSQL alone, over all that was treated. */
async function printUplift(cli: Cli, { from, to, currency }: ReportQuery, rebuild: boolean): Promise<void> {
  if (from !== undefined || to !== undefined || rebuild)
    throw new AppError(
      'bad-input',
      'bad-option',
      '--from, --to and --rebuild belong to the report of payments: leave them out',
    );
  const stores = await openStores(cli);
  try {
    const uplift = await readUplift(stores.pool, cli.clock.now(), currency ?? null);
    cli.result(uplift, () => upliftText(uplift));
  } finally {
    await stores.close();
  }
}

async function report(cli: Cli, query: ReportQuery, rebuild: boolean) {
  const config = cli.config();
  const lake = await openLake(lakeRoot(config), cli.clock);
  const reader = openWarehouseReader(warehousePath(config.dataDir));
  try {
    if (rebuild || (await isWarehouseStale(reader, lake, cli.clock.now()))) await build(cli);
    const reports = await reader.read(async (db) => ({
      summary: await readSummary(db, query),
      daily: await readDaily(db, query),
    }));
    if (reports === null) throw new Error('assertion failed: a warehouse that was built can be read');
    return reports;
  } finally {
    reader.close();
  }
}

async function build(cli: Cli): Promise<void> {
  const progress = cli.progress('build warehouse (rows)');
  const stores = await openStores(cli);
  try {
    const rows = await refreshWarehouse(stores, cli.clock.now());
    progress.update([...rows.values()].reduce((sum, count) => sum + count, 0));
    progress.finish();
  } catch (error) {
    progress.fail();
    throw error;
  } finally {
    await stores.close();
  }
}

function describe(summary: SummaryReport, { days }: DailyReport): string {
  const { currency, from, to } = summary;
  if (from === null || to === null) return `No payments yet, as of ${summary.asOf}.`;
  const money = (amountPaise: number) => formatMoney(BigInt(amountPaise), currency);
  const head = [
    `${from} to ${to}, ${currency}, as of ${summary.asOf}`,
    '',
    `Revenue       ${money(summary.capturedAmountPaise)}`,
    `Refunds       ${money(summary.refundsAmountPaise)}`,
    `Net revenue   ${money(summary.netAmountPaise)}`,
    `Payments      ${formatCount(summary.captured)} captured of ${formatCount(summary.attempts)} attempts`,
    `Payers        ${formatCount(summary.payers)}`,
    `Success rate  ${formatShare(summary.successRate)}`,
    `Fraud labels  ${formatCount(summary.fraudLabels)}, of which fraud ${formatCount(summary.frauds)}`,
    '',
  ];
  const rows = days.map((day) => [
    day.day,
    formatCount(day.captured),
    formatCount(day.failed),
    money(day.capturedAmountPaise),
    money(day.refundsAmountPaise),
    money(day.netAmountPaise),
    formatShare(day.successRate),
  ]);
  return [...head, ...table([TITLES, ...rows])].join('\n');
}

const TITLES = ['day', 'captured', 'failed', 'revenue', 'refunds', 'net', 'success'];

/** Columns as wide as their widest cell, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = TITLES.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}
