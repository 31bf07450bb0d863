/**
 * `hasivu reconcile`: read what the gateway settled, take in the bank's credits, compare both with the books, report a day, list
 * what waits for a person. Safe beside a running server, which does the first and the third by itself.
 */
import type { Command } from 'commander';
import { importCredits } from '../../billing/reconciliation/credits.js';
import { pullDays, pullRange, yesterday } from '../../billing/reconciliation/pull.js';
import type { PulledDay } from '../../billing/reconciliation/pull.js';
import { REASONS } from '../../billing/reconciliation/reasons.js';
import { reconcile } from '../../billing/reconciliation/reconcile.js';
import { dayReport, listExceptions, waitingByReason } from '../../billing/reconciliation/report.js';
import type { DayReport, ShownException, Waiting } from '../../billing/reconciliation/report.js';
import { RECONCILIATION } from '../../billing/reconciliation/settings.js';
import { AppError } from '../../core/errors.js';
import { formatMoney } from '../../core/money.js';
import { istDay } from '../../features/calendar.js';
import { readStatement } from '../bank-statement.js';
import type { StatementColumns } from '../bank-statement.js';
import type { Cli } from '../cli-io.js';
import { openRazorpay } from '../razorpay.js';
import { openStores } from '../stores.js';
import type { Stores } from '../stores.js';
import { indianDay, wholeNumber } from './options.js';

export function registerReconcile(program: Command, cli: Cli): void {
  const group = program
    .command('reconcile')
    .description('compare books, settlements and bank; report a day; list what waits for a person');
  registerPull(group, cli);
  registerBank(group, cli);
  registerRun(group, cli);
  registerDayReport(group, cli);
  registerCases(group, cli);
}

function registerPull(group: Command, cli: Cli): void {
  group
    .command('pull')
    .description('read settled rows from Razorpay: what is missing and the newest days, or the days given')
    .option('--from <day>', 'first day in India, YYYY-MM-DD', indianDay)
    .option('--to <day>', 'last day; yesterday unless given', indianDay)
    .action(async ({ from, to }: { from?: number; to?: number }) => {
      const { settlements } = openRazorpay(cli);
      const { clock } = cli;
      const through = to === undefined ? yesterday(clock.now()) : istDay(to);
      const pulled = await withStores(cli, ({ pool }) => {
        const deps = { pool, clock, settlements };
        return from === undefined
          ? pullDays(deps, through, RECONCILIATION.reReadDays)
          : pullRange(deps, istDay(from), through);
      });
      cli.result(pulled, () => pulled.map(describePulled).join('\n'));
    });
}

function registerBank(group: Command, cli: Cli): void {
  group
    .command('bank')
    .description('take in the credits of a bank statement; lines that are known change nothing')
    .argument('<file>', 'CSV with a header')
    .option('--day <column>', 'of the day', 'date')
    .option('--amount <column>', 'of the amount credited, in rupees', 'amount')
    .option('--narration <column>', 'of the text', 'narration')
    .option('--utr <column>', 'of the UTR, if it has its own', 'utr')
    .option('--reference <column>', "of the bank's own id of the line, if there is one", 'reference')
    .action(async (file: string, columns: StatementColumns) => {
      const credits = await readStatement(file, columns);
      const imported = await withStores(cli, ({ pool }) => importCredits(pool, credits, cli.clock.now()));
      cli.result(
        { credits: credits.length, imported },
        () => `${credits.length} credits, ${imported} new; \`hasivu reconcile run\` compares them`,
      );
    });
}

function registerRun(group: Command, cli: Cli): void {
  group
    .command('run')
    .description('compare; a second run changes nothing')
    .option('--from <day>', `rows settled since; ${RECONCILIATION.compareDays} days unless given`, indianDay)
    .action(async ({ from }: { from?: number }) => {
      const progress = cli.progress('settled rows compared');
      const since = from === undefined ? {} : { from: istDay(from) };
      const options = { now: cli.clock.now(), onProgress: progress.update, ...since };
      const done = await withStores(cli, ({ pool }) => reconcile(pool, options));
      progress.finish();
      cli.result(done, () =>
        Object.entries(done)
          .map(([name, count]) => `${name.padEnd(12)} ${count}`)
          .join('\n'),
      );
    });
}

