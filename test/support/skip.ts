/**
 * Suites that need something which may be missing: a program, or reference material beside the checkout. They run when it
 * is there and otherwise say why not. CI installs the programs, so there a missing one fails.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { systemEnvironment } from '../../core/config.js';
import { packageRoot } from '../../core/package-root.js';

/** `reason` completes "skipped because …". For instance `describeIf(hasProgram('redis-server'), 'redis-server is not installed', …)`. */
export function describeIf(condition: boolean, reason: string, name: string, suite: () => void): void {
  if (condition) {
    describe(name, suite);
  } else if (systemEnvironment['CI'] === 'true') {
    it(`${name} is not skipped in CI`, () => {
      expect(`skipped because ${reason}`).toBe('run');
    });
  } else {
    skip(name, reason);
  }
}

/** Is there such a program on the PATH? */
export function hasProgram(name: string): boolean {
  const folders = (systemEnvironment['PATH'] ?? '').split(path.delimiter);
  return folders.some((folder) => isExecutable(path.join(folder, name)));
}

/** For a file or folder below `../shared`, which a fresh clone does not have, in CI either. `suite` gets its path. */
export function describeIfShared(relative: string, name: string, suite: (file: string) => void): void {
  const file = path.join(path.dirname(packageRoot()), 'shared', relative);
  if (existsSync(file)) {
    describe(name, () => {
      suite(file);
    });
  } else {
    skip(name, `../shared/${relative} is not there`);
  }
}

function skip(name: string, reason: string): void {
  process.stderr.write(`skipped: ${name}, because ${reason}\n`);
  describe.skip(name, () => {
    it(`skipped because ${reason}`, () => undefined);
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
