/**
 * How subscriptions do, as data: the waterfall of monthly recurring revenue, who left and why, what each month's beginners became, and
 * what a subscription is worth. Months are of the Indian calendar; amounts are minor units of the currency, tax included.
 */
import Type from 'typebox';
import type { Static } from 'typebox';

const Count = Type.Integer({ minimum: 0 });
const Paise = Type.Integer();
const Share = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

const MonthFigures = Type.Object({
  month: Type.String({ description: 'First day of the month.' }),
  openingPaise: Paise,
  newPaise: Type.Integer({ description: 'Of subscriptions that pay for the first time.' }),
  expansionPaise: Type.Integer({ description: 'More for the same subscriptions, also after a pause.' }),
  reactivationPaise: Type.Integer({ description: 'Back after arrears, and payers who had left.' }),
  contractionPaise: Type.Integer({ description: 'Less for the same subscriptions, also in a pause.' }),
  churnPaise: Type.Integer({ description: 'Of what ended, or is no longer served for arrears.' }),
  involuntaryChurnPaise: Type.Integer({ description: 'Of the churn: for want of payment.' }),
  closingPaise: Type.Integer({
    description: 'Opening + new + expansion + reactivation - contraction - churn.',
  }),
  openingCount: Count,
  started: Count,
  endedVoluntary: Count,
  endedInvoluntary: Count,
  endedByPlan: Count,
  closingCount: Type.Integer({ minimum: 0, description: 'Subscriptions that pay.' }),
  logoChurn: Share('Voluntary and involuntary ends of the subscriptions that paid at the beginning.'),
  revenueChurn: Share('Churn and contraction of the opening revenue.'),
});
export type MonthFigures = Static<typeof MonthFigures>;

const Cohort = Type.Object({
  month: Type.String({ description: 'In which its subscriptions paid first.' }),
  subscriptions: Count,
  mrrPaise: Type.Integer({ description: 'At the end of that month.' }),
  kept: Type.Array(
    Type.Object({
      age: Type.Integer({ description: 'Whole months later.' }),
      share: Type.Number({ description: 'Of the subscriptions, still paying.' }),
      revenueShare: Share('Of the revenue of the first month.'),
    }),
  ),
});
export type Cohort = Static<typeof Cohort>;

const PlanValue = Type.Object({
  planId: Type.String(),
  subscriptions: Count,
  mrrPaise: Paise,
  expectedPaise: Type.Union([Paise, Type.Null()], {
    description: 'Mean discounted margin still to come, by the newest churn scores.',
  }),
  realisedPaise: Type.Union([Paise, Type.Null()], {
    description: 'Mean revenue of the subscriptions that have ended.',
  }),
  ended: Count,
});
export type PlanValue = Static<typeof PlanValue>;

export const SubscriptionReport = Type.Object({
  asOf: Type.String({ format: 'date-time' }),
  currency: Type.String(),
  months: Type.Array(MonthFigures, { description: 'Oldest first; the last one may be open.' }),
  cohorts: Type.Array(Cohort, { description: 'Oldest first.' }),
  plans: Type.Array(PlanValue, { description: 'The most revenue first.' }),
});
export type SubscriptionReport = Static<typeof SubscriptionReport>;
