/**
 * Families who pay by mandate, and everything that can go wrong: the real gate, the real adapter and the double over one database, with
 * time that stands still. Every job dies at some statement or call and is run again; webhooks are lost, doubled and late; banks decline,
 * stay silent and answer late; payers pause and revoke. Random by a seed; ids do not steer it.
 */
import type { Pool } from 'pg';
import type { DebitDeps } from '../../billing/debits/hand-over.js';
import { progressDebits } from '../../billing/debits/progress.js';
import { planDunning } from '../../billing/dunning/plan.js';
import { settleInvoices } from '../../billing/invoices/settle.js';
import { readMandate } from '../../billing/mandates/mandate.js';
import { registerMandate } from '../../billing/mandates/register.js';
import { deliverNotices } from '../../billing/notices/deliver-notices.js';
import { followPayments } from '../../billing/payments/follow.js';
import { repairPayments } from '../../billing/payments/repair.js';
import { sweepGateway } from '../../billing/payments/sweep.js';
import { runBilling } from '../../billing/run/bill.js';
import { createSubscription } from '../../billing/subscriptions/create.js';
import { takeDunning } from '../../app/take-dunning.js';
import { DAY_MS, HOUR_MS } from '../../core/days.js';
import type { Gateway } from '../../core/ports/gateway.js';
import type { SendOutcome } from '../../core/ports/mailer.js';
import { seededRandom } from '../../core/random.js';
import { approve, LADDER } from '../billing/debits/scene.js';
import { writePlan } from './billing-scene.js';
import { dyingPool } from './dying-pool.js';
import { openDesk } from './payment-desk.js';
import type { Desk } from './payment-desk.js';

export interface Family {
  readonly payerId: string;
  readonly subscriptionId: string;
  readonly method: 'upi' | 'card';
  tokenId: string | null;
}

export interface Collections {
  readonly desk: Desk;
  readonly families: Family[];
  /** The ids of the messages that went out, repeats too. */
  readonly sent: string[];
  /** How often a job died on its way. */
  readonly deaths: () => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(from: readonly T[]) => T;
  /** A subscription from the day on; it is debited once a mandate is approved. */
  join(planId: string, startOn: string): Promise<Family>;
  /** Asks for a mandate and approves it. */
  authorise(family: Family): Promise<void>;
  readonly jobs: Readonly<Record<JobName, (on: On) => Promise<unknown>>>;
  /** The job, perhaps dying first, perhaps twice at once. */
  run(...names: JobName[]): Promise<void>;
  /** What the gateway says comes, or does not, or twice, or later. */
  webhooks(): Promise<void>;
  close(): Promise<void>;
}

type JobName =
  'notices' | 'bill' | 'debits' | 'follow' | 'settle' | 'repair' | 'sweep' | 'plan-dunning' | 'take-dunning';

/** Through what a job reaches the world. */
interface On {
  readonly pool: Pool;
  readonly gateway: Gateway;
}

export interface Weather {
  readonly dies: number;
  readonly atOnce: number;
  readonly lost: number;
  readonly twice: number;
  readonly later: number;
}

/** What is collected every few hours, in the order in which one turn takes it. */
export const EVERY_TURN = ['debits', 'follow', 'settle', 'repair', 'take-dunning', 'notices'] as const;

export async function openCollections(seed: number, weather: Weather, startAt: number): Promise<Collections> {
  const desk = await openDesk(1_000);
  desk.clock.set(startAt);
  for (const [planId, pricePaise] of PLANS) await writePlan(desk.pool, { planId, pricePaise });
  const random = seededRandom(seed);
  const chance = (probability: number): boolean => random.unit() < probability;
  const families: Family[] = [];
  const sent: string[] = [];
  const jobs = jobsOf(desk, sent);
  let deaths = 0;
  let late: Parameters<Parameters<Desk['deliver']>[0] & object>[0] = [];

  /** A job catches what one of its subjects throws: it has died where nothing could be said any more. */
  const die = async (name: JobName): Promise<void> => {
    let died = false;
    const on = {
      pool: dyingPool(desk.pool, random.below(40)),
      gateway: chance(0.5) ? dyingGateway(desk.gateway, random.below(3)) : desk.gateway,
    };
    await jobs[name](on).catch((error: unknown) => {
      if (!(error instanceof Error) || !/died/.test(error.message)) throw error;
      died = true;
    });
    if (died) deaths += 1;
  };
  return {
    desk,
    families,
    sent,
    jobs,
    chance,
    deaths: () => deaths,
    pick: (from) => from[random.below(from.length)] as (typeof from)[number],
    join: (planId, startOn) => join(desk, families, planId, startOn),
    authorise: (family) => authorise(desk, family),
    run: async (...names) => {
      for (const name of names) {
        if (chance(weather.dies)) await die(name);
        const twins = chance(weather.atOnce) ? 2 : 1;
        await Promise.all(Array.from({ length: twins }, () => jobs[name](desk)));
      }
    },
    webhooks: () =>
      desk.deliver((fresh) => {
        const said = [...late, ...fresh];
        late = said.filter(() => chance(weather.later));
        const now = said.filter((one) => !late.includes(one) && !chance(weather.lost));
        const all = now.flatMap((one) => (chance(weather.twice) ? [one, one] : [one]));
        return all
          .map((one) => [random.unit(), one] as const)
          .sort(([a], [b]) => a - b)
          .map(([, one]) => one);
      }),
    close: desk.close,
  };
}

