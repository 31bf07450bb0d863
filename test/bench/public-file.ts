/**
 * Where the public data sets lie that some benchmarks use when they are at hand: the folder that BENCH_DATA names, or
 * `../shared/data` beside the checkout. None of them is part of the project, so every user of one has a stand-in.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { systemEnvironment } from '../../core/config.js';
import { packageRoot } from '../../core/package-root.js';

/** Absolute path of the data set, or null where it is absent. */
export function publicFile(name: string): string | null {
  const folder = systemEnvironment['BENCH_DATA'] ?? path.resolve(packageRoot(), '../shared/data');
  const file = path.resolve(folder, name);
  return existsSync(file) ? file : null;
}
