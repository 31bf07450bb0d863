/**
 * The rules of architecture and style that a compiler and a linter do not know. Each rule is a function from sources to
 * violations, so that test/tidy.test.ts can show on small examples what it refuses.
 */
import ts from 'typescript';
import type { Source } from './sources.js';
import { everyNode, exportsOf, importsOf, isTest, violation } from './sources.js';

/** A folder imports from itself and from its left. */
const FOLDER_ORDER = ['core', 'ingest', 'features', 'models', 'scoring', 'billing', 'reporting', 'app'];
const VENDOR_SDKS = new Set(['razorpay', 'nodemailer', 'bullmq']);
const FUNCTION_LINES = 70;
const FILE_LINES = 400;

/** Exports without a user in the product, and why they stay. */
const UNUSED_EXPORTS = new Map([
  ['core/clock.ts manualClock', 'time stands still in tests'],
  ['core/log.ts silentLog', 'tests do not log'],
]);

function folderOf(file: string): string {
  return file.split('/')[0] ?? '';
}

export function importDirection(source: Source): string[] {
  const folder = folderOf(source.file);
  if (isTest(source.file)) return [];
  return importsOf(source).flatMap(({ file, node }) => {
    if (file === null) return [];
    const target = folderOf(file);
    const allowed = folder === target || mayImport(folder, target);
    return allowed
      ? []
      : [violation(source, node, `import direction: ${folder} must not import from ${target}`)];
  });
}

function mayImport(folder: string, target: string): boolean {
  if (folder === 'adapters') return target === 'core';
  if (target === 'adapters') return folder === 'app';
  return FOLDER_ORDER.includes(target) && FOLDER_ORDER.indexOf(target) < FOLDER_ORDER.indexOf(folder);
}

export function packageImports(source: Source, dependencies: ReadonlySet<string>): string[] {
  if (isTest(source.file)) return [];
  const mayUseFastify = /(^|\/)routes\.ts$/.test(source.file) || source.file === 'app/http.ts';
  return importsOf(source).flatMap(({ from, file, node }) => {
    if (file !== null || from.startsWith('node:')) return [];
    const name = from
      .split('/')
      .slice(0, from.startsWith('@') ? 2 : 1)
      .join('/');
    const wrong = (message: string) => [violation(source, node, message)];
    if (!dependencies.has(name))
      return wrong(`package: ${name} is not in the dependencies of package.json (or write node:${name})`);
    if (VENDOR_SDKS.has(name) && folderOf(source.file) !== 'adapters')
      return wrong(`package: only adapters import ${name}`);
    if (/^(@fastify\/|fastify$)/.test(name) && !mayUseFastify)
      return wrong(`package: only routes.ts and app/http.ts import ${name}`);
    return [];
  });
}

export function moduleStyle(source: Source): string[] {
  return importsOf(source).flatMap(({ from, file, node }) => [
    ...(ts.isExportDeclaration(node)
      ? [violation(source, node, 'module: export where it is defined, not again elsewhere')]
      : []),
    ...(file !== null && !/\.js(on)?$/.test(from)
      ? [violation(source, node, `module: ${from} needs its .js suffix`)]
      : []),
  ]);
}

export function functionLength(source: Source): string[] {
  if (source.file.endsWith('.test.ts')) return [];
  return everyNode(source).flatMap((node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return [];
    const lineOf = (position: number) => source.ast.getLineAndCharacterOfPosition(position).line;
    const lines = lineOf(node.end) - lineOf(node.getStart(source.ast)) + 1;
    return lines > FUNCTION_LINES
      ? [violation(source, node, `function length: ${lines} lines, at most ${FUNCTION_LINES}`)]
      : [];
  });
}

export function fileLength(source: Source): string[] {
  const lines = source.text.trimEnd().split('\n').length;
  return lines > FILE_LINES
    ? [`${source.file}:${lines} file length: ${lines} lines, at most ${FILE_LINES}`]
    : [];
}

