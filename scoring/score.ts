/**
 * One vector to one verdict: lists, rules, then the model and the policy; who wins is scoring/precedence.ts's table. Pure. A
 * model that is missing, of another feature set, or that fails leaves lists and rules to decide, and the verdict says
 * so: a payment is never refused because scoring broke.
 */
import { formatMoney } from '../core/money.js';
import type { ChurnRisk } from './churn/night.js';
import { SUBJECT_WORDS } from './lists/entry.js';
import type { ListEntry } from './lists/entry.js';
import type { ListIndex } from './lists/list-index.js';
import { explore } from './exploration.js';
import { actionFor, churnCostPaise } from './policy.js';
import type { FprThresholds } from './policy.js';
import type { Policy } from './policy-settings.js';
import { listFinding, modelFinding, resolve, ruleFinding } from './precedence.js';
import type { Finding, Resolution } from './precedence.js';
import { strongestReasons } from './reasons.js';
import type { Action, Answer, DegradedReason, Reason } from './request.js';
import type { Subject } from './rules/fields.js';
import type { RuleHits, RuleSet } from './rules/rule-set.js';

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

/** How the gate stood at the instant of a decision: recorded with it. */
export interface Circumstances {
  /** The model missed its deadline, or rests because it did. */
  readonly modelTooSlow: boolean;
  /** Too many blocks: those of rules and model are held back (scoring/breaker.ts). */
  readonly blockCapOpen: boolean;
  /** A step of the chain that this retry continues was blocked. */
  readonly originalBlocked: boolean;
  /** What the newest night said of the payer; absent without one that is fresh. */
  readonly churn?: ChurnRisk;
}

/** Everything that an answer depends on. */
export interface ScoringInput {
  /** Draws what is explored. */
  readonly decisionId: string;
  readonly subject: Subject;
  readonly featureSetHash: string;
  /** Instant of the decision, UTC epoch milliseconds. */
  readonly atMs: number;
  readonly rules: Pick<RuleSet, 'check'>;
  readonly lists: Pick<ListIndex, 'find'>;
  readonly model: FraudModel | null;
  readonly policy: Pick<Policy, 'costs' | 'exploration'>;
  readonly circumstances: Circumstances;
}

export interface Verdict {
  readonly answer: Omit<Answer, 'decisionId'>;
  /** What held, also where it did not decide, for the log. */
  readonly ruleHits: RuleHits;
  readonly listHits: readonly ListEntry[];
  /** Probability of the action under exploration, given everything else; null without a model's probability. */
  readonly propensity: number | null;
  /** A rule or the model wanted to block, whether it could or the cap held it back. */
  readonly countsAsBlock: boolean;
}

const DEGRADED_TEXTS: Readonly<Record<DegradedReason, string>> = {
  'no-fraud-model': 'no fraud model is in production: rules only',
  'feature-set-mismatch': 'the fraud model was trained on another set of features: rules only',
  'model-failed': 'the fraud model gave no probability: rules only',
  'model-too-slow': 'the fraud model did not answer in time: rules only',
  'block-cap': 'more payments than usual would be blocked: a person decides on this one',
};

export function score(input: ScoringInput): Verdict {
  const { subject, atMs, featureSetHash } = input;
  const listHits = input.lists.find(subject.payment, subject.signals, atMs);
  const ruleHits = input.rules.check(subject, atMs);
  const outcome = probabilityOf(input);
  const modelAction = typeof outcome === 'string' ? 'allow' : modelActionOf(outcome, input);
  const findings: Finding[] = [];
  const reasons: Reason[] = [];
  for (const entry of listHits) {
    findings.push(listFinding(entry));
    reasons.push(listReason(entry));
  }
  if (input.circumstances.originalBlocked) {
    findings.push('original-block');
    reasons.push(ORIGINAL_BLOCKED);
  }
  for (const rule of ruleHits.live) {
    findings.push(ruleFinding(rule));
    reasons.push({ code: rule.ruleId, text: rule.text });
  }
  reasons.push(...modelReasons(outcome, modelAction, input));
  const resolution = resolve([...findings, modelFinding(modelAction)]);
  reasons.push(...churnReasons(outcome, findings, resolution.action, input));
  const settled = settle(resolution, findings.length === 0, input);
  const { action, decidedBy } = settled.resolution;
  const degraded = typeof outcome === 'string' ? outcome : settled.degraded;
  const answer: Verdict['answer'] = {
    action,
    decidedBy,
    fraudProbability: typeof outcome === 'string' ? null : outcome.fraudProbability,
    reasons: settled.reason === null ? reasons : [settled.reason, ...reasons],
    modelVersion: input.model?.version ?? null,
    featureSetHash,
    ...(degraded === null ? {} : { degraded }),
    ...(action === 'block' ? { cancelRetries: true } : {}),
  };
  const propensity = typeof outcome === 'string' ? null : settled.propensity;
  return { answer, ruleHits, listHits, propensity, countsAsBlock: settled.countsAsBlock };
}

