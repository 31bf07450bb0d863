import { expect, it } from '@jest/globals';
import { reconcile } from '../../../billing/reconciliation/reconcile.js';
import { httpWorld } from '../../app/http-world.js';
import {
  capture,
  newHistory,
  NOW,
  paymentRow,
  payOut,
  pullAll,
  refundRow,
  SETTLED_ON,
  settleOn,
  tell,
} from './scene.js';

const world = httpWorld();

async function reconciledDay(): Promise<void> {
  const { pool } = world().world;
  const history = newHistory();
  capture(history, 'pay_1');
  settleOn(history, SETTLED_ON, paymentRow('pay_1'), refundRow('rfnd_1', 'pay_1', 100_00n));
  settleOn(history, SETTLED_ON, paymentRow('pay_stranger'));
  payOut(history);
  await tell(pool, history);
  await pullAll(pool, history);
  await reconcile(pool, { now: NOW });
}

async function get<T>(url: string): Promise<T> {
  const response = await world().app.inject({ method: 'GET', url });
  expect(response.statusCode).toBe(200);
  return response.json<T>();
}

function post(url: string, payload: object) {
  return world().app.inject({ method: 'POST', url, payload });
}

interface Cases {
  readonly waiting: readonly object[];
  readonly exceptions: readonly { readonly exceptionId: number }[];
}

it('a day over HTTP: reported, its cases resolved once, its adjustment taken back, its bank credits known', async () => {
  await reconciledDay();
  await reportsTheDay();
  await showsAndResolvesWhatWaits();
  await takesTheAdjustmentBack();
  await takesBankCreditsOnce();
});

async function reportsTheDay(): Promise<void> {
  const day = `/v1/reconciliation/days/${SETTLED_ON}`;
  expect(await get(day)).toMatchObject({
    settledOn: SETTLED_ON,
    rows: 3,
    matched: 1,
    adjusted: 1,
    exceptions: 1,
    netPaise: 876_40,
    adjustments: [{ name: 'refund', rows: 1, paise: 100_00 }],
    settlements: [{ settlementId: 'setl_1', paidPaise: 876_40, rowsPaise: 876_40, creditedPaise: null }],
  });
  expect(await get(`/v1/reconciliation/days?from=${SETTLED_ON}&to=${SETTLED_ON}`)).toMatchObject({
    days: [{ settledOn: SETTLED_ON, rows: 3 }],
  });
  expect(await get(`${day}/adjustments`)).toMatchObject({
    adjustments: [{ part: 'refund', entryKey: 'recon:row:setl_1/rfnd_1:refund:1', reversedAt: null }],
  });
  const missing = await world().app.inject({ method: 'GET', url: '/v1/reconciliation/days/2025-01-01' });
  expect(missing.json()).toMatchObject({ status: 404, code: 'day-not-read' });
}

async function showsAndResolvesWhatWaits(): Promise<void> {
  const cases = await get<Cases>('/v1/reconciliation/exceptions');
  expect(cases).toMatchObject({
    waiting: [{ reason: 'payment-unknown', count: 1, stakePaise: 488_20, oldestOn: SETTLED_ON }],
    exceptions: [{ subject: 'row:setl_1/pay_stranger', status: 'open', differencePaise: -488_20 }],
  });
  const url = `/v1/reconciliation/exceptions/${cases.exceptions[0]?.exceptionId ?? 0}/resolutions`;
  const who = { actor: 'asha', reason: 'of the old system' };
  expect((await post(url, { action: 'link', ...who })).json()).toMatchObject({
    code: 'link-target-missing',
  });
  expect((await post(url, { action: 'accept', ...who })).statusCode).toBe(200);
  expect((await post(url, { action: 'accept', ...who })).statusCode).toBe(200);
  expect(await get<Cases>('/v1/reconciliation/exceptions')).toEqual({ waiting: [], exceptions: [] });
  expect(await get('/v1/reconciliation/exceptions?status=accepted')).toMatchObject({
    exceptions: [{ actor: 'asha', note: 'of the old system' }],
  });
  const unknown = await post('/v1/reconciliation/exceptions/999999/resolutions', {
    action: 'accept',
    ...who,
  });
  expect(unknown.statusCode).toBe(404);
}

async function takesTheAdjustmentBack(): Promise<void> {
  const { adjustments } = await get<{ adjustments: { adjustmentId: number }[] }>(
    `/v1/reconciliation/days/${SETTLED_ON}/adjustments`,
  );
  const url = `/v1/reconciliation/adjustments/${adjustments[0]?.adjustmentId ?? 0}/reversals`;
  expect((await post(url, { actor: 'asha', reason: 'not ours' })).statusCode).toBe(200);
  expect(await get<Cases>('/v1/reconciliation/exceptions')).toMatchObject({
    waiting: [{ reason: 'adjustment-reversed', stakePaise: 100_00 }],
  });
}

async function takesBankCreditsOnce(): Promise<void> {
  const credits = [{ creditedOn: SETTLED_ON, amountPaise: 876_40, utr: 'UTR1' }];
  expect((await post('/v1/reconciliation/bank-credits', { credits })).json()).toEqual({ imported: 1 });
  expect((await post('/v1/reconciliation/bank-credits', { credits })).json()).toEqual({ imported: 0 });
  expect(await get(`/v1/reconciliation/days/${SETTLED_ON}`)).toMatchObject({
    settlements: [{ creditedPaise: 876_40 }],
  });
  const wrong = [{ creditedOn: '2026-02-30', amountPaise: 1 }];
  expect((await post('/v1/reconciliation/bank-credits', { credits: wrong })).statusCode).toBe(400);
}