/** What reaches outside the values that a function is given, and the only places that may. */
const AMBIENT: readonly { readonly what: string; readonly use: RegExp; readonly home: RegExp }[] = [
  { what: 'the wall clock', use: /^(Date\.now|new Date\(\)|Date\(\))$/, home: /^core\/clock\.ts$/ },
  { what: 'systemClock', use: /^import systemClock$/, home: /^(app\/|test\/bench\/|core\/ids\.ts$)/ },
  { what: 'Math.random', use: /^Math\.random$/, home: /^$/ },
  {
    what: 'operating-system randomness',
    use: /^(import (randomBytes|randomUUID|randomInt|randomFillSync|getRandomValues)|crypto\.(randomBytes|randomUUID|randomInt|getRandomValues))$/,
    home: /^core\/ids\.ts$/,
  },
  { what: 'the environment', use: /^process\.env$/, home: /^core\/config\.ts$/ },
  {
    what: 'the console',
    use: /^(console|process\.stdout|process\.stderr)\b/,
    home: /^(app|test\/support|test\/bench)\//,
  },
];

export function ambientAccess(source: Source): string[] {
  return everyNode(source).flatMap((node) => {
    const use = ambientUse(node, source);
    const rule = AMBIENT.find((candidate) => use !== null && candidate.use.test(use));
    if (rule === undefined || rule.home.test(source.file)) return [];
    return [violation(source, node, `ambient: ${rule.what} does not belong here; take it as a value`)];
  });
}

function ambientUse(node: ts.Node, source: Source): string | null {
  if (ts.isPropertyAccessExpression(node)) return node.getText(source.ast).replace(/\s|globalThis\./g, '');
  if (ts.isNewExpression(node) && node.expression.getText(source.ast) === 'Date') {
    return (node.arguments ?? []).length === 0 ? 'new Date()' : null;
  }
  if (ts.isCallExpression(node) && node.expression.getText(source.ast) === 'Date') return 'Date()';
  if (ts.isImportSpecifier(node)) return `import ${(node.propertyName ?? node.name).text}`;
  return null;
}

/**
 * A value needs an importer in the product; a type may instead name a part of its own file's exports, for callers to say.
 * `extraText` is where else a name may be used: notebooks.
 */
export function deadExports(sources: readonly Source[], extraText: string): string[] {
  const product = sources.filter(({ file }) => !isTest(file));
  const used = new Set(
    product.flatMap((source) =>
      importsOf(source).flatMap(({ file, names }) => names.map((name) => `${file ?? ''} ${name}`)),
    ),
  );
  return product.flatMap((source) =>
    exportsOf(source)
      .filter(({ name }) => !used.has(`${source.file} ${name}`) && !used.has(`${source.file} *`))
      .filter(({ name }) => !UNUSED_EXPORTS.has(`${source.file} ${name}`))
      .filter(({ name, node }) => !(isType(node) && occurrences(source.text, name) > 1))
      .filter(({ name }) => occurrences(extraText, name) === 0)
      .map(({ name, node }) => violation(source, node, `dead export: no other product file imports ${name}`)),
  );
}

function isType(node: ts.Node): boolean {
  return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
}

function occurrences(text: string, name: string): number {
  return text.split(new RegExp(`\\b${name}\\b`)).length - 1;
}

/** An exception that no longer excuses anything. */
export function staleExceptions(sources: readonly Source[]): string[] {
  const exported = new Set(
    sources.flatMap((source) => exportsOf(source).map(({ name }) => `${source.file} ${name}`)),
  );
  return [...UNUSED_EXPORTS.keys()]
    .filter((name) => !exported.has(name))
    .map((name) => `${name} is not exported any more`);
}

const BANNED_WORDS = new Set([
  'manager',
  'helper',
  'helpers',
  'util',
  'utils',
  'service',
  'data',
  'info',
  'process',
  'handle',
  'handler',
]);
/** The name of a setting that people know. */
const ALLOWED_NAMES = new Set(['dataDir', 'dataRoot']);