const ORIGINAL_BLOCKED: Reason = {
  code: 'original-blocked',
  text: 'an earlier attempt at this payment was blocked',
};
const EXPLORED: Reason = {
  code: 'exploration',
  text: 'one of the few blocks of the model that are challenged instead, to learn whether they are right',
};

interface Settled {
  readonly resolution: Resolution;
  readonly reason: Reason | null;
  readonly degraded: DegradedReason | null;
  readonly propensity: number;
  readonly countsAsBlock: boolean;
}

/** A block of a rule or the model may be held back by the cap, and one of the model alone may be explored. */
function settle(resolution: Resolution, modelAlone: boolean, input: ScoringInput): Settled {
  const isOfRuleOrModel = resolution.decidedBy === 'model-block' || resolution.decidedBy === 'block-rule';
  const plain = { reason: null, degraded: null, propensity: 1, countsAsBlock: isOfRuleOrModel };
  if (!isOfRuleOrModel) return { ...plain, resolution };
  if (input.circumstances.blockCapOpen) {
    const reason = { code: 'block-cap', text: DEGRADED_TEXTS['block-cap'] };
    return { ...plain, resolution: resolve(['capped-review']), reason, degraded: 'block-cap' };
  }
  if (!modelAlone) return { ...plain, resolution };
  const { decisionId, subject, policy } = input;
  const { explored, propensity } = explore({ decisionId, ...amountOf(subject) }, policy.exploration);
  if (!explored) return { ...plain, resolution, propensity };
  return { ...plain, resolution: resolve(['explored-challenge']), reason: EXPLORED, propensity };
}

function amountOf({ payment }: Subject): { readonly amountPaise: bigint; readonly currency: string } {
  return { amountPaise: payment.amountPaise, currency: payment.currency };
}

interface Scored {
  readonly model: FraudModel;
  readonly fraudProbability: number;
}

function modelActionOf(
  { model, fraudProbability }: Scored,
  { subject, policy, circumstances: { churn } }: ScoringInput,
): Action {
  return actionFor({ fraudProbability, ...amountOf(subject), churn }, model.thresholds, policy.costs);
}

const DONE: Readonly<Record<Action, string>> = {
  allow: 'allowed',
  challenge: 'challenged',
  review: 'sent to review',
  block: 'blocked',
};

/** Why the payer's own churn cost led to `action`, if the average would have led elsewhere. */
function churnReasons(
  outcome: DegradedReason | Scored,
  findings: readonly Finding[],
  action: Action,
  input: ScoringInput,
): Reason[] {
  const { churn, ...others } = input.circumstances;
  const { currency } = input.subject.payment;
  const costs = input.policy.costs[currency];
  if (typeof outcome === 'string' || churn === undefined || costs === undefined) return [];
  const usually = modelFinding(modelActionOf(outcome, { ...input, circumstances: others }));
  const usual = resolve([...findings, usually]).action;
  if (usual === action) return [];
  const money = (paise: number): string => formatMoney(BigInt(Math.round(paise)), currency);
  const leaves = Math.round((100 * churn.expectedLossPaise) / churn.valuePaise);
  const text =
    `the payer is worth ${money(churn.valuePaise)} and ${leaves} % likely to leave: a wrong refusal costs ` +
    `${money(churnCostPaise(costs, churn))} of it, not ${money(costs.falseDeclinePaise)} as on average; at that it would be ${DONE[usual]}`;
  return [{ code: 'churn-cost', text }];
}

function listReason({ kind, subject, reason }: ListEntry): Reason {
  return { code: `${kind}-list`, text: `the ${SUBJECT_WORDS[subject]} is on the ${kind} list: ${reason}` };
}

function modelReasons(
  outcome: DegradedReason | Scored,
  action: Action,
  { subject, policy }: ScoringInput,
): Reason[] {
  if (typeof outcome === 'string') return [{ code: outcome, text: DEGRADED_TEXTS[outcome] }];
  if (action === 'allow') return [];
  const { vector, payment } = subject;
  const { currency } = payment;
  const forFraud = outcome.model.explain(vector).filter(({ contribution }) => contribution > 0);
  const reasons = strongestReasons(forFraud, vector, currency);
  if (policy.costs[currency] !== undefined) return reasons;
  const text = `the policy has no costs in ${currency}: the model cannot block, a person decides`;
  return [...reasons, { code: 'no-costs', text }];
}

function probabilityOf(input: ScoringInput): DegradedReason | Scored {
  const { model } = input;
  if (model === null) return 'no-fraud-model';
  if (model.featureSetHash !== input.featureSetHash) return 'feature-set-mismatch';
  if (input.circumstances.modelTooSlow) return 'model-too-slow';
  let fraudProbability: number;
  try {
    fraudProbability = model.predictOne(input.subject.vector);
  } catch {
    // Told to the caller, kept in the decision log and counted by `decisions_degraded_total`.
    return 'model-failed';
  }
  return fraudProbability >= 0 && fraudProbability <= 1 ? { model, fraudProbability } : 'model-failed';
}
