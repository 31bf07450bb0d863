/**
 * The policy as data: what mistakes cost in each currency, how much is explored, how much may be blocked. Named by a hash over its
 * content that every decision records: a replay uses exactly this policy.
 */
import { createHash } from 'node:crypto';
import Type from 'typebox';
import type { Static } from 'typebox';
import { DEFAULT_PAYMENT_COSTS } from '../models/value-saved.js';

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const amount = (description: string) => Type.Integer({ minimum: 0, maximum: 2 ** 53 - 1, description });
const CLOSED = { additionalProperties: false } as const;
const CURRENCY = Type.String({ pattern: '^[A-Z]{3}$' });

/** Prices the refusal of a payer with a churn score by the payer's own value (scoring/policy.ts). */
const ChurnCosts = Type.Object(
  {
    refusalOddsRatio: Type.Number({
      minimum: 1,
      maximum: 100,
      description: 'By what a refusal multiplies the odds that an honest payer leaves.',
    }),
    leastPaise: amount('No refusal is priced lower, whatever the score.'),
    mostPaise: amount('No refusal is priced higher, whatever the score.'),
  },
  CLOSED,
);

/** Amounts in minor units of the currency. */
const Costs = Type.Object(
  {
    disputeFeePaise: amount('What a lost dispute costs besides the amount.'),
    marginShare: share("Share of an honest payment's amount that is earned."),
    falseDeclinePaise: amount('Expected future margin lost by refusing an honest payer once.'),
    abandonmentShare: share('Share of honest payers who give up at a challenge.'),
    challengePassShare: share('Share of fraudsters who pass a challenge.'),
    churn: Type.Optional(ChurnCosts),
  },
  CLOSED,
);
const CostsByCurrency = Type.Record(CURRENCY, Costs, CLOSED);

const Exploration = Type.Object(
  {
    share: share('Share of the blocks that only the model wants which are challenged instead; 0 is never.'),
    seed: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }),
    maxAmountPaise: Type.Record(CURRENCY, amount('Larger payments are never explored.'), CLOSED),
  },
  CLOSED,
);

const BlockCap = Type.Object(
  {
    share: share('Largest share of decisions that rules and model may block; 1 is no cap.'),
    windowMinutes: Type.Number({ minimum: 1, maximum: 1440 }),
    minDecisions: Type.Integer({ minimum: 1, description: 'A window of fewer decisions opens nothing.' }),
  },
  CLOSED,
);

export const Policy = Type.Object(
  { costs: CostsByCurrency, exploration: Exploration, blockCap: BlockCap },
  CLOSED,
);
export type Policy = Static<typeof Policy>;
export type Costs = Static<typeof Costs>;
export type CostsByCurrency = Static<typeof CostsByCurrency>;
export type Exploration = Static<typeof Exploration>;
export type BlockCap = Static<typeof BlockCap>;

export const DEFAULT_POLICY: Policy = {
  costs: {
    INR: {
      ...DEFAULT_PAYMENT_COSTS,
      // What issuers report for one-time passwords in India lies between a tenth and a fifth.
      abandonmentShare: 0.15,
      // Stolen second factors: the rest of the fraudsters give up.
      challengePassShare: 0.1,
      churn: {
        // Where 2 of 100 renewals end anyway, 9 more end: near the one in ten of `falseDeclinePaise`. In vendors' surveys a third or more
        // say that they would not come back; only an experiment can tell.
        refusalOddsRatio: 6,
        // The average: a score makes nobody's treatment harsher than having none.
        leastPaise: DEFAULT_PAYMENT_COSTS.falseDeclinePaise,
        // Four times the average: so much a wrong score can excuse. Values rest on an assumed margin (models/tasks/score-churn.ts).
        mostPaise: 4 * DEFAULT_PAYMENT_COSTS.falseDeclinePaise,
      },
    },
  },
  exploration: {
    // A hundred blocks cost about one wrong challenge.
    share: 0.01,
    seed: 1,
    // INR 5,000: no single exploration can cost more.
    maxAmountPaise: { INR: 500_000 },
  },
  // Fraud is far below a hundredth of payments: a fiftieth blocked is a mistake or an attack, and both need a person.
  blockCap: { share: 0.02, windowMinutes: 15, minDecisions: 200 },
};

/** SHA-256 over the content, its first 16 digits; the order in which things are written does not matter. */
export function hashOfPolicy(policy: Policy): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(policy)))
    .digest('hex')
    .slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, content]) => [name, sorted(content)]);
}
