/**
 * What is said about future revenue, as it is stored, shown and answered at `/v1/reports/forecast`: every level beside the seasonal
 * naive forecast, what forecasts of the past became, and rehearsals at rolling origins while there are few of those. Amounts are
 * integers in minor units, days IST.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import { LEVELS } from '../models/forecast/revenue-lines.js';
import { SPANS } from '../models/forecast/revenue.js';
import { KINDS } from './revenue-history.js';

const Amount = Type.Integer({ description: 'Minor units of `currency`.' });
const Day = Type.String({ description: 'A day in IST.' });
const orNull = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const share = (description: string) => orNull(Type.Number({ description }));

export const ForecastSpan = Type.Object({
  level: Type.Enum(LEVELS),
  member: Type.String(),
  span: Type.Enum(SPANS),
  fromOn: Day,
  untilOn: Type.String({ description: 'The first day after the span, in IST.' }),
  realised: Type.Integer({ description: 'Of the mean, what had come already.' }),
  mean: Amount,
  low80: Amount,
  high80: Amount,
  low95: Amount,
  high95: Amount,
  naive: Type.Integer({ description: 'Seasonal naive: the same weeks a year ago, or a quarter ago.' }),
  committed: Type.Boolean({
    description:
      'Half of the 95 % interval is at most 5 % of the mean; 3 % for parts of what contracts tell.',
  }),
});
export type ForecastSpan = Static<typeof ForecastSpan>;

/** Of revenue that is still to come: what the bottom-up forecast is made of, beside the top-down one. */
const BottomUpSpan = Type.Object({
  span: Type.Enum(['thirteen-weeks', 'quarter'] as const),
  topDown: Amount,
  bottomUp: Type.Integer({ description: 'Sum of the components.' }),
  contracted: Type.Integer({
    description: 'Renewals of living contracts, each by the probability to be there.',
  }),
  recovery: Type.Integer({
    description: 'Renewals that a retry or a payment link brings after a failed debit.',
  }),
  new: Type.Integer({ description: 'Contracts that begin, and their renewals.' }),
  oneOff: Type.Integer({ description: 'All other purchases.' }),
});

const ForecastTrial = Type.Object({
  fromOn: Day,
  topDown: Amount,
  bottomUp: Amount,
  blend: Amount,
  actual: Amount,
});

const BottomUp = Type.Object({
  weight: Type.Number({ minimum: 0, maximum: 1, description: 'What the bottom-up forecast counts for.' }),
  spans: Type.Array(BottomUpSpan),
  trials: Type.Array(ForecastTrial, {
    description:
      'Thirteen weeks of the platform from earlier ends of the history: both forecasts and their blend.',
  }),
});
export type BottomUp = Static<typeof BottomUp>;

/** Written once with the run. */
export const ForecastNotes = Type.Object({
  /** Absent where nothing is sold by contract. */
  bottomUp: Type.Optional(BottomUp),
  parts: Type.Array(Type.Object({ name: Type.String(), weight: Type.Number() }), {
    description: 'What the forecast of the platform is made of, heaviest first.',
  }),
  rehearsals: Type.Array(Type.Object({ fromOn: Day, mean: Amount, naive: Amount, actual: Amount }), {
    description: 'Thirteen weeks of the platform forecast from earlier ends of the history.',
  }),
  recent: Type.Array(Type.Object({ fromOn: Day, actual: Amount }), {
    description: 'Last weeks of the platform, oldest first.',
  }),
});
export type ForecastNotes = Static<typeof ForecastNotes>;

const ForecastAccuracy = Type.Object({
  span: Type.Enum(SPANS),
  level: Type.Enum(LEVELS),
  scored: Type.Integer({ minimum: 1 }),
  fromDays: Type.Integer({ description: 'Distinct first days among them: spans of one day come together.' }),
  bias: share('Mean of forecasts over what came, less 1.'),
  medianApe: share('Median of the absolute relative error.'),
  naiveMedianApe: share('Of the seasonal naive forecast.'),
  coverage80: Type.Number({ description: 'Share within the 80 % interval.' }),
  coverage95: Type.Number(),
  within5: share('Share within 5 % of what came.'),
  committed: Type.Integer(),
  committedWithin5: share('Of the committed.'),
});
export type ForecastAccuracy = Static<typeof ForecastAccuracy>;

const PastForecast = Type.Object({
  asOfOn: Day,
  ...Type.Omit(ForecastSpan, ['level', 'member']).properties,
  actual: Amount,
});
export type PastForecast = Static<typeof PastForecast>;

export const ForecastReport = Type.Object({
  asOfOn: Type.String({ description: 'The first day that was not over, in IST.' }),
  madeAt: Type.Integer({ description: 'Epoch milliseconds.' }),
  currency: Type.String(),
  kindOf: Type.Enum(KINDS, { description: 'What the level `kind` is made of.' }),
  spans: Type.Array(ForecastSpan),
  ...ForecastNotes.properties,
  accuracy: Type.Array(ForecastAccuracy),
  past: Type.Array(PastForecast, {
    description: 'Totals of the platform that are over, the last forecast of each week, newest first.',
  }),
  alarms: Type.Array(Type.String()),
});
export type ForecastReport = Static<typeof ForecastReport>;
