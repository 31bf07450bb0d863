/**
 * A second program that uses our code, for tests of what happens between programs (and when one is killed). Node 20 does
 * not run TypeScript, so the folders it needs are stripped of types into `dist/`, where imports resolve as in a build.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import ts from 'typescript';
import { systemEnvironment } from '../../core/config.js';
import { packageRoot } from '../../core/package-root.js';

export interface OtherPrograms {
  /** Where the compiled folders are. */
  readonly folder: string;
  /** Runs an ES module that imports for instance './core/postgres.js'; answers when it has printed its first line. */
  start(source: string): Promise<{ child: ChildProcess; firstLine: string }>;
  /** Deletes the compiled files. */
  close(): Promise<void>;
}

/** All that the command line imports. */
const PRODUCT_FOLDERS = [
  'core',
  'ingest',
  'features',
  'models',
  'scoring',
  'billing',
  'reporting',
  'adapters',
  'app',
];

export async function otherPrograms(folders: readonly string[] = PRODUCT_FOLDERS): Promise<OtherPrograms> {
  const root = packageRoot();
  await mkdir(path.join(root, 'dist'), { recursive: true });
  const compiled = await mkdtemp(path.join(root, 'dist', 'test-'));
  for (const folder of folders) await compileFolder(path.join(root, folder), path.join(compiled, folder));
  let programs = 0;
  return {
    folder: compiled,
    start: async (source) => {
      const file = path.join(compiled, `program-${programs++}.js`);
      await writeFile(file, source);
      const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [firstLine] = (await once(createInterface(child.stdout), 'line')) as [string];
      return { child, firstLine };
    },
    close: () => rm(compiled, { recursive: true, force: true }),
  };
}

/** What a server leaves behind. PostgreSQL lets go of its lock, and of those who wait for it, a moment before its last file. */
export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/** Runs the `hasivu` command line; `programs` must have compiled all that it imports. */
export function startOther(
  programs: OtherPrograms,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcess {
  const cli = path.join(programs.folder, 'app', 'cli.js');
  return spawn(process.execPath, [cli, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: systemEnvironment['PATH'], ...env },
  });
}

/** Strips the TypeScript files below a folder of their types into another. */
export async function compileFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    if (entry.name === 'kernels') continue; // AssemblyScript; its programs are in dist/kernels.
    if (entry.isDirectory()) await compileFolder(source, path.join(to, entry.name));
    else if (entry.name.endsWith('.ts')) {
      const options = {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        verbatimModuleSyntax: true,
      };
      const { outputText } = ts.transpileModule(await readFile(source, 'utf8'), { compilerOptions: options });
      await writeFile(path.join(to, entry.name.replace(/\.ts$/, '.js')), outputText);
    }
  }
}