export function bannedNames(source: Source): string[] {
  const fileWords = source.file.replace(/(\.test)?\.ts$/, '').split(/[/.-]/);
  const inPath = fileWords
    .filter((word) => BANNED_WORDS.has(word))
    .map((word) => `${source.file}:1 banned name: ${word} says nothing`);
  const inCode = everyNode(source).flatMap((node) => {
    const name = declaredName(node);
    if (name === null || ALLOWED_NAMES.has(name.text)) return [];
    // Options are named as people type them: --data.
    if (ts.isPropertySignature(node) && name.text === 'data') return [];
    const word = wordsOf(name.text).find((candidate) => BANNED_WORDS.has(candidate));
    return word === undefined
      ? []
      : [violation(source, name, `banned name: ${word} in ${name.text} says nothing`)];
  });
  return [...inPath, ...inCode];
}

/** Names that the author chose: not properties of an object that another library asks for or gives. */
function declaredName(node: ts.Node): ts.Identifier | null {
  const isDeclaration =
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isPropertySignature(node) ||
    ts.isMethodSignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isMethodDeclaration(node);
  return isDeclaration && node.name !== undefined && ts.isIdentifier(node.name) ? node.name : null;
}

/** `parsedRowCount` -> parsed, row, count. */
function wordsOf(name: string): string[] {
  return name.split(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_$]/).map((word) => word.toLowerCase());
}

// Written apart so that this file does not refuse itself.
const LEFTOVER = new RegExp(`\\b(TO${'DO'}|FIX${'ME'}|X${'XX'}|HA${'CK'})\\b`);
const MACHINE_PATH = new RegExp(`(?<![\\w.])/(wo${'rk'}|ro${'ot'}|Use${'rs'}|ho${'me'})/\\w`);

/** Any text file, not only TypeScript. */
export function leftovers(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const at = `${file}:${index + 1}`;
    return [
      ...(LEFTOVER.test(line) ? [`${at} leftover: finish it or open an issue`] : []),
      ...(MACHINE_PATH.test(line) ? [`${at} machine path: ${MACHINE_PATH.exec(line)?.[0] ?? ''}…`] : []),
    ];
  });
}

export function headerComment(source: Source): string[] {
  if (source.file.endsWith('.test.ts')) return [];
  const text = source.text.replace(/^#!.*\n/, '');
  return /^\/\*\*\s+(\* )?\S/.test(text)
    ? []
    : [`${source.file}:1 header: say in 2-6 lines what the file decides and keeps`];
}

/** Folders of test/ that mirror no folder of the product. */
const OWN_TEST_FOLDERS = /^test\/(contract|scenario|bench|fixtures|support)\//;

/** Each test lies where its subject lies: test/ingest/lake.test.ts tests ingest/lake.ts (or the folder ingest/lake/). */
export function mirroredTest(file: string, productFiles: readonly string[]): string[] {
  if (!file.endsWith('.test.ts') || OWN_TEST_FOLDERS.test(file) || file === 'test/tidy.test.ts') return [];
  const subject = file.slice('test/'.length, -'.test.ts'.length);
  const exists = productFiles.some(
    (candidate) => candidate.startsWith(`${subject}.`) || candidate.startsWith(`${subject}/`),
  );
  return exists ? [] : [`${file}:1 mirrored test: there is no ${subject}.ts`];
}

/** The folders that the README's tree names: the fenced block that has a line `core/`. */
export function readmeFolders(readme: string): string[] {
  const blocks = [...readme.matchAll(/^```[^\n]*\n(.*?)^```/gms)].map((match) => match[1] ?? '');
  const tree = blocks.find((block) => /^[├└│─\s]*core\//m.test(block)) ?? '';
  return [...tree.matchAll(/^(?:[├└]── )?([\w-]+)\//gm)].map((match) => match[1] ?? '').sort();
}
