/**
 * `hasivu import razorpay`: the history that Razorpay remembers, into payments and ledger, then into the lake and the
 * warehouse. Stopped anywhere and called again, it goes on where it was.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { backfill } from '../../billing/payments/backfill.js';
import type { Backfilled } from '../../billing/payments/backfill.js';
import { flushGatewayFacts } from '../../billing/payments/facts.js';
import type { SweptKind } from '../../billing/payments/sweep.js';
import type { Gateway, TimeRange } from '../../core/ports/gateway.js';
import type { Cli } from '../cli-io.js';
import { openRazorpay } from '../razorpay.js';
import { refreshIfStale } from '../refresh-warehouse.js';
import type { OnStage } from '../stages.js';
import { withStages } from '../stages.js';
import { openStores } from '../stores.js';
import { indianDay, wholeNumber } from './options.js';

interface Options {
  readonly from: number;
  readonly to?: number;
  readonly rate: number;
  readonly again?: boolean;
}

const DAY_MS = 86_400_000;

export function registerImportRazorpay(group: Command, cli: Cli): void {
  group
    .command('razorpay')
    .description(
      'payments, refunds, disputes and settlements of these days; goes on where an earlier call stopped',
    )
    .requiredOption('--from <day>', 'first day in India, YYYY-MM-DD', indianDay)
    .option('--to <day>', 'last day; today unless given', indianDay)
    .option('--rate <n>', 'pages of 100 asked for in a second, at most', wholeNumber(1), 5)
    .option('--again', 'read days again that were read to their end: what happened to their payments since')
    .action(async (options: Options) => {
      const result = await importRazorpay(cli, openRazorpay(cli), options);
      cli.result(result, () => describe(result));
    });
}

interface Imported extends Backfilled {
  /** Facts that this call moved to the lake; a running server may have moved some before. */
  readonly facts: number;
}

async function importRazorpay(
  cli: Cli,
  gateway: Gateway,
  { from, to, rate, again = false }: Options,
): Promise<Imported> {
  const now = cli.clock.now();
  const range: TimeRange = { fromAt: from, toAt: to === undefined ? now : Math.min(now, to + DAY_MS - 1) };
  const stores = await openStores(cli);
  try {
    return await withStages(cli, async (onStage) => {
      const deps = {
        pool: stores.pool,
        clock: cli.clock,
        gateway,
        pause: (ms: number) => pause(ms),
        onProgress: (kind: SweptKind, done: number, total: number) => onStage(`${kind} (days)`, done, total),
      };
      const filled = await backfill(deps, range, { pagesPerSecond: rate, again });
      const facts = await flushAll(() => flushGatewayFacts(stores.pool, stores.lake), onStage);
      await refreshIfStale(stores, cli.clock, onStage);
      return { ...filled, facts };
    });
  } finally {
    await stores.close();
  }
}

async function flushAll(flush: () => Promise<number>, onStage: OnStage): Promise<number> {
  let facts = 0;
  for (;;) {
    const moved = await flush();
    if (moved === 0) return facts;
    facts += moved;
    onStage('facts to the lake', facts, facts);
  }
}

function describe({ read, skipped, orphans, facts }: Imported): string {
  const lines = Object.entries(read).map(
    ([kind, count]) => `${kind.padEnd(12)} ${count.toLocaleString('en-IN')}`,
  );
  lines.push(`${facts.toLocaleString('en-IN')} facts moved to the lake; the warehouse has them`);
  if (orphans > 0)
    lines.push(`${orphans} refunds and disputes belong to payments made before: read earlier days too`);
  if (skipped > 0) lines.push(`${skipped} lists were read to their end before; --again reads them once more`);
  return lines.join('\n');
}
