/**
 * Our own source files, read and parsed for test/tidy.test.ts. Paths are relative to the package root with `/`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export interface Source {
  readonly file: string;
  readonly text: string;
  readonly ast: ts.SourceFile;
}

export interface Import {
  /** As written, for instance './ids.js' or 'node:fs'. */
  readonly from: string;
  /** Path of the imported file when it is ours, null for packages and node's own modules. */
  readonly file: string | null;
  /** Exported names as the other file calls them; `*` for a namespace or a dynamic import. */
  readonly names: readonly string[];
  readonly node: ts.Node;
}

const OURS = /^(core|ingest|features|models|scoring|billing|reporting|adapters|app|test)\//;
const IGNORED = new Set(['node_modules', 'dist', 'data', 'coverage']);
/** AssemblyScript: the syntax is TypeScript's, the rules of its modules are not. */
const KERNELS = /\/kernels\//;

/** Every file below the folder that git would keep, dot folders left out, except those of other folders' builds. */
export function listFiles(root: string, below = ''): string[] {
  return readdirSync(path.join(root, below), { withFileTypes: true }).flatMap((entry) => {
    const file = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory())
      return IGNORED.has(entry.name) || entry.name.startsWith('.') ? [] : listFiles(root, file);
    return [file];
  });
}

export function readSources(root: string): Source[] {
  const files = listFiles(root).filter(
    (file) => file.endsWith('.ts') && OURS.test(file) && !KERNELS.test(file),
  );
  return files.map((file) => parseSource(file, readFileSync(path.join(root, file), 'utf8')));
}

export function parseSource(file: string, text: string): Source {
  return { file, text, ast: ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true) };
}

export function isTest(file: string): boolean {
  return file.startsWith('test/');
}

/** `file:line rule: message`, as a terminal makes it clickable. */
export function violation(source: Source, node: ts.Node, message: string): string {
  const { line } = source.ast.getLineAndCharacterOfPosition(node.getStart(source.ast));
  return `${source.file}:${line + 1} ${message}`;
}

export function everyNode(source: Source): ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source.ast);
  return nodes;
}

/** Static imports, re-exports and dynamic `import('…')`. */
export function importsOf(source: Source): Import[] {
  return everyNode(source).flatMap((node) => {
    const specifier = specifierOf(node);
    if (specifier === null) return [];
    return [{ from: specifier, file: resolve(source.file, specifier), names: importedNames(node), node }];
  });
}

function specifierOf(node: ts.Node): string | null {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)
      ? node.moduleSpecifier.text
      : null;
  }
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const [argument] = isDynamic ? node.arguments : [];
  if (argument !== undefined && ts.isStringLiteral(argument)) return argument.text;
  if (
    ts.isImportTypeNode(node) &&
    ts.isLiteralTypeNode(node.argument) &&
    ts.isStringLiteral(node.argument.literal)
  ) {
    return node.argument.literal.text;
  }
  return null;
}

function importedNames(node: ts.Node): string[] {
  if (!ts.isImportDeclaration(node)) return ['*'];
  const clause = node.importClause;
  if (clause === undefined) return [];
  const bindings = clause.namedBindings;
  const byDefault = clause.name === undefined ? [] : ['default'];
  if (bindings === undefined) return byDefault;
  if (ts.isNamespaceImport(bindings)) return [...byDefault, '*'];
  return [...byDefault, ...bindings.elements.map((element) => (element.propertyName ?? element.name).text)];
}

function resolve(importer: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  return path.posix.join(path.posix.dirname(importer), specifier).replace(/\.js$/, '.ts');
}

export interface Export {
  readonly name: string;
  readonly node: ts.Node;
}

export function exportsOf(source: Source): Export[] {
  return source.ast.statements.flatMap((statement): Export[] => {
    if (ts.isExportAssignment(statement)) return [{ name: 'default', node: statement }];
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    if (modifiers.every((modifier) => modifier.kind !== ts.SyntaxKind.ExportKeyword)) return [];
    if (modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword))
      return [{ name: 'default', node: statement }];
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map((node) => ({
        name: node.name.getText(source.ast),
        node,
      }));
    }
    const { name } = statement as ts.Statement & { name?: ts.Identifier };
    return name === undefined ? [] : [{ name: name.text, node: statement }];
  });
}
