/**
 * A rule as data: what it finds and does, who owns it, when it is valid; and in which mode each version of it is. Versions
 * are never changed: another condition is another version. The modes and what may follow which are one table.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import { AppError } from '../../core/errors.js';
import { DEGRADED_REASONS, instantSchema, invalidField, printable } from '../request.js';
import { MAX_CONDITION_LENGTH } from './tokens.js';

/** What a rule can do to a payment; in order of severity. */
export const RULE_ACTIONS = ['challenge', 'review', 'block'] as const;

export const RuleDefinition = Type.Object(
  {
    owner: printable(64, 'The person or team that answers for the rule.'),
    action: Type.Enum(RULE_ACTIONS),
    text: printable(300, 'The reason in plain words, for whoever helps the payer.'),
    condition: Type.String({
      minLength: 1,
      maxLength: MAX_CONDITION_LENGTH,
      description: 'For instance `deviceFailures10m >= 8 && country != ipCountry`; see GET /v1/rules/fields.',
    }),
    overridable: Type.Optional(
      Type.Boolean({ default: true, description: 'False: an allow list cannot undo it; only for block.' }),
    ),
    validFrom: Type.Optional(instantSchema('Holds from this instant on; always if absent.')),
    validUntil: Type.Optional(instantSchema('Holds until before this instant; always if absent.')),
  },
  { additionalProperties: false },
);
export type RuleDefinition = Static<typeof RuleDefinition>;

/** One version of a rule; instants are UTC epoch milliseconds, null is without end. */
export interface Rule {
  readonly ruleId: string;
  readonly version: number;
  readonly owner: string;
  readonly action: (typeof RULE_ACTIONS)[number];
  readonly text: string;
  readonly condition: string;
  readonly overridable: boolean;
  readonly validFrom: number | null;
  readonly validUntil: number | null;
}

/** In effect: a live rule decides, a shadow rule is only logged. */
export interface ActiveRule extends Rule {
  readonly mode: 'shadow' | 'live';
}

export const RULE_MODES = ['draft', 'shadow', 'live', 'retired'] as const;
export type RuleMode = (typeof RULE_MODES)[number];

/** For each mode of a version what may follow it. */
const NEXT_MODES = {
  draft: ['shadow', 'live', 'retired'],
  shadow: ['live', 'retired'],
  live: ['shadow', 'retired'],
  retired: ['shadow', 'live'],
} as const satisfies Readonly<Record<RuleMode, readonly RuleMode[]>>;

/** @throws AppError `conflict` when `next` does not follow `mode`. */
export function advanceMode(
  rule: Pick<Rule, 'ruleId' | 'version'>,
  mode: RuleMode,
  next: RuleMode,
): RuleMode {
  const allowed: readonly RuleMode[] = NEXT_MODES[mode];
  if (allowed.includes(next)) return next;
  const message = `version ${rule.version} of ${rule.ruleId} is ${mode}: it can become ${allowed.join(' or ')}`;
  throw new AppError('conflict', 'rule-mode', message);
}

/** Codes of other reasons, and the address of the fields. */
const TAKEN_IDS: ReadonlySet<string> = new Set([
  ...DEGRADED_REASONS,
  'block-list',
  'allow-list',
  'original-blocked',
  'exploration',
  'no-costs',
  'fields',
]);

/** A rule's id is the code of its reason, so it must not look like a reason of another origin. */
export function requireFreeId(ruleId: string): void {
  if (TAKEN_IDS.has(ruleId) || ruleId.startsWith('feature-'))
    throw invalidField('ruleId', `cannot be ${ruleId}, which has another meaning: choose another name`);
}