/** `feast` is above what may be debited unasked. */
export const PLANS: readonly (readonly [string, bigint])[] = [
  ['lunch', 2_345_67n],
  ['snack', 999_99n],
  ['feast', 15_999_00n],
];

function jobsOf(desk: Desk, sent: string[]): Collections['jobs'] {
  const { clock } = desk;
  const send = ({ messageId }: { readonly messageId: string }): Promise<SendOutcome> => {
    sent.push(messageId);
    return Promise.resolve({ kind: 'sent' });
  };
  const mailer = { send, close: () => undefined };
  return {
    bill: ({ pool }) => runBilling({ ...desk, pool }),
    debits: (on) => progressDebits({ ...desk, ...LADDER, ...only(on) } satisfies DebitDeps),
    follow: (on) => followPayments({ ...desk, ...only(on) }),
    settle: ({ pool }) => settleInvoices({ pool, clock }),
    repair: (on) => repairPayments({ ...desk, ...only(on) }),
    sweep: (on) =>
      sweepGateway({ ...desk, ...only(on) }, { fromAt: clock.now() - 3 * DAY_MS, toAt: clock.now() }),
    'plan-dunning': ({ pool }) => planDunning(pool, { at: clock.now(), dryRun: false }),
    notices: (on) => deliverNotices({ clock, ...only(on), mailer, messenger: { send } }),
    'take-dunning': (on) => takeDunning({ ...desk, ...only(on) }),
  };
}

const only = ({ pool, gateway }: On): On => ({ pool, gateway });

/** Dies at its n-th call, before or after the gateway has done it: the odd ones after. */
function dyingGateway(real: Gateway, calls: number): Gateway {
  let left = calls;
  const mortal = (part: object): object =>
    new Proxy(part, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        // Pages are no single call.
        if (typeof value !== 'function' || name === 'list') return value;
        return async (...given: unknown[]): Promise<unknown> => {
          const isLast = left-- <= 0;
          if (isLast && calls % 2 === 0) throw new Error('died');
          const answer: unknown = await Reflect.apply(value, target, given);
          if (isLast) throw new Error('died');
          return answer;
        };
      },
    });
  return {
    ...real,
    mandates: mortal(real.mandates),
    orders: mortal(real.orders),
    refunds: mortal(real.refunds),
  } as Gateway;
}

async function join(desk: Desk, families: Family[], planId: string, startOn: string): Promise<Family> {
  const n = families.length + 1;
  const payerId = `payer_${n}`;
  const { subscriptionId } = await createSubscription(desk, { payerId, planId, startOn }, `new_${n}`);
  const family = { payerId, subscriptionId, method: n % 3 === 0 ? 'card' : 'upi', tokenId: null } as const;
  families.push({ ...family });
  return families[n - 1] as Family;
}

let authorisations = 0;

async function authorise(desk: Desk, family: Family): Promise<void> {
  const { payerId, subscriptionId, method } = family;
  const n = Number(payerId.split('_')[1]);
  const customer = { name: 'Asha Rao', email: 'asha@example.com', contact: `+9190000${String(10_000 + n)}` };
  const body = { payerId, method, maxPaise: 15_000_00, subscriptionId, customer };
  const asked = await registerMandate(desk, body, `mandate_${(authorisations += 1)}`);
  await approve(desk, asked);
  await desk.wait(60_000);
  await desk.deliver();
  await progressDebits({ ...desk, ...LADDER });
  const { rows } = await desk.pool.query<{ token_id: string }>(
    'SELECT token_id FROM mandates WHERE mandate_id = $1',
    [(await readMandate(desk, asked.mandateId)).mandateId],
  );
  family.tokenId = rows[0]?.token_id ?? null;
}

/** Days without faults, until nothing is under way any more: late yeses, refunds and what their webhooks did not tell. */
export async function comeToRest(scene: Collections, days: number): Promise<void> {
  const { desk, jobs } = scene;
  desk.double.world.faults.length = 0;
  desk.double.world.verdicts.clear();
  for (let turn = 0; turn < days * 4; turn++) {
    await desk.wait(6 * HOUR_MS);
    await desk.deliver();
    for (const name of ['bill', ...EVERY_TURN, 'sweep', 'settle', 'plan-dunning'] as const)
      await jobs[name](desk);
  }
}
