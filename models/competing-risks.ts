/**
 * Two ways to leave that exclude each other, one model for each cause: P(churn) is the sum of the causes. A cause's model
 * takes the other cause as "not yet", as a cause-specific discrete-time hazard does (Allison 1982; Tutz and Schmid 2016,
 * chapter 8); where the two together exceed certainty they are scaled back, so kept + voluntary + involuntary is always 1.
 */
import { AppError } from '../core/errors.js';
import type { Frame, Model } from './contract.js';
import { logit } from './sigmoid.js';

export interface Risks {
  readonly voluntary: number;
  readonly involuntary: number;
}

/** `predict` is P(churn), of either cause. */
export interface CompetingRisks extends Model {
  readonly voluntary: Model;
  readonly involuntary: Model;
  /** By cause, each (n). */
  risks(frame: Frame): { readonly voluntary: Float64Array; readonly involuntary: Float64Array };
  risksOne(row: Float32Array): Risks;
}

const LEARNER = 'competing-risks';
/** Nothing is certain: the log-odds stay finite. */
const MOST = 1 - 1e-9;
const LEAST = 1e-9;

function together(voluntary: number, involuntary: number): Risks {
  const sum = voluntary + involuntary;
  return sum <= MOST
    ? { voluntary, involuntary }
    : { voluntary: (voluntary * MOST) / sum, involuntary: (involuntary * MOST) / sum };
}

function churnOf({ voluntary, involuntary }: Risks): number {
  return Math.max(LEAST, voluntary + involuntary);
}

/** Both models read the same features. */
export function competingRisks(voluntary: Model, involuntary: Model): CompetingRisks {
  const { featureNames } = voluntary;
  const risksOne = (row: Float32Array): Risks =>
    together(voluntary.predictOne(row), involuntary.predictOne(row));
  const risks = (frame: Frame): ReturnType<CompetingRisks['risks']> => {
    const first = voluntary.predict(frame);
    const second = involuntary.predict(frame);
    for (let row = 0; row < frame.rows; row++) {
      const both = together(first[row]!, second[row]!);
      first[row] = both.voluntary;
      second[row] = both.involuntary;
    }
    return { voluntary: first, involuntary: second };
  };
  return {
    learner: LEARNER,
    featureNames,
    voluntary,
    involuntary,
    risks,
    risksOne,
    predictOne: (row) => churnOf(risksOne(row)),
    predict: (frame) => {
      const both = risks(frame);
      return both.voluntary.map((p, row) => churnOf({ voluntary: p, involuntary: both.involuntary[row]! }));
    },
    explain: (row) => explain({ voluntary, involuntary }, risksOne(row), row),
    toJSON: () => ({ learner: LEARNER, voluntary: voluntary.toJSON(), involuntary: involuntary.toJSON() }),
  };
}

/** Each cause's contributions by its share of the risk; the bias takes up the rest, so that they sum to the logit. */
function explain(
  models: Readonly<Record<keyof Risks, Model>>,
  risks: Risks,
  row: Float32Array,
): Float64Array {
  const churn = churnOf(risks);
  const parts = (['voluntary', 'involuntary'] as const).map((cause) => ({
    share: risks[cause] / churn,
    contributions: models[cause].explain(row),
  }));
  const bias = row.length;
  const sum = new Float64Array(bias + 1);
  for (const { share, contributions } of parts)
    for (let k = 0; k < bias; k++) sum[k]! += share * contributions[k]!;
  sum[bias] = logit(churn) - sum.reduce((total, part) => total + part, 0);
  return sum;
}

export function isCompetingRisks(model: Model): model is CompetingRisks {
  return model.learner === LEARNER && 'risks' in model;
}

export function competingRisksFromJSON(
  json: unknown,
  modelFromJSON: (json: unknown) => Model,
): CompetingRisks {
  const { voluntary, involuntary } = (json ?? {}) as { voluntary?: unknown; involuntary?: unknown }; // Checked below.
  if (voluntary !== undefined && involuntary !== undefined)
    return competingRisks(modelFromJSON(voluntary), modelFromJSON(involuntary));
  throw new AppError(
    'bad-input',
    'bad-model',
    'this JSON is no model of competing risks: a cause is missing',
  );
}
