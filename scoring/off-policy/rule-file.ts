/**
 * Rules that are not in effect, from a file: as `GET /v1/rule-sets/:hash` answers them, so that what was in effect can be saved,
 * changed and tried. All are taken as live unless they say otherwise; one that cannot be read refuses the file.
 */
import { readFile } from 'node:fs/promises';
import Type from 'typebox';
import type { Static } from 'typebox';
import Value from 'typebox/value';
import { AppError } from '../../core/errors.js';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { idSchema, nullable, toInstant } from '../request.js';
import { compileRuleSet } from '../rules/rule-set.js';
import type { RuleSet } from '../rules/rule-set.js';
import { RuleDefinition } from '../rules/rule.js';
import type { ActiveRule } from '../rules/rule.js';

const { action, text, condition, overridable } = RuleDefinition.properties;
const Instant = Type.Optional(nullable(Type.String({ format: 'date-time' })));

const WrittenRule = Type.Object(
  {
    ruleId: idSchema('Also the code of its reason.'),
    version: Type.Optional(Type.Integer({ minimum: 1 })),
    mode: Type.Optional(Type.Enum(['live', 'shadow'] as const)),
    owner: Type.Optional(RuleDefinition.properties.owner),
    action,
    text,
    condition,
    overridable,
    validFrom: Instant,
    validUntil: Instant,
  },
  { additionalProperties: false },
);
const WrittenRules = Type.Object({ rules: Type.Array(WrittenRule) }, { additionalProperties: false });

/** @throws AppError `bad-input` that names the file and the rule. */
export async function readRuleFile(file: string): Promise<RuleSet> {
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw refused(file, 'cannot be read', cause);
  });
  let written: unknown;
  try {
    written = JSON.parse(content);
  } catch (cause) {
    throw refused(file, 'is not valid JSON', cause);
  }
  if (!Value.Check(WrittenRules, written)) {
    const [error] = Value.Errors(WrittenRules, written);
    const place = error?.instancePath.slice(1).replaceAll('/', '.') ?? '';
    throw refused(file, `${place === '' ? 'the file' : place} ${error?.message ?? 'is invalid'}`);
  }
  const rules = compileRuleSet(written.rules.map(toRule), FEATURE_NAMES);
  const [unusable] = rules.unusable;
  if (unusable !== undefined) throw refused(file, `${unusable.ruleId}: ${unusable.reason}`);
  return rules;
}

function toRule(written: Static<typeof WrittenRule>): ActiveRule {
  return {
    version: 1,
    mode: 'live',
    owner: 'a file',
    overridable: true,
    ...written,
    validFrom: toInstant(written.validFrom ?? undefined, 'validFrom'),
    validUntil: toInstant(written.validUntil ?? undefined, 'validUntil'),
  };
}

function refused(file: string, fault: string, cause?: unknown): AppError {
  return new AppError('bad-input', 'bad-rules', `rules file ${file}: ${fault}`, { cause });
}
