/**
 * Who wins when findings disagree. One table, read from the top: the first finding that a request has decides its action,
 * whatever stands below. What an allow list cannot undo stands above it, everything else below it; below it the more
 * severe action wins, and a person's word before the model's. What no finding touches is allowed.
 */
import type { Action } from './request.js';

const PRECEDENCE = [
  { finding: 'final-block-list', action: 'block' },
  { finding: 'final-block-rule', action: 'block' },
  { finding: 'allow-list', action: 'allow' },
  { finding: 'block-list', action: 'block' },
  { finding: 'original-block', action: 'block' },
  { finding: 'block-rule', action: 'block' },
  { finding: 'model-block', action: 'block' },
  { finding: 'capped-review', action: 'review' },
  { finding: 'review-rule', action: 'review' },
  { finding: 'model-review', action: 'review' },
  { finding: 'explored-challenge', action: 'challenge' },
  { finding: 'challenge-rule', action: 'challenge' },
  { finding: 'model-challenge', action: 'challenge' },
  { finding: 'nothing', action: 'allow' },
] as const satisfies readonly { readonly finding: string; readonly action: Action }[];

export type Finding = (typeof PRECEDENCE)[number]['finding'];

export const FINDINGS: readonly Finding[] = PRECEDENCE.map(({ finding }) => finding);

export interface Resolution {
  readonly decidedBy: Finding;
  readonly action: Action;
}

const NOTHING: Resolution = { decidedBy: 'nothing', action: 'allow' };

export function resolve(findings: readonly Finding[]): Resolution {
  for (const { finding, action } of PRECEDENCE)
    if (findings.includes(finding)) return { decidedBy: finding, action };
  return NOTHING;
}

/** An entry of a block list is final when no allow list may undo it. */
export function listFinding(entry: {
  readonly kind: 'block' | 'allow';
  readonly overridable: boolean;
}): Finding {
  if (entry.kind === 'allow') return 'allow-list';
  return entry.overridable ? 'block-list' : 'final-block-list';
}

/** A model's action as a finding; allowing is none. */
export function modelFinding(action: Action): Finding {
  return action === 'allow' ? 'nothing' : `model-${action}`;
}

/** A block rule is final when no allow list may undo it. */
export function ruleFinding(rule: {
  readonly action: Exclude<Action, 'allow'>;
  readonly overridable: boolean;
}): Finding {
  return rule.action === 'block' && !rule.overridable ? 'final-block-rule' : `${rule.action}-rule`;
}
