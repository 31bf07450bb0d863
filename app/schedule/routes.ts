/** Recurring work over HTTP: every job with how it fares, and its runs. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import { nullable } from '../../scoring/request.js';
import { jobRuns, jobTotals } from './store.js';

export interface ListedJob {
  readonly name: string;
  readonly everyMs: number;
  readonly does: string;
  /** Handed out by the queue to one program at a time; otherwise every program does it for itself. */
  readonly isScheduled: boolean;
}

interface JobRoutesDeps {
  readonly pool: Pool;
  readonly jobs: readonly ListedJob[];
}

const tags = ['jobs'];
const instant = () => Type.String({ format: 'date-time' });
const RUNS = 20;
const MOST_RUNS = 500;

const Run = Type.Object({
  runId: Type.String(),
  job: Type.String(),
  delivery: Type.String({
    description: 'What asked for it: a turn of the schedule, a repeat of it, a person.',
  }),
  status: Type.Enum(['running', 'succeeded', 'failed', 'lost']),
  startedAt: instant(),
  finishedAt: nullable(instant()),
  reason: nullable(Type.String()),
});

const JobView = Type.Object({
  name: Type.String(),
  does: Type.String(),
  everySeconds: Type.Number(),
  isScheduled: Type.Boolean({ description: 'One run at a time over all programs; only these are counted.' }),
  succeeded: Type.Integer(),
  failed: Type.Integer(),
  failuresInRow: Type.Integer(),
  lastSuccessAt: nullable(instant()),
  lastFailureAt: nullable(instant()),
  lastReason: nullable(Type.String()),
});

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

export function jobRoutes({ pool, jobs }: JobRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/v1/jobs',
      { schema: { tags, summary: 'All recurring work', response: { 200: Type.Array(JobView) } } },
      async () => {
        const totals = new Map((await jobTotals(pool)).map((one) => [one.job, one]));
        return jobs.map(({ name, does, everyMs, isScheduled }) => {
          const known = totals.get(name);
          return {
            name,
            does,
            everySeconds: everyMs / 1000,
            isScheduled,
            succeeded: known?.succeeded ?? 0,
            failed: known?.failed ?? 0,
            failuresInRow: known?.failuresInRow ?? 0,
            lastSuccessAt: iso(known?.lastSuccessAt ?? null),
            lastFailureAt: iso(known?.lastFailureAt ?? null),
            lastReason: known?.lastReason ?? null,
          };
        });
      },
    );
    app.get(
      '/v1/jobs/runs',
      {
        schema: {
          tags,
          summary: 'Runs, newest first',
          querystring: Type.Object({
            job: Type.Optional(Type.String({ maxLength: 100 })),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_RUNS, default: RUNS })),
          }),
          response: { 200: Type.Array(Run) },
        },
      },
      async ({ query }) => {
        const runs = await jobRuns(pool, query.job ?? null, query.limit ?? RUNS);
        return runs.map((run) => ({
          ...run,
          startedAt: new Date(run.startedAt).toISOString(),
          finishedAt: iso(run.finishedAt),
        }));
      },
    );
  };
}
