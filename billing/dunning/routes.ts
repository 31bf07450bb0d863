/**
 * Dunning over HTTP: whom to get in touch with and what came of it, a payer's case and tags, offers of parts and the payer's answer, the
 * campaign in force, and what all of it is worth.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Clock } from '../../core/clock.js';
import { idSchema, KeyHeader, nullable, printable } from '../../scoring/request.js';
import { Campaign } from './campaign.js';
import { activeCampaign, adoptCampaign } from './campaigns.js';
import { CaseView, OfferView, readCase, viewOffer } from './case-view.js';
import { ContactBody, recordContact } from './contacts.js';
import { decideOffer, readOffer } from './offers.js';
import type { BeginInstalments } from './offers.js';
import { dunningReport, DunningReport } from './report.js';
import { tagPayer } from './tags.js';
import { workList } from './work-list.js';

type App = Parameters<FastifyPluginAsyncTypebox>[0];

export interface DunningRoutesDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  /** Who collects the parts of an accepted plan; null: payers pay them by hand. */
  readonly beginInstalments: BeginInstalments | null;
}

const tags = ['dunning'];
const MOST_LISTED = 1000;
const Paise = Type.Integer({ description: 'Minor units of the currency.' });
const RequiredKey = Type.Required(KeyHeader);

export function dunningRoutes(deps: DunningRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    workRoutes(app, deps);
    caseRoutes(app, deps);
    offerRoutes(app, deps);
    campaignRoutes(app, deps);
    app.get(
      '/v1/reports/dunning',
      {
        schema: {
          tags: ['reports'],
          summary: 'Arrears by stage, what was done about them, and what it is worth against the hold-out',
          querystring: Type.Object({
            currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$', default: 'INR' })),
          }),
          response: { 200: DunningReport },
        },
      },
      async ({ query }) => dunningReport(deps.pool, deps.clock.now(), query.currency),
    );
  };
}

const Item = Type.Object({
  episodeId: Type.String(),
  payerId: Type.String(),
  currency: Type.String(),
  stage: Type.String(),
  owedPaise: Paise,
  invoices: Type.Integer(),
  oldestDueAt: Type.String({ format: 'date-time' }),
  declineReason: nullable(Type.String()),
  recovery: Type.Number({ description: 'Probability of paying when left alone.' }),
  recoveryIfContacted: Type.Number(),
  gainPaise: Type.Integer({ description: 'Expected from the contact, beyond what comes by itself.' }),
  costPaise: Paise,
  reasons: Type.Array(Type.String()),
});

function workRoutes(app: App, { pool, clock }: DunningRoutesDeps): void {
  app.get(
    '/v1/dunning/work-list',
    {
      schema: {
        tags,
        summary: 'Whom to get in touch with: the most expected rupees for each rupee of effort first',
        querystring: Type.Object(
          {
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_LISTED, default: 50 })),
            budgetPaise: Type.Optional(
              Type.Integer({
                minimum: 0,
                maximum: Number.MAX_SAFE_INTEGER,
                description: 'Of all contacts together.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ items: Type.Array(Item) }) },
      },
    },
    async ({ query: { limit = 50, budgetPaise } }) => {
      const items = await workList(pool, {
        limit,
        budgetPaise: budgetPaise === undefined ? null : BigInt(budgetPaise),
      });
      return {
        items: items.map((item) => ({
          ...item,
          owedPaise: Number(item.owedPaise),
          gainPaise: Number(item.gainPaise),
          costPaise: Number(item.costPaise),
          oldestDueAt: new Date(item.oldestDueAt).toISOString(),
          reasons: [...item.reasons],
        })),
      };
    },
  );
  app.post(
    '/v1/dunning/contacts',
    {
      schema: {
        tags,
        summary: 'What came of getting in touch; a promise keeps everything still until its day is over',
        headers: RequiredKey,
        body: ContactBody,
        response: { 201: Type.Object({ contactId: Type.String() }) },
      },
    },
    async ({ body, headers }, reply) =>
      reply
        .code(201)
        .send({ contactId: await recordContact(pool, body, headers['idempotency-key'], clock.now()) }),
  );
}

const PayerParams = Type.Object({ payerId: idSchema('Of the payer.') });

function caseRoutes(app: App, { pool, clock }: DunningRoutesDeps): void {
  app.get(
    '/v1/dunning/payers/:payerId',
    { schema: { tags, summary: "A payer's case", params: PayerParams, response: { 200: CaseView } } },
    async ({ params }) => readCase(pool, params.payerId),
  );
  app.put(
    '/v1/dunning/payers/:payerId/tags',
    {
      schema: {
        tags,
        summary: 'What is noted of a payer; campaigns say what a tag changes',
        params: PayerParams,
        body: Type.Object(
          {
            tags: Type.Array(Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' }), {
              maxItems: 20,
              uniqueItems: true,
            }),
            actor: idSchema('Who says so.'),
          },
          { additionalProperties: false },
        ),
        response: { 200: CaseView },
      },
    },
    async ({ params, body }) => {
      await tagPayer(pool, { payerId: params.payerId, ...body }, clock.now());
      return readCase(pool, params.payerId);
    },
  );
}

const OfferParams = Type.Object({ offerId: Type.String({ maxLength: 64 }) });
const ANSWERS = {
  acceptance: {
    decision: 'accepted',
    summary: 'The payer takes the parts: debits and dunning stop while they come in time',
  },
  refusal: { decision: 'declined', summary: 'The payer does not want the parts' },
} as const;

function offerRoutes(app: App, deps: DunningRoutesDeps): void {
  app.get(
    '/v1/dunning/offers/:offerId',
    {
      schema: {
        tags,
        summary: 'An offer to pay in parts',
        params: OfferParams,
        response: { 200: OfferView },
      },
    },
    async ({ params }) => viewOffer(await readOffer(deps.pool, params.offerId)),
  );
  for (const [answer, { decision, summary }] of Object.entries(ANSWERS)) {
    app.post(
      `/v1/dunning/offers/:offerId/${answer}`,
      { schema: { tags, summary, params: OfferParams, response: { 200: OfferView } } },
      async ({ params }) => viewOffer(await decideOffer(deps, params.offerId, decision, deps.clock.now())),
    );
  }
}

const Numbered = Type.Object({ version: Type.Integer(), campaign: Campaign });

function campaignRoutes(app: App, { pool, clock }: DunningRoutesDeps): void {
  app.get(
    '/v1/dunning/campaign',
    { schema: { tags, summary: 'The campaign in force', response: { 200: Numbered } } },
    async () => activeCampaign(pool),
  );
  app.post(
    '/v1/dunning/campaigns',
    {
      schema: {
        tags,
        summary: 'Adopt another campaign from the next run on',
        body: Type.Object(
          { campaign: Campaign, actor: idSchema('Who adopts it.'), reason: printable(500, 'Why.') },
          { additionalProperties: false },
        ),
        response: { 201: Numbered },
      },
    },
    async ({ body }, reply) => reply.code(201).send(await adoptCampaign(pool, body, clock.now())),
  );
}
