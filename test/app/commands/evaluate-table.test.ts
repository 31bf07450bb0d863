import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerEvaluateTable } from '../../../app/commands/evaluate-table.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { mixedSample } from '../../models/frames.js';
import { testTerminal } from '../../support/terminal.js';

describe('evaluate table', () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-evaluate-'));
    file = path.join(folder, 'sample.csv');
    const { frame, y } = mixedSample(400, 1);
    const rows = Array.from(y, (label, row) => {
      const values = frame.columns
        .map((column) => column[row]!)
        .map((value) => (Number.isNaN(value) ? '' : value));
      return [...values, row, label].join(',');
    });
    await writeFile(file, `${[...frame.names, 'day', 'left'].join(',')}\n${rows.join('\n')}\n`);
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function evaluate(...options: string[]): Promise<{ code: number; output: string; errors: string }> {
    const terminal = testTerminal();
    const code = await runProgram({
      commands: [(program, cli) => registerEvaluateTable(program.command('evaluate'), cli)],
      argv: ['evaluate', 'table', '--data', file, '--label', 'left', ...options],
      env: { LOG_LEVEL: 'silent' },
      clock: manualClock(0),
      terminal,
    });
    return { code, output: terminal.output(), errors: terminal.errors() };
  }

  it('prints one JSON document with the agreed fields', async () => {
    const { code, output } = await evaluate(
      '--folds',
      '2',
      '--repeats',
      '2',
      '--learner',
      'logistic',
      '--json',
    );
    expect(code).toBe(0);
    const result = JSON.parse(output) as Record<string, unknown>;
    const scores = ['aucRoc', 'averagePrecision', 'brier', 'logLoss', 'accuracy', 'majorityAccuracy'];
    for (const name of scores) expect(result[name]).toEqual(expect.any(Number));
    expect(result).toMatchObject({
      trainRows: 200,
      testRows: 200,
      fitSeconds: 0,
      predictSeconds: 0,
      splits: 4,
    });
  });

  it('splits in time and prints a table for people', async () => {
    const { output } = await evaluate('--time', 'day', '--test-from', '300', '--learner', 'logistic');
    expect(output).toMatch(/^AUC +0\.\d{4} +0\.5000 +0\.\d{4} to 0\.\d{4}$/m);
    expect(output).toMatch(/300 training and 100 test rows/);
  });

  it.each([
    [['--learner', 'neural'], /neural networks are not built yet/],
    [['--learner', 'oracle'], /known are auto, boosted-trees, logistic/],
    [['--folds', '1'], /whole number of at least 2/],
    [['--time', 'day'], /--time and --test-from belong together/],
  ])('calls %j bad usage', async (options, message) => {
    const { code, errors } = await evaluate(...options);
    expect(code).toBe(2);
    expect(errors).toMatch(message);
  });

  it('answers an unknown column with one line', async () => {
    const { code, errors } = await evaluate('--exclude', 'age,agee');
    expect(code).toBe(1);
    expect(errors).toMatch(/no column "agee"/);
  });
});
