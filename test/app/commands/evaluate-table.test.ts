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
    [['--learner', 'oracle'], /known are auto, boosted-trees, logistic, neural/],
    [['--objective', 'poisson'], /known are logistic, squared, quantile/],
    [['--objective', 'squared', '--learner', 'logistic'], /--objective squared is of boosted trees/],
    [['--quantile', '1'], /a number between 0 and 1/],
    [['--monotone', 'age'], /"age" is no sign of a feature/],
    [['--interactions', 'age'], /"age" is no group of features/],
    [['--monotone', 'age:+1', '--learner', 'neural'], /bind boosted trees/],
    [['--budget', '0'], /whole number of at least 1/],
    [['--folds', '1'], /whole number of at least 2/],
    [['--time', 'day'], /--time and --test-from belong together/],
  ])('calls %j bad usage', async (options, message) => {
    const { code, errors } = await evaluate(...options);
    expect(code).toBe(2);
    expect(errors).toMatch(message);
  });

  it('prints what competed in the search, and has it in the JSON for every split', async () => {
    const options = ['--folds', '2', '--budget', '5'];
    const { output } = await evaluate(...options);
    expect(output).toMatch(/^search in the first of 2 splits:$/m);
    expect(output).toMatch(/^rung +rows +log-loss +seconds +verdict +candidate$/m);
    expect(output).toMatch(/^1 +\d+ +0\.\d{5} +0\.00 +(kept|dropped) +boosted trees/m);
    const { search, chosen } = JSON.parse((await evaluate(...options, '--json')).output) as {
      search: { candidate: string; kept: boolean }[][];
      chosen: string[];
    };
    expect([search.length, chosen.length]).toEqual([2, 2]);
    expect(search[0]!.some(({ candidate, kept }) => candidate === 'logistic' && kept)).toBe(true);
  });

  it('takes a query, groups, weights and what is known of features', async () => {
    const query = 'SELECT "left", amount, age, abs(amount::DOUBLE) AS w, day::INT // 2 AS pair FROM input';
    const known = ['--monotone', 'amount:+1', '--interactions', 'amount+age'];
    const { code, output } = await evaluate(
      ...['--query', query, '--group', 'pair', '--weights', 'w', '--folds', '2', ...known],
    );
    expect(code).toBe(0);
    expect(output).toMatch(/splits: \d+ boosted trees/);
    const wrong = await evaluate('--monotone', 'amont:+1');
    expect([wrong.code, wrong.errors]).toEqual([1, expect.stringMatching(/the feature "amont", which/)]);
  });

  it('judges a number with a quantile', async () => {
    const { code, output } = await evaluate(
      ...['--label', 'amount', '--folds', '2', '--objective', 'quantile', '--quantile', '0.9', '--json'],
    );
    expect(code).toBe(0);
    const scores = ['rmse', 'mae', 'pinball', 'r2', 'coverage'];
    for (const name of scores)
      expect((JSON.parse(output) as Record<string, unknown>)[name]).toEqual(expect.any(Number));
    const text = await evaluate('--label', 'amount', '--folds', '2', '--objective', 'squared');
    expect(text.output).toMatch(/^R2 +-?\d+\.\d{4}/m);
  });

  it('fits a network by name', async () => {
    const { output } = await evaluate('--learner', 'neural', '--time', 'day', '--test-from', '300');
    expect(output).toMatch(/learner in 1 of 1 splits: network/);
  });

  it('answers an unknown column with one line', async () => {
    const { code, errors } = await evaluate('--exclude', 'age,agee');
    expect(code).toBe(1);
    expect(errors).toMatch(/no column "agee" \(did you mean "age"\?\)/);
  });

  it('prints a learning curve on demand, and says which backend trained a net', async () => {
    const { code, output } = await evaluate('--folds', '2', '--learner', 'neural', '--learning-curve');
    expect(code).toBe(0);
    expect(output).toMatch(/learner in 2 of 2 splits: .*net trained on (wasm|tensorflow)/);
    expect(output).toMatch(/^share +rows +positive +log-loss: train/m);
    expect(output).toMatch(/^12\.5 % /m);
  });

  it('refuses a learning curve of a number', async () => {
    const { code, errors } = await evaluate('--objective', 'squared', '--learning-curve');
    expect(code).toBe(2);
    expect(errors).toContain('--learning-curve is for labels of two values');
  });
});
