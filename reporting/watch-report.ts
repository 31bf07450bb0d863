/**
 * What the watch says, as it is stored, shown and answered at `/v1/reports/drift`: served vectors beside the fitted ones,
 * announced frauds beside those that came, and how actions, reasons, labels and latency move. Days are IST.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import Value from 'typebox/value';
import { ACTIONS } from '../scoring/request.js';

/** The industry's custom, for the PSI beyond what chance gives (Siddiqi 2006). */
export const SHIFTING_FROM = 0.1;
export const DRIFTING_FROM = 0.25;

/** What calls for a look comes last: it stands first in every list. */
export const LEVELS = ['steady', 'by-design', 'shifting', 'drifting'] as const;

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const orNull = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

const measures = {
  psi: Type.Number({ description: 'Population stability index.' }),
  noiseMean: Type.Number({ description: 'PSI to be expected when nothing moved.' }),
  noiseHigh: Type.Number({ description: 'PSI that chance stays below 999 times in 1,000.' }),
  jensenShannon: share('Jensen-Shannon distance.'),
  exceeds: orNull(share('P(a served value exceeds a fitted one), ties half: one half is no shift.')),
  missingShift: Type.Number({ description: 'Share of missing values, served less fitted.' }),
  level: Type.Enum(LEVELS),
};

const Shares = Type.Object({
  fitted: Type.Array(Type.Number(), { description: 'Share of each bin, the last one for missing values.' }),
  served: Type.Array(Type.Number()),
});

export const DriftingFeature = Type.Object({ feature: Type.String(), ...measures });
export type DriftingFeature = Static<typeof DriftingFeature>;

const CalibrationWeek = Type.Object({
  week: Type.String(),
  backtested: Type.Boolean({ description: 'Scored in a backtest, not by the gate.' }),
  payments: Type.Integer(),
  expected: Type.Number({ description: 'Sum of the probabilities.' }),
  frauds: Type.Integer({ description: 'Known so far.' }),
  mature: Type.Boolean({ description: 'Its labels had time to arrive.' }),
});
export type CalibrationWeek = Static<typeof CalibrationWeek>;

const Calibration = Type.Object({
  payments: Type.Integer(),
  expected: Type.Number(),
  frauds: Type.Integer(),
  ratio: Type.Number({ description: 'Frauds that came over frauds announced: 1 is honest.' }),
  ratioLow: Type.Number({ description: 'End of the 95 % interval.' }),
  ratioHigh: Type.Number(),
  error: Type.Number({ description: 'Mean gap between announced and observed rate over probability bands.' }),
});
export type Calibration = Static<typeof Calibration>;

/** Everything but the single features, which have rows of their own. */
export const WatchReport = Type.Object({
  at: Type.Integer({ description: 'Epoch milliseconds.' }),
  modelVersion: orNull(Type.String()),
  notCompared: orNull(Type.String({ description: 'Why no features are compared.' })),
  window: Type.Object({
    fromAt: Type.Integer({ description: 'First decision of the sample.' }),
    untilAt: Type.Integer({ description: 'Last decision of the sample.' }),
    decisions: Type.Integer({ description: 'In the sample.' }),
    compared: Type.Integer({ description: "Of these, with the model's set of features." }),
    payers: Type.Integer(),
  }),
  leading: Type.Array(Type.Object({ feature: Type.String(), ...Shares.properties })),
  score: orNull(Type.Object({ ...measures, ...Shares.properties })),
  calibration: Type.Object({
    weeks: Type.Array(CalibrationWeek),
    gate: orNull(Calibration),
    backtest: orNull(Calibration),
  }),
  labels: Type.Object({
    frauds: Type.Integer(),
    medianDays: orNull(Type.Number()),
    p90Days: orNull(Type.Number()),
    weeks: Type.Array(Type.Object({ week: Type.String(), known: share('Of its frauds, by estimate.') })),
  }),
  days: Type.Array(
    Type.Object({
      day: Type.String(),
      decisions: Type.Integer(),
      actions: Type.Record(Type.Enum(ACTIONS), share('Of the decisions of the day.')),
      reasons: Type.Record(Type.String(), share('Of the decisions of the day that name it.')),
    }),
  ),
  latency: orNull(
    Type.Object({
      p50Ms: Type.Number(),
      p90Ms: Type.Number(),
      p99Ms: Type.Number(),
      buckets: Type.Array(Type.Object({ upToMs: orNull(Type.Number()), decisions: Type.Integer() })),
    }),
  ),
});
export type WatchReport = Static<typeof WatchReport>;

export const DriftReport = Type.Object({
  ...WatchReport.properties,
  features: Type.Array(DriftingFeature, { description: 'All, the largest PSI first.' }),
});
export type DriftReport = Static<typeof DriftReport>;

/** Null for a report that another version of the program wrote in another form. */
export function readReport(stored: unknown): WatchReport | null {
  return Value.Check(WatchReport, stored) ? stored : null;
}
