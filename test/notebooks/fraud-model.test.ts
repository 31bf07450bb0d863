import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { manualClock } from '../../core/clock.js';
import { systemEnvironment } from '../../core/config.js';
import { packageRoot } from '../../core/package-root.js';
import { seededRandom } from '../../core/random.js';
import { FEATURE_NAMES, featureSetHash } from '../../features/definitions.js';
import { DEFAULT_FOLD_SETTINGS } from '../../features/vocabulary.js';
import { appendFacts } from '../../ingest/append-facts.js';
import { openLake } from '../../ingest/lake.js';
import { openMerchant } from '../../ingest/simulate/merchant.js';
import { boostedTrees } from '../../models/trees/boosted-trees.js';
import { openRegistry } from '../../models/registry.js';
import { compileFolder } from '../support/other-program.js';
import { testPostgres } from '../support/postgres.js';
import { describeIf, hasProgram } from '../support/skip.js';

interface Cell {
  readonly cell_type: 'code' | 'markdown';
  readonly execution_count: number | null;
  readonly source: readonly string[];
  readonly outputs?: readonly { readonly output_type: string }[];
}

/** What the notebook worked out: its variables of these names. */
interface Values {
  readonly figures: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly verdict: readonly string[];
}

const root = packageRoot();
const notebook = path.join(root, 'notebooks', 'fraud-model.ipynb');
const deno = path.join(root, 'node_modules', '.bin', 'deno');

async function codeCells(file: string): Promise<Cell[]> {
  const { cells } = await readJson<{ cells: Cell[] }>(file);
  return cells.filter((cell) => cell.cell_type === 'code');
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, 'utf8')) as T;
}

describe('the fraud notebook in the repository', () => {
  it('keeps no outputs', async () => {
    const cells = await codeCells(notebook);
    expect(cells.filter((cell) => cell.execution_count !== null || cell.outputs?.length !== 0)).toEqual([]);
  });

  it('defines nothing: no types, and no functions but those that it passes on at once', async () => {
    const source = (await codeCells(notebook)).map((cell) => cell.source.join('')).join('\n');
    const file = ts.createSourceFile('notebook.ts', source, ts.ScriptTarget.ESNext, true);
    const definitions: string[] = [];
    const visit = (node: ts.Node): void => {
      const isFunction = ts.isArrowFunction(node) || ts.isFunctionExpression(node);
      if ((isFunction && !ts.isCallExpression(node.parent)) || isDeclaration(node))
        definitions.push(node.getText(file));
      ts.forEachChild(node, visit);
    };
    visit(file);
    expect(definitions).toEqual([]);
  });
});

function isDeclaration(node: ts.Node): boolean {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isClassLike(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node)
  );
}

/** A checkout as `npm run build` leaves it, in a temporary folder: the compiled tree of this test's own. */
async function builtCheckout(): Promise<string> {
  const checkout = await mkdtemp(path.join(os.tmpdir(), 'hasivu-notebook-'));
  for (const folder of ['core', 'ingest', 'features', 'models'])
    await compileFolder(path.join(root, folder), path.join(checkout, 'dist', folder));
  await symlink(path.join(root, 'dist', 'kernels'), path.join(checkout, 'dist', 'kernels'));
  await copyFile(path.join(root, 'package.json'), path.join(checkout, 'package.json'));
  await symlink(path.join(root, 'node_modules'), path.join(checkout, 'node_modules'));
  await mkdir(path.join(checkout, 'notebooks'));
  await writeFile(
    path.join(checkout, 'notebooks', 'fraud-model.ipynb'),
    JSON.stringify(await withSavedValues(path.join(checkout, 'values.json'))),
  );
  return checkout;
}

/**
 * The notebook with one cell more, which writes what the others worked out to a file. What cells show travels over a
 * socket that drops messages without a word when its reader is slow, so a busy machine may lose it.
 */
async function withSavedValues(file: string): Promise<{ cells: Cell[] }> {
  const document = await readJson<{ cells: Cell[] }>(notebook);
  const source = `Deno.writeTextFileSync(${JSON.stringify(file)}, JSON.stringify({ figures, verdict }));`;
  const cell = { ...document.cells.at(-1)!, id: 'saved-values', source: [source] };
  return { ...document, cells: [...document.cells, cell] };
}

/** A merchant whose newest mature weeks have a hundred frauds, enough to judge a model. */
async function simulatedLake(dataDir: string): Promise<void> {
  const lake = await openLake(path.join(dataDir, 'lake'));
  const merchant = openMerchant({ months: 12, schools: 4, payers: 3000, endOn: '2026-04-01' }, 1);
  await appendFacts(lake, { name: 'simulated', source: 'test' }, merchant.history());
}

