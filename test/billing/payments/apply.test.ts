import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { requireSoundLedger } from '../../../billing/ledger/check.js';
import { applySightings } from '../../../billing/payments/apply.js';
import { seededRandom } from '../../../core/random.js';
import type { Random } from '../../../core/random.js';
import { inTransaction } from '../../../core/transaction.js';
import type { Sighting } from '../../../ingest/webhooks/sighting.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { CREATED_AT, seenDispute, seenPayment, seenRefund, seenSettlement } from '../../support/sightings.js';

const NOW = CREATED_AT + 60_000;
const PERMUTATIONS = 1000;

let database: TestPostgres;
beforeAll(async () => {
  database = await testPostgres();
}, 60_000);
beforeEach(() =>
  database.pool.query(
    'TRUNCATE payments, payment_attempts, payment_transactions, refunds, disputes, settlements',
  ),
);
afterAll(() => database.close());

const apply = (...sightings: Sighting[]): Promise<void> =>
  inTransaction(database.pool, (client) => applySightings(client, sightings, NOW));

async function rows<Row extends object>(sql: string): Promise<Row[]> {
  return (await database.pool.query<Row>(sql)).rows;
}

const attempt = async (id: string) =>
  (
    await rows<{ status: string; failure_reason: string | null }>(
      `SELECT status, failure_reason FROM payment_attempts WHERE attempt_id = '${id}'`,
    )
  )[0];

/** What the entries of a business subject say together, by account. */
async function booked(like: string): Promise<Record<string, bigint>> {
  const found = await rows<{ account: string; sum: bigint }>(
    `SELECT account, sum(amount_paise)::bigint AS sum FROM ledger_postings JOIN ledger_entries ON number = entry_number
     WHERE key LIKE '%${like}%' GROUP BY account HAVING sum(amount_paise) <> 0 ORDER BY account`,
  );
  return Object.fromEntries(found.map(({ account, sum }) => [account, sum]));
}

const at = (seconds: number): number => CREATED_AT + seconds * 1000;

describe('what the gateway says of a payment', () => {
  it('is booked with its fee when it is captured, once', async () => {
    const captured = { occurredAt: at(2), payment: seenPayment({ id: 'pay_once', status: 'captured' }) };
    await apply(captured, captured);
    await apply(captured);
    expect(await booked('pay_once')).toEqual({
      advances: -500_00n,
      'gateway-clearing': 488_20n,
      'gateway-fees': 10_00n,
      'gst-on-fees': 1_80n,
    });
  });

  it('never lowers captured when a failure comes late', async () => {
    await apply({ occurredAt: at(2), payment: seenPayment({ id: 'pay_late', status: 'captured' }) });
    await apply({ occurredAt: at(9), payment: seenPayment({ id: 'pay_late', status: 'failed' }) });
    expect(await attempt('pay_late')).toMatchObject({ status: 'captured' });
  });

  it('takes a late authorisation after a failure', async () => {
    await apply({ occurredAt: at(1), payment: seenPayment({ id: 'pay_auth', status: 'failed' }) });
    await apply({ occurredAt: at(5), payment: seenPayment({ id: 'pay_auth', status: 'authorized' }) });
    expect(await attempt('pay_auth')).toEqual({ status: 'authorized', failure_reason: 'payment_timed_out' });
    expect(await booked('pay_auth')).toEqual({});
  });

  it('books the rest of a fee that becomes known later', async () => {
    await apply({
      occurredAt: at(2),
      payment: seenPayment({ id: 'pay_fee', status: 'captured', feePaise: null, taxPaise: null }),
    });
    expect(await booked('pay_fee')).toEqual({ advances: -500_00n, 'gateway-clearing': 500_00n });
    await apply({ occurredAt: at(3), payment: seenPayment({ id: 'pay_fee', status: 'captured' }) });
    expect(await booked('pay_fee')).toMatchObject({ 'gateway-fees': 10_00n, 'gst-on-fees': 1_80n });
  });

  it('counts all attempts of an order as one payment', async () => {
    const order = { orderId: 'order_two' };
    await apply({ occurredAt: at(1), payment: seenPayment({ id: 'pay_a', status: 'failed', ...order }) });
    await apply(
      { occurredAt: at(2), payment: seenPayment({ id: 'pay_b', status: 'captured', ...order }) },
      { occurredAt: at(3), payment: seenPayment({ id: 'pay_c', status: 'captured', ...order }) },
    );
    const payments = 'SELECT payment_id, status, captured_paise, refunded_paise FROM payments';
    expect(await rows(payments)).toEqual([
      { payment_id: 'order_two', status: 'paid', captured_paise: 1000_00n, refunded_paise: 0n },
    ]);
    const back = { status: 'refunded', isCaptured: true, refundedPaise: 500_00n, ...order } as const;
    await apply({ occurredAt: at(4), payment: seenPayment({ id: 'pay_c', ...back }) });
    expect(await rows(payments)).toMatchObject([{ status: 'paid', refunded_paise: 500_00n }]);
    await apply({ occurredAt: at(5), payment: seenPayment({ id: 'pay_b', ...back }) });
    expect(await rows(payments)).toMatchObject([{ status: 'refunded', refunded_paise: 1000_00n }]);
  });

  it('moves to our payment when its order turns out to be ours', async () => {
    await apply({
      occurredAt: at(1),
      payment: seenPayment({ id: 'pay_ours', status: 'captured', orderId: 'order_ours' }),
    });
    await database.pool
      .query(`INSERT INTO payments (payment_id, origin, status, amount_paise, currency, created_at, changed_at)
      VALUES ('pmt_1', 'api', 'created', 50000, 'INR', now(), now())`);
    await apply({
      occurredAt: at(2),
      order: { id: 'order_ours', receipt: 'pmt_1' },
      payment: seenPayment({ id: 'pay_ours', status: 'captured', orderId: 'order_ours' }),
    });
    expect(await rows('SELECT payment_id, order_id, status, captured_paise FROM payments')).toEqual([
      { payment_id: 'pmt_1', order_id: 'order_ours', status: 'paid', captured_paise: 500_00n },
    ]);
  });

  it('answers a call of ours whose outcome was unknown', async () => {
    await apply({ occurredAt: at(1), payment: seenPayment({ id: 'pay_call', status: 'authorized' }) });
    await database.pool
      .query(`INSERT INTO payment_transactions (attempt_id, kind, outcome, amount_paise, recorded_at)
      VALUES ('pay_call', 'capture', 'unknown', 50000, now())`);
    await apply({ occurredAt: at(2), payment: seenPayment({ id: 'pay_call', status: 'captured' }) });
    expect(await rows('SELECT kind, outcome FROM payment_transactions ORDER BY kind')).toEqual([
      { kind: 'authorize', outcome: 'ok' },
      { kind: 'capture', outcome: 'ok' },
    ]);
  });
});

