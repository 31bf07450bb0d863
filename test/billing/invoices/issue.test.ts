import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requireSoundLedger } from '../../../billing/ledger/check.js';
import type { InvoiceDraft } from '../../../billing/invoices/draft.js';
import type { IssuedInvoice } from '../../../billing/invoices/issue.js';
import { readInvoice } from '../../../billing/invoices/view.js';
import { readSubscription } from '../../../billing/subscriptions/subscription.js';
import { issueOne, morning, writePlan, writeSubscription } from '../../support/billing-scene.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';

const NOW = morning('2026-02-01');
const START = 20_485;

let database: TestPostgres;

beforeAll(async () => {
  database = await testPostgres();
  await writePlan(database.pool);
}, 60_000);

afterAll(() => database.close());

const issue = (draft: InvoiceDraft): Promise<IssuedInvoice> => issueOne(database.pool, draft, NOW);

function draftOf(
  subscriptionId: string,
  amountPaise: bigint,
  given: Partial<InvoiceDraft> = {},
): InvoiceDraft {
  return {
    payerId: `payer_${subscriptionId}`,
    counterpartyId: 'school_1',
    subscriptionId,
    kind: 'recurring',
    period: { number: 0, startDay: START, endDay: START + 28 },
    cause: null,
    currency: 'INR',
    lines: [
      {
        kind: 'plan',
        description: 'Lunch',
        quantity: 1,
        unitPaise: amountPaise,
        amountPaise,
        taxClass: 'school-catering',
        fromDay: START,
        toDay: START + 28,
      },
    ],
    dueAt: NOW,
    ...given,
  };
}

describe('issuing', () => {
  it('writes amounts, lines and the ledger together', async () => {
    const subscriptionId = await writeSubscription(database.pool, { subscriptionId: 'sub_whole' });
    const { invoiceId, totalPaise, isNew } = await issue(draftOf(subscriptionId, 105_01n));
    expect({ totalPaise, isNew }).toEqual({ totalPaise: 105_01n, isNew: true });
    expect(await readInvoice(database.pool, invoiceId)).toMatchObject({
      status: 'open',
      totalPaise: 10_501,
      netPaise: 10_001,
      taxPaise: 500,
      roundOffPaise: 0,
      periodStartOn: '2026-02-01',
      lines: [{ kind: 'plan', amountPaise: 10_501, taxRate: 500, taxPaise: 500 }],
      payments: [],
    });
    const { rows } = await database.pool.query<{ account: string; amount_paise: bigint; party: string }>(
      `SELECT account, amount_paise, party FROM ledger_postings JOIN ledger_entries ON number = entry_number
       WHERE key = $1 ORDER BY line`,
      [`invoice:${invoiceId}`],
    );
    expect(rows).toEqual([
      { account: 'receivable', amount_paise: 105_01n, party: 'payer_sub_whole' },
      { account: 'revenue', amount_paise: -100_01n, party: '' },
      { account: 'gst-payable', amount_paise: -5_00n, party: '' },
    ]);
  });

  it('gives one invoice for a period and one for a cause, however often and from wherever it is asked', async () => {
    const subscriptionId = await writeSubscription(database.pool, { subscriptionId: 'sub_once' });
    const draft = draftOf(subscriptionId, 500_00n);
    const twins = await Promise.all([issue(draft), issue(draft), issue(draft)]);
    expect(new Set(twins.map(({ invoiceId }) => invoiceId)).size).toBe(1);
    expect(twins.filter(({ isNew }) => isNew)).toHaveLength(1);
    const caused = {
      kind: 'one-off',
      subscriptionId: null,
      payerId: 'p',
      period: null,
      cause: 'trip',
    } as const;
    const trips = await Promise.all([1, 2, 3].map(() => issue(draftOf('none', 70_00n, caused))));
    expect(new Set(trips.map(({ invoiceId }) => invoiceId)).size).toBe(1);
    expect(await issue(draftOf('none', 70_00n, { ...caused, payerId: 'q' }))).toMatchObject({ isNew: true });
    await requireSoundLedger(database.pool);
  });

  it('pays an invoice at once that credit pays whole, and keeps what a downgrade leaves', async () => {
    const subscriptionId = await writeSubscription(database.pool, {
      subscriptionId: 'sub_credit',
      creditPaise: 150_00n,
    });
    const first = await issue(draftOf(subscriptionId, 100_00n));
    expect(await readInvoice(database.pool, first.invoiceId)).toMatchObject({
      status: 'paid',
      totalPaise: 0,
      creditPaise: 10_000,
    });
    expect((await readSubscription(database.pool, subscriptionId)).creditPaise).toBe(50_00n);
    const change = { kind: 'change', cause: 'change_1' } as const;
    const back = await issue(draftOf(subscriptionId, -30_00n, change));
    expect(await readInvoice(database.pool, back.invoiceId)).toMatchObject({
      status: 'paid',
      creditPaise: -3_000,
    });
    expect((await readSubscription(database.pool, subscriptionId)).creditPaise).toBe(80_00n);
    const later = { period: { number: 1, startDay: START + 28, endDay: START + 59 } };
    expect(await issue(draftOf(subscriptionId, 100_00n, later))).toMatchObject({ totalPaise: 20_00n });
    await requireSoundLedger(database.pool);
  });

  it('leaves nothing behind when a tax class is unknown', async () => {
    const subscriptionId = await writeSubscription(database.pool, {
      subscriptionId: 'sub_tax',
      creditPaise: 5n,
    });
    const draft = draftOf(subscriptionId, 100n);
    const lines = draft.lines.map((line) => ({ ...line, taxClass: 'luxury' }));
    await expect(issue({ ...draft, lines })).rejects.toMatchObject({ code: 'tax-class-unknown' });
    expect((await readSubscription(database.pool, subscriptionId)).creditPaise).toBe(5n);
    expect(await issue(draft)).toMatchObject({ isNew: true, totalPaise: 95n });
  });
});