function registerDayReport(group: Command, cli: Cli): void {
  group
    .command('report')
    .description('what the settlements of a day came to')
    .option('--on <day>', 'in India, YYYY-MM-DD; yesterday unless given', indianDay)
    .action(async ({ on }: { on?: number }) => {
      const day = on === undefined ? yesterday(cli.clock.now()) : istDay(on);
      const report = await withStores(cli, ({ pool }) => dayReport(pool, day));
      if (report === null) {
        const message = `the settlements of ${day} have not been read: \`hasivu reconcile pull --from ${day} --to ${day}\``;
        throw new AppError('not-found', 'day-not-read', message);
      }
      cli.result(plain(report), () => describeReport(report));
    });
}

function registerCases(group: Command, cli: Cli): void {
  group
    .command('cases')
    .description('differences that wait for a person, the most money first')
    .option('--limit <n>', 'how many at most', wholeNumber(1), 20)
    .action(async ({ limit }: { limit: number }) => {
      const found = await withStores(cli, async ({ pool }) => ({
        waiting: await waitingByReason(pool),
        exceptions: await listExceptions(pool, { status: 'open', reason: null, limit, offset: 0 }),
      }));
      cli.result(plain(found), () => describeCases(found.waiting, found.exceptions));
    });
}

function describePulled({ settledOn, rows, changed, unsettled }: PulledDay): string {
  return `${settledOn}  ${rows} rows, ${changed} new or changed, ${unsettled} not settled yet`;
}

function describeReport(report: DayReport): string {
  const { settledOn, rows, matched, adjusted, exceptions, late, netPaise } = report;
  const share = rows === 0n ? '-' : `${((Number(matched) * 100) / Number(rows)).toFixed(2)} %`;
  return [
    `${settledOn}: ${rows} rows, net ${rupees(netPaise)}`,
    `matched ${matched} (${share}), adjusted ${adjusted}, for a person ${exceptions}, late ${late}`,
    ...report.adjustments.map(
      ({ name, rows: count, paise }) => `  adjusted ${name.padEnd(12)} ${count} rows  ${rupees(paise)}`,
    ),
    ...report.settlements.map(({ settlementId, utr, paidPaise, rowsPaise, creditedPaise }) =>
      [
        `  ${settlementId}`,
        `rows ${rupees(rowsPaise)}`,
        `paid ${paidPaise === null ? 'unknown' : rupees(paidPaise)}`,
        `bank ${creditedPaise === null ? 'not seen' : rupees(creditedPaise)}`,
        `UTR ${utr ?? 'unknown'}`,
      ].join('  '),
    ),
  ].join('\n');
}

function describeCases(waiting: readonly Waiting[], exceptions: readonly ShownException[]): string {
  if (waiting.length === 0) return 'nothing waits';
  return [
    ...waiting.map(
      ({ reason, count, stakePaise, oldestOn }) =>
        `${reason.padEnd(24)} ${String(count).padStart(6)}  ${rupees(stakePaise)}  since ${oldestOn}\n  ${REASONS[reason]}`,
    ),
    '',
    ...exceptions.map(
      ({ exceptionId, happenedOn, reason, differencePaise, currency, subject }) =>
        `${exceptionId}  ${happenedOn}  ${reason.padEnd(24)} ${formatMoney(differencePaise, currency)}  ${subject}`,
    ),
  ].join('\n');
}

function rupees(paise: bigint): string {
  return formatMoney(paise, 'INR');
}

/** JSON has no bigint. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? Number(one) : one)),
  );
}

async function withStores<T>(cli: Cli, work: (stores: Stores) => Promise<T>): Promise<T> {
  const stores = await openStores(cli);
  try {
    return await work(stores);
  } finally {
    await stores.close();
  }
}
