import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openDuckdb } from '../../core/duckdb.js';
import type { AttemptFact, DisputeFact, Fact, SettlementFact } from '../../ingest/facts.js';
import { readPayments } from '../../reporting/payment-report.js';
import type { PaymentsReport } from '../../reporting/payment-report.js';
import { at, payment, refund } from '../support/facts.js';
import type { TestWarehouse } from '../support/warehouse.js';
import { testWarehouse } from '../support/warehouse.js';

const NOON = at('2026-03-02T06:30:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const opened: TestWarehouse[] = [];
afterEach(async () => {
  for (const warehouse of opened.splice(0)) await warehouse.remove();
});

async function reported(
  facts: Iterable<Fact>,
  asOf = NOON + 10 * DAY_MS,
  query = {},
): Promise<PaymentsReport> {
  const warehouse = await testWarehouse(facts);
  opened.push(warehouse);
  await warehouse.build(asOf);
  const db = await openDuckdb(warehouse.path, { readOnly: true });
  try {
    return await readPayments(db, query);
  } finally {
    db.close();
  }
}

function attempt(given: Partial<AttemptFact> & Pick<AttemptFact, 'attemptId' | 'status'>): AttemptFact {
  const occurredAt = given.occurredAt ?? NOON;
  return {
    fact: 'attempt',
    paymentId: given.attemptId,
    orderId: given.attemptId,
    isCaptured: given.status === 'captured',
    method: 'netbanking',
    bank: 'HDFC',
    wallet: null,
    failureReason: given.status === 'failed' ? 'insufficient_funds' : null,
    amountPaise: 100_00n,
    feePaise: given.status === 'captured' ? 2_36n : null,
    taxPaise: given.status === 'captured' ? 36n : null,
    currency: 'INR',
    sequence: 0,
    occurredAt,
    knownAt: occurredAt,
    ...given,
  };
}

/** The gateway's attempt and the lake's payment that it is. */
function told(given: Parameters<typeof attempt>[0]): Fact[] {
  const fact = attempt(given);
  const { attemptId: paymentId, occurredAt, knownAt, amountPaise } = fact;
  return [payment({ paymentId, occurredAt, knownAt, amountPaise, status: 'attempted' }), fact];
}

function dispute(given: Partial<DisputeFact> & Pick<DisputeFact, 'disputeId' | 'status'>): DisputeFact {
  const at = { sequence: 0, occurredAt: NOON, knownAt: NOON };
  const rest = { paymentId: 'a', amountPaise: 100_00n, currency: 'INR', reason: 'chargeback' };
  return { fact: 'dispute', ...rest, ...at, ...given };
}

function settlement(given: Partial<SettlementFact> & Pick<SettlementFact, 'settlementId'>): SettlementFact {
  const money = { amountPaise: 500_00n, feesPaise: 0n, taxPaise: 0n, utr: 'utr_1' };
  const at = { sequence: 0, occurredAt: NOON, knownAt: NOON };
  return { fact: 'settlement', status: 'processed', ...money, ...at, ...given };
}

describe('the payments report', () => {
  it('says what failed, why, what to tell the payer, and what a later attempt won back', async () => {
    const report = await reported([
      ...told({ attemptId: 'a', orderId: 'order_1', status: 'failed' }),
      ...told({ attemptId: 'b', orderId: 'order_1', status: 'captured', occurredAt: NOON + HOUR_MS }),
      ...told({ attemptId: 'c', orderId: 'order_2', status: 'failed', failureReason: 'card_expired' }),
      ...told({ attemptId: 'd', orderId: 'order_3', status: 'captured', bank: null, wallet: 'mobikwik' }),
      ...told({ attemptId: 'e', orderId: 'order_4', status: 'failed', failureReason: 'upi_dummy_payment' }),
      ...told({ attemptId: 'f', orderId: 'order_5', status: 'refunded' }),
    ]);
    expect(report).toMatchObject({
      ...{ attempts: 5, captured: 2, failed: 2, lapsed: 1, successRate: 0.5 },
      ...{ capturedAmountPaise: 200_00, failedAmountPaise: 200_00 },
      retries: { payments: 2, retried: 1, recovered: 1, recoveredAmountPaise: 100_00, recoveryRate: 0.5 },
      fees: { payments: 2, amountPaise: 200_00, feePaise: 4_72, gstPaise: 72, share: 0.0236 },
    });
    expect(report.reasons.map(({ reason, class: kind, autoRetry }) => [reason, kind, autoRetry])).toEqual([
      ['card_expired', 'instrument', 'never'],
      ['insufficient_funds', 'funds', 'schedule'],
    ]);
    expect(report.reasons[0]?.advice).toMatch(/another card/);
    expect(report.classes.find((one) => one.class === 'funds')).toMatchObject({ payments: 1, recovered: 1 });
    expect(report.banks.map(({ name, attempts }) => [name, attempts])).toEqual([
      ['HDFC', 4],
      ['mobikwik', 1],
    ]);
    expect(report.hours.filter(({ attempts }) => attempts > 0).map(({ hour }) => hour)).toEqual([12, 13]);
  });

  it('a mandate debit that was cancelled is a mandate that ended, not a payer who looked away', async () => {
    const cancelled = { status: 'failed', failureReason: 'payment_cancelled' } as const;
    const report = await reported([
      ...told({ attemptId: 'a', ...cancelled, method: 'emandate' }),
      ...told({ attemptId: 'b', ...cancelled, method: 'card' }),
    ]);
    expect(report.reasons.map(({ isRecurring, class: kind }) => [isRecurring, kind])).toEqual([
      [false, 'payer-action'],
      [true, 'mandate'],
    ]);
  });

  it('knows only what was known: a fee, a late success, a lost dispute appear from then on', async () => {
    const later = { knownAt: NOON + 5 * DAY_MS, sequence: 9 };
    const facts = [
      ...told({ attemptId: 'a', status: 'failed' }),
      attempt({ attemptId: 'a', status: 'captured', ...later }),
      dispute({ disputeId: 'disp_1', status: 'open' }),
      dispute({ disputeId: 'disp_1', status: 'lost', ...later }),
      settlement({ settlementId: 'setl_1', ...later }),
    ];
    const before = await reported(facts, NOON + DAY_MS);
    expect(before).toMatchObject({
      ...{ captured: 0, failed: 1, fees: { payments: 0, share: null } },
      ...{ disputes: { disputes: 1, open: 1, lost: 0 }, settlements: { settlements: 0, amountPaise: 0 } },
    });
    const after = await reported(facts);
    expect(after).toMatchObject({
      ...{ captured: 1, failed: 0, fees: { payments: 1, feePaise: 2_36 } },
      disputes: { disputes: 1, open: 0, lost: 1, lostAmountPaise: 100_00, share: 1 },
      settlements: { settlements: 1, amountPaise: 500_00 },
    });
  });

  it('works on payments that no gateway told: an import names what it repeats', async () => {
    const failed = { status: 'failed', failureReason: 'card_declined' } as const;
    const report = await reported([
      payment({ paymentId: 'a', occurredAt: NOON, ...failed }),
      payment({ paymentId: 'b', occurredAt: NOON + HOUR_MS, retryOf: 'a', kind: 'retry', ...failed }),
      payment({ paymentId: 'c', occurredAt: NOON + 2 * HOUR_MS, retryOf: 'a', kind: 'retry' }),
      refund({ refundId: 'r', occurredAt: NOON, amountPaise: 25_00n }),
    ]);
    expect(report).toMatchObject({
      ...{ attempts: 3, captured: 1, failed: 2, fees: { payments: 0, share: null } },
      retries: { payments: 1, retried: 1, recovered: 1, recoveryRate: 1 },
      refunds: { refunds: 1, amountPaise: 25_00, share: 0.25 },
    });
  });

  it('is empty, not wrong, before the first payment', async () => {
    const report = await reported([]);
    expect(report).toMatchObject({ from: null, attempts: 0, successRate: null, reasons: [], classes: [] });
    expect(report.hours).toHaveLength(24);
  });

  it('adds up to what a plain count of the attempts gives, whatever the attempts', async () => {
    const Attempts = fc.array(
      fc.record({
        order: fc.nat(8),
        minute: fc.nat(3 * 1440),
        status: fc.constantFrom('failed' as const, 'captured' as const, 'created' as const),
        reason: fc.constantFrom('insufficient_funds', 'incorrect_otp', 'unheard_of'),
        amount: fc.nat(1_000_00),
      }),
      { minLength: 1, maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(Attempts, async (drawn) => {
        const facts = drawn.map(({ order, minute, status, reason, amount }, i) => ({
          attemptId: `pay_${String(i).padStart(3, '0')}`,
          orderId: `order_${order}`,
          status,
          failureReason: status === 'failed' ? reason : null,
          amountPaise: BigInt(amount),
          occurredAt: NOON + minute * 60_000,
        }));
        const report = await reported(facts.flatMap(told));
        const failed = facts.filter(({ status }) => status === 'failed');
        const captured = facts.filter(({ status }) => status === 'captured');
        expect([report.attempts, report.failed, report.captured]).toEqual([
          facts.length,
          failed.length,
          captured.length,
        ]);
        expect(report.fees.feePaise).toBe(captured.length * 2_36);
        expect(report.failedAmountPaise).toBe(failed.reduce((sum, one) => sum + Number(one.amountPaise), 0));
        for (const field of ['failed', 'failedAmountPaise', 'payments', 'recovered'] as const) {
          const total = report.classes.reduce((sum, one) => sum + one[field], 0);
          expect(total).toBe(report.reasons.reduce((sum, one) => sum + one[field], 0));
        }
        let recovered = 0;
        for (const order of new Set(facts.map(({ orderId }) => orderId))) {
          const tries = facts
            .filter(({ orderId }) => orderId === order)
            .sort((a, b) => a.occurredAt - b.occurredAt || (a.attemptId < b.attemptId ? -1 : 1));
          if (tries[0]?.status === 'failed' && tries.some(({ status }) => status === 'captured'))
            recovered += 1;
        }
        expect(report.retries.recovered).toBe(recovered);
        for (const { hour, attempts } of report.hours)
          expect(attempts).toBe(
            facts.filter(({ occurredAt }) => Math.floor((occurredAt + 5.5 * HOUR_MS) / HOUR_MS) % 24 === hour)
              .length,
          );
      }),
      { numRuns: RUNS },
    );
  });
});

/** Each builds a warehouse. */
const RUNS = 8;
