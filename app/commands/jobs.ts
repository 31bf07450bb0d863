/** `hasivu jobs`: the recurring work that needs only the stores, listed and run once; a running server does it by itself. */
import { Argument } from 'commander';
import type { Command } from 'commander';
import type { Cli } from '../cli-io.js';
import { STORE_JOBS, storeJobs } from '../jobs.js';
import { openStores } from '../stores.js';

export function registerJobs(program: Command, cli: Cli): void {
  const jobs = program.command('jobs').description('list the recurring work, run one job now');
  jobs
    .command('list')
    .description('what a running server does by itself, and how often')
    .action(() => {
      const listed = Object.entries(STORE_JOBS).map(([name, job]) => ({ name, ...job }));
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
    .action(async (name: string) => {
      const stores = await openStores(cli);
      try {
        const { clock, log } = cli;
        const { policyFile } = cli.config();
        const job = storeJobs({ stores, clock, log, policyFile }).find((one) => one.name === name);
        await job?.run();
        cli.result({ job: name, done: true }, () => `${name}: done`);
      } finally {
        await stores.close();
      }
    });
}
