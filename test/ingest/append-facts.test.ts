import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openDuckdb } from '../../core/duckdb.js';
import { appendFacts } from '../../ingest/append-facts.js';
import type { Fact, PaymentFact } from '../../ingest/facts.js';
import { openLake } from '../../ingest/lake.js';

const at = Date.UTC(2026, 0, 5, 6, 30, 0, 123);

function payment(paymentId: string, knownAt: number, sequence: number): PaymentFact {
  return {
    fact: 'payment',
    paymentId,
    kind: 'payment',
    retryOf: null,
    payerId: 'payer-1',
    counterpartyId: null,
    instrumentId: 'card-1',
    deviceId: null,
    ip: '203.0.113.7',
    method: 'upi',
    category: null,
    country: 'IN',
    latitude: 12.97,
    longitude: null,
    amountPaise: 9_007_199_254_740_993n,
    currency: 'INR',
    status: 'captured',
    failureReason: null,
    sequence,
    occurredAt: knownAt - 5,
    knownAt,
  };
}

async function temporaryLake() {
  return openLake(join(await mkdtemp(join(tmpdir(), 'lake-')), 'lake'));
}

describe('appendFacts', () => {
  it('writes every kind of fact to its table with values unchanged', async () => {
    const lake = await temporaryLake();
    const known = { sequence: 0, occurredAt: at, knownAt: at + 1 };
    const money = { amountPaise: 100n, currency: 'INR' };
    const facts: Fact[] = [
      payment('p1', at, 0),
      { fact: 'outcome', paymentId: 'p1', status: 'failed', failureReason: 'payment_timed_out', ...known },
      { fact: 'label', paymentId: 'p1', fraud: true, source: 'simulator', ...known },
      {
        fact: 'refund',
        refundId: 'r1',
        paymentId: null,
        payerId: 'payer-1',
        counterpartyId: null,
        ...money,
        ...known,
      },
      { fact: 'dispute', disputeId: 'd1', paymentId: 'p1', reason: null, status: 'open', ...money, ...known },
      {
        fact: 'subscription',
        subscriptionId: 's1',
        payerId: 'x',
        counterpartyId: null,
        planId: 'lunch',
        event: 'started',
        ...money,
        ...known,
      },
    ];
    expect(await appendFacts(lake, { name: 'six', source: 'test' }, facts)).toEqual({
      outcome: 'committed',
      facts: 6,
    });
    const db = await openDuckdb(':memory:');
    await lake.attach(db);
    const [row] = await db.rows<Record<string, unknown>>('SELECT * FROM payments');
    expect(row).toMatchObject({
      payment_id: 'p1',
      ip: '203.0.113.7',
      latitude: 12.97,
      longitude: null,
      retry_of: null,
    });
    expect(row).toMatchObject({
      amount_paise: 9_007_199_254_740_993n,
      known_at: at,
      occurred_at: at - 5,
      sequence: 2n ** 32n,
    });
    expect(await db.rows('SELECT payment_id, fraud, source, known_at FROM labels')).toEqual([
      { payment_id: 'p1', fraud: true, source: 'simulator', known_at: at + 1 },
    ]);
    expect(await db.rows('SELECT event, plan_id, amount_paise FROM subscription_events')).toEqual([
      { event: 'started', plan_id: 'lunch', amount_paise: 100n },
    ]);
    const counts = await db.rows<{ n: bigint }>(
      'SELECT count(*) AS n FROM outcomes UNION ALL SELECT count(*) FROM refunds UNION ALL SELECT count(*) FROM disputes',
    );
    expect(counts.map(({ n }) => n)).toEqual([1n, 1n, 1n]);
    db.close();
  });

  it('numbers facts in order of arrival inside the batch', async () => {
    const lake = await temporaryLake();
    await appendFacts(lake, { name: 'a', source: 'test' }, [
      payment('p2', at, 7),
      payment('p1', at, 7),
      payment('p0', at - 1, 7),
    ]);
    const db = await openDuckdb(':memory:');
    await lake.attach(db);
    const rows = await db.rows<{ payment_id: string; sequence: bigint }>(
      'SELECT payment_id, sequence FROM payments ORDER BY sequence',
    );
    db.close();
    expect(rows).toEqual([
      { payment_id: 'p2', sequence: 2n ** 32n },
      { payment_id: 'p1', sequence: 2n ** 32n + 1n },
      { payment_id: 'p0', sequence: 2n ** 32n + 2n },
    ]);
  });

  it('writes the same name once and leaves nothing when the facts end in an error', async () => {
    const lake = await temporaryLake();
    const broken = function* (): Generator<Fact> {
      yield payment('p1', at, 0);
      throw new Error('source broke');
    };
    await expect(appendFacts(lake, { name: 'a', source: 'test' }, broken())).rejects.toThrow('source broke');
    expect(await lake.batches()).toEqual([]);
    await appendFacts(lake, { name: 'a', source: 'test' }, [payment('p1', at, 0)]);
    expect((await appendFacts(lake, { name: 'a', source: 'test' }, [payment('p1', at, 0)])).outcome).toBe(
      'already-committed',
    );
    expect(await lake.batches()).toHaveLength(1);
  });
});
