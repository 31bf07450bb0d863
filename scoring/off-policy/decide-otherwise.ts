/**
 * A logged decision beside what another model, policy or set of rules would have made of it, by the gate's own `score()` on the
 * logged vector. What is not changed is as it was logged, so the same policy gives the same answer. The gate's circumstances stay
 * too: another policy's cap, retries and features are not lived through again.
 */
import { featureSetHash } from '../../features/definitions.js';
import { DEFAULT_FOLD_SETTINGS } from '../../features/vocabulary.js';
import type { ReplayableDecision } from '../decisions.js';
import type { Policy } from '../policy-settings.js';
import type { Past } from '../replay/past.js';
import type { RuleSet } from '../rules/rule-set.js';
import { score } from '../score.js';
import type { FraudModel } from '../score.js';
import { sharesOf } from './action-value.js';
import type { ActionShares } from './action-value.js';

/** What is another than the logged; null is as logged. */
export interface Candidate {
  readonly model: FraudModel | null;
  readonly policy: Policy | null;
  readonly rules: RuleSet | null;
}

/** Why a decision cannot be made otherwise. */
export const LOST_REASONS = [
  'not-logged',
  'other-feature-set',
  'model-lost',
  'rules-or-policy-lost',
] as const;
export type LostReason = (typeof LOST_REASONS)[number];

export interface Alternative {
  readonly logged: ActionShares;
  readonly candidate: ActionShares;
}

const FEATURE_SET = featureSetHash(DEFAULT_FOLD_SETTINGS);

/** Decisions in their order, so that the lists are met in theirs. */
export async function decideOtherwise(
  logged: ReplayableDecision,
  candidate: Candidate,
  past: Past,
): Promise<Alternative | LostReason> {
  const { evidence, signals, policyHash, circumstances, modelVersion, payment, vector } = logged;
  if (evidence === undefined || signals === null || policyHash === null || circumstances === null)
    return 'not-logged';
  if (logged.featureSetHash !== FEATURE_SET) return 'other-feature-set';
  const model = candidate.model ?? (modelVersion === null ? null : await past.model(modelVersion));
  if (model !== null && 'unavailable' in model) return 'model-lost';
  const rules = candidate.rules ?? (await past.rules(evidence.ruleSetHash));
  const policy = candidate.policy ?? (await past.policy(policyHash));
  if (rules === null || policy === null) return 'rules-or-policy-lost';
  const verdict = score({
    decisionId: logged.decisionId,
    subject: { payment, signals, vector },
    featureSetHash: logged.featureSetHash,
    atMs: Date.parse(logged.decidedAt),
    rules,
    lists: await past.lists(evidence.listVersion),
    model,
    policy,
    circumstances,
  });
  return {
    logged: sharesOf(logged),
    candidate: sharesOf({ ...verdict.answer, propensity: verdict.propensity }),
  };
}
