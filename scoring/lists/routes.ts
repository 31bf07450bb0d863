/** Block and allow lists over HTTP: changes in bulk, what is on them now or was at a version, and who changed what. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Static, TObject } from 'typebox';
import type { LiveRules } from '../live-rules.js';
import { idSchema, KeyHeader, nullable } from '../request.js';
import { NewEntries, Removals } from './admin.js';
import type { ListAdmin } from './admin.js';
import { canonicalValue, LIST_KINDS, LIST_SUBJECTS } from './entry.js';
import { entriesOf, listHistory } from './store.js';
import type { RecordedListChange } from './store.js';

export interface ListRoutesDeps {
  readonly pool: Pool;
  readonly rules: Pick<LiveRules, 'lists'>;
  readonly listAdmin: ListAdmin;
}

const tags = ['lists'];
const PAGE = 500;
/** Room for the thousand entries that a request may have. */
const BODY_LIMIT_BYTES = 1024 * 1024;

const Changed = Type.Object({ version: Type.Integer({ description: 'Of the lists after the change.' }) });

const Shown = Type.Object({
  changeId: Type.Integer(),
  change: Type.Enum(['add', 'remove']),
  kind: Type.Enum(LIST_KINDS),
  subject: Type.Enum(LIST_SUBJECTS),
  value: Type.String(),
  overridable: Type.Optional(Type.Boolean()),
  expiresAt: Type.Optional(nullable(Type.String({ format: 'date-time' }))),
  reason: Type.String(),
  actor: Type.String(),
  at: Type.String({ format: 'date-time' }),
});

const Which = {
  kind: Type.Optional(Type.Enum(LIST_KINDS)),
  subject: Type.Optional(Type.Enum(LIST_SUBJECTS)),
  value: Type.Optional(
    idSchema('Exactly as it is listed, or any way to write the same address; needs `subject`.'),
  ),
  before: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Last change of the page before.',
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE, default: 100 })),
};
const closed = { additionalProperties: false } as const;

type App = Parameters<FastifyPluginAsyncTypebox>[0];

export function listRoutes(deps: ListRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    changeRoutes(app, deps);
    readRoutes(app, deps);
  };
}

function changeRoutes(app: App, { listAdmin }: ListRoutesDeps): void {
  app.post(
    '/v1/lists/entries',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        tags,
        summary: 'Put on the lists',
        headers: KeyHeader,
        body: NewEntries,
        response: { 200: Changed },
      },
    },
    ({ body, headers }) => listAdmin.add(body, headers['idempotency-key'] ?? null),
  );
  app.post(
    '/v1/lists/removals',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        tags,
        summary: 'Take off the lists',
        headers: KeyHeader,
        body: Removals,
        response: { 200: Changed },
      },
    },
    ({ body, headers }) => listAdmin.remove(body, headers['idempotency-key'] ?? null),
  );
}

function readRoutes(app: App, { pool, rules }: ListRoutesDeps): void {
  app.get(
    '/v1/lists/entries',
    {
      schema: {
        tags,
        summary: 'What is on the lists, newest first; expired entries stay until they are removed',
        querystring: Type.Object(
          {
            ...Which,
            version: Type.Optional(
              Type.Integer({
                minimum: 0,
                maximum: Number.MAX_SAFE_INTEGER,
                description: 'As a decision names it; now if absent.',
              }),
            ),
          },
          closed,
        ),
        response: { 200: Type.Object({ version: Type.Integer(), entries: Type.Array(Shown) }) },
      },
    },
    async ({ query }) => {
      const version = query.version ?? rules.lists().version();
      const entries = await entriesOf(pool, { ...queryOf(query), asOf: version });
      return { version, entries: entries.map(show) };
    },
  );
  app.get(
    '/v1/lists/history',
    {
      schema: {
        tags,
        summary: 'Who changed what and why, newest first',
        querystring: Type.Object(Which, closed),
        response: { 200: Type.Object({ changes: Type.Array(Shown) }) },
      },
    },
    async ({ query }) => ({ changes: (await listHistory(pool, queryOf(query))).map(show) }),
  );
}

function queryOf(query: Static<TObject<typeof Which>>) {
  const { kind = null, subject = null, value, before = null, limit = 100 } = query;
  const canonical = value === undefined || subject === null ? value : canonicalValue(subject, value);
  return { kind, subject, value: canonical ?? null, before, limit };
}

function show(change: RecordedListChange): Static<typeof Shown> {
  const { changeId, kind, subject, value, reason, actor } = change;
  const common = { changeId, kind, subject, value, reason, actor, at: new Date(change.at).toISOString() };
  if (change.change === 'remove') return { ...common, change: 'remove' };
  const expiresAt = change.expiresAt === null ? null : new Date(change.expiresAt).toISOString();
  return { ...common, change: 'add', overridable: change.overridable, expiresAt };
}
