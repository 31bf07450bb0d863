/**
 * The folder of the newest snapshots of a fold. A file appears under its name when it is whole and on disk, by a rename; the
 * newest two stay, so that one is left when the other turns out to be unreadable. One writer at a time, for which the
 * caller cares: what another one has left half written is deleted.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncToDisk } from '../ingest/durable-file.js';
import type { Fold } from './fold.js';
import { writeSnapshot } from './snapshot.js';

const KEPT = 2;
const NAME = /^fold-(\d{8})\.snapshot$/;
const DRAFT = 'draft';

/** Paths, newest first; none without the folder. */
export async function newestSnapshots(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return [];
  });
  return files
    .filter((file) => NAME.test(file))
    .sort()
    .reverse()
    .map((file) => path.join(folder, file));
}

/** Returns the path of the new file. */
export async function keepSnapshot(folder: string, fold: Fold, origin: unknown): Promise<string> {
  await mkdir(folder, { recursive: true });
  const earlier = await newestSnapshots(folder);
  const last = Number(NAME.exec(path.basename(earlier[0] ?? ''))?.[1] ?? 0);
  const file = path.join(folder, `fold-${String(last + 1).padStart(8, '0')}.snapshot`);
  const draft = path.join(folder, DRAFT);
  await rm(draft, { force: true });
  await writeSnapshot(draft, fold, origin);
  await rename(draft, file);
  await syncToDisk(folder);
  for (const old of earlier.slice(KEPT - 1)) await rm(old, { force: true });
  return file;
}
