import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { askInstalment, offerSettlement } from '../../../billing/instalments/ask.js';
import { createPlan } from '../../../billing/instalments/create.js';
import type { NewPlanBody } from '../../../billing/instalments/create.js';
import { endPlan, followInstalments } from '../../../billing/instalments/follow.js';
import { readPlan } from '../../../billing/instalments/plan.js';
import type { PlanView } from '../../../billing/instalments/plan.js';
import { issueOne } from '../../support/billing-scene.js';
import { settleInvoices } from '../../../billing/invoices/settle.js';
import { readInvoice } from '../../../billing/invoices/view.js';
import { requireSoundLedger } from '../../../billing/ledger/check.js';
import { dayOf, DAY_MS, formatDay } from '../../../core/days.js';
import { openDesk } from '../../support/payment-desk.js';
import type { Desk } from '../../support/payment-desk.js';

let desk: Desk;
let keys = 0;
beforeAll(async () => {
  desk = await openDesk();
}, 60_000);
afterAll(async () => {
  await requireSoundLedger(desk.pool);
  await desk.close();
});
beforeEach(() => {
  keys += 1;
});

const newPlan = (fields: Partial<NewPlanBody> = {}): Promise<PlanView> =>
  createPlan(
    desk,
    {
      reference: `debt-${keys}`,
      payerId: 'payer_1',
      amountPaise: 90_000,
      schedule: { count: 3, every: 'month' },
      ...fields,
    },
    `key-${keys}`,
  );
const statuses = async (planId: string): Promise<string> => {
  const plan = await readPlan(desk.pool, planId);
  return `${plan.status}: ${plan.instalments.map(({ status }) => status).join(' ')}`;
};
/** Time passes, the gateway tells, billing follows. */
async function pass(days: number): Promise<void> {
  await desk.wait(days * DAY_MS);
  await desk.settle();
  await followInstalments(desk);
}
async function payPart(planId: string, number: number): Promise<void> {
  desk.pay(await askInstalment(desk, planId, number));
  await pass(0);
}

describe('instalments', () => {
  it('are asked for a week before their days, one payment each, and settle the plan when all are paid', async () => {
    const { planId } = await newPlan();
    await followInstalments(desk);
    expect(await statuses(planId)).toBe('active: asked waiting waiting');
    await payPart(planId, 1);
    await pass(25);
    expect(await statuses(planId)).toBe('active: paid asked waiting');
    await payPart(planId, 2);
    await pass(30);
    await payPart(planId, 3);
    expect(await statuses(planId)).toBe('settled: paid paid paid');
  });

  it('that fall due are told to the payer with a link and their day, once for each time', async () => {
    const { planId } = await newPlan({ payerId: 'payer_told' });
    for (let turn = 0; turn < 3; turn++) await followInstalments(desk);
    const told = await desk.pool.query(
      "SELECT key, template, values FROM notices WHERE payer_id = 'payer_told' ORDER BY key",
    );
    const { instalments } = await readPlan(desk.pool, planId);
    expect(told.rows).toEqual([
      {
        key: `instalment:${planId}:1:1`,
        template: 'instalment-due',
        values: {
          amountPaise: '30000',
          currency: 'INR',
          number: 1,
          dueOn: instalments[0]?.dueOn,
          payUrl: expect.stringMatching(/^https?:/),
        },
      },
    ]);
  });

  it('are asked for once however often, and the same key makes one plan', async () => {
    const first = await newPlan();
    expect(await newPlan()).toEqual(first);
    const payments = await Promise.all([1, 1, 1].map((number) => askInstalment(desk, first.planId, number)));
    expect(new Set(payments.map(({ paymentId }) => paymentId)).size).toBe(1);
    await expect(newPlan({ amountPaise: 80_000 })).rejects.toMatchObject({ code: 'idempotency-key-reused' });
    await expect(
      createPlan(desk, { ...PLAN, reference: `debt-${keys}` }, `other-${keys}`),
    ).rejects.toMatchObject({ code: 'instalment-plan-exists' });
  });

  it('break the plan when one stays unpaid beyond its grace: payments are withdrawn, late money goes back', async () => {
    const { planId } = await newPlan({ graceDays: 3 });
    const asked = await askInstalment(desk, planId, 1);
    await pass(3);
    expect(await statuses(planId)).toBe('active: asked waiting waiting');
    await pass(1);
    expect(await statuses(planId)).toBe('broken: void void void');
    desk.pay(asked);
    await desk.settle();
    expect(await desk.read(asked.paymentId)).toMatchObject({ status: 'refunded', refundedPaise: 30_000 });
  });

  it('whose money goes back are asked for again', async () => {
    const { planId } = await newPlan();
    await payPart(planId, 1);
    const [first] = (await readPlan(desk.pool, planId)).instalments;
    const { attempts } = await desk.read(first?.paymentId ?? '');
    await desk.gateway.refunds.create({
      paymentId: attempts[0]?.attemptId ?? '',
      amountPaise: 30_000n,
      idempotencyKey: `back-${keys}-000000`,
    });
    await pass(0);
    expect(await statuses(planId)).toBe('active: waiting waiting waiting');
    await pass(0);
    expect(await statuses(planId)).toBe('active: asked waiting waiting');
  });
});

