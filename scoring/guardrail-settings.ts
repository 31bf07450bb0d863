/**
 * When a model that went into production is taken out again without a person: too many refusals, no answers, late answers, or
 * probabilities that do not come true. Minutes of decisions are judged, never single ones; what acts within seconds is the block
 * cap and the deadline. The section `guardrails` of the policy file; decisions do not depend on it.
 */
import Type from 'typebox';
import type { Static } from 'typebox';

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

export const Guardrails = Type.Object(
  {
    on: Type.Boolean({ description: 'Off: nothing is judged and nothing is rolled back.' }),
    windowMinutes: Type.Number({ minimum: 1, maximum: 1440 }),
    minDecisions: Type.Integer({ minimum: 1, description: 'A window of fewer decisions judges nothing.' }),
    watchedDays: Type.Integer({
      minimum: 1,
      description: 'Since the promotion; later the watch tells people.',
    }),
    mostBlockedShare: share('Of the decisions that the model would block.'),
    mostTimesFormerBlocks: Type.Number({
      minimum: 1,
      description: "As a multiple of the former champion's.",
    }),
    mostFailedShare: share('Of the decisions for which the model gave no probability.'),
    mostSlowShare: share('Of the decisions for which it missed its deadline or rested.'),
    mostP99Ms: Type.Number({ minimum: 1, description: '99 % of the decisions are scored faster.' }),
    mostCalibrationRatio: Type.Number({
      minimum: 1,
      description: 'Frauds that came over frauds announced, and the other way round.',
    }),
    minFrauds: Type.Integer({ minimum: 1, description: 'Fewer, announced and come, judge no calibration.' }),
  },
  { additionalProperties: false },
);
export type Guardrails = Static<typeof Guardrails>;

export const DEFAULT_GUARDRAILS: Guardrails = {
  on: true,
  windowMinutes: 30, // A merchant of ten payments a minute fills it.
  minDecisions: 300, // Three bad answers are then one in a hundred.
  watchedDays: 90, // Labels take a month, and two more fill a calibration; later the world has changed, not the model.
  mostBlockedShare: 0.02, // The block cap's: fraud is far below a hundredth of payments.
  mostTimesFormerBlocks: 4, // Better models block others, not four times as many.
  mostFailedShare: 0.01, // A sound model never fails; one in a hundred leaves room for a restart.
  mostSlowShare: 0.01, // A pause of the garbage collector makes one late in thousands.
  mostP99Ms: 40, // Half of the model's deadline; sound models take one.
  mostCalibrationRatio: 2, // Costs decide by p: twice wrong costs as much as the model saves.
  minFrauds: 20, // The 95 % interval of the ratio is then about half of it.
};
