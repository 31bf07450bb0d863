import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { requireSoundLedger } from '../../../billing/ledger/check.js';
import { importCredits } from '../../../billing/reconciliation/credits.js';
import { reconcile } from '../../../billing/reconciliation/reconcile.js';
import {
  acceptException,
  linkException,
  reopenException,
  reverseAdjustment,
} from '../../../billing/reconciliation/resolve.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import {
  balances,
  capture,
  newHistory,
  NOW,
  openCases,
  paymentRow,
  payOut,
  pullAll,
  SETTLED_ON,
  settleOn,
  tell,
} from './scene.js';

const WHO = { actor: 'a person', note: 'looked at it' };

let database: TestPostgres;
beforeAll(async () => {
  database = await testPostgres();
  const history = newHistory();
  capture(history, 'pay_ours');
  capture(history, 'pay_fee');
  capture(history, 'pay_short');
  settleOn(
    history,
    SETTLED_ON,
    paymentRow('pay_ours'),
    paymentRow('pay_fee', { feePaise: 12_98n, taxPaise: 1_98n, creditPaise: 487_02n }),
    paymentRow('pay_short', { creditPaise: 480_00n }),
    paymentRow('pay_stranger'),
  );
  payOut(history);
  await tell(database.pool, history);
  await pullAll(database.pool, history);
  await reconcile(database.pool, { now: NOW });
}, 60_000);
afterAll(() => database.close());

const clearing = async () => (await balances(database.pool))['gateway-clearing'] ?? 0n;
const suspense = async () => (await balances(database.pool))['suspense'] ?? 0n;

async function caseOf(subject: string): Promise<bigint> {
  const { rows } = await database.pool.query<{ id: bigint }>(
    'SELECT exception_id AS id FROM recon_exceptions WHERE subject = $1',
    [subject],
  );
  if (rows[0] === undefined) throw new Error(`there is no case of ${subject}`);
  return rows[0].id;
}

it('a difference that is accepted goes to suspense, once, stays there, and comes back when the case is reopened', async () => {
  const id = await caseOf('row:setl_1/pay_short');
  const before = await clearing();
  await acceptException(database.pool, id, WHO, NOW);
  await acceptException(database.pool, id, WHO, NOW);
  expect(await suspense()).toBe(8_20n);
  expect(await clearing()).toBe(before - 8_20n);
  expect(await reconcile(database.pool, { now: NOW })).toMatchObject({ posted: 0, reversed: 0, opened: 0 });
  expect(await openCases(database.pool)).not.toHaveProperty(['row:setl_1/pay_short']);
  await reopenException(database.pool, id, WHO, NOW);
  expect(await suspense()).toBe(0n);
  expect(await openCases(database.pool)).toHaveProperty(['row:setl_1/pay_short'], 'net-differs 820');
  const { rows } = await database.pool.query(
    'SELECT action FROM recon_actions WHERE exception_id = $1 ORDER BY action_id',
    [id],
  );
  expect(rows).toEqual([{ action: 'accept' }, { action: 'reopen' }]);
});

it('a row that is linked to a payment of ours is booked as its capture, until that is taken back', async () => {
  const id = await caseOf('row:setl_1/pay_stranger');
  const before = await balances(database.pool);
  await expect(linkException(database.pool, id, 'pay_nowhere', WHO, NOW)).rejects.toMatchObject({
    code: 'link-target-unknown',
  });
  await linkException(database.pool, id, 'pay_ours', WHO, NOW);
  const linked = await balances(database.pool);
  expect((linked['advances'] ?? 0n) - (before['advances'] ?? 0n)).toBe(-500_00n);
  expect((linked['gateway-clearing'] ?? 0n) - (before['gateway-clearing'] ?? 0n)).toBe(488_20n);
  expect(await reconcile(database.pool, { now: NOW })).toMatchObject({ posted: 0, reversed: 0, opened: 0 });
  await reopenException(database.pool, id, WHO, NOW);
  expect(await balances(database.pool)).toEqual(before);
  expect(await openCases(database.pool)).toHaveProperty(['row:setl_1/pay_stranger']);
});

it('an adjustment that is reversed is a case and is not made again, until the case is reopened', async () => {
  const before = await balances(database.pool);
  const { rows } = await database.pool.query<{ id: bigint }>(
    "SELECT adjustment_id AS id FROM recon_adjustments WHERE subject = 'row:setl_1/pay_fee'",
  );
  const id = rows[0]?.id ?? 0n;
  await reverseAdjustment(database.pool, id, WHO, NOW);
  await reverseAdjustment(database.pool, id, WHO, NOW);
  expect(await clearing()).toBe((before['gateway-clearing'] ?? 0n) + 1_18n);
  expect(await reconcile(database.pool, { now: NOW })).toMatchObject({ posted: 0, reversed: 0, opened: 0 });
  expect(await openCases(database.pool)).toHaveProperty(['row:setl_1/pay_fee'], 'adjustment-reversed 118');
  await reopenException(database.pool, await caseOf('row:setl_1/pay_fee'), WHO, NOW);
  expect(await balances(database.pool)).toEqual(before);
  expect(await openCases(database.pool)).not.toHaveProperty(['row:setl_1/pay_fee']);
});

it('a bank credit that names no settlement is linked to one, and a case that is closed cannot be accepted', async () => {
  const credit = { reference: 'bank-1', creditedOn: SETTLED_ON, amountPaise: 1943_42n, currency: 'INR' };
  await importCredits(database.pool, [{ ...credit, utr: null, narration: 'RAZORPAY PAYOUT' }], NOW);
  await reconcile(database.pool, { now: NOW });
  const id = await caseOf('credit:bank-1');
  await linkException(database.pool, id, 'setl_1', WHO, NOW);
  await reconcile(database.pool, { now: NOW });
  expect(await balances(database.pool)).toMatchObject({ bank: 1943_42n });
  expect(await openCases(database.pool)).not.toHaveProperty(['credit:bank-1']);
  await expect(acceptException(database.pool, id, WHO, NOW)).rejects.toMatchObject({
    code: 'exception-not-resolvable',
  });
});

it('leaves a sound ledger', async () => {
  await requireSoundLedger(database.pool);
});
