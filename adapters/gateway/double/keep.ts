/**
 * The double's memory outlives its program: entities and what will happen to them, in one file that is replaced whole, so that a stop at
 * any instant leaves the former one. Webhooks that were under way and faults that were planned are lost; who watches a gateway asks
 * it for what it has not told.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { AppError } from '../../../core/errors.js';
import type { Later, Movement, World } from './world.js';

/** Names of the world's maps. */
const MAPS = [
  'orders',
  'plans',
  'payments',
  'refunds',
  'refundKeys',
  'customers',
  'tokens',
  'invoices',
  'links',
  'settlements',
  'disputes',
  'downtimes',
  'verdicts',
] as const;

interface Kept {
  readonly baseUrl: string;
  readonly skippedMs: number;
  /** By the names above. */
  readonly maps: Readonly<Record<string, readonly (readonly [string, unknown])[]>>;
  readonly movements: readonly Movement[];
  readonly waiting: readonly Later[];
}

/** Into a new world. False: nothing was kept. @throws AppError `double-state-unreadable`. */
export function restoreWorld(world: World, file: string): boolean {
  if (!existsSync(file)) return false;
  const { baseUrl, skippedMs, maps, movements, waiting } = readKept(file);
  world.baseUrl = baseUrl;
  world.agenda.skip(skippedMs);
  for (const name of MAPS) {
    const map = world[name] as Map<string, unknown>;
    for (const [id, entity] of maps[name] ?? []) map.set(id, entity);
  }
  world.movements.push(...movements);
  for (const { dueAt, kind, id } of waiting) world.later(dueAt - world.agenda.now(), kind, id);
  return true;
}

function readKept(file: string): Kept {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept;
  } catch (cause) {
    const message = `${file} cannot be read: remove it, and the local double begins anew`;
    throw new AppError('internal', 'double-state-unreadable', message, { cause });
  }
}

/** Answers what writes the world down when it has changed since. */
export function keepWorld(world: World, file: string): () => void {
  let written = '';
  return () => {
    const maps = Object.fromEntries(MAPS.map((name) => [name, [...world[name]]]));
    const { baseUrl, movements, waiting, agenda } = world;
    const skippedMs = agenda.skippedMs();
    const kept: Kept = { baseUrl, skippedMs, maps, movements, waiting: [...waiting] };
    const text = JSON.stringify(kept);
    if (text === written) return;
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    written = text;
  };
}
