/** Rules over HTTP: what they may name, their versions and history, dry runs, and what was in effect under a hash. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { idSchema, instantSchema, KeyHeader, nullable, printable, toInstant } from '../request.js';
import type { RuleAdmin } from './admin.js';
import { findDryRuns, requireDryRun } from './dry-runs.js';
import { fieldsOf } from './fields.js';
import { RULE_MODES, RuleDefinition } from './rule.js';
import {
  showActiveRule,
  showDryRun,
  showModeChange,
  ShownActiveRule,
  ShownDryRun,
  ShownModeChange,
  ShownRule,
  showRule,
} from './shown.js';
import { findRules, modeHistory, requireRule, rulesOfHash } from './store.js';

export interface RuleRoutesDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly ruleAdmin: RuleAdmin;
}

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const tags = ['rules'];
const RuleId = Type.String({
  pattern: '^[a-z][a-z0-9-]{1,62}$',
  description: 'Small letters, digits and dashes.',
});
const ByRule = Type.Object({ ruleId: RuleId });
const Actor = idSchema('Who changes it.');
const Why = printable(500, 'Why; kept in the history.');
const Version = Type.Integer({ minimum: 1 });
const closed = { additionalProperties: false } as const;

const NewRule = Type.Object(
  { ruleId: RuleId, ...RuleDefinition.properties, actor: Actor, note: Why },
  closed,
);
const NewVersion = Type.Object({ ...RuleDefinition.properties, actor: Actor, note: Why }, closed);
const NewMode = Type.Object(
  { version: Version, mode: Type.Enum(['shadow', 'live', 'retired']), actor: Actor, reason: Why },
  closed,
);
const NewDryRun = Type.Object(
  {
    version: Version,
    from: Type.Optional(instantSchema('First instant of the span; ninety days before its end if absent.')),
    until: Type.Optional(instantSchema('End of the span, not in it; the present if absent.')),
    actor: Actor,
  },
  closed,
);

const LISTED_RUNS = 20;

export function ruleRoutes(deps: RuleRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    fieldRoutes(app);
    readRoutes(app, deps);
    changeRoutes(app, deps);
    dryRunRoutes(app, deps);
  };
}

function readRoutes(app: App, { pool, clock }: RuleRoutesDeps): void {
  app.get(
    '/v1/rules',
    {
      schema: {
        tags,
        summary: 'Rules by mode; all but the retired ones unless asked',
        querystring: Type.Object({ mode: Type.Optional(Type.Enum(RULE_MODES)) }, closed),
        response: { 200: Type.Object({ rules: Type.Array(ShownRule) }) },
      },
    },
    async ({ query: { mode } }) => {
      const modes = mode === undefined ? RULE_MODES.filter((known) => known !== 'retired') : [mode];
      return { rules: (await findRules(pool, { modes })).map(showRule) };
    },
  );
  app.get(
    '/v1/rules/:ruleId',
    {
      schema: {
        tags,
        summary: 'All versions of a rule, its modes since it was made and its latest dry runs',
        params: ByRule,
        response: {
          200: Type.Object({
            versions: Type.Array(ShownRule),
            history: Type.Array(ShownModeChange),
            dryRuns: Type.Array(ShownDryRun),
          }),
        },
      },
    },
    async ({ params: { ruleId } }) => {
      await requireRule(pool, ruleId);
      const [versions, history, dryRuns] = await Promise.all([
        findRules(pool, { ruleId }),
        modeHistory(pool, ruleId),
        findDryRuns(pool, ruleId, LISTED_RUNS),
      ]);
      return {
        versions: versions.map(showRule),
        history: history.map(showModeChange),
        dryRuns: dryRuns.map((run) => showDryRun(run, clock.now())),
      };
    },
  );
  app.get(
    '/v1/rule-sets/:hash',
    {
      schema: {
        tags,
        summary: 'The rules that a decision was made by',
        params: Type.Object({
          hash: Type.String({ pattern: '^[0-9a-f]{16}$', description: 'As in the decision.' }),
        }),
        response: { 200: Type.Object({ rules: Type.Array(ShownActiveRule) }) },
      },
    },
    async ({ params: { hash } }) => {
      const rules = await rulesOfHash(pool, hash);
      if (rules === null)
        throw new AppError('not-found', 'rule-set-not-found', 'no rules with this hash were ever in effect');
      return { rules: rules.map(showActiveRule) };
    },
  );
}

function fieldRoutes(app: App): void {
  app.get(
    '/v1/rules/fields',
    {
      schema: {
        tags,
        summary: 'What a condition may name',
        description:
          'Conditions are a subset of CEL: `||`, `&&`, `!`, comparisons, `in ["a", "b"]`, `+ - * /`, numbers, quoted ' +
          'texts, `missing(field)` and `orElse(field, value)`. What is missing is unknown: neither a comparison with it ' +
          'nor its negation holds.',
        response: {
          200: Type.Object({
            fields: Type.Array(
              Type.Object({
                name: Type.String(),
                type: Type.Enum(['number', 'text']),
                meaning: Type.String(),
                values: nullable(Type.Array(Type.String())),
              }),
            ),
          }),
        },
      },
    },
    async () => ({
      fields: [...fieldsOf(FEATURE_NAMES).values()].map((field) => ({
        name: field.name,
        type: field.type,
        meaning: field.meaning,
        values: field.type === 'text' && field.values !== null ? [...field.values] : null,
      })),
    }),
  );
}

function changeRoutes(app: App, { ruleAdmin }: RuleRoutesDeps): void {
  app.post(
    '/v1/rules',
    {
      schema: {
        tags,
        summary: 'Draft a rule',
        headers: KeyHeader,
        body: NewRule,
        response: { 201: ShownRule },
      },
    },
    async ({ body, headers }, reply) => {
      const { ruleId, actor, note, ...definition } = body;
      const key = headers['idempotency-key'] ?? null;
      return reply.code(201).send(showRule(await ruleAdmin.create(ruleId, definition, { actor, note }, key)));
    },
  );
  app.post(
    '/v1/rules/:ruleId/versions',
    {
      schema: {
        tags,
        summary: 'Draft another version of a rule',
        headers: KeyHeader,
        params: ByRule,
        body: NewVersion,
        response: { 201: ShownRule },
      },
    },
    async ({ params: { ruleId }, body, headers }, reply) => {
      const { actor, note, ...definition } = body;
      const key = headers['idempotency-key'] ?? null;
      return reply.code(201).send(showRule(await ruleAdmin.revise(ruleId, definition, { actor, note }, key)));
    },
  );
  app.post(
    '/v1/rules/:ruleId/mode',
    {
      schema: {
        tags,
        summary: 'Put a version into shadow, live or out of use',
        description:
          'Live needs a finished dry run of exactly this version. The version before it is retired.',
        headers: KeyHeader,
        params: ByRule,
        body: NewMode,
        response: { 200: ShownRule },
      },
    },
    async ({ params: { ruleId }, body: { version, ...change }, headers }) =>
      showRule(await ruleAdmin.changeMode(ruleId, version, change, headers['idempotency-key'] ?? null)),
  );
}

function dryRunRoutes(app: App, { pool, clock, ruleAdmin }: RuleRoutesDeps): void {
  app.post(
    '/v1/rules/:ruleId/dry-runs',
    {
      schema: {
        tags,
        summary: 'Ask what a version would have done to the past',
        description: 'Runs in a program of its own, one run at a time; look for its result under its id.',
        headers: KeyHeader,
        params: ByRule,
        body: NewDryRun,
        response: { 202: ShownDryRun },
      },
    },
    async ({ params: { ruleId }, body, headers }, reply) => {
      const { version, actor } = body;
      const fromAt = toInstant(body.from, 'from');
      const untilAt = toInstant(body.until, 'until');
      const key = headers['idempotency-key'] ?? null;
      const run = await ruleAdmin.askDryRun(ruleId, { version, fromAt, untilAt, actor }, key);
      return reply.code(202).send(showDryRun(run, clock.now()));
    },
  );
  app.get(
    '/v1/rules/:ruleId/dry-runs/:dryRunId',
    {
      schema: {
        tags,
        summary: 'How far a dry run is, or what it found',
        params: Type.Object({
          ruleId: RuleId,
          dryRunId: idSchema('As in the answer to the request for it.'),
        }),
        response: { 200: ShownDryRun },
      },
    },
    async ({ params: { ruleId, dryRunId } }) => {
      const run = await requireDryRun(pool, dryRunId);
      if (run.ruleId === ruleId) return showDryRun(run, clock.now());
      throw new AppError('not-found', 'dry-run-not-found', `rule ${ruleId} has no dry run ${dryRunId}`);
    },
  );
}
