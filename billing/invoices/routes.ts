/**
 * Invoices over HTTP: read, and what a person may do about one. They are made by the billing run and by changes of subscriptions, never
 * here, and paid by payments whose reference they are.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Clock } from '../../core/clock.js';
import { idSchema, printable } from '../../scoring/request.js';
import { PAGE } from '../page.js';
import { giveUpInvoice, holdInvoice, releaseInvoice, voidInvoice } from './commands.js';
import { INVOICE_STATUSES, InvoiceView, listInvoices, readInvoice } from './view.js';

interface InvoiceRoutesDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const tags = ['invoices'];

const InvoiceParams = Type.Object({ invoiceId: Type.String({ maxLength: 64 }) });
const Reason = Type.Object(
  { reason: printable(300, 'Why, for whoever looks at it later.') },
  { additionalProperties: false },
);

export function invoiceRoutes(deps: InvoiceRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    readRoutes(app, deps);
    commandRoutes(app, deps);
  };
}

function readRoutes(app: App, { pool }: InvoiceRoutesDeps): void {
  app.get(
    '/v1/invoices',
    {
      schema: {
        tags,
        summary: 'Invoices, newest first',
        querystring: Type.Object(
          {
            payerId: Type.Optional(idSchema('Of this payer only.')),
            subscriptionId: Type.Optional(idSchema('Of this subscription only.')),
            status: Type.Optional(Type.Enum(INVOICE_STATUSES)),
            ...PAGE,
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ invoices: Type.Array(InvoiceView) }) },
      },
    },
    async ({ query }) => ({ invoices: await listInvoices(pool, query) }),
  );
  app.get(
    '/v1/invoices/:invoiceId',
    {
      schema: {
        tags,
        summary: 'One invoice with its lines and payments',
        params: InvoiceParams,
        response: { 200: InvoiceView },
      },
    },
    async ({ params }) => readInvoice(pool, params.invoiceId),
  );
}

const WITH_REASON = {
  void: { run: voidInvoice, summary: 'It was never owed; repeating it changes nothing' },
  'give-up': { run: giveUpInvoice, summary: 'Nobody expects it any more: a bad debt; it may still be paid' },
  hold: { run: holdInvoice, summary: 'Neither debit nor chase it while a person deals with it' },
} as const;

function commandRoutes(app: App, deps: InvoiceRoutesDeps): void {
  for (const [command, { run, summary }] of Object.entries(WITH_REASON)) {
    app.post(
      `/v1/invoices/:invoiceId/${command}`,
      { schema: { tags, summary, params: InvoiceParams, body: Reason, response: { 200: InvoiceView } } },
      async ({ params, body }) => run(deps, params.invoiceId, body.reason),
    );
  }
  app.post(
    '/v1/invoices/:invoiceId/release',
    {
      schema: {
        tags,
        summary: 'Debit and chase it again',
        params: InvoiceParams,
        response: { 200: InvoiceView },
      },
    },
    async ({ params }) => releaseInvoice(deps, params.invoiceId),
  );
}
