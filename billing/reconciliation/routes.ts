/** Reconciliation over HTTP: reports by day, cases and what may be done about them, and the bank's credits. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { DAY_MS } from '../../features/vocabulary.js';
import { idSchema, printable } from '../../scoring/request.js';
import { importCredits, matchCredits } from './credits.js';
import { REASON_NAMES, REASONS } from './reasons.js';
import {
  dayReport,
  dayTotals,
  EXCEPTION_STATUSES,
  listAdjustments,
  listExceptions,
  waitingByReason,
} from './report.js';
import { acceptException, linkException, reopenException, reverseAdjustment } from './resolve.js';
import { RECONCILIATION } from './settings.js';

export interface ReconciliationRoutesDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const tags = ['reconciliation'];
const MAX_CREDITS = 1000;
const LIST_LIMIT = 200;

export function reconciliationRoutes(deps: ReconciliationRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    dayRoutes(app, deps);
    caseRoutes(app, deps);
    adjustmentRoutes(app, deps);
    creditRoute(app, deps);
  };
}

const Day = (description: string) => Type.String({ format: 'date', description });
const SettledOn = Type.Object({ settledOn: Day('Day of the Indian calendar.') });
/** Paise fit a JSON number up to ₹90 lakh crore. */
const Paise = Type.Integer();
const MaybePaise = Type.Union([Paise, Type.Null()]);
const MaybeText = Type.Union([Type.String(), Type.Null()]);
const Share = Type.Object({ name: Type.String(), rows: Type.Integer(), paise: Paise });

const Totals = {
  settledOn: Type.String(),
  readAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  rows: Type.Integer(),
  matched: Type.Integer(),
  adjusted: Type.Integer(),
  exceptions: Type.Integer(),
  waiting: Type.Integer({ description: 'Not compared yet.' }),
  late: Type.Integer({ description: 'Came after their day had been read.' }),
  netPaise: Paise,
};

const Report = Type.Object({
  ...Totals,
  movements: Type.Array(Share),
  identified: Type.Array(Share),
  adjustments: Type.Array(Share),
  settlements: Type.Array(
    Type.Object({
      settlementId: Type.String(),
      utr: MaybeText,
      paidPaise: MaybePaise,
      rowsPaise: Paise,
      creditedPaise: MaybePaise,
    }),
  ),
});

function dayRoutes(app: App, { pool, clock }: ReconciliationRoutesDeps): void {
  app.get(
    '/v1/reconciliation/days',
    {
      schema: {
        tags,
        summary: 'What each day of settlements came to, oldest first: the last 30 unless asked otherwise',
        querystring: Type.Object(
          { from: Type.Optional(Day('First day.')), to: Type.Optional(Day('Last day.')) },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ days: Type.Array(Type.Object(Totals)) }) },
      },
    },
    async ({ query }) => {
      const to = query.to ?? new Date(clock.now()).toISOString().slice(0, 10);
      const from = query.from ?? new Date(Date.parse(to) - 30 * DAY_MS).toISOString().slice(0, 10);
      return { days: plain(await dayTotals(pool, from, to)) };
    },
  );
  app.get(
    '/v1/reconciliation/days/:settledOn',
    {
      schema: { tags, summary: 'One day of settlements', params: SettledOn, response: { 200: Report } },
    },
    async ({ params: { settledOn } }) => {
      const report = await dayReport(pool, settledOn);
      if (report === null)
        throw new AppError('not-found', 'day-not-read', 'the settlements of this day have not been read');
      return plain(report);
    },
  );
}

const ShownCase = Type.Object({
  exceptionId: Type.Integer(),
  subject: Type.String(),
  reason: Type.Enum(REASON_NAMES),
  whatToDo: Type.String(),
  status: Type.Enum(EXCEPTION_STATUSES),
  differencePaise: Type.Integer({ description: 'Ours less theirs.' }),
  currency: Type.String(),
  paymentId: MaybeText,
  linkedTo: MaybeText,
  happenedOn: Type.String(),
  openedAt: Type.String({ format: 'date-time' }),
  ageDays: Type.Integer(),
  actor: MaybeText,
  note: MaybeText,
});

const ResolutionBody = Type.Object(
  {
    action: Type.Enum(['accept', 'link', 'reopen'], {
      description:
        'Accept: the difference goes to suspense. Link: to a payment of ours, a credit to a settlement.',
    }),
    actor: idSchema('Who does it.'),
    reason: printable(300, 'Why; kept in the history.'),
    linkedTo: Type.Optional(idSchema('Of a link: the payment or the settlement.')),
  },
  { additionalProperties: false },
);

