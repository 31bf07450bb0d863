/** Debits over HTTP: what was debited and why then, what is to come, the payer's word not to make one, and a person's to make one. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Clock } from '../../core/clock.js';
import { idSchema, printable } from '../../scoring/request.js';
import { PAGE } from '../page.js';
import { approveDebit } from './approve.js';
import { skipDebit } from './skip.js';
import { DEBIT_STATUSES } from './states.js';
import { DebitView, listDebits, readDebit } from './view.js';

const tags = ['debits'];
const params = Type.Object({ debitId: Type.String({ pattern: '^deb_[0-9a-f]{32}$' }) });
const closed = { additionalProperties: false } as const;

export function debitRoutes(deps: { readonly pool: Pool; readonly clock: Clock }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/v1/debits',
      {
        schema: {
          tags,
          summary: 'Debits of an invoice, a mandate or a payer, newest first',
          querystring: Type.Object(
            {
              invoiceId: Type.Optional(idSchema('What they pay.')),
              mandateId: Type.Optional(idSchema('What they are made on.')),
              payerId: Type.Optional(idSchema('Whose invoices they pay.')),
              status: Type.Optional(Type.Enum(DEBIT_STATUSES)),
              ...PAGE,
            },
            closed,
          ),
          response: { 200: Type.Object({ debits: Type.Array(DebitView) }) },
        },
      },
      async ({ query }) => ({ debits: await listDebits(deps.pool, query) }),
    );
    app.get(
      '/v1/debits/:debitId',
      { schema: { tags, summary: 'One debit', params, response: { 200: DebitView } } },
      async ({ params: { debitId } }) => readDebit(deps.pool, debitId),
    );
    app.post(
      '/v1/debits/:debitId/approval',
      {
        schema: {
          tags,
          summary:
            'Make a debit that the gate left for a person: planned anew in a lawful slot; a repeat answers the same',
          params,
          body: Type.Object(
            { by: printable(80, 'Who has looked at it.'), reason: printable(200, 'For people.') },
            closed,
          ),
          response: { 200: DebitView },
        },
      },
      async ({ params: { debitId }, body }) => approveDebit(deps, debitId, body),
    );
    app.post(
      '/v1/debits/:debitId/skip',
      {
        schema: {
          tags,
          summary: 'Do not make this debit: no failure, no retry, no reminder; repeating it changes nothing',
          params,
          body: Type.Object({ reason: Type.Optional(printable(200, 'For people.')) }, closed),
          response: { 200: DebitView },
        },
      },
      async ({ params: { debitId }, body: { reason = null } }) => skipDebit(deps, debitId, reason),
    );
  };
}
