import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { requireSoundLedger } from '../../../billing/ledger/check.js';
import { importCredits } from '../../../billing/reconciliation/credits.js';
import { reconcile } from '../../../billing/reconciliation/reconcile.js';
import { seededRandom } from '../../../core/random.js';
import type { Random } from '../../../core/random.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { seenDispute, seenRefund } from '../../support/sightings.js';
import {
  balances,
  capture,
  CAPTURED_AT,
  newHistory,
  NOW,
  openCases,
  paymentRow,
  payOut,
  pullAll,
  refundRow,
  SETTLED_AT,
  SETTLED_ON,
  settleOn,
  tell,
} from './scene.js';
import type { History } from './scene.js';

const HISTORIES = 3;
const PAYMENTS = 150;
const NEXT_DAY = '2026-06-04';

let database: TestPostgres;
beforeEach(async () => {
  database = await testPostgres();
}, 60_000);
afterEach(() => database.close());

const run = () => reconcile(database.pool, { now: NOW });
const STILL = { posted: 0, reversed: 0, opened: 0, cleared: 0 };

/** What happens to a payment, and by which reason reconciliation must find it; null: nothing to find. */
interface Twist {
  readonly name: string;
  readonly reason: string | null;
  /** Of what is adjusted without asking. */
  readonly adjusts?: true;
  readonly subject: (id: string) => string;
  readonly make: (history: History, id: string) => void;
}

const row = (id: string): string => `row:setl_1/${id}`;
const twisted = (given: Parameters<typeof paymentRow>[1]) => (history: History, id: string) => {
  capture(history, id);
  settleOn(history, SETTLED_ON, paymentRow(id, given));
};
const dispute = (id: string) => ({ id: `disp_${id}`, paymentId: id, createdAt: CAPTURED_AT });

