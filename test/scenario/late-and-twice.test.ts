/**
 * Billing, debits, dunning and notices as schedulers really run them: two at once, a job delivered twice, after a clock that went back, and
 * three days late. Whichever it is, each family has one invoice, is debited once, and is told each thing once; nothing is skipped.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DAY_MS, HOUR_MS } from '../../core/days.js';
import { dayOfText, textOf } from '../support/billing-oracle.js';
import { morning } from '../support/billing-scene.js';
import {
  ledgerDifference,
  moneyFaults,
  unlawfulDebits,
  wrongStatuses,
} from '../support/collections-checks.js';
import { EVERY_TURN, openCollections } from '../support/collections-scene.js';
import type { Collections, Family } from '../support/collections-scene.js';

const CALM = { dies: 0, atOnce: 0, lost: 0, twice: 0, later: 0 };
const FIRST_DAY = dayOfText('2027-02-28');
/** From the invoice over its debit and the ladder to the first words of dunning. */
const DAYS = 11;
const FAMILIES = 4;
const ALL_JOBS = ['bill', 'plan-dunning', ...EVERY_TURN] as const;

let scene: Collections;
beforeAll(async () => {
  scene = await openCollections(28, CALM, morning(textOf(FIRST_DAY)) - HOUR_MS);
}, 60_000);
afterAll(() => scene.close());

type Turn = (day: number) => Promise<void>;

const inOrder = async (): Promise<void> => {
  for (const name of ALL_JOBS) await scene.jobs[name](scene.desk);
};
const WAYS: Readonly<Record<string, Turn>> = {
  'by two schedulers at once': async () => {
    for (const name of ALL_JOBS)
      await Promise.all([scene.jobs[name](scene.desk), scene.jobs[name](scene.desk)]);
  },
  'twice each, one after the other': async () => {
    for (const name of ALL_JOBS) {
      await scene.jobs[name](scene.desk);
      await scene.jobs[name](scene.desk);
    }
  },
  'again after the clock went back': async () => {
    await inOrder();
    const { clock } = scene.desk;
    const at = clock.now();
    clock.set(at - 7 * HOUR_MS);
    await inOrder();
    clock.set(at);
    await inOrder();
  },
  'after three days in which nothing ran': async (day) => {
    if (day >= 3) await inOrder();
  },
};

/** A new family's bank pays, but for the last one's. */
async function joinAll(on: number): Promise<readonly Family[]> {
  const { desk } = scene;
  const from = scene.families.length;
  for (let n = 0; n < FAMILIES; n++) {
    const family = await scene.join('lunch', textOf(on));
    await scene.authorise(family);
  }
  const families = scene.families.slice(from);
  const short = { outcome: 'failure', reason: 'insufficient_funds' } as const;
  desk.double.world.verdicts.set(
    families.at(-1)?.tokenId ?? '',
    Array.from({ length: 20 }, () => short),
  );
  return families;
}

interface Told {
  payer_id: string;
  invoices: number;
  paid: number;
  succeeded: number;
  failed: number;
}

async function outcomeOf(families: readonly Family[]): Promise<Omit<Told, 'failed'>[]> {
  const { rows } = await scene.desk.pool.query<Told>(
    `SELECT i.payer_id, count(DISTINCT i.invoice_id)::int AS invoices,
       count(DISTINCT i.invoice_id) FILTER (WHERE i.status = 'paid')::int AS paid,
       count(*) FILTER (WHERE d.status = 'succeeded')::int AS succeeded, count(*) FILTER (WHERE d.status = 'failed')::int AS failed
     FROM invoices i LEFT JOIN debits d USING (invoice_id) WHERE i.payer_id = ANY($1) GROUP BY i.payer_id ORDER BY length(i.payer_id), i.payer_id`,
    [families.map(({ payerId }) => payerId)],
  );
  expect(rows.at(-1)?.failed).toBeGreaterThan(1);
  return rows.map(({ failed: _failed, ...row }) => row);
}

/** How often each thing was written or said, beyond once. */
async function repeats(): Promise<string[]> {
  const { rows } = await scene.desk.pool.query<{ what: string }>(
    `SELECT 'step ' || min(step_id) AS what FROM dunning_steps WHERE status <> 'withdrawn'
       GROUP BY episode_id, stage, kind, subscription_id, invoice_id HAVING count(*) > 1
     UNION ALL SELECT 'period ' || min(invoice_id) FROM invoices WHERE kind = 'recurring' AND status <> 'void'
       GROUP BY subscription_id, period_start_on HAVING count(*) > 1
     UNION ALL SELECT 'order ' || order_id FROM debits WHERE order_id IS NOT NULL GROUP BY order_id HAVING count(*) > 1`,
  );
  const twice = scene.sent.filter((id, i) => scene.sent.indexOf(id) !== i);
  return [...rows.map(({ what }) => what), ...twice];
}

describe('billing, debits, dunning and notices', () => {
  it.each(Object.keys(WAYS))(
    'run %s make, ask for and say everything once',
    async (way) => {
      const { desk } = scene;
      const started = Math.floor((desk.clock.now() + 5.5 * HOUR_MS) / DAY_MS) + 1;
      const families = await joinAll(started);
      const saidBefore = scene.sent.length;
      for (let day = 0; day < DAYS; day++)
        for (const hour of [6.5, 13.5, 14, 22]) {
          await desk.wait(
            Math.max(0, morning(textOf(started + day)) + (hour - 6) * HOUR_MS - desk.clock.now()),
          );
          await scene.webhooks();
          await WAYS[way]?.(day);
        }
      const told = await outcomeOf(families);
      expect(told.map(({ invoices, paid, succeeded }) => ({ invoices, paid, succeeded }))).toEqual([
        ...Array.from({ length: FAMILIES - 1 }, () => ({ invoices: 1, paid: 1, succeeded: 1 })),
        { invoices: 1, paid: 0, succeeded: 0 },
      ]);
      expect(scene.sent.length - saidBefore).toBeGreaterThan(FAMILIES);
      expect(await repeats()).toEqual([]);
      expect(await moneyFaults(desk)).toEqual([]);
      expect(await ledgerDifference(desk)).toEqual({});
      expect(await unlawfulDebits(desk)).toEqual([]);
      expect(await wrongStatuses(desk)).toEqual([]);
    },
    120_000,
  );
});
