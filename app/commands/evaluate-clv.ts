/** `hasivu evaluate clv`: do models of repeat buying foresee what the customers of any shop will buy and spend? */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { openDuckdb } from '../../core/duckdb.js';
import { readPurchases, readSummary } from '../../models/lifetime/purchase-history.js';
import { REPEAT_MODELS } from '../../models/lifetime/repeat-buyers.js';
import type { RepeatModelName } from '../../models/lifetime/repeat-buyers.js';
import { evaluateClv, fitClv } from '../../models/tasks/evaluate-clv.js';
import type { ClvEvaluation, FittedClv } from '../../models/tasks/evaluate-clv.js';
import type { Cli } from '../cli-io.js';
import { range, textTable } from '../text-table.js';
import { wholeNumber } from './options.js';
import { names } from './table-options.js';

interface Options {
  readonly data: string;
  readonly query?: string;
  readonly customer?: string;
  readonly time?: string;
  readonly value?: string;
  readonly fitTo?: string;
  readonly unitDays: number;
  readonly repeats?: string;
  readonly last?: string;
  readonly observed?: string;
  readonly models: readonly RepeatModelName[];
  readonly seed: number;
}

const EXAMPLES = `
From purchases, one a row:
  hasivu evaluate clv --data orders.csv --customer customer_id --time ordered_at --value amount --fit-to 2026-03-31
From a table that is already summed up by customer (parameters only):
  hasivu evaluate clv --data summary.csv --repeats x --last t_x --observed T
`;

/** Adds `clv` to the `evaluate` command. */
export function registerEvaluateClv(evaluate: Command, cli: Cli): void {
  const command = evaluate
    .command('clv')
    .description(
      'fit BG/NBD, MBG/NBD, Pareto/NBD and Gamma-Gamma on a history of purchases and judge them on its rest',
    )
    .requiredOption('--data <file>', 'CSV (with a header) or Parquet file')
    .option('--query <sql>', 'one SELECT over the view input that gives the table')
    .option('--customer <column>', 'who bought')
    .option('--time <column>', 'when')
    .option('--value <column>', 'what was paid; of a summary, the mean of a repeat purchase')
    .option('--fit-to <day>', 'last day that fits the models; the middle of the history by default', day)
    .option('--unit-days <number>', "days in a unit of the models' time", wholeNumber(1), 7)
    .option('--repeats <column>', 'summary: repeat purchases')
    .option('--last <column>', 'summary: time of the last purchase since the first')
    .option('--observed <column>', 'summary: time of observation since the first purchase')
    .option('--models <names>', REPEAT_MODELS.join(', '), modelNames, [...REPEAT_MODELS])
    .option('--seed <number>', 'seed of the intervals', wholeNumber(0), 1)
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      const run = runnerOf(options, cli);
      if (typeof run === 'string') return command.error(`error: ${run}`);
      await run();
    });
}

/** What to do, or what is wrong with the options together. */
function runnerOf(options: Options, cli: Cli): (() => Promise<void>) | string {
  const { data: file, query, customer, time, value, repeats, last, observed } = options;
  if (repeats !== undefined && last !== undefined && observed !== undefined)
    return () =>
      withDuckdb(async (db) => {
        const buyers = await readSummary(db, { file, query, repeats, lastAt: last, observed, value });
        const fitted = fitClv(buyers, options.models);
        cli.result({ ...fitted }, () => parameterLines(fitted).join('\n'));
      });
  if (customer === undefined || time === undefined || value === undefined)
    return 'give --customer, --time and --value of purchases, or --repeats, --last and --observed of a summary';
  return () =>
    withDuckdb(async (db) => {
      const { fitTo, unitDays, models, seed } = options;
      const history = await readPurchases(db, { file, query, customer, time, value, fitTo, unitDays });
      const evaluation = evaluateClv(history, models, seed);
      cli.result({ ...evaluation }, () => report(evaluation, unitDays));
    });
}

async function withDuckdb(
  work: (db: Awaited<ReturnType<typeof openDuckdb>>) => Promise<void>,
): Promise<void> {
  const db = await openDuckdb(':memory:');
  try {
    await work(db);
  } finally {
    db.close();
  }
}

function report(evaluation: ClvEvaluation, unitDays: number): string {
  const rows = evaluation.foresight.map(({ name, scores, interval }) => [
    name,
    signed(scores.purchasesBias),
    `${scores.purchasesMae.toFixed(3)} (${range(interval.purchasesMae)})`,
    `${scores.purchasesCorrelation.toFixed(3)} (${range(interval.purchasesCorrelation)})`,
    signed(scores.spendBias),
    `${scores.spendMae.toFixed(2)} (${range(interval.spendMae, 2)})`,
    `${percent(scores.topTenthShare)} (${percent(interval.topTenthShare.low)} to ${percent(interval.topTenthShare.high)})`,
  ]);
  const days = Math.round(evaluation.horizon * unitDays);
  return [
    ...parameterLines(evaluation),
    '',
    `fitted to ${evaluation.fitTo}, judged on the ${days} days to ${evaluation.lastDay}: ${evaluation.laterPurchases} purchases (95 % intervals)`,
    ...textTable([
      ['', 'purchases: bias', 'MAE', 'correlation', 'spend: bias', 'MAE', 'spend of top tenth'],
      ...rows,
    ]),
    ...evaluation.notes,
  ].join('\n');
}

function parameterLines({ customers, repeatCustomers, models, spend }: FittedClv): string[] {
  const line = (
    name: string,
    parameters: Readonly<Record<string, number>>,
    logLikelihood: number,
  ): string[] => [
    name,
    ...Object.entries(parameters).map(([parameter, value]) => `${parameter} ${value.toFixed(3)}`),
    `log-likelihood ${logLikelihood.toFixed(1)}`,
  ];
  return [
    `${customers} customers, ${repeatCustomers} of them bought again`,
    ...textTable(models.map((model) => line(model.name, model.parameters, model.logLikelihood))),
    ...(spend === null
      ? []
      : textTable([
          [
            ...line('gamma-gamma', spend.parameters, spend.logLikelihood),
            `purchases and spend correlate by ${spend.correlation.toFixed(3)}`,
          ],
        ])),
  ];
}

function signed(share: number): string {
  return `${share < 0 ? '-' : '+'}${percent(Math.abs(share))}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function day(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('give a day as YYYY-MM-DD.');
}

function modelNames(text: string): RepeatModelName[] {
  return names(text).map((name) => {
    const known = REPEAT_MODELS.find((model) => model === name);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`known are ${REPEAT_MODELS.join(', ')}.`);
  });
}