const TWISTS: readonly Twist[] = [
  { name: 'nothing', reason: null, subject: row, make: twisted({}) },
  {
    name: 'missing ours',
    reason: 'payment-unknown',
    subject: row,
    make: (history, id) => settleOn(history, SETTLED_ON, paymentRow(id)),
  },
  {
    name: 'missing theirs',
    reason: 'payment-not-settled',
    subject: (id) => `payment:${id}`,
    make: (history, id) => capture(history, id),
  },
  {
    name: 'amount',
    reason: 'amount-differs',
    subject: row,
    make: twisted({ amountPaise: 490_00n, creditPaise: 478_20n }),
  },
  {
    name: 'fee',
    reason: 'fee',
    adjusts: true,
    subject: row,
    make: twisted({ feePaise: 12_98n, taxPaise: 1_98n, creditPaise: 487_02n }),
  },
  {
    name: 'fee above every rate',
    reason: 'fee-differs',
    subject: row,
    make: twisted({ feePaise: 118_00n, taxPaise: 18_00n, creditPaise: 382_00n }),
  },
  {
    name: 'split of the fee',
    reason: 'tax',
    adjusts: true,
    subject: row,
    make: twisted({ taxPaise: 1_79n }),
  },
  { name: 'tax', reason: 'tax-differs', subject: row, make: twisted({ taxPaise: 5_00n }) },
  {
    name: 'a second row',
    reason: 'duplicate-row',
    subject: (id) => `row:setl_2/${id}`,
    make: (history, id) => {
      twisted({})(history, id);
      const again = { settlementId: 'setl_2', utr: 'utr2', settledAt: SETTLED_AT + 86_400_000 };
      settleOn(history, NEXT_DAY, paymentRow(id, again));
    },
  },
  { name: 'currency', reason: 'currency-differs', subject: row, make: twisted({ currency: 'USD' }) },
  {
    name: 'rounding',
    reason: 'rounding',
    adjusts: true,
    subject: row,
    make: twisted({ creditPaise: 488_18n }),
  },
  { name: 'three paise', reason: 'net-differs', subject: row, make: twisted({ creditPaise: 488_17n }) },
  {
    name: 'a refund',
    reason: null,
    subject: row,
    make: (history, id) => {
      twisted({})(history, id);
      const refund = { id: `rfnd_${id}`, paymentId: id, createdAt: CAPTURED_AT };
      history.sightings.push({
        occurredAt: CAPTURED_AT,
        refund: seenRefund({ ...refund, status: 'processed' }),
      });
      settleOn(history, NEXT_DAY, refundRow(refund.id, id, 100_00n));
    },
  },
  {
    name: 'a refund that we do not know',
    reason: 'refund',
    adjusts: true,
    subject: (id) => `row:setl_1/rfnd_${id}`,
    make: (history, id) => {
      twisted({})(history, id);
      settleOn(history, SETTLED_ON, refundRow(`rfnd_${id}`, id, 100_00n));
    },
  },
  {
    name: 'a refund of more than was paid',
    reason: 'refund-unknown',
    subject: (id) => `row:setl_1/rfnd_${id}`,
    make: (history, id) => {
      twisted({})(history, id);
      settleOn(history, SETTLED_ON, refundRow(`rfnd_${id}`, id, 500_01n));
    },
  },
  {
    name: 'a refund taken out of its payment',
    reason: null,
    subject: row,
    make: (history, id) => {
      capture(history, id);
      const refund = { id: `rfnd_${id}`, paymentId: id, createdAt: CAPTURED_AT };
      history.sightings.push({
        occurredAt: CAPTURED_AT,
        refund: seenRefund({ ...refund, status: 'processed' }),
      });
      settleOn(history, SETTLED_ON, paymentRow(id, { creditPaise: 388_20n }));
    },
  },
  {
    name: 'a chargeback',
    reason: 'chargeback',
    adjusts: true,
    subject: (id) => `row:setl_1/adj_${id}`,
    make: (history, id) => {
      twisted({})(history, id);
      history.sightings.push({
        occurredAt: CAPTURED_AT,
        dispute: seenDispute({ ...dispute(id), status: 'open' }),
      });
      const taken = { type: 'adjustment', disputeId: `disp_${id}` };
      settleOn(history, SETTLED_ON, refundRow(`adj_${id}`, id, 500_00n, taken));
    },
  },
  {
    name: 'an adjustment that says nothing',
    reason: 'adjustment-unknown',
    subject: (id) => `row:setl_1/adj_${id}`,
    make: (history, id) => {
      twisted({})(history, id);
      settleOn(history, SETTLED_ON, refundRow(`adj_${id}`, id, 10_12n, { type: 'adjustment' }));
    },
  },
];

interface Found {
  reason: string;
  difference: bigint;
}

/** By subject: the reason of what is open or adjusted. */
async function foundReasons(): Promise<Map<string, Found>> {
  const { rows } = await database.pool.query<Found & { subject: string }>(
    `SELECT subject, reason, difference_paise AS difference FROM recon_exceptions WHERE status = 'open'
     UNION ALL SELECT 'row:' || settlement_id || '/' || entity_id, reason, difference_paise FROM settlement_rows
     WHERE outcome = 'adjusted'`,
  );
  return new Map(rows.map(({ subject, ...found }) => [subject, found]));
}

function randomHistory(random: Random): { history: History; expected: Map<string, Twist> } {
  const history = newHistory();
  const expected = new Map<string, Twist>();
  for (let n = 0; n < PAYMENTS; n++) {
    const twist = TWISTS[n < TWISTS.length ? n : random.below(TWISTS.length)];
    if (twist === undefined) continue;
    const id = `pay_${n}`;
    twist.make(history, id);
    if (twist.reason !== null) expected.set(twist.subject(id), twist);
  }
  payOut(history);
  return { history, expected };
}

