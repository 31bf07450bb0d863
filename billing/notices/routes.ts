/**
 * Notices and events over HTTP: where payers are reached, what was said to them, in whose words; who else is told, and what became of
 * it. Addresses go in and out here alone. A secret is answered once, when it is made.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { idSchema, nullable } from '../../scoring/request.js';
import {
  eraseContact,
  findContact,
  resubscribe,
  saveContact,
  unsubscribe,
  unsubscribedTopics,
} from './contacts.js';
import { listNotices, replayNotice } from './deliver-notices.js';
import { CHANNELS } from './post.js';
import { saveWords } from './words.js';
import { TEMPLATES } from './templates.js';
import type { TemplateName } from './templates.js';
import { NOTICE_TOPICS, REFUSABLE_TOPICS } from './topics.js';

export interface NoticeRoutesDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const tags = ['notices'];
const Payer = Type.Object({ payerId: idSchema('The payer.') });
const instant = () => Type.String({ format: 'date-time' });
const Language = Type.String({
  pattern: '^[a-z]{2,3}(-[A-Z]{2})?$',
  description: 'For instance hi or en-IN.',
});
const MOST = 200;
const LISTED = 50;
const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

export function noticeRoutes(deps: NoticeRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    contactRoutes(app, deps);
    unsubscribeRoutes(app, deps);
    sentRoutes(app, deps);
    wordRoutes(app, deps);
  };
}

const Contact = Type.Object(
  {
    email: Type.Optional(nullable(Type.String({ format: 'email', maxLength: 254 }))),
    phone: Type.Optional(
      nullable(Type.String({ pattern: '^\\+[1-9][0-9]{7,14}$', description: 'For instance +91…' })),
    ),
    language: Type.Optional(nullable(Language)),
  },
  { additionalProperties: false },
);

function contactRoutes(app: App, { pool, clock }: NoticeRoutesDeps): void {
  const url = '/v1/contacts/:payerId';
  app.put(
    url,
    {
      schema: {
        tags,
        summary: 'Where a payer is reached',
        params: Payer,
        body: Contact,
        response: { 204: Type.Null() },
      },
    },
    async ({ params, body }, reply) => {
      const { email = null, phone = null, language = null } = body;
      await saveContact(pool, params.payerId, { email, phone, language }, clock.now());
      return reply.code(204).send(null);
    },
  );
  app.get(
    url,
    {
      schema: {
        tags,
        summary: 'Where a payer is reached',
        params: Payer,
        response: {
          200: Type.Object({
            email: nullable(Type.String()),
            phone: nullable(Type.String()),
            language: nullable(Type.String()),
            isErased: Type.Boolean(),
            unsubscribed: Type.Array(Type.String()),
          }),
        },
      },
    },
    async ({ params: { payerId } }) => {
      const contact = await findContact(pool, payerId);
      if (contact === null)
        throw new AppError('not-found', 'contact-not-found', `nothing is known of ${payerId}`);
      return { ...contact, unsubscribed: await unsubscribedTopics(pool, payerId) };
    },
  );
  app.delete(
    url,
    {
      schema: { tags, summary: 'Forget how to reach a payer', params: Payer, response: { 204: Type.Null() } },
    },
    async ({ params }, reply) => {
      await eraseContact(pool, params.payerId, clock.now());
      return reply.code(204).send(null);
    },
  );
}

const PayerTopic = Type.Object({
  payerId: idSchema('The payer.'),
  topic: Type.Enum(REFUSABLE_TOPICS, { description: 'What is owed to a payer cannot be refused.' }),
});

function unsubscribeRoutes(app: App, { pool, clock }: NoticeRoutesDeps): void {
  const url = '/v1/contacts/:payerId/unsubscribes/:topic';
  app.put(
    url,
    { schema: { tags, summary: 'No more of a topic', params: PayerTopic, response: { 204: Type.Null() } } },
    async ({ params }, reply) => {
      await unsubscribe(pool, params.payerId, params.topic, clock.now());
      return reply.code(204).send(null);
    },
  );
  app.delete(
    url,
    { schema: { tags, summary: 'A topic again', params: PayerTopic, response: { 204: Type.Null() } } },
    async ({ params }, reply) => {
      await resubscribe(pool, params.payerId, params.topic);
      return reply.code(204).send(null);
    },
  );
}

const STATUSES = ['waiting', 'sending', 'sent', 'dead', 'dropped'] as const;

function sentRoutes(app: App, { pool, clock }: NoticeRoutesDeps): void {
  app.get(
    '/v1/notices',
    {
      schema: {
        tags,
        summary: 'What was said, newest first',
        querystring: Type.Object({
          status: Type.Optional(Type.Enum(STATUSES)),
          payerId: Type.Optional(idSchema('Of one payer.')),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST, default: LISTED })),
        }),
        response: {
          200: Type.Array(
            Type.Object({
              noticeId: Type.String(),
              key: Type.String(),
              payerId: Type.String(),
              channel: Type.Enum(CHANNELS),
              topic: Type.Enum(NOTICE_TOPICS),
              template: Type.String(),
              status: Type.Enum(STATUSES),
              dueAt: instant(),
              tries: Type.Integer(),
              sentAt: nullable(instant()),
              reason: nullable(Type.String()),
            }),
          ),
        },
      },
    },
    async ({ query: { status = null, payerId = null, limit = LISTED } }) => {
      const notices = await listNotices(pool, { status, payerId, limit });
      return notices.map((one) => ({
        ...one,
        dueAt: new Date(one.dueAt).toISOString(),
        sentAt: iso(one.sentAt),
      }));
    },
  );
  app.post(
    '/v1/notices/:noticeId/replay',
    {
      schema: {
        tags,
        summary: 'Send a dead one again',
        params: Type.Object({ noticeId: idSchema('The notice.') }),
        response: { 202: Type.Null() },
      },
    },
    async ({ params }, reply) => {
      await replayNotice(pool, params.noticeId, clock.now());
      return reply.code(202).send(null);
    },
  );
}

const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[];

function wordRoutes(app: App, { pool, clock }: NoticeRoutesDeps): void {
  app.get(
    '/v1/notice-templates',
    {
      schema: {
        tags,
        summary: 'The notices there are and the values of each',
        response: {
          200: Type.Array(Type.Object({ template: Type.String(), values: Type.Array(Type.String()) })),
        },
      },
    },
    async () => TEMPLATE_NAMES.map((template) => ({ template, values: [...TEMPLATES[template]] })),
  );
  app.put(
    '/v1/notice-templates/:template/:language',
    {
      schema: {
        tags,
        summary: 'Words of your own, in Liquid',
        params: Type.Object({ template: Type.Enum(TEMPLATE_NAMES), language: Language }),
        body: Type.Object(
          {
            subject: Type.String({ minLength: 1, maxLength: 500 }),
            short: Type.String({ minLength: 1, maxLength: 1000 }),
            text: Type.String({ minLength: 1, maxLength: 10_000 }),
            html: Type.Optional(nullable(Type.String({ maxLength: 20_000 }))),
          },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null() },
      },
    },
    async ({ params, body: { html = null, ...words } }, reply) => {
      await saveWords(pool, params, { ...words, html }, clock.now());
      return reply.code(204).send(null);
    },
  );
}
