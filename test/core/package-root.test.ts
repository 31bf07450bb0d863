import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../core/package-root.js';

describe('the package root', () => {
  it('is the absolute folder of our package.json, with the files that are not compiled', () => {
    const root = packageRoot();
    expect(path.isAbsolute(root)).toBe(true);
    const { name } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { name: string };
    expect(name).toBe('hasivu');
    expect(existsSync(path.join(root, 'core', 'migrations'))).toBe(true);
  });
});