describe('a random history with one difference of every kind and more', () => {
  it.each(Array.from({ length: HISTORIES }, (_, seed) => seed))(
    'number %i: each is found by its reason, only what explains itself is adjusted, a second run changes nothing',
    async (seed) => {
      const { history, expected } = randomHistory(seededRandom(seed).fork('reconciliation'));
      await tell(database.pool, history);
      await pullAll(database.pool, history);
      await run();
      const found = await foundReasons();
      const reasons = (all: ReadonlyMap<string, { reason: string | null }>) =>
        Object.fromEntries([...all].map(([subject, { reason }]) => [subject, reason]).sort());
      expect(reasons(found)).toEqual(reasons(expected));
      const { rows: adjusted } = await database.pool.query<{ subject: string }>(
        'SELECT DISTINCT subject FROM recon_adjustments',
      );
      const mayAdjust = [...expected].filter(([, { adjusts }]) => adjusts).map(([subject]) => subject);
      expect(adjusted.map(({ subject }) => subject).sort()).toEqual(mayAdjust.sort());
      await expectClearingIsWhatWaits();
      const { entries } = await requireSoundLedger(database.pool);
      await pullAll(database.pool, history);
      expect(await run()).toMatchObject(STILL);
      expect((await requireSoundLedger(database.pool)).entries).toBe(entries);
    },
    30_000,
  );
});

/** What is left in clearing is to the paisa what the open cases say: nothing is lost and nothing made up. */
async function expectClearingIsWhatWaits(): Promise<void> {
  const { rows } = await database.pool.query<{ waiting: bigint }>(
    `SELECT coalesce(sum(difference_paise), 0)::bigint AS waiting FROM recon_exceptions WHERE status = 'open'
       AND NOT starts_with(subject, 'utr:')`,
  );
  // A payment that came in another currency has what was booked in rupees beside what was settled.
  const foreign = await database.pool.query<{ booked: bigint }>(
    `SELECT coalesce(sum(booked_paise - booked_fee_paise), 0)::bigint AS booked FROM payment_attempts
     JOIN settlement_rows ON entity_id = attempt_id WHERE settlement_rows.reason = 'currency-differs'`,
  );
  const { 'gateway-clearing': clearing = 0n } = await balances(database.pool);
  expect(clearing).toBe((rows[0]?.waiting ?? 0n) + (foreign.rows[0]?.booked ?? 0n));
}

describe('what explains itself', () => {
  it('leaves clearing empty once the bank has it all', async () => {
    const history = newHistory();
    for (const twist of TWISTS.filter(({ adjusts, reason }) => adjusts === true || reason === null))
      twist.make(history, `pay_${twist.name.replaceAll(' ', '')}`);
    payOut(history);
    await tell(database.pool, history);
    await pullAll(database.pool, history);
    const paid = history.settlements.reduce((sum, { amountPaise }) => sum + amountPaise, 0n);
    const [settlement] = history.settlements;
    const credit = { creditedOn: NEXT_DAY, amountPaise: paid, currency: 'INR', utr: null };
    const narration = `NEFT CR-YESB0000001-RAZORPAY-${settlement?.utr?.toUpperCase() ?? ''}`;
    expect(await importCredits(database.pool, [{ ...credit, narration, reference: null }], NOW)).toBe(1);
    expect(await importCredits(database.pool, [{ ...credit, narration, reference: null }], NOW)).toBe(0);
    await run();
    expect(await openCases(database.pool)).toEqual({});
    const {
      bank,
      'gateway-clearing': clearing,
      'settlement-in-transit': transit,
    } = await balances(database.pool);
    expect({ bank, clearing, transit }).toEqual({ bank: paid, clearing: undefined, transit: undefined });
    await requireSoundLedger(database.pool);
  });

  it('is taken back when the books learn of it by themselves', async () => {
    const history = newHistory();
    twisted({})(history, 'pay_1');
    settleOn(history, SETTLED_ON, refundRow('rfnd_1', 'pay_1', 100_00n));
    payOut(history);
    await tell(database.pool, history);
    await pullAll(database.pool, history);
    expect(await run()).toMatchObject({ adjusted: 1, posted: 1, opened: 0 });
    const before = await balances(database.pool);
    const refund = seenRefund({
      id: 'rfnd_1',
      paymentId: 'pay_1',
      status: 'processed',
      createdAt: CAPTURED_AT,
    });
    await tell(database.pool, { ...newHistory(), sightings: [{ occurredAt: NOW, refund }] });
    expect(await run()).toMatchObject({ matched: 2, adjusted: 0, reversed: 1, posted: 0 });
    expect(await balances(database.pool)).toEqual(before);
  });
});

