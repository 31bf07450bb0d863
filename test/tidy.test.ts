import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../core/package-root.js';
import { listFiles, parseSource, readSources } from './support/sources.js';
import type { Source } from './support/sources.js';
import {
  ambientAccess,
  bannedNames,
  deadExports,
  fileLength,
  functionLength,
  headerComment,
  importDirection,
  leftovers,
  mirroredTest,
  moduleStyle,
  packageImports,
  readmeFolders,
  staleExceptions,
} from './support/tidy-rules.js';

const root = packageRoot();
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

describe('the tree', () => {
  const sources = readSources(root);
  const files = listFiles(root);
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const notebooks = files.filter((file) => file.endsWith('.ipynb')).map(read);

  const rules: [name: string, violations: () => string[]][] = [
    ['imports only from the left', () => sources.flatMap(importDirection)],
    [
      'imports packages only where they belong',
      () => sources.flatMap((source) => packageImports(source, new Set(Object.keys(dependencies)))),
    ],
    ['exports once and imports with a suffix', () => sources.flatMap(moduleStyle)],
    ['has no function of more than 70 lines', () => sources.flatMap(functionLength)],
    ['has no file of more than 400 lines', () => sources.flatMap(fileLength)],
    ['takes time, randomness, environment and output as values', () => sources.flatMap(ambientAccess)],
    ['has no dead exports', () => deadExports(sources, notebooks.join('\n'))],
    ['has no exceptions without a reason', () => staleExceptions(sources)],
    ['has no names that say nothing', () => sources.flatMap(bannedNames)],
    ['has a header in every source file', () => sources.flatMap(headerComment)],
    ['has no test without its subject', () => files.flatMap((file) => mirroredTest(file, files))],
    [
      'has no leftovers and no paths of one machine',
      () => files.filter(isText).flatMap((file) => leftovers(file, read(file))),
    ],
  ];
  it.each(rules)('%s', (_name, violations) => {
    expect(violations()).toEqual([]);
  });

  it('is what the README shows', () => {
    const folders = readdirSync(root, { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && isOurs(entry.name),
    );
    expect(readmeFolders(read('README.md'))).toEqual(folders.map(({ name }) => name).sort());
  });
});

function isOurs(folder: string): boolean {
  return !folder.startsWith('.') && !['node_modules', 'dist', 'data', 'coverage'].includes(folder);
}

function isText(file: string): boolean {
  return /\.(ts|js|sql|md|json|ipynb|html|css|ya?ml)$/.test(file) && file !== 'package-lock.json';
}

describe('the rules refuse', () => {
  const dependencies = new Set(['fastify', 'razorpay', 'pg']);
  const packages = (source: Source) => packageImports(source, dependencies);
  const header = '/**\n * Says.\n */\n';
  const long = `function f() {\n${'  g();\n'.repeat(69)}}`;

  const cases: [rule: (source: Source) => string[], file: string, text: string, expected: string[]][] = [
    [importDirection, 'features/a.ts', `import { b } from '../core/b.js';`, []],
    [
      importDirection,
      'features/a.ts',
      `\nimport { b } from '../models/b.js';`,
      ['features/a.ts:2 import direction: features must not import from models'],
    ],
    [
      importDirection,
      'features/a.ts',
      `type B = import('../app/b.js').B;`,
      ['features/a.ts:1 import direction: features must not import from app'],
    ],
    [
      importDirection,
      'scoring/a.ts',
      `import '../adapters/queue.js';`,
      ['scoring/a.ts:1 import direction: scoring must not import from adapters'],
    ],
    [importDirection, 'app/a.ts', `import '../adapters/queue.js';`, []],
    [importDirection, 'adapters/mail/a.ts', `import '../../core/b.js'; import '../queue/c.js';`, []],
    [
      importDirection,
      'adapters/a.ts',
      `import '../ingest/b.js';`,
      ['adapters/a.ts:1 import direction: adapters must not import from ingest'],
    ],
    [
      importDirection,
      'core/a.ts',
      `await import('../test/b.js');`,
      ['core/a.ts:1 import direction: core must not import from test'],
    ],
    [packages, 'core/a.ts', `import pg from 'pg'; import fs from 'node:fs';`, []],
    [
      packages,
      'core/a.ts',
      `import x from 'lodash';`,
      ['core/a.ts:1 package: lodash is not in the dependencies of package.json (or write node:lodash)'],
    ],
    [
      packages,
      'billing/a.ts',
      `import R from 'razorpay/dist/x.js';`,
      ['billing/a.ts:1 package: only adapters import razorpay'],
    ],
    [packages, 'scoring/routes.ts', `import type { FastifyInstance } from 'fastify';`, []],
    [
      packages,
      'scoring/decide.ts',
      `import type { FastifyInstance } from 'fastify';`,
      ['scoring/decide.ts:1 package: only routes.ts and app/http.ts import fastify'],
    ],
    [
      moduleStyle,
      'core/a.ts',
      `export { b } from './b.js';`,
      ['core/a.ts:1 module: export where it is defined, not again elsewhere'],
    ],
    [moduleStyle, 'core/a.ts', `import { b } from './b';`, ['core/a.ts:1 module: ./b needs its .js suffix']],
    [functionLength, 'core/a.ts', long, ['core/a.ts:1 function length: 71 lines, at most 70']],
    [
      functionLength,
      'core/a.ts',
      `const f = ${long.replace('function f() {', '() => {').replace('  g();\n', '')};`,
      [],
    ],
    [fileLength, 'core/a.ts', '\n'.repeat(400) + 'x', ['core/a.ts:401 file length: 401 lines, at most 400']],
    [
      ambientAccess,
      'core/a.ts',
      `const t = Date.now();`,
      ['core/a.ts:1 ambient: the wall clock does not belong here; take it as a value'],
    ],
    [
      ambientAccess,
      'test/core/a.test.ts',
      `const t = new Date();`,
      ['test/core/a.test.ts:1 ambient: the wall clock does not belong here; take it as a value'],
    ],
    [ambientAccess, 'core/a.ts', `const t = new Date(0); const u = Date.UTC(2026, 0);`, []],
    [ambientAccess, 'core/clock.ts', `const t = Date.now();`, []],
    [
      ambientAccess,
      'models/a.ts',
      `import { systemClock } from '../core/clock.js';`,
      ['models/a.ts:1 ambient: systemClock does not belong here; take it as a value'],
    ],
    [
      ambientAccess,
      'core/random.ts',
      `Math.random();`,
      ['core/random.ts:1 ambient: Math.random does not belong here; take it as a value'],
    ],
    [
      ambientAccess,
      'core/a.ts',
      `import { createHash, randomUUID } from 'node:crypto';`,
      ['core/a.ts:1 ambient: operating-system randomness does not belong here; take it as a value'],
    ],
    [
      ambientAccess,
      'app/a.ts',
      `process.env.PORT; console.log(1);`,
      ['app/a.ts:1 ambient: the environment does not belong here; take it as a value'],
    ],
    [
      ambientAccess,
      'core/a.ts',
      `process\n  .stdout;`,
      ['core/a.ts:1 ambient: the console does not belong here; take it as a value'],
    ],
    [
      bannedNames,
      'core/a.ts',
      `interface UserService { id: string }`,
      ['core/a.ts:1 banned name: service in UserService says nothing'],
    ],
    [
      bannedNames,
      'core/a.ts',
      `function handlePayment(dataDir: string, processed: number) {}`,
      ['core/a.ts:1 banned name: handle in handlePayment says nothing'],
    ],
    [bannedNames, 'core/string-utils.ts', ``, ['core/string-utils.ts:1 banned name: utils says nothing']],
    [bannedNames, 'core/a.ts', `draw({ data: 1 }); const { data } = chart; log.info(1);`, []],
    [headerComment, 'app/cli.ts', `#!/usr/bin/env node\n${header}`, []],
    [
      headerComment,
      'core/a.ts',
      `import './b.js';\n${header}`,
      ['core/a.ts:1 header: say in 2-6 lines what the file decides and keeps'],
    ],
  ];
  for (const [rule, file, text, expected] of cases) {
    it(`${rule.name} in ${file}: ${JSON.stringify(text.slice(0, 60))}`, () => {
      expect(rule(parseSource(file, text))).toEqual(expected);
    });
  }

  it('exports that nobody imports, or only tests', () => {
    const sources = [
      parseSource(
        'core/a.ts',
        `export function used() {}\nexport const unused = 1;\nexport interface Shape {}\nexport const noted = 2;`,
      ),
      parseSource('core/b.ts', `import { used as renamed } from './a.js';`),
      parseSource('test/core/a.test.ts', `import { unused } from '../../core/a.js';`),
    ];
    expect(deadExports(sources, 'import { noted }')).toEqual([
      'core/a.ts:2 dead export: no other product file imports unused',
      'core/a.ts:3 dead export: no other product file imports Shape',
    ]);
  });

  it('leftovers, machine paths and tests without a subject', () => {
    expect(leftovers('a.md', `fine\n// TO${'DO'} later`)).toEqual([
      'a.md:2 leftover: finish it or open an issue',
    ]);
    expect(leftovers('a.md', `see /ro${'ot'}/x and https://example.com/ho${'me'}/x`)).toEqual([
      `a.md:1 machine path: /ro${'ot'}/x…`,
    ]);
    expect(mirroredTest('test/core/b.test.ts', ['core/a.ts'])).toEqual([
      'test/core/b.test.ts:1 mirrored test: there is no core/b.ts',
    ]);
    expect(mirroredTest('test/core/a.test.ts', ['core/a.ts'])).toEqual([]);
  });

  it('a README whose tree names other folders', () => {
    expect(
      readmeFolders(
        '# T\n```sh\nnpm start\n```\n```\nhasivu\n├── core/   base\n│   └── migrations/\n└── app/\n```\n',
      ),
    ).toEqual(['app', 'core']);
    expect(readmeFolders('```\ncore/  base\n  migrations/ sql\napp/   top\n```\n')).toEqual(['app', 'core']);
  });
});