function caseRoutes(app: App, { pool, clock }: ReconciliationRoutesDeps): void {
  app.get(
    '/v1/reconciliation/exceptions',
    {
      schema: {
        tags,
        summary: 'Differences that wait for a person, the most money first, and all of them by reason',
        querystring: Type.Object(
          {
            status: Type.Optional(Type.Enum(EXCEPTION_STATUSES, { default: 'open' })),
            reason: Type.Optional(Type.Enum(REASON_NAMES)),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIST_LIMIT, default: 50 })),
            offset: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            waiting: Type.Array(
              Type.Object({
                reason: Type.Enum(REASON_NAMES),
                whatToDo: Type.String(),
                count: Type.Integer(),
                stakePaise: Paise,
                oldestOn: Type.String(),
              }),
            ),
            exceptions: Type.Array(ShownCase),
          }),
        },
      },
    },
    async ({ query: { status = 'open', reason = null, limit = 50, offset = 0 } }) => {
      const found = await listExceptions(pool, { status, reason, limit, offset });
      const waiting = await waitingByReason(pool);
      const now = clock.now();
      return {
        waiting: waiting.map((one) => ({ ...plain(one), whatToDo: REASONS[one.reason] })),
        exceptions: found.map((one) => ({
          ...plain(one),
          whatToDo: REASONS[one.reason],
          ageDays: Math.max(0, Math.floor((now - Date.parse(`${one.happenedOn}T00:00:00+05:30`)) / DAY_MS)),
        })),
      };
    },
  );
  app.post(
    '/v1/reconciliation/exceptions/:exceptionId/resolutions',
    {
      schema: {
        tags,
        summary: 'Accept a difference, link it, or open it again; repeating it changes nothing',
        params: Type.Object({ exceptionId: Type.Integer({ minimum: 1 }) }),
        body: ResolutionBody,
        response: { 200: Type.Object({ exceptionId: Type.Integer() }) },
      },
    },
    async ({ params, body: { action, actor, reason, linkedTo } }) => {
      const id = BigInt(params.exceptionId);
      const resolution = { actor, note: reason };
      const now = clock.now();
      if (action === 'accept') await acceptException(pool, id, resolution, now);
      else if (action === 'reopen') await reopenException(pool, id, resolution, now);
      else if (linkedTo !== undefined) await linkException(pool, id, linkedTo, resolution, now);
      else throw new AppError('bad-input', 'link-target-missing', 'a link needs linkedTo');
      return { exceptionId: params.exceptionId };
    },
  );
}

function adjustmentRoutes(app: App, { pool, clock }: ReconciliationRoutesDeps): void {
  app.get(
    '/v1/reconciliation/days/:settledOn/adjustments',
    {
      schema: {
        tags,
        summary: 'What was posted for the rows of a day, each with its entry in the ledger',
        params: SettledOn,
        response: {
          200: Type.Object({
            adjustments: Type.Array(
              Type.Object({
                adjustmentId: Type.Integer(),
                subject: Type.String(),
                part: Type.String(),
                amounts: Type.Record(Type.String(), Type.String()),
                currency: Type.String(),
                entryKey: Type.String(),
                postedAt: Type.String({ format: 'date-time' }),
                reversedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
              }),
            ),
          }),
        },
      },
    },
    async ({ params: { settledOn } }) => ({ adjustments: plain(await listAdjustments(pool, settledOn)) }),
  );
  app.post(
    '/v1/reconciliation/adjustments/:adjustmentId/reversals',
    {
      schema: {
        tags,
        summary: 'Take the adjustment of a row back by reversing entries; it becomes a case',
        params: Type.Object({ adjustmentId: Type.Integer({ minimum: 1 }) }),
        body: Type.Object(
          { actor: idSchema('Who does it.'), reason: printable(300, 'Why; kept in the history.') },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ adjustmentId: Type.Integer() }) },
      },
    },
    async ({ params: { adjustmentId }, body: { actor, reason } }) => {
      await reverseAdjustment(pool, BigInt(adjustmentId), { actor, note: reason }, clock.now());
      return { adjustmentId };
    },
  );
}

const Credit = Type.Object(
  {
    reference: Type.Optional(idSchema("The bank's, unique for ever; absent: the line is its own identity.")),
    creditedOn: Day('As on the statement.'),
    amountPaise: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$', default: 'INR' })),
    utr: Type.Optional(idSchema('When the bank has it in a field of its own.')),
    narration: Type.Optional(printable(500, 'Where the UTR is looked for otherwise.')),
  },
  { additionalProperties: false },
);

function creditRoute(app: App, { pool, clock }: ReconciliationRoutesDeps): void {
  app.post(
    '/v1/reconciliation/bank-credits',
    {
      schema: {
        tags,
        summary: 'Credits of a bank statement; those that are known change nothing',
        body: Type.Object(
          { credits: Type.Array(Credit, { minItems: 1, maxItems: MAX_CREDITS }) },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ imported: Type.Integer() }) },
      },
    },
    async ({ body: { credits } }) => {
      const now = clock.now();
      const imported = await importCredits(
        pool,
        credits.map((credit) => ({
          reference: credit.reference ?? null,
          creditedOn: credit.creditedOn,
          amountPaise: BigInt(credit.amountPaise),
          currency: credit.currency ?? 'INR',
          utr: credit.utr ?? null,
          narration: credit.narration ?? '',
        })),
        now,
      );
      await matchCredits(pool, RECONCILIATION.gatewayName, now);
      return { imported };
    },
  );
}

type Plain<T> = T extends bigint
  ? number
  : T extends readonly (infer One)[]
    ? Plain<One>[]
    : T extends object
      ? { [K in keyof T]: K extends `${string}At` ? Instant<T[K]> : Plain<T[K]> }
      : T;
type Instant<T> = T extends number ? string : T;

/** Amounts and counts as JSON numbers, instants as ISO 8601. */
function plain<T>(value: T): Plain<T> {
  return JSON.parse(
    JSON.stringify(value, (key, one: unknown) => {
      if (typeof one === 'bigint') return Number(one);
      return key.endsWith('At') && typeof one === 'number' ? new Date(one).toISOString() : one;
    }),
  ) as Plain<T>;
}
