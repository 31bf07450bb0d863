/**
 * A demo merchant's subscriptions for newcomers: some months of them, lived through our own functions and the double of the gateway before
 * the jobs start, so that every page has something to show. Only in the sandbox, and only into an empty catalogue: a second start
 * adds nothing, nor does one after a start that was stopped half-way; what that one left goes on by the usual jobs. A step that fails ends the demo,
 * not the server.
 */
import type { Pool } from 'pg';
import { dayOf, startOfDay } from '../../core/days.js';
import { errorText } from '../../core/error-text.js';
import { renewSubscriptionReports } from '../../reporting/subscription-store.js';
import type { OnStage } from '../stages.js';
import { hasCatalogue, stockCatalogue } from './catalogue.js';
import { liveMonths } from './months.js';
import { DEMO_SIZE, demoPayers } from './payers.js';
import type { DemoSize } from './payers.js';
import { openDemoWorld } from './world.js';
import type { DemoDeps } from './world.js';

const SEED = 7;

/** Answers one line for people, or null when there was nothing to do. */
export async function startDemoSubscriptions(
  deps: DemoDeps,
  onStage: OnStage,
  size: DemoSize = DEMO_SIZE,
): Promise<string | null> {
  const { pool, clock, log } = deps;
  if (await hasCatalogue(pool)) return null;
  const present = clock.now();
  const world = openDemoWorld(deps, startOfDay(dayOf(present) - size.days));
  let failure: string | null = null;
  try {
    await stockCatalogue(world);
    const payers = demoPayers(SEED, size);
    await liveMonths(world, payers, present, (done, total) => onStage('demo subscriptions', done, total));
  } catch (error) {
    failure = errorText(error);
    log.error({ event: 'demo-stopped', reason: failure, at: world.clock.now() });
  } finally {
    world.leave();
  }
  await renewSubscriptionReports(pool, clock.now());
  const stopped = failure === null ? '' : `; it stopped half-way, what it left goes on: ${failure}`;
  return `${told(await count(pool))}${stopped}`;
}

interface Counts {
  readonly subscriptions: number;
  readonly invoices: number;
  readonly payments: number;
  readonly in_arrears: number;
}

async function count(pool: Pool): Promise<Counts> {
  const { rows } = await pool.query<Counts>(
    `SELECT (SELECT count(*) FROM subscriptions)::int AS subscriptions, (SELECT count(*) FROM invoices)::int AS invoices,
       (SELECT count(*) FROM payments WHERE status = 'paid')::int AS payments,
       (SELECT count(*) FROM dunning_episodes WHERE cleared_at IS NULL)::int AS in_arrears`,
  );
  return rows[0] ?? { subscriptions: 0, invoices: 0, payments: 0, in_arrears: 0 };
}

function told({ subscriptions, invoices, payments, in_arrears: inArrears }: Counts): string {
  return `demo subscriptions: ${subscriptions} with ${invoices} invoices, ${payments} payments, ${inArrears} payers in arrears; see /subscriptions, /dunning, /payments`;
}