describe('what follows a payment', () => {
  it('books a refund when it is processed and takes it back when the bank returns it', async () => {
    const refund = { id: 'rfnd_1', paymentId: 'pay_r' } as const;
    await apply(
      { occurredAt: at(1), payment: seenPayment({ id: 'pay_r', status: 'captured' }) },
      { occurredAt: at(2), refund: seenRefund({ ...refund, status: 'processed' }) },
    );
    expect(await booked('rfnd_1')).toEqual({ 'gateway-clearing': -100_00n, refunds: 100_00n });
    await apply({ occurredAt: at(3), refund: seenRefund({ ...refund, status: 'failed' }) });
    await apply({ occurredAt: at(4), refund: seenRefund({ ...refund, status: 'processed' }) });
    expect(await booked('rfnd_1')).toEqual({});
  });

  it('books no refund of money that was never captured, and books it once it was', async () => {
    const refund = seenRefund({ id: 'rfnd_2', paymentId: 'pay_u', status: 'processed' });
    await apply({ occurredAt: at(1), refund });
    await apply({ occurredAt: at(1), payment: seenPayment({ id: 'pay_u', status: 'authorized' }), refund });
    expect(await booked('rfnd_2')).toEqual({});
    await apply({ occurredAt: at(2), payment: seenPayment({ id: 'pay_u', status: 'captured' }) });
    expect(await booked('rfnd_2')).toEqual({ 'gateway-clearing': -100_00n, refunds: 100_00n });
  });

  it('books what a lost dispute takes, and lets the newer of open and under review hold', async () => {
    const dispute = { id: 'disp_1', paymentId: 'pay_d' } as const;
    const status = async () => (await rows<{ status: string }>('SELECT status FROM disputes'))[0]?.status;
    await apply({ occurredAt: at(1), payment: seenPayment({ id: 'pay_d', status: 'captured' }) });
    await apply({ occurredAt: at(9), dispute: seenDispute({ ...dispute, status: 'open' }) });
    await apply({ occurredAt: at(5), dispute: seenDispute({ ...dispute, status: 'under_review' }) });
    expect(await status()).toBe('open');
    await apply({ occurredAt: at(7), dispute: seenDispute({ ...dispute, status: 'lost' }) });
    await apply({ occurredAt: at(8), dispute: seenDispute({ ...dispute, status: 'open' }) });
    expect(await status()).toBe('lost');
    expect(await booked('disp_1')).toEqual({ disputes: 500_00n, 'gateway-clearing': -500_00n });
  });

  it('books a settlement when it is processed', async () => {
    await apply({ occurredAt: at(1), settlement: seenSettlement({ id: 'setl_1', status: 'failed' }) });
    expect(await booked('setl_1')).toEqual({});
    await apply({ occurredAt: at(2), settlement: seenSettlement({ id: 'setl_1', status: 'processed' }) });
    expect(await booked('setl_1')).toEqual({
      'gateway-clearing': -388_20n,
      'settlement-in-transit': 388_20n,
    });
  });
});

