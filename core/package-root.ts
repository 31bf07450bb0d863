/**
 * Where the package lies on disk, whether this file runs from source or from `dist/`: the nearest folder upwards that
 * holds a package.json. Files that are not compiled (migrations, static pages) are found from here.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the folder of package.json. */
export function packageRoot(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder);
    if (parent === folder) throw new Error('assertion failed: no package.json above core/package-root');
    folder = parent;
  }
  return folder;
}