describe('rows and days', () => {
  it('that come late are marked, compared, and close the case of the missing payment', async () => {
    const history = newHistory();
    capture(history, 'pay_1');
    await tell(database.pool, history);
    await pullAll(database.pool, history);
    await run();
    expect(await openCases(database.pool)).toEqual({ 'payment:pay_1': 'payment-not-settled 48820' });
    settleOn(history, SETTLED_ON, paymentRow('pay_1'));
    payOut(history);
    await pullAll(database.pool, history);
    expect(await run()).toMatchObject({ matched: 1, cleared: 1 });
    expect(await openCases(database.pool)).toEqual({});
    const { rows } = await database.pool.query('SELECT is_late, outcome FROM settlement_rows');
    expect(rows).toEqual([{ is_late: true, outcome: 'matched' }]);
  });

  it('of one settlement on two days sum to it together', async () => {
    const history = newHistory();
    twisted({})(history, 'pay_1');
    capture(history, 'pay_2');
    settleOn(history, NEXT_DAY, paymentRow('pay_2', { settledAt: SETTLED_AT + 86_400_000 }));
    payOut(history);
    await tell(database.pool, history);
    await pullAll(database.pool, history);
    await run();
    expect(await openCases(database.pool)).toEqual({});
  });

  it('that do not sum to what was paid out are a case of their settlement', async () => {
    const history = newHistory();
    twisted({})(history, 'pay_1');
    payOut(history);
    const [settlement] = history.settlements;
    if (settlement !== undefined)
      history.settlements[0] = { ...settlement, amountPaise: settlement.amountPaise + 1n };
    await tell(database.pool, history);
    await pullAll(database.pool, history);
    await run();
    expect(await openCases(database.pool)).toEqual({ 'settlement:setl_1': 'settlement-sum-differs -1' });
  });
});

describe('the bank', () => {
  const credit = (given: object) => ({
    reference: null,
    creditedOn: SETTLED_ON,
    amountPaise: 488_20n,
    currency: 'INR',
    utr: null,
    narration: 'NEFT',
    ...given,
  });
  const settled = async (): Promise<void> => {
    const history = newHistory();
    twisted({})(history, 'pay_1');
    payOut(history);
    await tell(database.pool, history);
    await pullAll(database.pool, history);
  };

  it('lacks a payout only when its statement reaches past it', async () => {
    await settled();
    await run();
    expect(await openCases(database.pool)).toEqual({});
    const salaries = credit({ narration: 'another credit', creditedOn: '2026-06-01' });
    await importCredits(database.pool, [salaries, { ...salaries, creditedOn: '2026-06-12' }], NOW);
    await run();
    expect(await openCases(database.pool)).toEqual({ 'utr:utr1': 'bank-credit-missing 48820' });
  });

  it('has another sum than was paid out: booked as it came, and the difference is a case', async () => {
    await settled();
    await importCredits(database.pool, [credit({ utr: 'UTR1', amountPaise: 488_00n })], NOW);
    await run();
    expect(await openCases(database.pool)).toEqual({ 'utr:utr1': 'bank-amount-differs 20' });
    expect(await balances(database.pool)).toMatchObject({ bank: 488_00n, 'settlement-in-transit': 20n });
  });

  it('never gives a credit to a settlement for its amount alone', async () => {
    await settled();
    await importCredits(database.pool, [credit({ narration: 'RAZORPAY payout' })], NOW);
    await run();
    expect(Object.values(await openCases(database.pool))).toEqual(['bank-credit-unknown -48820']);
    expect(await balances(database.pool)).not.toHaveProperty('bank');
  });
});
