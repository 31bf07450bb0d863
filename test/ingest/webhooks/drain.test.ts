import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { manualClock } from '../../../core/clock.js';
import { silentLog } from '../../../core/log.js';
import { readEvent } from '../../../ingest/webhooks/admission.js';
import { drainInbox } from '../../../ingest/webhooks/drain.js';
import type { ApplySightings } from '../../../ingest/webhooks/drain.js';
import { forgetBodies, listEvents, openInbox, replayEvents } from '../../../ingest/webhooks/inbox.js';
import { createWebhookTally } from '../../../ingest/webhooks/tally.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { webhookBody } from '../../support/webhooks.js';

const START_AT = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;

let database: TestPostgres;
beforeAll(async () => {
  database = await testPostgres();
}, 60_000);
beforeEach(() => database.pool.query('TRUNCATE webhook_events'));
afterAll(() => database.close());

function setUp(apply: ApplySightings) {
  const clock = manualClock(START_AT);
  const tally = createWebhookTally();
  const inbox = openInbox(database.pool);
  const drain = () => drainInbox({ pool: database.pool, clock, log: silentLog, tally, apply });
  const arrive = async (...ids: string[]): Promise<void> => {
    await Promise.all(
      ids.map((id) => {
        const body = webhookBody({ event: 'payment.captured', createdAt: clock.now(), payment: { id } });
        return inbox.store(readEvent(Buffer.from(body), `evt_${id}`, clock.now()));
      }),
    );
  };
  return { clock, tally, drain, arrive };
}

const statuses = async (): Promise<Record<string, string>> => {
  const all = await Promise.all(
    (['waiting', 'applied', 'parked'] as const).map((status) =>
      listEvents(database.pool, { status, limit: 100, before: null }),
    ),
  );
  return Object.fromEntries(
    all.flat().map(({ eventId, status, tries }) => [eventId, tries === 0 ? status : `${status} ${tries}`]),
  );
};

describe('draining the inbox', () => {
  it('holds up nobody because of one event, and parks that one after five tries with pauses', async () => {
    const applied: string[] = [];
    const { clock, tally, drain, arrive } = setUp(async (_client, sightings) => {
      if (sightings.some(({ payment }) => payment?.id === 'bad')) throw new Error('cannot');
      applied.push(...sightings.flatMap(({ payment }) => payment?.id ?? []));
    });
    await arrive('a', 'bad', 'b');
    await drain();
    expect(applied.sort()).toEqual(['a', 'b']);
    expect(await statuses()).toEqual({ evt_a: 'applied', evt_b: 'applied', evt_bad: 'waiting 1' });
    await drain();
    expect(await statuses()).toMatchObject({ evt_bad: 'waiting 1' });
    for (let i = 0; i < 4; i++) {
      clock.advance(100_000);
      await drain();
    }
    const [parked] = await listEvents(database.pool, { status: 'parked', limit: 1, before: null });
    expect(parked).toMatchObject({ eventId: 'evt_bad', tries: 5, reason: 'cannot' });
    expect(tally.counts()).toEqual([
      { event: 'payment.captured', outcome: 'applied', count: 2 },
      { event: 'payment.captured', outcome: 'retry', count: 4 },
      { event: 'payment.captured', outcome: 'parked', count: 1 },
    ]);
  });

  it('applies and marks together: what is written while applying is undone with the mark', async () => {
    const { drain, arrive } = setUp(async (client) => {
      await client.query("INSERT INTO migrations (name, checksum) VALUES ('9999-undone.sql', '')");
      throw new Error('crash');
    });
    await arrive('a');
    await drain();
    const { rows } = await database.pool.query("SELECT FROM migrations WHERE name = '9999-undone.sql'");
    expect(rows).toEqual([]);
    expect(await statuses()).toEqual({ evt_a: 'waiting 1' });
  });

  it('shares the work with other programs: each event is applied by one', async () => {
    const applied: string[] = [];
    const { drain, arrive } = setUp(async (client, sightings) => {
      await client.query('SELECT pg_sleep(0.02)');
      applied.push(...sightings.flatMap(({ payment }) => payment?.id ?? []));
    });
    const ids = Array.from({ length: 250 }, (_, i) => `p${i}`);
    await arrive(...ids);
    await Promise.all([drain(), drain(), drain()]);
    expect(applied.sort()).toEqual([...ids].sort());
  });

  it('applies again what is replayed, also what was applied, but not what is forgotten', async () => {
    let turns = 0;
    const { clock, drain, arrive } = setUp(async () => void (turns += 1));
    await arrive('a');
    await drain();
    expect(await replayEvents(database.pool, null, clock.now())).toBe(0);
    expect(await replayEvents(database.pool, ['evt_a', 'evt_nobody'], clock.now())).toBe(1);
    await drain();
    expect(turns).toBe(2);
    clock.advance(46 * DAY_MS);
    expect(await forgetBodies(database.pool, clock.now())).toBe(1);
    expect(await replayEvents(database.pool, ['evt_a'], clock.now())).toBe(0);
  });
});
