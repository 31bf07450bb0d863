/**
 * What treatments against churn are worth, as data: listed payers who were offered one beside the permanent hold-out, as they were drawn
 * and whatever was then done (intention to treat), with 95 % intervals, in rupees, and in a sentence.
 */
import Type from 'typebox';
import type { Static } from 'typebox';

const Count = Type.Integer({ minimum: 0 });
const Paise = Type.Integer({ description: 'Minor units of the currency.' });
const Share = Type.Number({ minimum: 0, maximum: 1 });
const orNull = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

const Arm = Type.Object({
  payers: Type.Integer({ minimum: 0, description: 'Whose outcome is settled, 30 days after expiry.' }),
  voluntary: Count,
  involuntary: Count,
  waiting: Type.Integer({ minimum: 0, description: 'Listed, outcome still open.' }),
});

const Difference = Type.Object({
  offeredShare: Share,
  heldOutShare: Share,
  prevented: Type.Number({ description: 'Held out less offered, as a share of payers.' }),
  low: Type.Number({ description: 'Of the 95 % interval.' }),
  high: Type.Number(),
});
export type Difference = Static<typeof Difference>;

const Effect = Type.Object({
  prevented: Type.Number({ description: 'Share of ends that ranking takes a treatment to prevent.' }),
  assumed: Share,
  measured: orNull(Type.Number()),
  standardError: orNull(Type.Number()),
  weight: Type.Number({ description: 'Of the measurement.' }),
});

export const ChurnUpliftReport = Type.Object({
  asOf: Type.String({ format: 'date-time' }),
  currency: Type.String(),
  since: orNull(Type.String({ format: 'date-time', description: 'The night from which on payers count.' })),
  verdict: Type.String({ description: 'In a sentence.' }),
  leastPayers: Type.Integer({ description: 'Of an arm: with fewer, nothing is compared.' }),
  offered: Arm,
  heldOut: Arm,
  treatedShare: orNull(Type.Number({ description: 'Of the offered payers, treated at least once.' })),
  either: orNull(Difference),
  voluntary: orNull(Difference),
  involuntary: orNull(Difference),
  detectable: orNull(
    Type.Number({
      description: 'Smallest difference that such arms would show, with 80 % probability at 5 %.',
    }),
  ),
  kinds: Type.Array(
    Type.Object({ kind: Type.String(), payers: Count, treated: Count, difference: orNull(Difference) }),
    { description: 'By the kind that was dealt out to the payer, whatever was done.' },
  ),
  given: Type.Array(
    Type.Object({
      kind: Type.String(),
      treatments: Count,
      payers: Count,
      costPaise: Paise,
      outside: Type.Integer({ minimum: 0, description: 'Of payers who were not being compared then.' }),
    }),
    { description: 'What was done; withdrawn treatments do not count.' },
  ),
  cohorts: Type.Array(
    Type.Object({
      month: Type.String({ description: 'Of the first night on the list, YYYY-MM in India.' }),
      offered: Count,
      offeredEnded: Count,
      heldOut: Count,
      heldOutEnded: Count,
      difference: orNull(Difference),
    }),
    { description: 'Oldest first.' },
  ),
  saved: orNull(
    Type.Object(
      {
        grossPaise: Type.Integer({ description: 'Worth of what was prevented among the offered payers.' }),
        costPaise: Paise,
        netPaise: Paise,
        low: Type.Integer({ description: 'Of the 95 % interval of the net.' }),
        high: Paise,
      },
      { description: 'Worth as it was when the payers were listed.' },
    ),
  ),
  effects: Type.Object({ voluntary: Effect, involuntary: Effect }),
});
export type ChurnUpliftReport = Static<typeof ChurnUpliftReport>;
