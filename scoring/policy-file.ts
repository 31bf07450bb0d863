/**
 * The policy that a user has written down: read once at start and checked whole, since a mistake in it would refuse or let
 * through everybody. A section that the file leaves out has its default; one that it has replaces the default whole.
 */
import { readFile } from 'node:fs/promises';
import Value from 'typebox/value';
import { AppError } from '../core/errors.js';
import { DEFAULT_POLICY, Policy } from './policy-settings.js';

/** @throws AppError `bad-input` that names the file and the field. */
export async function readPolicy(file: string | null): Promise<Policy> {
  if (file === null) return DEFAULT_POLICY;
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
    throw refused(file, 'must be a JSON object with costs, exploration or blockCap');
  const policy: unknown = { ...DEFAULT_POLICY, ...written };
  if (Value.Check(Policy, policy)) return policy;
  const [error] = Value.Errors(Policy, policy);
  const place = error?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  const fault = error?.keyword === 'boolean' ? 'is not a known field' : (error?.message ?? 'is invalid');
  throw refused(file, `${place} ${fault}`);
}

function refused(file: string, fault: string, cause?: unknown): AppError {
  return new AppError('bad-input', 'bad-policy', `POLICY_FILE ${file}: ${fault}`, { cause });
}
