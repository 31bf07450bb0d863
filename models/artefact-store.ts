/**
 * Artefact folders under `<dataDir>/models/<task>/<version>/`. A folder appears whole or not at all (written beside its
 * place, then renamed) and is never written again: saving a known version does nothing.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError, assert } from '../core/errors.js';
import { newId } from '../core/ids.js';
import { syncToDisk } from '../ingest/durable-file.js';
import type { ArtefactMetrics } from './artefact.js';

export interface StoredFiles {
  readonly 'model.json': string;
  readonly 'metrics.json': string;
  readonly 'card.md': string;
  readonly 'reference.json'?: string;
}

export interface StoredMetrics extends ArtefactMetrics {
  readonly learner: string;
  readonly featureSetHash: string;
  /** UTC epoch milliseconds. */
  readonly savedAt: number;
}

export interface StoredModel {
  readonly task: string;
  readonly version: string;
}

const TASK = /^[a-z][a-z0-9-]*$/;
const VERSION = /^[0-9a-f]{64}$/;

export interface ArtefactStore {
  write(place: StoredModel, files: StoredFiles): Promise<'saved' | 'already-saved'>;
  read(place: StoredModel, file: Exclude<keyof StoredFiles, 'reference.json'>): Promise<string>;
  /** Null for a model that was saved without one. */
  readReference(place: StoredModel): Promise<string | null>;
  all(): Promise<StoredModel[]>;
  /** The only model whose version starts with `prefix`. */
  find(prefix: string): Promise<StoredModel>;
}

export function artefactStore(dataDir: string): ArtefactStore {
  const root = path.join(dataDir, 'models');
  const folder = ({ task, version }: StoredModel): string => path.join(root, task, version);
  const all = async (): Promise<StoredModel[]> => {
    const tasks = (await entries(root)).filter((task) => TASK.test(task));
    const perTask = await Promise.all(
      tasks.map(async (task) => {
        const versions = (await entries(path.join(root, task))).filter((version) => VERSION.test(version));
        return versions.map((version) => ({ task, version }));
      }),
    );
    return perTask.flat();
  };
  return {
    all,
    write: (place, files) => writeFolder(folder(place), place, files),
    read: (place, file) => readFile(path.join(folder(place), file), 'utf8'),
    readReference: (place) =>
      readFile(path.join(folder(place), 'reference.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      }),
    find: async (prefix) => {
      const [found, ...others] = /^[0-9a-f]{6,64}$/.test(prefix)
        ? (await all()).filter(({ version }) => version.startsWith(prefix))
        : [];
      if (found !== undefined && others.length === 0) return found;
      const message =
        found === undefined
          ? `no saved model has the version "${prefix}"; \`models list\` shows them`
          : `${others.length + 1} models start with "${prefix}"; give more digits`;
      throw new AppError(found === undefined ? 'not-found' : 'bad-input', 'no-such-model', message);
    },
  };
}

async function entries(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(noneWhenMissing)).sort();
}

function noneWhenMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

async function writeFolder(
  target: string,
  place: StoredModel,
  files: StoredFiles,
): Promise<'saved' | 'already-saved'> {
  assert(
    TASK.test(place.task) && VERSION.test(place.version),
    `${place.task}/${place.version} is a folder of ours`,
  );
  const parent = path.dirname(target);
  const draft = path.join(parent, newId('draft'));
  await mkdir(draft, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(path.join(draft, name), text);
    await syncToDisk(path.join(draft, name));
  }
  await syncToDisk(draft);
  try {
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true });
    const { code } = error as NodeJS.ErrnoException; // `rename` throws nothing else.
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return 'already-saved';
    throw error;
  }
  await syncToDisk(parent);
  return 'saved';
}
