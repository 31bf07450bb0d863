/**
 * Time for the demo's past: our functions and the double of the gateway live at one instant of it, and go on together. What the double
 * says comes through the webhook inbox as always. The gate alone is asked over HTTP and at the present, as its log knows no other time:
 * decisions about the demo's past carry the date of its making.
 */
import type { Pool } from 'pg';
import { progressDebits } from '../../billing/debits/progress.js';
import { settleInvoices } from '../../billing/invoices/settle.js';
import { applySightings } from '../../billing/payments/apply.js';
import { manualClock } from '../../core/clock.js';
import type { Clock } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import type { Gateway } from '../../core/ports/gateway.js';
import { sign } from '../../core/signature.js';
import { admitWebhook } from '../../ingest/webhooks/admission.js';
import { drainInbox } from '../../ingest/webhooks/drain.js';
import { openInbox } from '../../ingest/webhooks/inbox.js';
import { createWebhookTally } from '../../ingest/webhooks/tally.js';
import type { Decide } from '../../scoring/decide.js';
import type { Sandbox } from '../gateway.js';

export interface DemoDeps {
  readonly pool: Pool;
  /** The present. */
  readonly clock: Clock;
  readonly log: Log;
  readonly gateway: Gateway;
  readonly sandbox: Sandbox;
  readonly decide: Decide;
  readonly stopwatch: () => number;
}

export interface DemoWorld extends Omit<DemoDeps, 'clock'> {
  /** Stands at one instant of the past. */
  readonly clock: Clock;
  /** On to an instant, taking the debits that fall due on the way at their moments. */
  passTo(at: number): Promise<void>;
  /** The world belongs to the present again. */
  leave(): void;
}

/** Nobody outside posts to this inbox. */
const SECRET = 'demo';
const NEVER_TOO_OLD_DAYS = 3650;
/** Without a model: what the ladder says. */
const adviser = () => ({ estimate: null, version: null });

export function openDemoWorld(deps: DemoDeps, from: number): DemoWorld {
  const { pool, log, sandbox } = deps;
  const clock = manualClock(from);
  const here = { ...deps, clock, adviser };
  const inbox = openInbox(pool);
  const tally = createWebhookTally();
  let heard = sandbox.double.sender.events.length;
  sandbox.live(clock);

  /** False: it had nothing to say. */
  const listen = async (): Promise<boolean> => {
    await sandbox.double.world.agenda.runDue();
    const { events } = sandbox.double.sender;
    const fresh = events.slice(heard);
    heard = events.length;
    if (fresh.length === 0) return false;
    for (const { id, body } of fresh) {
      const arrived = { raw: Buffer.from(body), signature: sign(body, SECRET), eventId: id };
      await inbox.store(
        admitWebhook(arrived, { secrets: [SECRET], maxAgeDays: NEVER_TOO_OLD_DAYS }, clock.now()),
      );
    }
    await drainInbox({ pool, clock, log, tally, apply: applySightings });
    await settleInvoices(here);
    return true;
  };
  const turn = async (at: number): Promise<void> => {
    clock.set(Math.max(at, clock.now()));
    await listen();
    await progressDebits(here);
    await listen();
  };
  return {
    ...here,
    passTo: async (at) => {
      for (let due = await nextDebit(pool); due !== null && due < at; due = await nextDebit(pool))
        await turn(due);
      clock.set(at);
      // Mandates that were just approved are looked after by the turn of debits.
      if (await listen()) await turn(at);
    },
    leave: () => sandbox.live(null),
  };
}

/** When the next step of a debit is due. */
async function nextDebit(pool: Pool): Promise<number | null> {
  const { rows } = await pool.query<{ at: number | null }>(
    `SELECT min(due_at) AS at FROM debits WHERE status IN ('planned', 'announcing', 'announced', 'charging', 'unresolved')`,
  );
  return rows[0]?.at ?? null;
}
