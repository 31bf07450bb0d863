/** `hasivu billing`: what the billing run has set aside, and letting it be billed again. The run itself is `hasivu jobs run billing`. */
import type { Command } from 'commander';
import { listParked, unpark } from '../../billing/run/failures.js';
import type { Cli } from '../cli-io.js';
import { openStores } from '../stores.js';
import type { Stores } from '../stores.js';
import { textTable } from '../text-table.js';
import { wholeNumber } from './options.js';

export function registerBilling(program: Command, cli: Cli): void {
  const billing = program.command('billing').description('what the billing run has set aside');
  billing
    .command('parked')
    .description('subscriptions whose turn failed again and again, and why')
    .option('--limit <n>', 'at most so many', wholeNumber(1), 100)
    .action(({ limit }: { limit: number }) =>
      withStores(cli, async ({ pool }) => {
        const parked = await listParked(pool, limit);
        cli.result(parked, () =>
          parked.length === 0
            ? 'nothing is parked'
            : textTable([
                ['subscription', 'payer', 'reason'],
                ...parked.map((one) => [one.subscriptionId, one.payerId, one.reason]),
              ]).join('\n'),
        );
      }),
    );
  billing
    .command('resume')
    .description('let a parked subscription be billed again, with all that it has missed')
    .argument('<subscription>', 'its id')
    .action((subscriptionId: string) =>
      withStores(cli, async ({ pool }) => {
        await unpark(pool, subscriptionId, cli.clock.now());
        cli.result({ subscriptionId }, () => `${subscriptionId}: the next run bills it`);
      }),
    );
}

async function withStores(cli: Cli, work: (stores: Stores) => Promise<void>): Promise<void> {
  const stores = await openStores(cli);
  try {
    await work(stores);
  } finally {
    await stores.close();
  }
}
