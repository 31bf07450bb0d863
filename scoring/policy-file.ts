/**
 * The policy that a user has written down: read once at start and checked whole, since a mistake in it would refuse or let
 * through everybody. A section that the file leaves out has its default; one that it has replaces the default whole.
 */
import { readFile } from 'node:fs/promises';
import Type from 'typebox';
import type { Static } from 'typebox';
import Value from 'typebox/value';
import { AppError } from '../core/errors.js';
import { DEFAULT_GUARDRAILS, Guardrails } from './guardrail-settings.js';
import { DEFAULT_POLICY, Policy } from './policy-settings.js';

const PolicyFile = Type.Object(
  { ...Policy.properties, guardrails: Guardrails },
  { additionalProperties: false },
);

/** @throws AppError `bad-input` that names the file and the field. */
export async function readPolicy(file: string | null): Promise<Policy> {
  const { guardrails: _guardrails, ...policy } = await readSections(file);
  return policy;
}

/** @throws AppError `bad-input` that names the file and the field. */
export async function readGuardrails(file: string | null): Promise<Guardrails> {
  return (await readSections(file)).guardrails;
}

async function readSections(file: string | null): Promise<Static<typeof PolicyFile>> {
  const defaults = { ...DEFAULT_POLICY, guardrails: DEFAULT_GUARDRAILS };
  if (file === null) return defaults;
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw refused(file, 'cannot be read', cause);
  });
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch (cause) {
    throw refused(file, 'is not valid JSON', cause);
  }
  if (typeof written !== 'object' || written === null || Array.isArray(written))
    throw refused(file, 'must be a JSON object with costs, exploration, blockCap or guardrails');
  const sections: unknown = { ...defaults, ...written };
  if (Value.Check(PolicyFile, sections)) {
    for (const [currency, { churn }] of Object.entries(sections.costs))
      if (churn !== undefined && churn.leastPaise > churn.mostPaise)
        throw refused(file, `costs.${currency}.churn.leastPaise must be <= mostPaise`);
    return sections;
  }
  const [error] = Value.Errors(PolicyFile, sections);
  const place = error?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  const fault = error?.keyword === 'boolean' ? 'is not a known field' : (error?.message ?? 'is invalid');
  throw refused(file, `${place} ${fault}`);
}

function refused(file: string, fault: string, cause?: unknown): AppError {
  return new AppError('bad-input', 'bad-policy', `policy file ${file}: ${fault}`, { cause });
}
