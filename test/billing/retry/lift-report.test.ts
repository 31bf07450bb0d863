import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { isOnLadder } from '../../../billing/retry/hold-out.js';
import { liftReport } from '../../../billing/retry/lift-report.js';
import { POLICY } from '../../../billing/retry/settings.js';
import { MINUTE_MS } from '../../../core/days.js';
import { ist } from '../../support/debit-situations.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';

let database: TestPostgres;

beforeAll(async () => {
  database = await testPostgres();
}, 60_000);
afterAll(() => database.close());

const payersWhere = (isHeld: boolean): string[] =>
  Array.from({ length: 200 }, (_, i) => `pyr_${i}`).filter(
    (id) => isOnLadder(id, POLICY.heldOutShare) === isHeld,
  );

interface Tried {
  readonly at: string;
  readonly status: 'failed' | 'succeeded' | 'withdrawn';
  readonly reason?: string;
  readonly chosenBy: 'first' | 'ladder' | 'model' | 'exploration';
}

let chains = 0;

/** An invoice of ₹600 with its mandate and the debits that were tried. */
async function chain(payerId: string, arm: 'model' | 'hold-out', tried: readonly Tried[]): Promise<void> {
  const { pool } = database;
  const [invoice, mandate, now] = [`inv_${++chains}`, `mdt_${chains}`, new Date(ist('2026-03-01 00:00'))];
  await pool.query(
    `INSERT INTO invoices (invoice_id, payer_id, kind, cause, status, currency, total_paise, net_paise, tax_paise, issued_at, due_at, changed_at)
     VALUES ($1, $2, 'one-off', NULL, 'open', 'INR', 60000, 60000, 0, $3, $3, $3)`,
    [invoice, payerId, now],
  );
  await pool.query(
    `INSERT INTO mandates (mandate_id, payer_id, method, status, frequency, max_paise, expires_at, created_at, changed_at)
     VALUES ($1, $2, 'upi', 'active', 'as_presented', 500000, $3::timestamptz + interval '9 years', $3, $3)`,
    [mandate, payerId, now],
  );
  let attempt = 1;
  for (const { at, status, reason, chosenBy } of tried) {
    const slotAt = new Date(ist(at));
    await pool.query(
      `INSERT INTO debits (debit_id, invoice_id, mandate_id, attempt, status, amount_paise, currency, slot_at, resolved_at,
                           decline_reason, chosen_by, arm, due_at, created_at, changed_at)
       VALUES ($1, $2, $3, $4, $5, 60000, 'INR', $6, $7, $8, $9, $10, $6, $6, $6)`,
      [
        `${invoice}_${at}`,
        invoice,
        mandate,
        attempt,
        status,
        slotAt,
        new Date(ist(at) + 20 * MINUTE_MS),
        reason ?? null,
        chosenBy,
        arm,
      ],
    );
    if (status !== 'withdrawn') attempt++;
  }
}

const funds = { status: 'failed', reason: 'insufficient_funds' } as const;

async function march(): Promise<void> {
  const [a = '', b = ''] = payersWhere(false);
  const [c = '', d = ''] = payersWhere(true);
  const failure = { ...funds, at: '2026-03-02 08:00', chosenBy: 'first' } as const;
  await chain(a, 'model', [failure, { at: '2026-03-05 14:00', status: 'succeeded', chosenBy: 'model' }]);
  await chain(a, 'model', [
    failure,
    { ...funds, at: '2026-03-04 09:00', chosenBy: 'exploration' },
    { at: '2026-03-07 14:00', status: 'succeeded', chosenBy: 'model' },
  ]);
  // Withdrawn before it was made: no attempt, and nothing recovered.
  await chain(b, 'model', [failure, { at: '2026-03-03 09:00', status: 'withdrawn', chosenBy: 'ladder' }]);
  await chain(c, 'hold-out', [failure, { ...funds, at: '2026-03-03 13:00', chosenBy: 'ladder' }]);
  await chain(d, 'hold-out', [failure, { at: '2026-03-03 13:00', status: 'succeeded', chosenBy: 'ladder' }]);
  // Neither a failure that is final nor one that never happened is anybody's to recover.
  await chain(c, 'hold-out', [{ ...failure, reason: 'mandate_cancelled' }]);
  await chain(d, 'hold-out', [{ at: '2026-03-02 08:00', status: 'succeeded', chosenBy: 'first' }]);
  await chain(d, 'hold-out', [{ ...failure, at: '2026-04-02 08:00' }]);
}

it('counts each payer in the arm that was drawn, and each failed debit once', async () => {
  await march();
  const span = { fromMs: ist('2026-03-01 00:00'), toMs: ist('2026-04-01 00:00') };
  const report = await liftReport(database.pool, span);
  expect(report.model).toEqual({
    payers: 2,
    failed: 3,
    recovered: 2,
    failedPaise: 1800_00n,
    recoveredPaise: 1200_00n,
    share: 2 / 3,
    paiseShare: 2 / 3,
  });
  expect(report.holdOut).toMatchObject({ payers: 2, failed: 2, recovered: 1, share: 0.5 });
  // Too few for a comparison.
  expect(report).toMatchObject({ share: null, paise: null, gainedPaise: null });
  const of = (by: string) =>
    report.counts.filter((count) => count.by === by).map(({ by: _, ...count }) => count);
  expect(of('attempt')).toEqual([
    { name: '2', arm: 'hold-out', debits: 2, succeeded: 1 },
    { name: '2', arm: 'model', debits: 2, succeeded: 1 },
    { name: '3', arm: 'model', debits: 1, succeeded: 1 },
  ]);
  expect(of('chosen-by')).toEqual([
    { name: 'exploration', arm: 'model', debits: 1, succeeded: 0 },
    { name: 'ladder', arm: 'hold-out', debits: 2, succeeded: 1 },
    { name: 'model', arm: 'model', debits: 2, succeeded: 2 },
  ]);
  expect(of('hour')).toEqual([
    { name: '09', arm: 'model', debits: 1, succeeded: 0 },
    { name: '13', arm: 'hold-out', debits: 2, succeeded: 1 },
    { name: '14', arm: 'model', debits: 2, succeeded: 2 },
  ]);
});
