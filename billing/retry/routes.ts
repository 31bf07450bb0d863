/** The measured lift of retries over HTTP: the model's arm beside the hold-out on the ladder. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Clock } from '../../core/clock.js';
import { DAY_MS, dayOf, formatDay, parseDay, startOfDay } from '../../core/days.js';
import { AppError } from '../../core/errors.js';
import type { ArmTotal, Lift } from './lift.js';
import { liftReport, MATURE_MS } from './lift-report.js';

interface RetryRoutesDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

const DEFAULT_SPAN_MS = 180 * DAY_MS;
const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
/** Paise fit a JSON number up to ₹90 lakh crore. */
const Paise = Type.Integer();

const Arm = Type.Object({
  payers: Type.Integer(),
  failed: Type.Integer({ description: 'First debits that failed for a cause that may be retried.' }),
  recovered: Type.Integer({ description: 'Of those, debited by a retry.' }),
  failedPaise: Paise,
  recoveredPaise: Paise,
  share: Nullable(Type.Number()),
  paiseShare: Nullable(Type.Number()),
});

const Difference = Nullable(Type.Object({ value: Type.Number(), low: Type.Number(), high: Type.Number() }));

const Answer = Type.Object({
  from: Type.String(),
  to: Type.String(),
  model: Arm,
  holdOut: Arm,
  leastPayers: Type.Integer({ description: 'With fewer in an arm the arms are not compared.' }),
  share: Difference,
  paise: Difference,
  gainedPaise: Nullable(Paise),
  counts: Type.Array(
    Type.Object({
      by: Type.Enum(['attempt', 'chosen-by', 'hour', 'reason']),
      name: Type.String(),
      arm: Type.Enum(['model', 'hold-out']),
      debits: Type.Integer(),
      succeeded: Type.Integer(),
    }),
  ),
});

const Span = Type.Object(
  {
    from: Type.Optional(
      Type.String({ format: 'date', description: 'First day of first failures, of the Indian calendar.' }),
    ),
    to: Type.Optional(
      Type.String({
        format: 'date',
        description: 'The day after the last; at most 31 days ago, so that every chain has ended.',
      }),
    ),
  },
  { additionalProperties: false },
);

export function retryRoutes({ pool, clock }: RetryRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/v1/reports/retry-lift',
      {
        schema: {
          tags: ['retries'],
          summary:
            'What the model recovers beyond the ladder, with its 95 % interval: the last 180 days that have ended',
          querystring: Span,
          response: { 200: Answer },
        },
      },
      async ({ query }) => {
        const newest = dayOf(clock.now() - MATURE_MS);
        const to = Math.min(newest, query.to === undefined ? newest : dayIn(query.to));
        const from = query.from === undefined ? to - DEFAULT_SPAN_MS / DAY_MS : dayIn(query.from);
        if (from >= to)
          throw new AppError(
            'bad-input',
            'empty-span',
            `from must lie before ${formatDay(to)}: younger retries have not ended`,
          );
        const { counts, ...lift } = await liftReport(pool, {
          fromMs: startOfDay(from),
          toMs: startOfDay(to),
        });
        return { from: formatDay(from), to: formatDay(to), ...plain(lift), counts: [...counts] };
      },
    );
  };
}

function dayIn(text: string): number {
  const day = parseDay(text);
  if (day === null)
    throw new AppError('bad-input', 'no-such-day', `${text} is not a day of the calendar; write YYYY-MM-DD`);
  return day;
}

function plain({ model, holdOut, gainedPaise, ...compared }: Lift) {
  return {
    model: plainArm(model),
    holdOut: plainArm(holdOut),
    ...compared,
    gainedPaise: gainedPaise === null ? null : Number(gainedPaise),
  };
}

function plainArm(arm: ArmTotal) {
  return { ...arm, failedPaise: Number(arm.failedPaise), recoveredPaise: Number(arm.recoveredPaise) };
}