/** Returns the version of a model that was fitted on noise. */
async function savedModel(dataDir: string): Promise<string> {
  const database = await testPostgres();
  try {
    const random = seededRandom(1);
    const columns = FEATURE_NAMES.map(() => Float32Array.from({ length: 200 }, () => random.normal()));
    const frame = { rows: 200, names: FEATURE_NAMES, columns, categorical: [] };
    const y = Uint8Array.from({ length: 200 }, () => random.below(2));
    const clock = manualClock(Date.UTC(2026, 3, 1));
    const registry = openRegistry({ dataDir, pool: database.pool, clock, featureSetHashes: {} });
    const { version } = await registry.save({
      task: 'fraud',
      featureSetHash: featureSetHash(DEFAULT_FOLD_SETTINGS),
      model: boostedTrees.fit(frame, y, { settings: { ...boostedTrees.defaults, trees: 3 }, seed: 1 }),
      policy: { reviewFrom: 0.5 },
      training: { rows: 200 },
      evaluation: {
        metrics: { averagePrecision: 0.5 },
        baseline: { averagePrecision: 0.4 },
        protocol: 'Fitted on noise.',
      },
      intendedUse: 'Tests only.',
    });
    return version;
  } finally {
    await database.close();
  }
}

/** Runs the notebook without a browser, with a kernel that no user needs to have installed. */
async function execute(checkout: string, dataDir: string): Promise<Cell[]> {
  const jupyter = path.join(checkout, 'jupyter');
  const kernel = path.join(jupyter, 'kernels', 'deno');
  await mkdir(kernel, { recursive: true });
  const argv = [deno, 'jupyter', '--kernel', '--conn', '{connection_file}'];
  await writeFile(
    path.join(kernel, 'kernel.json'),
    JSON.stringify({ argv, display_name: 'Deno', language: 'typescript' }),
  );
  const executed = path.join(checkout, 'executed.ipynb');
  const options = ['--to', 'notebook', '--execute', '--allow-errors', '--output', executed];
  await promisify(execFile)('jupyter-nbconvert', [...options, 'fraud-model.ipynb'], {
    cwd: path.join(checkout, 'notebooks'),
    env: {
      ...systemEnvironment,
      // Deno takes any FORCE_COLOR, 0 too, for a wish; the figures are read from plain text.
      FORCE_COLOR: undefined,
      NO_COLOR: '1',
      DATA_DIR: dataDir,
      LAKE_URL: '',
      DENO_DIR: path.join(checkout, 'deno'),
      JUPYTER_PATH: jupyter,
      JUPYTER_RUNTIME_DIR: path.join(jupyter, 'runtime'),
      JUPYTER_CONFIG_DIR: path.join(jupyter, 'config'),
    },
  });
  return codeCells(executed);
}

const canRun = hasProgram('jupyter-nbconvert') && existsSync(deno);
const reason = 'jupyter-nbconvert or the npm package deno is not installed';

describeIf(canRun, reason, 'the fraud notebook on a small simulated lake', () => {
  let checkout: string;
  let version: string;
  let cells: Cell[];
  let values: Values;
  beforeAll(async () => {
    checkout = await builtCheckout();
    const dataDir = path.join(checkout, 'data');
    await simulatedLake(dataDir);
    version = await savedModel(dataDir);
    cells = await execute(checkout, dataDir);
    values = await readJson(path.join(checkout, 'values.json'));
  }, 240_000);
  afterAll(() => rm(checkout, { recursive: true, force: true }));

  it('runs every cell without an error', () => {
    const errors = cells
      .flatMap((cell) => cell.outputs ?? [])
      .filter((output) => output.output_type === 'error');
    expect(errors).toEqual([]);
    expect(cells.filter((cell) => cell.execution_count === null)).toEqual([]);
  });

  it.each(['average precision', 'AUC ROC', 'recall at FPR 0.5 %'])(
    'finds %s above that of approving everything, with confidence',
    (name) => {
      const figure = values.figures[name]!;
      const model = Number(figure.model);
      const modelLow = Number.parseFloat(figure['model, 95 %']!);
      const approveAll = Number(figure['approve all']);
      expect(model).toBeLessThanOrEqual(1);
      expect(model).toBeGreaterThan(modelLow);
      expect(modelLow).toBeGreaterThan(approveAll);
      expect(approveAll).toBeGreaterThanOrEqual(Number.parseFloat(figure['approve all, 95 %']!));
    },
  );

  it('reads the saved model and scores a payment with it', () => {
    const text = values.verdict.join('\n');
    expect(text).toContain(version.slice(0, 12));
    expect(text).toContain('Fitted on noise.');
    expect(text).toMatch(/^fraud probability 0\.\d+, label [01]$/m);
  });
});
