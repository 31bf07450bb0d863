/** The churn page and what treatments are worth, for people and as JSON. */
// Adds `hide` to route schemas: pages are not part of the API's description.
import type {} from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { AppError } from '../../core/errors.js';
import type { ReportingDeps } from '../deps.js';
import { churnPage } from '../pages/churn.js';
import { ChurnUpliftReport } from './uplift-report.js';

const querystring = Type.Object({
  currency: Type.Optional(
    Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217; the most used one if absent.' }),
  ),
});

export function registerChurn(
  app: FastifyInstance,
  deps: Pick<ReportingDeps, 'churn' | 'churnUplift'>,
): void {
  const typed = app.withTypeProvider<TypeBoxTypeProvider>();
  typed.get(
    '/churn',
    { schema: { hide: true, querystring } },
    async ({ query: { currency = null } }, reply) =>
      reply.type('text/html; charset=utf-8').send(churnPage(await deps.churn(currency))),
  );
  const summary = 'What treatments against churn are worth: listed payers beside the permanent hold-out';
  typed.get(
    '/v1/reports/churn/uplift',
    { schema: { tags: ['reports'], summary, querystring, response: { 200: ChurnUpliftReport } } },
    async ({ query: { currency = null } }) => {
      const report = await deps.churnUplift(currency);
      if (report !== null) return report;
      const message = 'nobody has been scored for churn yet: run `hasivu jobs run score-churn`';
      throw new AppError('unavailable', 'no-uplift-report', message);
    },
  );
}
