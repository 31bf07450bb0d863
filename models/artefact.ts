/**
 * A trained model as a folder that never changes: `model.json` (what predicts, addressed by its SHA-256), `metrics.json`
 * (how it did), `card.md` (both for people) and, where the task keeps one, `reference.json`. The address covers everything that decides a prediction, and through a
 * hash of the evaluation also the figures by which it was promoted.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../core/errors.js';
import type { PeriodDifference } from './adversarial-validation.js';
import type { Model } from './contract.js';
import { modelFromJSON } from './learners.js';
import type { GroupImportance } from './permutation-importance.js';
import type { Reference } from './reference.js';

/** Raised when a reader of the old form would misread the new one. */
const FORMAT = 1;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Metrics by name, each beside the naive baseline of the same name. */
export interface ArtefactMetrics {
  readonly metrics: Readonly<Record<string, number>>;
  readonly baseline: Readonly<Record<string, number>>;
  readonly interval?: Readonly<Record<string, { readonly low: number; readonly high: number }>>;
  /** How it was measured: the split, for people. */
  readonly protocol: string;
  /** What it leans on, most important first. */
  readonly importance?: readonly GroupImportance[];
  /** How far the newest rows differ from those it was fitted on; the warning is null where they do not. */
  readonly drift?: PeriodDifference & { readonly warning: string | null };
}

export interface Artefact {
  /** For instance `fraud`. */
  readonly task: string;
  readonly featureSetHash: string;
  readonly model: Model;
  /** How the probability is used: thresholds and costs. */
  readonly policy: Json;
  /** What it was fitted on: rows, days, seed, settings. */
  readonly training: Json;
  readonly evaluation: ArtefactMetrics;
  /** What the fitted rows looked like, for the watch; saved beside the model. */
  readonly reference?: Reference;
  /** For the card: what it is for, and what it must not be used for. */
  readonly intendedUse: string;
}

export interface ModelDocument {
  readonly task: string;
  readonly featureSetHash: string;
  readonly policy: Json;
  readonly training: Json;
  readonly intendedUse: string;
  readonly model: Model;
  /** Of the figures in `metrics.json`; missing in artefacts of older programs. */
  readonly evaluationHash?: string;
  /** Of `reference.json`; missing without one. */
  readonly referenceHash?: string;
}

/** The text of `model.json`: the same model gives the same bytes. */
export function documentText({
  task,
  featureSetHash,
  policy,
  training,
  intendedUse,
  model,
  evaluation,
  reference,
}: Artefact): string {
  const fields = {
    format: FORMAT,
    task,
    featureSetHash,
    policy,
    training,
    intendedUse,
    model: model.toJSON(),
    evaluationHash: versionOf(canonicalJson(evaluation)),
    ...(reference === undefined ? {} : { referenceHash: versionOf(referenceText(reference)) }),
  };
  return `${canonicalJson(fields)}\n`;
}

/** The text of `reference.json`. */
export function referenceText(reference: Reference): string {
  return `${canonicalJson(reference)}\n`;
}

/** Null for a model that has none. Throws `damaged-model` unless the text is the one that was saved with the model. */
export function parseReference(
  text: string | null,
  { referenceHash }: ModelDocument,
  version: string,
): Reference | null {
  if (referenceHash === undefined) return null;
  if (text === null || versionOf(text) !== referenceHash) {
    throw damaged(version, 'has another reference.json than the one it was saved with');
  }
  return JSON.parse(text) as Reference; // The hash says that we wrote it.
}

/** 64 hexadecimal digits. */
export function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** JSON with the names of every object in order, so that equal values have equal texts (RFC 8785 in spirit). */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) => {
    if (typeof inner === 'number' && !Number.isFinite(inner)) {
      throw new AppError('internal', 'bad-model', `an artefact holds ${inner}, which JSON cannot say`);
    }
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Throws `damaged-model` unless the text is the one that `version` names. */
export function parseDocument(text: string, version: string): ModelDocument {
  if (versionOf(text) !== version) throw damaged(version, 'was changed on disk after it was saved');
  const { format, model, ...document } = JSON.parse(text) as ModelDocument & {
    format: number; // The hash says that we wrote it.
  };
  if (format !== FORMAT) throw damaged(version, `has format ${format}, this program reads ${FORMAT}`);
  return { ...document, model: modelFromJSON(model) };
}

/** Throws `damaged-model` unless the figures are those that were saved with the model. */
export function requireEvaluation(
  evaluation: ArtefactMetrics,
  { evaluationHash }: ModelDocument,
  version: string,
): void {
  if (evaluationHash === undefined || versionOf(canonicalJson(evaluation)) === evaluationHash) return;
  throw damaged(version, 'has other figures in metrics.json than those it was saved with');
}

function damaged(version: string, reason: string): AppError {
  const message = `model ${version.slice(0, 12)} ${reason}; restore it from a backup or retrain`;
  return new AppError('conflict', 'damaged-model', message);
}