describe('an early settlement', () => {
  it('takes back what was asked for, asks for the rest at once, and covers it', async () => {
    const { planId } = await newPlan();
    await payPart(planId, 1);
    const part = await askInstalment(desk, planId, 2);
    const rest = await offerSettlement(desk, planId);
    expect(rest.amountPaise).toBe(60_000);
    expect((await offerSettlement(desk, planId)).paymentId).toBe(rest.paymentId);
    expect(await desk.read(part.paymentId)).toMatchObject({ status: 'cancelled' });
    await expect(askInstalment(desk, planId, 2)).rejects.toMatchObject({ code: 'settlement-offered' });
    // Both are paid: the part's money is nobody's wish any more.
    desk.pay(part);
    desk.pay(rest);
    await pass(0);
    expect(await statuses(planId)).toBe('settled: paid covered covered');
    expect(await desk.read(part.paymentId)).toMatchObject({ refundedPaise: 30_000 });
    expect(await readPlan(desk.pool, planId)).toMatchObject({
      paidPaise: 90_000,
      settlementPaymentId: rest.paymentId,
    });
  });

  it('that nobody pays runs out, and the parts are asked for as before', async () => {
    const { planId } = await newPlan();
    const rest = await offerSettlement(desk, planId);
    await pass(4);
    expect(await desk.read(rest.paymentId)).toMatchObject({ status: 'cancelled' });
    await pass(0);
    expect(await statuses(planId)).toBe('active: asked waiting waiting');
  });
});

const PLAN = { payerId: 'payer_1', amountPaise: 90_000, schedule: { count: 3, every: 'month' as const } };

describe('a plan for an invoice', () => {
  async function newInvoice(): Promise<string> {
    const now = desk.clock.now();
    const line = {
      kind: 'other' as const,
      description: 'Meals',
      quantity: 1,
      unitPaise: 90_000n,
      amountPaise: 90_000n,
      taxClass: null,
      fromDay: null,
      toDay: null,
    };
    const draft = {
      payerId: 'payer_1',
      counterpartyId: null,
      subscriptionId: null,
      kind: 'one-off' as const,
      period: null,
      cause: `cause-${keys}`,
      currency: 'INR',
      lines: [line],
      dueAt: now + DAY_MS,
    };
    const { invoiceId } = await issueOne(desk.pool, draft, now);
    return invoiceId;
  }
  const invoice = async (invoiceId: string): Promise<string> => {
    const { status, paidPaise, heldReason } = await readInvoice(desk.pool, invoiceId);
    return `${status} ${paidPaise} ${heldReason === null ? 'free' : 'held'}`;
  };

  it('holds it, pays it part by part, and settles it early to the paisa', async () => {
    const invoiceId = await newInvoice();
    const { planId } = await newPlan({ reference: invoiceId });
    expect(await invoice(invoiceId)).toBe('open 0 held');
    await payPart(planId, 1);
    await settleInvoices(desk);
    expect(await invoice(invoiceId)).toBe('open 30000 held');
    desk.pay(await offerSettlement(desk, planId));
    await pass(0);
    await settleInvoices(desk);
    expect(await invoice(invoiceId)).toBe('paid 90000 free');
    expect(await statuses(planId)).toBe('settled: paid covered covered');
  });

  it('gives it back to dunning when it is broken or given up, keeping what was paid', async () => {
    const invoiceId = await newInvoice();
    const { planId } = await newPlan({ reference: invoiceId });
    await payPart(planId, 1);
    await settleInvoices(desk);
    await endPlan(desk, planId, 'cancel', 'the family asked');
    expect(await invoice(invoiceId)).toBe('open 30000 free');
    const again = await createPlan(
      desk,
      {
        ...PLAN,
        reference: invoiceId,
        amountPaise: 60_000,
        schedule: {
          parts: [30_000, 30_000].map((amountPaise, i) => ({
            dueOn: formatDay(dayOf(desk.clock.now()) + i),
            amountPaise,
          })),
        },
      },
      `again-${keys}`,
    );
    await payPart(again.planId, 1);
    await settleInvoices(desk);
    expect(await invoice(invoiceId)).toBe('open 60000 held');
  });

  it('is refused unless it is about what the payer owes', async () => {
    const invoiceId = await newInvoice();
    await expect(newPlan({ reference: invoiceId, amountPaise: 80_000 })).rejects.toMatchObject({
      code: 'instalments-differ',
      message: expect.stringMatching(/owes ₹900\.00 .*₹800\.00: agree on what is owed/),
    });
    expect(await invoice(invoiceId)).toBe('open 0 free');
  });

  it('ends when the invoice is paid otherwise', async () => {
    const invoiceId = await newInvoice();
    const { planId } = await newPlan({ reference: invoiceId });
    desk.pay(await desk.create({ reference: invoiceId, amountPaise: 90_000 }, `whole-${keys}`));
    await desk.settle();
    await settleInvoices(desk);
    await followInstalments(desk);
    expect(await statuses(planId)).toBe('settled: covered covered covered');
  });
});
