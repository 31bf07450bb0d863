/**
 * The payer's side over HTTP, open to whoever has the address: a payment's id cannot be guessed. The page shows what is paid and for
 * how much; the answer of checkout is believed for its signature only, and the payer is told no more than whether it is paid.
 */
import type {} from '@fastify/swagger';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { CheckoutBody, confirmCheckout } from '../payments/confirm.js';
import { readPayment } from '../payments/payment.js';
import type { PaymentDeps } from '../payments/place.js';
import { PAY_SCRIPT, PAY_SCRIPT_PATH, payPage } from './page.js';

/** Needs no API key. */
export const PAY_PATH = '/pay/:paymentId';

const params = Type.Object({ paymentId: Type.String({ pattern: '^pmt_[0-9a-f]{32}$' }) });

export function checkoutRoutes(deps: PaymentDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(PAY_SCRIPT_PATH, { schema: { hide: true } }, async (_request, reply) =>
      reply.type('text/javascript; charset=utf-8').send(PAY_SCRIPT),
    );
    app.get(PAY_PATH, { schema: { hide: true, params } }, async (request, reply) => {
      const { html, policy } = payPage(
        await readPayment(deps.pool, request.params.paymentId),
        deps.gateway.checkout,
      );
      return reply.header('content-security-policy', policy).type('text/html; charset=utf-8').send(html);
    });
    app.post(
      PAY_PATH,
      {
        schema: {
          tags: ['payments'],
          summary: 'What checkout answered the browser',
          params,
          body: CheckoutBody,
          response: { 200: Type.Object({ status: Type.String() }) },
        },
      },
      async ({ params: { paymentId }, body }) => {
        const { status } = await confirmCheckout(deps, paymentId, body);
        return { status };
      },
    );
  };
}
