/**
 * Orders at Razorpay, keyed by receipt. `unique_receipt` makes the API answer the same order for the same receipt; older accounts
 * refuse the repeat instead, and then the order is looked up. An order found under the receipt must ask for the same amount.
 */
import type { GatewayOrder } from '../../../core/ports/gateway-entities.js';
import type { NewOrder } from '../../../core/ports/gateway-requests.js';
import type { Gateway, Outcome } from '../../../core/ports/gateway.js';
import { mapOutcome, settle } from './call.js';
import type { Caller } from './call.js';
import type { Sdk } from './client.js';
import { between, ONE_PAGE, pages } from './pages.js';
import { readOrder, readOrders, readPayments } from './read-payments.js';
import { refusal } from './refusals.js';

type Body = Readonly<Record<string, unknown>>;

export interface OrderCreation {
  readonly amountPaise: bigint;
  readonly currency?: string;
  readonly receipt: string;
}

/** @param rest what the kind of order adds to the body. */
export type CreateOrder = (order: OrderCreation, rest: Body) => Promise<Outcome<GatewayOrder>>;

export function orderCreation(sdk: Sdk, caller: Caller): CreateOrder {
  return async ({ amountPaise, currency = 'INR', receipt }, rest) => {
    const body = { amount: Number(amountPaise), currency, receipt, unique_receipt: true, ...rest };
    const created = await caller.write(() => sdk.orders.create(body), readOrder);
    const settled = await settle(created, () => findByReceipt(sdk, caller, receipt), [
      'receipt_reused',
      'duplicate_request',
    ]);
    if (settled.kind !== 'ok') return settled;
    const { id, amountPaise: found, currency: foundCurrency } = settled.value;
    if (found === amountPaise && foundCurrency === currency) return settled;
    return refusal('receipt_reused', `receipt ${receipt} belongs to ${id} over ${found} ${foundCurrency}`);
  };
}

async function findByReceipt(
  sdk: Sdk,
  caller: Caller,
  receipt: string,
): Promise<Outcome<GatewayOrder | null>> {
  const found = await caller.read(
    () => sdk.api.get({ url: '/orders', data: { ...ONE_PAGE, receipt } }),
    readOrders,
  );
  return mapOutcome(found, (orders) => orders.find((order) => order.receipt === receipt) ?? null);
}

export function orders(sdk: Sdk, caller: Caller, create: CreateOrder): Gateway['orders'] {
  return {
    create: (order) => create(order, plainOrder(order)),
    fetch: (orderId) => caller.read(() => sdk.orders.fetch(orderId), readOrder),
    findByReceipt: (receipt) => findByReceipt(sdk, caller, receipt),
    payments: (orderId) => caller.read(() => sdk.orders.fetchPayments(orderId), readPayments),
    list: (range) =>
      pages(
        (query) => caller.read(() => sdk.api.get({ url: '/orders', data: query }), readOrders),
        between(range),
      ),
  };
}

/** The window for manual capture is the longest that the API allows; then the payment goes back to the payer. */
const MANUAL_EXPIRY_MINUTES = 7200;
/** Between authorisation and automatic capture; a later authorisation is refunded. The API's minimum. */
const AUTOMATIC_EXPIRY_MINUTES = 12;

function plainOrder({ notes, capture = 'automatic' }: NewOrder): Body {
  return {
    notes,
    payment: {
      capture,
      capture_options: {
        automatic_expiry_period: capture === 'automatic' ? AUTOMATIC_EXPIRY_MINUTES : undefined,
        manual_expiry_period: MANUAL_EXPIRY_MINUTES,
        refund_speed: 'normal',
      },
    },
  };
}
