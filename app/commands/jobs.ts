/**
 * `hasivu jobs`: the recurring work that needs only the stores, listed and run once; a running server does it by itself. A scheduled
 * job is run as the queue would have it run: one at a time, with a record.
 */
import { Argument, InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import type { BillingReport } from '../../billing/run/bill.js';
import { billingText } from '../billing-text.js';
import type { Cli } from '../cli-io.js';
import { LISTED_JOBS, STORE_JOBS, storeJobs } from '../jobs.js';
import type { JobEntry, JobTurn } from '../jobs.js';
import type { Progress } from '../progress.js';
import { openJobLocks } from '../schedule/locks.js';
import { runDelivery } from '../schedule/run-delivery.js';
import { openOutbound } from '../outbound.js';
import { openStores } from '../stores.js';
import type { Stores } from '../stores.js';

interface Options {
  readonly at?: number;
  readonly dryRun?: boolean;
  readonly record: boolean;
}

type StoreJob = ReturnType<typeof storeJobs>[number];

export function registerJobs(program: Command, cli: Cli): void {
  const jobs = program.command('jobs').description('list the recurring work, run one job now');
  jobs
    .command('list')
    .description('what a running server does by itself, and how often')
    .action(() => {
      const listed = LISTED_JOBS.filter(({ name }) => name in STORE_JOBS);
      cli.result(listed, () =>
        listed
          .map(({ name, everyMs, does }) => `${name.padEnd(20)} every ${everyMs / 1000} s   ${does}`)
          .join('\n'),
      );
    });
  jobs
    .command('run')
    .description('one turn of a job')
    .addArgument(new Argument('<name>', 'its name').choices(Object.keys(STORE_JOBS)))
    .option('--at <instant>', 'as of another instant, for instance 2026-07-01T00:30:00Z', instant)
    .option('--dry-run', 'say what would be done and do nothing')
    .option('--no-record', 'without a lock and a record: for whoever has both already')
    .action(async (name: keyof typeof STORE_JOBS, options: Options) => {
      requireHeeded(name, options);
      requirePast(cli, options);
      const stores = await openStores(cli);
      const outbound = openOutbound(cli);
      try {
        const { clock, log } = cli;
        const { policyFile } = cli.config();
        const job = storeJobs({ stores, clock, log, policyFile, outbound }).find((one) => one.name === name);
        const report = job && (await runOnce(cli, stores, job, options));
        cli.result({ job: name, done: true, ...told(report) }, () => text(name, report));
      } finally {
        outbound.close();
        await stores.close();
      }
    });
}

function text(name: keyof typeof STORE_JOBS, report: unknown): string {
  return name === 'billing' ? billingText(report as BillingReport) : `${name}: done`;
}

async function runOnce(cli: Cli, stores: Stores, job: StoreJob, options: Options) {
  let progress: Progress | null = null;
  const onProgress = (done: number, total: number): void => {
    progress ??= cli.progress(job.name, total);
    progress.update(done, total);
  };
  const isDryRun = options.dryRun === true;
  const turn: JobTurn = { at: options.at ?? cli.clock.now(), isDryRun, onProgress };
  try {
    return await runTurn(cli, stores, job, turn, options);
  } finally {
    (progress as Progress | null)?.finish();
  }
}

async function runTurn(
  { clock, log }: Cli,
  { pool }: Stores,
  job: StoreJob,
  turn: JobTurn,
  options: Options,
) {
  if (job.isScheduled !== true || turn.isDryRun || !options.record) return job.run(turn);
  const locks = openJobLocks(pool, log);
  try {
    const run = { name: job.name, run: () => job.run(turn) };
    const outcome = await runDelivery({ pool, clock, log, locks }, run, newId('person'));
    if (outcome.kind === 'done') return outcome.report;
    throw new AppError('conflict', 'job-is-running', `${job.name} is running elsewhere: wait for it`, {
      retryable: true,
    });
  } finally {
    locks.close();
  }
}

function requireHeeded(name: keyof typeof STORE_JOBS, { at, dryRun }: Options): void {
  const { heeds = [] }: JobEntry = STORE_JOBS[name];
  const asked = [
    ...(at === undefined ? [] : ['at' as const]),
    ...(dryRun === true ? ['dry-run' as const] : []),
  ];
  const ignored = asked.find((option) => !heeds.includes(option));
  if (ignored !== undefined)
    throw new AppError('bad-input', 'option-not-heeded', `${name} takes no --${ignored}: leave it out`);
}

/** Nothing is written with an instant that has not come: invoices would be paid before they were issued. */
function requirePast({ clock }: Cli, { at, dryRun }: Options): void {
  if (dryRun === true || at === undefined || at <= clock.now()) return;
  const message = `${new Date(at).toISOString()} has not come yet: add --dry-run to see what would be done then`;
  throw new AppError('bad-input', 'run-in-future', message);
}

/** What a job tells of its turn, when that is more than a number. */
function told(report: unknown): { readonly report?: unknown } {
  return typeof report === 'object' && report !== null ? { report } : {};
}

function instant(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('not an instant, for instance 2026-07-01T00:30:00Z');
  return at;
}
