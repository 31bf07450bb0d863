/**
 * One vector to one verdict: hard rules, then the model, then the policy; the most severe finding wins. Pure. A model
 * that is missing, of another feature set, or that fails leaves the rules to decide, and the verdict says so: a payment
 * is never refused because scoring broke.
 */
import { FEATURES } from '../features/definitions.js';
import type { PaymentRequest } from '../ingest/facts.js';
import { actionFor } from './policy.js';
import type { FprThresholds } from './policy.js';
import { ACTIONS } from './request.js';
import type { Action, Answer, DegradedReason, Reason } from './request.js';
import type { RuleCheck } from './rules.js';

export interface FraudModel {
  readonly version: string;
  readonly featureSetHash: string;
  /** P(fraud) of one vector in the order of the feature set. */
  predictOne(vector: Float32Array): number;
  /** Additive contributions in log-odds. */
  explain(vector: Float32Array): readonly { readonly feature: string; readonly contribution: number }[];
  /** Null when the model was not measured at these rates. */
  readonly thresholds: FprThresholds | null;
}

interface ScoringInput {
  readonly payment: PaymentRequest;
  readonly vector: Float32Array;
  readonly featureSetHash: string;
  readonly checkRules: RuleCheck;
  readonly model: FraudModel | null;
}

type Verdict = Omit<Answer, 'decisionId'>;

const DEGRADED_TEXTS: Readonly<Record<DegradedReason, string>> = {
  'no-fraud-model': 'no fraud model is in production: rules only',
  'feature-set-mismatch': 'the fraud model was trained on another set of features: rules only',
  'model-failed': 'the fraud model gave no probability: rules only',
};

const EXPLAINED_FEATURES = 3;

export function score(input: ScoringInput): Verdict {
  const rules = input.checkRules(input.vector);
  const ruleReasons: Reason[] = rules.map(({ code, text }) => ({ code, text }));
  const ruleAction = mostSevere(rules.map((rule) => rule.action));
  const outcome = probabilityOf(input);
  const common = { modelVersion: input.model?.version ?? null, featureSetHash: input.featureSetHash };
  if (typeof outcome === 'string') {
    const reasons = [...ruleReasons, { code: outcome, text: DEGRADED_TEXTS[outcome] }];
    return { action: ruleAction, fraudProbability: null, reasons, ...common, degraded: outcome };
  }
  const { amountPaise, currency } = input.payment;
  const stake = { fraudProbability: outcome.fraudProbability, amountPaise, currency };
  const modelAction = actionFor(stake, outcome.model.thresholds);
  const modelReasons = modelAction === 'allow' ? [] : explanation(outcome.model, input.vector);
  return {
    action: mostSevere([ruleAction, modelAction]),
    fraudProbability: outcome.fraudProbability,
    reasons: [...ruleReasons, ...modelReasons],
    ...common,
  };
}

function probabilityOf(
  input: ScoringInput,
): DegradedReason | { model: FraudModel; fraudProbability: number } {
  const { model } = input;
  if (model === null) return 'no-fraud-model';
  if (model.featureSetHash !== input.featureSetHash) return 'feature-set-mismatch';
  let fraudProbability: number;
  try {
    fraudProbability = model.predictOne(input.vector);
  } catch {
    // Told to the caller, kept in the decision log and counted by `decisions_degraded_total`.
    return 'model-failed';
  }
  return fraudProbability >= 0 && fraudProbability <= 1 ? { model, fraudProbability } : 'model-failed';
}

function mostSevere(actions: readonly Action[]): Action {
  return ACTIONS.findLast((action) => actions.includes(action)) ?? 'allow';
}

const MEANINGS = new Map(FEATURES.map((feature) => [feature.name, feature.meaning]));

/** The features that speak most for fraud. */
function explanation(model: FraudModel, vector: Float32Array): Reason[] {
  return model
    .explain(vector)
    .filter(({ contribution }) => contribution > 0)
    .sort((a, b) => b.contribution - a.contribution)
    .slice(0, EXPLAINED_FEATURES)
    .map(({ feature, contribution }) => ({
      code: `feature-${feature}`,
      text: MEANINGS.get(feature) ?? feature,
      contribution,
    }));
}
