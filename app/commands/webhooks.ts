/**
 * `hasivu webhooks`: what the inbox holds, applying events again, taking in bodies that came another way than by HTTP, and after
 * an outage reading from the gateway what no webhook told.
 */
import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import { sweepGateway } from '../../billing/payments/sweep.js';
import { AppError } from '../../core/errors.js';
import { readEvent } from '../../ingest/webhooks/admission.js';
import { listEvents, openInbox, replayEvents, SHOWN_STATUSES } from '../../ingest/webhooks/inbox.js';
import type { EventStatus, InboxEvent } from '../../ingest/webhooks/inbox.js';
import type { Cli } from '../cli-io.js';
import { openRazorpay } from '../razorpay.js';
import { openStores } from '../stores.js';
import type { Stores } from '../stores.js';
import { openWebhooks } from '../webhooks.js';
import { indianDay, wholeNumber } from './options.js';

export function registerWebhooks(program: Command, cli: Cli): void {
  const webhooks = program
    .command('webhooks')
    .description('list what the webhook inbox holds, apply events again, import bodies from files');
  webhooks
    .command('list')
    .description('events, newest first')
    .addOption(new Option('--status <status>', 'which').choices(SHOWN_STATUSES).default('parked'))
    .option('--limit <n>', 'how many at most', wholeNumber(1), 50)
    .action(async ({ status, limit }: { status: EventStatus; limit: number }) => {
      const events = await withStores(cli, ({ pool }) => listEvents(pool, { status, limit, before: null }));
      cli.result(events, () => (events.length === 0 ? `no ${status} events` : events.map(line).join('\n')));
    });
  webhooks
    .command('replay')
    .description('apply events again: the named ones, or all that are parked')
    .argument('[event-ids...]', 'as listed')
    .action(async (eventIds: string[]) => {
      const replayed = await withStores(cli, async (stores) => {
        const count = await replayEvents(
          stores.pool,
          eventIds.length === 0 ? null : eventIds,
          cli.clock.now(),
        );
        await drain(cli, stores);
        return count;
      });
      cli.result(
        { replayed },
        () => `${replayed} applied again; \`hasivu webhooks list\` shows what is parked`,
      );
    });
  webhooks
    .command('import')
    .description(
      'take in webhook bodies from files that you trust, of any age and without a signature, and apply them',
    )
    .argument('<files...>', 'one JSON body each')
    .action(async (files: string[]) => {
      const outcomes = await withStores(cli, (stores) => importFiles(cli, stores, files));
      cli.result(outcomes, () =>
        outcomes
          .map(({ file, status, reason }) => `${status.padEnd(9)} ${file} ${reason ?? ''}`.trimEnd())
          .join('\n'),
      );
    });
  registerSweep(webhooks, cli);
}

const DAY_MS = 86_400_000;

function registerSweep(webhooks: Command, cli: Cli): void {
  webhooks
    .command('sweep')
    .description('read what was created on these days from the gateway and apply what no webhook told')
    .requiredOption('--from <day>', 'first day in India, YYYY-MM-DD', indianDay)
    .option('--to <day>', 'last day; today unless given', indianDay)
    .action(async ({ from, to }: { from: number; to?: number }) => {
      const gateway = openRazorpay(cli);
      const range = { fromAt: from, toAt: to === undefined ? cli.clock.now() : to + DAY_MS - 1 };
      const swept = await withStores(cli, ({ pool }) =>
        sweepGateway({ pool, clock: cli.clock, gateway }, range),
      );
      cli.result(swept, () =>
        Object.entries(swept)
          .map(([kind, count]) => `${kind.padEnd(12)} ${count}`)
          .join('\n'),
      );
    });
}

interface Imported {
  readonly file: string;
  readonly eventId: string;
  readonly status: EventStatus;
  readonly reason: string | null;
}

async function importFiles(cli: Cli, stores: Stores, files: readonly string[]): Promise<Imported[]> {
  const inbox = openInbox(stores.pool);
  const hashes: { readonly file: string; readonly bodyHash: Buffer }[] = [];
  for (const file of files) {
    const event = readEvent(await readBody(file), null, cli.clock.now());
    await inbox.store(event);
    hashes.push({ file, bodyHash: event.bodyHash });
  }
  await drain(cli, stores);
  // By their bytes: what came by HTTP before is there under the provider's id.
  const { rows } = await stores.pool.query<Omit<Imported, 'file'> & { hash: Buffer }>(
    `SELECT body_hash AS hash, event_id AS "eventId", status, reason FROM webhook_events WHERE body_hash = ANY($1)`,
    [hashes.map(({ bodyHash }) => bodyHash)],
  );
  return hashes.flatMap(({ file, bodyHash }) =>
    rows
      .filter(({ hash }) => hash.equals(bodyHash))
      .map(({ eventId, status, reason }) => ({ file, eventId, status, reason })),
  );
}

async function readBody(file: string): Promise<Buffer> {
  return readFile(file).catch((cause: unknown) => {
    throw new AppError('bad-input', 'file-unreadable', `${file} cannot be read: give files that exist`, {
      cause,
    });
  });
}

function drain({ clock, log, config }: Cli, { pool }: Stores): Promise<number> {
  return openWebhooks({ pool, clock, log, config: config() }).drain();
}

async function withStores<T>(cli: Cli, work: (stores: Stores) => Promise<T>): Promise<T> {
  const stores = await openStores(cli);
  try {
    return await work(stores);
  } finally {
    await stores.close();
  }
}

function line({ eventId, event, status, tries, receivedAt, reason }: InboxEvent): string {
  const received = new Date(receivedAt).toISOString();
  return `${received}  ${status.padEnd(8)} ${event.padEnd(28)} ${eventId}  tries ${tries}  ${reason ?? ''}`.trimEnd();
}
