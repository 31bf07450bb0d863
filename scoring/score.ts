/**
 * One vector to one verdict: lists, rules, then the model and the policy; who wins is scoring/precedence.ts's table. Pure. A
 * model that is missing, of another feature set, or that fails leaves lists and rules to decide, and the verdict says
 * so: a payment is never refused because scoring broke.
 */
import { SUBJECT_WORDS } from './lists/entry.js';
import type { ListEntry } from './lists/entry.js';
import type { ListIndex } from './lists/list-index.js';
import { actionFor } from './policy.js';
import type { FprThresholds } from './policy.js';
import { listFinding, modelFinding, resolve, ruleFinding } from './precedence.js';
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

interface ScoringInput {
  readonly subject: Subject;
  readonly featureSetHash: string;
  /** Instant of the decision, UTC epoch milliseconds. */
  readonly atMs: number;
  readonly rules: Pick<RuleSet, 'check'>;
  readonly lists: Pick<ListIndex, 'find'>;
  readonly model: FraudModel | null;
}

export interface Verdict {
  readonly answer: Omit<Answer, 'decisionId'>;
  /** What held, also where it did not decide, for the log. */
  readonly ruleHits: RuleHits;
  readonly listHits: readonly ListEntry[];
}

const DEGRADED_TEXTS: Readonly<Record<DegradedReason, string>> = {
  'no-fraud-model': 'no fraud model is in production: rules only',
  'feature-set-mismatch': 'the fraud model was trained on another set of features: rules only',
  'model-failed': 'the fraud model gave no probability: rules only',
};

export function score(input: ScoringInput): Verdict {
  const { subject, atMs, featureSetHash } = input;
  const listHits = input.lists.find(subject.payment, subject.signals, atMs);
  const ruleHits = input.rules.check(subject, atMs);
  const outcome = probabilityOf(input);
  const degraded = typeof outcome === 'string' ? outcome : null;
  const modelAction = typeof outcome === 'string' ? 'allow' : modelActionOf(outcome, input);
  const findings = [modelFinding(modelAction)];
  const reasons: Reason[] = [];
  for (const entry of listHits) {
    findings.push(listFinding(entry));
    reasons.push(listReason(entry));
  }
  for (const rule of ruleHits.live) {
    findings.push(ruleFinding(rule));
    reasons.push({ code: rule.ruleId, text: rule.text });
  }
  reasons.push(...modelReasons(outcome, modelAction, subject));
  const { action, decidedBy } = resolve(findings);
  const fraudProbability = typeof outcome === 'string' ? null : outcome.fraudProbability;
  const modelVersion = input.model?.version ?? null;
  const answer = { action, decidedBy, fraudProbability, reasons, modelVersion, featureSetHash };
  return { answer: degraded === null ? answer : { ...answer, degraded }, ruleHits, listHits };
}

interface Scored {
  readonly model: FraudModel;
  readonly fraudProbability: number;
}

function modelActionOf({ model, fraudProbability }: Scored, { subject }: ScoringInput): Action {
  const { amountPaise, currency } = subject.payment;
  return actionFor({ fraudProbability, amountPaise, currency }, model.thresholds);
}

function listReason({ kind, subject, reason }: ListEntry): Reason {
  return { code: `${kind}-list`, text: `the ${SUBJECT_WORDS[subject]} is on the ${kind} list: ${reason}` };
}

function modelReasons(outcome: DegradedReason | Scored, action: Action, subject: Subject): Reason[] {
  if (typeof outcome === 'string') return [{ code: outcome, text: DEGRADED_TEXTS[outcome] }];
  if (action === 'allow') return [];
  const { vector, payment } = subject;
  const forFraud = outcome.model.explain(vector).filter(({ contribution }) => contribution > 0);
  return strongestReasons(forFraud, vector, payment.currency);
}

function probabilityOf(input: ScoringInput): DegradedReason | Scored {
  const { model } = input;
  if (model === null) return 'no-fraud-model';
  if (model.featureSetHash !== input.featureSetHash) return 'feature-set-mismatch';
  let fraudProbability: number;
  try {
    fraudProbability = model.predictOne(input.subject.vector);
  } catch {
    // Told to the caller, kept in the decision log and counted by `decisions_degraded_total`.
    return 'model-failed';
  }
  return fraudProbability >= 0 && fraudProbability <= 1 ? { model, fraudProbability } : 'model-failed';
}
