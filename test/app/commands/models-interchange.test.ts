import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerImport } from '../../../app/commands/import.js';
import { registerModels } from '../../../app/commands/models.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { seededRandom } from '../../../core/random.js';
import { readModelFile } from '../../../models/interchange/read-model-file.js';
import { xgboostJson } from '../../../models/interchange/xgboost-json.js';
import { boostedTrees } from '../../../models/trees/boosted-trees.js';
import type { TestPostgres } from '../../support/postgres.js';
import { testPostgres } from '../../support/postgres.js';
import { testTerminal } from '../../support/terminal.js';
import { fixture } from '../../models/interchange/fixtures.js';

const DAY_MS = 86_400_000;
const FROM = Date.UTC(2026, 0, 1);
const DAYS = 120;
const PAYMENTS_A_DAY = 50;

/** A merchant whose large payments are often fraud, as the CSV that it would import. */
function history(): string {
  const random = seededRandom(3);
  const lines = ['paymentId,occurredAt,payerId,amount,fraud'];
  for (let i = 0; i < DAYS * PAYMENTS_A_DAY; i++) {
    const at = new Date(FROM + (i * DAY_MS) / PAYMENTS_A_DAY).toISOString();
    const amount = 100 + random.below(900);
    const fraud = random.unit() < (amount > 900 ? 0.3 : 0.005) ? 1 : 0;
    lines.push(`p${i},${at},u${random.below(300)},${amount},${fraud}`);
  }
  return `${lines.join('\n')}\n`;
}

/** What another team would send: fitted on the amount alone, in paise. */
function foreignModel(): string {
  const random = seededRandom(4);
  const amount = Float32Array.from({ length: 2000 }, () => (100 + random.below(900)) * 100);
  const y = Uint8Array.from(amount, (paise) => (random.unit() < (paise > 90_000 ? 0.3 : 0.005) ? 1 : 0));
  const frame = { rows: 2000, names: ['amount'], columns: [amount], categorical: [] };
  const settings = { ...boostedTrees.defaults, trees: 20, columnSubsample: 1 };
  return xgboostJson(boostedTrees.fit(frame, y, { settings, seed: 1 }).toJSON());
}

describe('models import and export', () => {
  let database: TestPostgres;
  let folder: string;
  const clock = manualClock(FROM + DAYS * DAY_MS);
  beforeAll(async () => {
    database = await testPostgres();
    folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-interchange-'));
    await writeFile(path.join(folder, 'payments.csv'), history());
    await writeFile(path.join(folder, 'fraud.json'), foreignModel());
    expect((await run('import', '--file', path.join(folder, 'payments.csv'))).errors).not.toMatch(/error/);
  });
  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  async function run(...argv: string[]): Promise<{ code: number; output: string; errors: string }> {
    const terminal = testTerminal();
    const code = await runProgram({
      commands: [registerImport, registerModels],
      argv,
      env: {
        DATA_DIR: path.join(folder, 'data'),
        DATABASE_URL: database.url,
        USER: 'asha',
        LOG_LEVEL: 'silent',
      },
      clock,
      terminal,
    });
    return { code, output: terminal.output(), errors: terminal.errors() };
  }

  it('saves a model beside its figures, leaves production to a person, and writes it out again', async () => {
    const file = path.join(folder, 'fraud.json');
    const saved = await run('models', 'import', '--file', file, '--trained-until', '2026-01-31', '--json');
    expect(saved).toMatchObject({ code: 0 });
    const { version, production, metrics, baseline } = JSON.parse(saved.output) as {
      version: string;
      production: boolean;
      metrics: Record<string, number>;
      baseline: Record<string, number>;
    };
    expect(production).toBe(false);
    expect(metrics['averagePrecision']).toBeGreaterThan(2 * baseline['averagePrecision']!);
    const { output: card } = await run('models', 'show', version);
    expect(card).toContain('importedFrom: fraud.json');
    expect(card).toContain(`sha256: ${(await readModelFile(file, { allTrees: false })).sha256}`);
    const promoted = await run(
      'models',
      'promote',
      'fraud',
      version,
      '--reason',
      'beats approving everybody',
      '--force',
    );
    expect(promoted.output).toBe(`fraud now runs ${version}\n`);

    const out = path.join(folder, 'again.json');
    const written = await run('models', 'export', version.slice(0, 10), '--out', out);
    expect(written.output).toBe(`${out} holds fraud ${version.slice(0, 12)}\n`);
    const { output } = await run('models', 'export', version);
    expect(output).toBe(await readFile(out, 'utf8'));
    const again = await readModelFile(out, { allTrees: false });
    expect(again).toMatchObject({
      library: 'XGBoost',
      version: '1.7.4',
      objective: 'logistic',
      treesInFile: 20,
    });
  });

  it('says that a person must promote it', async () => {
    const { output } = await run(
      ...['models', 'import', '--file', path.join(folder, 'fraud.json'), '--trained-until', '2026-02-10'],
    );
    expect(output).toMatch(/AUC/);
    expect(output).toMatch(/saved, not in production: hasivu models promote fraud \w{12} --reason …\n$/);
  });

  it.each<[string, string[], number, RegExp]>([
    ['a day that is none', ['--file', 'x', '--trained-until', 'soon'], 2, /give a day as YYYY-MM-DD/],
    ['no day', ['--file', 'x'], 2, /--trained-until/],
    [
      'no file',
      ['--file', 'nowhere', '--trained-until', '2026-01-31'],
      1,
      /nowhere is no file that can be read/,
    ],
    [
      'other columns',
      ['--file', fixture('xgboost-binary.json'), '--trained-until', '2026-01-31'],
      1,
      /no features here: age, hour, ratio/,
    ],
    [
      'no names of columns',
      ['--file', fixture('xgboost-unnamed.ubj'), '--trained-until', '2026-01-31'],
      1,
      /give their names in order with --features FILE/,
    ],
  ])('fails in one line with %s', async (_name, options, code, message) => {
    const failed = await run('models', 'import', ...options);
    expect(failed.code).toBe(code);
    expect(failed.errors).toMatch(message);
    expect(failed.output).toBe('');
  });

  it('takes the names of the columns from a file', async () => {
    const names = path.join(folder, 'names.txt');
    await writeFile(names, 'amount\nhourIst\nweekdayIst\npayerCount1d\ncategory\nmethod\n');
    const unnamed = ['models', 'import', '--file', fixture('xgboost-unnamed.ubj'), '--features', names];
    const { code, errors } = await run(...unnamed, '--trained-until', '2026-01-31');
    expect(errors).not.toMatch(/error/);
    expect(code).toBe(0);
  });
});
