/**
 * Settlements with their rows, disputes and downtimes at Razorpay. Settlement days are days of the Indian calendar.
 */
import { AppError } from '../../../core/errors.js';
import type { Dispute } from '../../../core/ports/gateway-entities.js';
import type { Gateway } from '../../../core/ports/gateway.js';
import { mapOutcome, settle } from './call.js';
import type { Caller } from './call.js';
import type { Sdk } from './client.js';
import { between, pages } from './pages.js';
import {
  readDispute,
  readDisputes,
  readDowntimes,
  readRows,
  readSettlement,
  readSettlements,
} from './read-settlements.js';

/** The API's maximum for reconciliation rows. */
const PAGE_ROWS = 1000;

export function settlements(sdk: Sdk, caller: Caller): Gateway['settlements'] {
  return {
    fetch: (settlementId) => caller.read(() => sdk.settlements.fetch(settlementId), readSettlement),
    list: (range) =>
      pages(
        (query) => caller.read(() => sdk.api.get({ url: '/settlements', data: query }), readSettlements),
        between(range),
      ),
    movements: (settledOn) =>
      pages(
        (query) => caller.read(() => sdk.settlements.reports(query), readRows),
        calendarDay(settledOn),
        PAGE_ROWS,
      ),
  };
}

function calendarDay(day: string) {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? [];
  if (year === undefined || month === undefined || date === undefined)
    throw new AppError('bad-input', 'day-invalid', `${JSON.stringify(day)} is no day: write YYYY-MM-DD`);
  return { year, month, day: date };
}

export function disputes(sdk: Sdk, caller: Caller): Gateway['disputes'] {
  const fetch = (disputeId: string) => caller.read(() => sdk.disputes.fetch(disputeId), readDispute);
  const hasStatus = (disputeId: string, status: string) => async () =>
    mapOutcome(await fetch(disputeId), (dispute): Dispute | null =>
      dispute.status === status ? dispute : null,
    );
  return {
    fetch,
    list: () =>
      pages((query) => caller.read(() => sdk.api.get({ url: '/disputes', data: query }), readDisputes), {}),
    accept: async (disputeId) =>
      settle(
        await caller.write(() => sdk.disputes.accept(disputeId), readDispute),
        hasStatus(disputeId, 'lost'),
        DECIDED_BEFORE,
      ),
    contest: async (disputeId, { amountPaise, summary, proofs, action }) => {
      const amount = amountPaise === undefined ? undefined : Number(amountPaise);
      const body = { ...proofs, amount, summary, action };
      const contested = await caller.write(() => sdk.disputes.contest(disputeId, body), readDispute);
      return action === 'submit'
        ? settle(contested, hasStatus(disputeId, 'under_review'), DECIDED_BEFORE)
        : contested;
    },
  };
}

const DECIDED_BEFORE = ['invalid_state', 'input_validation_failed'];

export function downtimes(sdk: Sdk, caller: Caller): Gateway['downtimes'] {
  return { list: () => caller.read(() => sdk.payments.fetchPaymentDowntime(), readDowntimes) };
}