/** A life with everything that can happen to one payment; `n` makes its ids its own. */
function life(n: number | string): Sighting[] {
  const id = `pay_life${n}`;
  const order = { id, orderId: `order_life${n}`, customerId: 'cust_1' };
  const captured = { ...order, status: 'captured' as const };
  const partly = seenPayment({ ...captured, refundedPaise: 100_00n });
  const refund = { id: `rfnd_life${n}`, paymentId: id };
  const second = { id: `rfnd_second${n}`, paymentId: id, amountPaise: 50_00n };
  const dispute = { id: `disp_life${n}`, paymentId: id };
  return [
    { occurredAt: at(1), payment: seenPayment({ ...order, status: 'created' }) },
    { occurredAt: at(2), payment: seenPayment({ ...order, status: 'failed' }) },
    { occurredAt: at(3), payment: seenPayment({ ...order, status: 'authorized' }) },
    { occurredAt: at(4), payment: seenPayment(captured) },
    { occurredAt: at(4), payment: seenPayment(captured), order: { id: order.orderId, receipt: null } },
    { occurredAt: at(5), refund: seenRefund({ ...refund, status: 'pending' }) },
    { occurredAt: at(6), payment: partly, refund: seenRefund({ ...refund, status: 'processed' }) },
    { occurredAt: at(7), refund: seenRefund({ ...second, status: 'processed' }) },
    { occurredAt: at(8), refund: seenRefund({ ...second, status: 'failed' }) },
    { occurredAt: at(9), payment: partly, dispute: seenDispute({ ...dispute, status: 'open' }) },
    { occurredAt: at(10), dispute: seenDispute({ ...dispute, status: 'under_review' }) },
    { occurredAt: at(11), dispute: seenDispute({ ...dispute, status: 'open' }) },
    { occurredAt: at(12), payment: partly, dispute: seenDispute({ ...dispute, status: 'lost' }) },
  ];
}

/** Every sighting at least once, some again, in any order. */
function shuffled(sightings: readonly Sighting[], random: Random): Sighting[] {
  const deck = [...sightings, ...sightings.filter(() => random.unit() < 0.3)];
  for (let i = deck.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [deck[i], deck[j]] = [deck[j] as Sighting, deck[i] as Sighting];
  }
  return deck;
}

describe('a life in any order', () => {
  it(`ends in one state and one set of books, in ${PERMUTATIONS} orders with repeats`, async () => {
    const random = seededRandom(5).fork('orders');
    const lives = Array.from({ length: PERMUTATIONS }, (_, n) => shuffled(life(n), random));
    // The nth sighting of every life together: each payment sees its own order, in few transactions.
    for (let step = 0; lives.some((one) => step < one.length); step++) {
      await apply(...lives.flatMap((one) => one[step] ?? []));
    }
    const ends = await rows<{ end: string; count: bigint }>(
      `SELECT count(*) AS count, a.status || ' ' || a.refunded_paise || ' ' || a.fee_paise || ' ' || a.failure_reason || ' '
         || p.status || ' ' || p.captured_paise || ' ' || p.refunded_paise || ' ' || d.status || ' ' || d.status_at || ' '
         || (SELECT string_agg(status, ',' ORDER BY refund_id) FROM refunds r WHERE r.attempt_id = a.attempt_id) || ' '
         || (SELECT string_agg(kind || '=' || outcome, ',' ORDER BY kind) FROM payment_transactions t
             WHERE t.attempt_id = a.attempt_id AND kind <> 'refund') AS end
       FROM payment_attempts a JOIN payments p USING (payment_id) JOIN disputes d USING (attempt_id) GROUP BY 2`,
    );
    expect(ends).toHaveLength(1);
    expect(ends[0]).toMatchObject({ count: BigInt(PERMUTATIONS) });
    expect(ends[0]?.end).toContain('captured 10000 1180 payment_timed_out paid 50000 10000 lost');
    expect(ends[0]?.end).toContain('processed,failed authorize=ok,capture=ok,fail=declined');
    expect(await booked('_life')).toEqual({
      advances: -500_00n * 1000n,
      disputes: 500_00n * 1000n,
      'gateway-clearing': -111_80n * 1000n,
      'gateway-fees': 10_00n * 1000n,
      'gst-on-fees': 1_80n * 1000n,
      refunds: 100_00n * 1000n,
    });
    await requireSoundLedger(database.pool);
  });
});

describe('writers at the same time', () => {
  it('apply the same events without a deadlock, once, to a sound ledger', async () => {
    const random = seededRandom(6).fork('writers');
    const writers = Array.from({ length: 4 }, () =>
      shuffled(Array.from({ length: 12 }, (_, n) => life(`_w${n}`)).flat(), random),
    );
    await Promise.all(
      writers.map(async (sightings) => {
        for (let i = 0; i < sightings.length; i += 10) await apply(...sightings.slice(i, i + 10));
      }),
    );
    expect(await rows('SELECT DISTINCT status FROM payment_attempts')).toEqual([{ status: 'captured' }]);
    expect(await booked('capture:pay_life_w')).toEqual({ advances: -600_000n, 'gateway-clearing': 600_000n });
    await requireSoundLedger(database.pool);
  });
});
