/**
 * Webhooks over HTTP: verified over the raw bytes, stored, acknowledged; applied later (drain.ts). Whoever holds the webhook
 * secret may post; the list of events and their replay need an API key like everything else. Refusals are counted by their
 * code and leave nothing behind.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { admitWebhook } from './admission.js';
import type { AdmissionRules } from './admission.js';
import { listEvents, replayEvents, SHOWN_STATUSES } from './inbox.js';
import type { Inbox, InboxEvent } from './inbox.js';
import type { WebhookTally } from './tally.js';

export interface WebhookRoutesDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly inbox: Inbox;
  readonly tally: WebhookTally;
  readonly admission: AdmissionRules;
}

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const tags = ['webhooks'];
const LIST_LIMIT = 200;

/** The address that needs no API key: its requests are signed. */
export const WEBHOOK_PATH = '/webhooks/razorpay';

export function webhookRoutes(deps: WebhookRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    await app.register(async (scope) => receiveRoute(scope, deps));
    listRoute(app, deps);
    replayRoute(app, deps);
  };
}

/** In a scope of its own: here a JSON body is bytes. */
function receiveRoute(app: App, { clock, inbox, tally, admission }: WebhookRoutesDeps): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.addHook('onError', async (_request, _reply, error) => {
    const code = error instanceof AppError ? error.code : ((error as { code?: string }).code ?? 'failed');
    tally.count(null, REFUSED_BY_FRAMEWORK[code] ?? code);
  });
  app.post(
    WEBHOOK_PATH,
    {
      schema: {
        tags,
        summary: 'Razorpay tells us of an event',
        response: {
          200: Type.Object({ eventId: Type.String(), outcome: Type.Enum(['stored', 'duplicate']) }),
        },
      },
    },
    async ({ body, headers }) => {
      const arrived = {
        raw: body as Buffer,
        signature: one(headers['x-razorpay-signature']),
        eventId: one(headers['x-razorpay-event-id']) ?? null,
      };
      const event = admitWebhook(arrived, admission, clock.now());
      const outcome = await inbox.store(event);
      tally.count(event.event, outcome);
      return { eventId: event.eventId, outcome };
    },
  );
}

const REFUSED_BY_FRAMEWORK: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
};

/** A header that is sent twice is nobody's signature. */
function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? undefined : header;
}

const ShownEvent = Type.Object({
  number: Type.Integer({ description: 'Order of arrival.' }),
  eventId: Type.String(),
  event: Type.String(),
  status: Type.Enum(SHOWN_STATUSES),
  tries: Type.Integer(),
  reason: Type.Union([Type.String(), Type.Null()]),
  occurredAt: Type.String({ format: 'date-time' }),
  receivedAt: Type.String({ format: 'date-time' }),
});

function listRoute(app: App, { pool }: WebhookRoutesDeps): void {
  app.get(
    '/v1/webhooks',
    {
      schema: {
        tags,
        summary: 'Events of the inbox, newest first: parked ones unless asked otherwise',
        querystring: Type.Object(
          {
            status: Type.Optional(Type.Enum(SHOWN_STATUSES, { default: 'parked' })),
            before: Type.Optional(
              Type.Integer({ minimum: 1, description: 'Last number of the page before.' }),
            ),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIST_LIMIT, default: 20 })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ events: Type.Array(ShownEvent) }) },
      },
    },
    async ({ query: { status = 'parked', before = null, limit = 20 } }) => ({
      events: (await listEvents(pool, { status, before, limit })).map(show),
    }),
  );
}

function show({ occurredAt, receivedAt, ...event }: InboxEvent) {
  return {
    ...event,
    occurredAt: new Date(occurredAt).toISOString(),
    receivedAt: new Date(receivedAt).toISOString(),
  };
}

function replayRoute(app: App, { pool, clock }: WebhookRoutesDeps): void {
  app.post(
    '/v1/webhooks/replays',
    {
      schema: {
        tags,
        summary: 'Apply events again: the named ones, or all that are parked; repeating it changes nothing',
        body: Type.Object(
          { eventIds: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 1000 })) },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ replayed: Type.Integer() }) },
      },
    },
    async ({ body }) => ({ replayed: await replayEvents(pool, body.eventIds ?? null, clock.now()) }),
  );
}
