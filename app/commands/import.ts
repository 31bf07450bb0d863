/** `hasivu import`: a merchant's file of payments, or what Razorpay remembers, into the lake. */
import path from 'node:path';
import type { Command } from 'commander';
import { lakeRoot } from '../../core/config.js';
import { formatMoney } from '../../core/money.js';
import { readColumnMap } from '../../ingest/column-map.js';
import type { ImportResult, ImportStep } from '../../ingest/import-file.js';
import { importFile } from '../../ingest/import-file.js';
import type { Lake } from '../../ingest/lake.js';
import { openLake } from '../../ingest/lake.js';
import type { Cli } from '../cli-io.js';
import { withStages } from '../stages.js';
import { registerImportRazorpay } from './import-razorpay.js';

export interface ImportOptions {
  readonly file: string;
  readonly map?: string;
  readonly query?: string;
  readonly skipBad?: boolean;
  readonly name?: string;
}

export function registerImport(program: Command, cli: Cli): void {
  const group = program
    .command('import')
    .description('import payments, fraud labels and refunds from a file, or everything from Razorpay')
    .addHelpText(
      'after',
      '\n`hasivu import --file <path>` reads a file: `hasivu import file --help` has its options.',
    );
  registerImportRazorpay(group, cli);
  const command = group
    .command('file', { isDefault: true })
    .description('from a CSV or Parquet file; what `hasivu import --file` does')
    .requiredOption('--file <path>', 'CSV (any delimiter, also gzip) or Parquet');
  importOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (options: ImportOptions) => {
      const lake = await openLake(lakeRoot(cli.config()), cli.clock);
      const result = await importIntoLake(cli, lake, options);
      cli.result(toJson(result), () => describe(result));
    });
}

/** How a file is read: for every command that takes one. */
export function importOptions(command: Command): Command {
  return command
    .option('--map <path>', 'JSON that names the columns; not needed when they have canonical names')
    .option('--query <sql>', 'one SELECT over the view input that gives canonical columns')
    .option('--skip-bad', 'import the good rows and write the bad ones to the rejects folder')
    .option('--name <name>', 'name of the batch (default: from the file)');
}

const EXAMPLES = `
A map names the columns:
  {"paymentId":"ID","occurredAt":"TIME","payerId":"CUSTOMER","amount":"AMOUNT","fraud":"IS_FRAUD"}
A query may do more than a map:
  hasivu import --file orders.parquet --query "SELECT order_no AS payment_id, paid_at AS occurred_at,
    buyer AS payer_id, sum(price) AS amount FROM input GROUP BY ALL"
`;

const STAGES: Readonly<Record<ImportStep, string>> = {
  hash: 'reading bytes',
  read: 'checking rows',
  write: 'writing rows',
};

export async function importIntoLake(cli: Cli, lake: Lake, options: ImportOptions): Promise<ImportResult> {
  const map = options.map === undefined ? {} : await readColumnMap(options.map);
  const request = { ...options, map, rejectsDir: path.join(cli.config().dataDir, 'rejects') };
  return withStages(cli, (onStage) =>
    importFile(lake, request, (step, done, total) => onStage(STAGES[step], done, total)),
  );
}

function toJson(result: ImportResult): unknown {
  const { fromAt, toAt, ...rest } = result;
  return { ...rest, from: new Date(fromAt).toISOString(), to: new Date(toAt).toISOString() };
}

function describe(result: ImportResult): string {
  const { batch, payments, refunds, labels, frauds, rejected, rejectsFile, currency } = result;
  const said = [
    result.outcome === 'imported'
      ? `imported as batch ${batch}`
      : `imported before as batch ${batch}: nothing changed`,
    `${count(payments)} payments of ${formatMoney(result.amountPaise, currency)} from ${day(result.fromAt)} to ${day(result.toAt)}`,
  ];
  if (refunds > 0) said.push(`${count(refunds)} refunds of ${formatMoney(result.refundedPaise, currency)}`);
  said.push(labels > 0 ? `${count(labels)} labels, ${count(frauds)} of them fraud` : 'no fraud labels');
  if (rejectsFile !== null) said.push(`${count(rejected)} bad rows set aside in ${rejectsFile}`);
  return said.join('\n');
}

function count(rows: number): string {
  return rows.toLocaleString('en-IN');
}

/** In India's calendar. */
function day(instantMs: number): string {
  return new Date(instantMs).toLocaleDateString('en-CA', { timeZone: 'Asia/Kolkata' });
}
