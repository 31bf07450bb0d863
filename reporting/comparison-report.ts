/**
 * What a comparison of champion and challenger says, as it is stored, shown, printed and answered at `/v1/reports/challenger`.
 * Both models scored the same vectors of the same live payments. Amounts are integers in minor units; days are IST.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import Value from 'typebox/value';
import { ACTIONS } from '../scoring/request.js';

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const orNull = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const instant = (description: string) => Type.Integer({ description: `${description} Epoch milliseconds.` });

const Stake = Type.Object({
  payments: Type.Integer(),
  amountPaise: Type.Integer(),
  frauds: Type.Integer({ description: 'Of these known to be fraud so far.' }),
  fraudAmountPaise: Type.Integer(),
  good: Type.Integer({
    description: 'Known to be good, or let through and never reported in the time that labels take.',
  }),
  goodAmountPaise: Type.Integer(),
});
export type Stake = Static<typeof Stake>;

const Band = Type.Object({
  payments: Type.Integer(),
  announced: orNull(share('Mean probability.')),
  observed: orNull(share('Share of frauds.')),
});

const Calibration = Type.Object({
  expected: Type.Number({ description: 'Sum of the probabilities.' }),
  ratio: orNull(Type.Number({ description: 'Frauds that came over frauds announced: 1 is honest.' })),
  error: Type.Number({ description: 'Mean gap between announced and observed rate over ten bands.' }),
});

const ComparedMetric = Type.Object({
  name: Type.String(),
  champion: Type.Number(),
  challenger: Type.Number(),
  difference: Type.Number({ description: 'Challenger less champion.' }),
  low: Type.Number({ description: 'End of the 95 % interval of the difference, paired bootstrap.' }),
  high: Type.Number(),
});
export type ComparedMetric = Static<typeof ComparedMetric>;

export const ComparisonReport = Type.Object({
  at: instant('When it was computed; only what was known by then is in it.'),
  champion: Type.String(),
  challenger: Type.String(),
  period: Type.Object({
    fromAt: instant('First payment compared.'),
    untilAt: instant('Last payment compared.'),
  }),
  decisions: Type.Object({
    live: Type.Integer({ description: 'By this champion while this challenger was in shadow.' }),
    scored: Type.Integer({ description: 'Of these by the challenger too; the rest exceeded its bounds.' }),
    compared: Type.Integer({ description: 'In the sample that all else is about.' }),
    oneIn: Type.Integer({ description: 'The sample: all (1), or one in so many.' }),
    championFailed: Type.Integer({ description: 'Without a probability of the champion.' }),
    challengerFailed: Type.Integer(),
  }),
  agreement: share('Same action.'),
  actions: Type.Array(
    Type.Object({
      champion: Type.Enum(ACTIONS),
      challenger: Type.Enum(ACTIONS),
      decisions: Type.Integer(),
    }),
  ),
  blocks: Type.Array(
    Type.Object({ currency: Type.String(), onlyChampion: Stake, onlyChallenger: Stake, both: Stake }),
    { description: 'Who would block, also where exploration or the block cap held it back.' },
  ),
  scores: Type.Object({
    psi: Type.Number({ description: "Of the challenger's probabilities against the champion's deciles." }),
    jensenShannon: share('Jensen-Shannon distance.'),
    championMean: orNull(share('Mean probability.')),
    challengerMean: orNull(share('Mean probability.')),
    bands: Type.Array(
      Type.Object({
        from: share('Lower end of the band of probability.'),
        champion: share('Of the payments.'),
        challenger: share('Of the payments.'),
      }),
    ),
  }),
  days: Type.Array(
    Type.Object({
      day: Type.String(),
      decisions: Type.Integer(),
      championBlocks: share('Of the decisions.'),
      challengerBlocks: share('Of the decisions.'),
    }),
  ),
  labels: Type.Object({
    maturityDays: Type.Integer({ description: 'Time that labels are given to arrive.' }),
    payments: Type.Integer({ description: 'Older than that, with a result: those that both are judged on.' }),
    frauds: Type.Integer(),
    oneIn: Type.Integer(),
    withoutResult: Type.Integer({
      description:
        'As old, but refused, or never finished: whether they were fraud nobody knows, and nobody guesses.',
    }),
    withoutProbability: Type.Integer({ description: 'As old, but one of the models gave none.' }),
    notJudged: orNull(Type.String({ description: 'Why there are no metrics.' })),
  }),
  metrics: Type.Array(ComparedMetric),
  calibration: orNull(Type.Object({ champion: Calibration, challenger: Calibration })),
  reliability: Type.Array(
    Type.Object({ from: share('Lower end of the band.'), champion: Band, challenger: Band }),
  ),
});
export type ComparisonReport = Static<typeof ComparisonReport>;

/** Null for a report that another version of the program wrote in another form. */
export function readComparison(stored: unknown): ComparisonReport | null {
  return Value.Check(ComparisonReport, stored) ? stored : null;
}
