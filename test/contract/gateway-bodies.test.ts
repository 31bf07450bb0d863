/** Every published answer of the API is read, and every published error is a refusal or an unknown outcome with a reason. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import {
  readCustomer,
  readDone,
  readMandateLink,
  readMandateLinks,
  readPaymentLink,
  readToken,
  readTokens,
} from '../../adapters/gateway/razorpay/read-mandates.js';
import {
  readCharge,
  readOrder,
  readOrders,
  readPayment,
  readPayments,
  readRefund,
  readRefunds,
} from '../../adapters/gateway/razorpay/read-payments.js';
import {
  readDispute,
  readDisputes,
  readDowntimes,
  readRows,
  readSettlement,
  readSettlements,
} from '../../adapters/gateway/razorpay/read-settlements.js';
import { failureOf } from '../../adapters/gateway/razorpay/refusals.js';
import { describeIfShared } from '../support/skip.js';

type Read = (body: unknown) => unknown;

/** First match wins. */
const READERS: readonly (readonly [RegExp, Read])[] = [
  [/^api-(order-payments|payments-list)/, readPayments],
  [/^api-orders-list/, readOrders],
  [/^api-order/, readOrder],
  [/^api-payment-refunds-list|^api-refunds-list/, readRefunds],
  [/^api-refund/, readRefund],
  [/^api-payment-downtimes-list/, readDowntimes],
  [/^api-payment-link-(create|cancel|fetch|update)/, readPaymentLink],
  [/^api-payment-/, readPayment],
  [/^api-recurring-payment/, readCharge('order_A')],
  [/^api-customer-tokens/, readTokens],
  [/^api-customer-token-/, readToken],
  [/^api-customer-(create|fetch|edit)/, readCustomer],
  [/^api-token-|notify|resend|empty-array/, readDone],
  [/^api-(registration-link|invoice)-/, readMandateLink],
  [/^api-invoices-list/, readMandateLinks],
  [/^api-settlements-recon/, readRows],
  [/^api-settlements-list/, readSettlements],
  [/^api-settlement-entity/, readSettlement],
  [/^api-disputes-list/, readDisputes],
  [/^api-dispute/, readDispute],
];

/** Of features that the port does not have. */
const UNUSED =
  /^api-(addons|customers-list|payment-bank-transfer|item|plan|qr-code|settlement-ondemand|subscription|virtual-account)/;

describeIfShared('razorpay', 'every published answer', (folder) => {
  const names = readdirSync(folder).filter((name) => /^(reconstructed-)?api-.*\.json$/.test(name));
  const body = (name: string): unknown => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  const isError = (name: string): boolean => name.includes('api-error-');

  it.each(names.filter((name) => !isError(name) && !UNUSED.test(name)))('%s is read', (name) => {
    const read = READERS.find(([pattern]) => pattern.test(name))?.[1];
    if (read === undefined) throw new Error(`no reader for ${name}`);
    const value = read(body(name));
    expect(
      JSON.stringify(value, (_, entry: unknown) => (typeof entry === 'bigint' ? Number(entry) : entry)),
    ).not.toMatch(/NaN|undefined/);
  });

  it.each(names.filter(isError))('%s is understood', (name) => {
    const { error } = body(name) as { error: object };
    const status = Number(/-(\d{3})\.json$/.exec(name)?.[1] ?? (name.includes('conflict') ? 409 : 400));
    const failure = failureOf({ statusCode: status, error });
    if (status >= 500) expect(failure).toMatchObject({ kind: 'unknown', cause: 'server-error' });
    else
      expect(failure).toMatchObject({
        kind: 'declined',
        decline: { reason: expect.stringMatching(/^[a-z_]{4,}$/) },
      });
  });
});
