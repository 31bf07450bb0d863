import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerEvaluateForecast } from '../../../app/commands/evaluate-forecast.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { makeSeries } from '../../models/forecast/worlds.js';
import { testTerminal } from '../../support/terminal.js';

describe('evaluate forecast', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-forecast-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function evaluate(
    lines: readonly string[],
    ...options: string[]
  ): Promise<{ code: number; output: string; errors: string }> {
    const file = path.join(folder, 'series.csv');
    await writeFile(file, `${lines.join('\n')}\n`);
    const terminal = testTerminal();
    const columns = ['--series', 'school', '--time', 'month', '--value', 'revenue'];
    const steps = options.includes('--horizon') ? [] : ['--horizon', '6'];
    const code = await runProgram({
      commands: [(program, cli) => registerEvaluateForecast(program.command('evaluate'), cli)],
      argv: ['evaluate', 'forecast', '--data', file, ...columns, ...steps, '--season', '12', ...options],
      env: { LOG_LEVEL: 'silent' },
      clock: manualClock(0),
      terminal,
    });
    return { code, output: terminal.output(), errors: terminal.errors() };
  }

  const months = (seed: number): string[] => {
    const y = makeSeries({ n: 66, slope: 1, season: 12, swing: 0.3, noise: 0.01, seed });
    return Array.from(y, (value, t) => {
      const month = new Date(Date.UTC(2019, t, 1)).toISOString().slice(0, 10);
      return `S${seed},${month},${value},${t < 60 ? 'train' : 'test'}`;
    });
  };
  const head = 'school,month,revenue,half';
  const table = [head, ...months(1), ...months(2), ...months(3).reverse()];

  it('prints one JSON document with the agreed fields, and beats the naive forecasts', async () => {
    const { code, output } = await evaluate(table, '--part', 'half', '--json');
    expect(code).toBe(0);
    const result = JSON.parse(output) as Record<string, number>;
    const names = ['smape', 'mase', 'owa', 'coverage80', 'coverage95', 'msis95', 'medianApeTotal'];
    for (const name of [...names, 'shareWithin5Total', 'committedShare'])
      expect(result[name]).toEqual(expect.any(Number));
    expect(result).toMatchObject({ series: 3, seconds: 0 });
    expect(result['owa']).toBeLessThan(0.8);
  });

  it('takes the last steps as the test without a part, and says the same for any order of rows', async () => {
    const [first, second] = [
      await evaluate(table, '--json'),
      await evaluate([head, ...table.slice(1).reverse()], '--json'),
    ];
    expect(first.code).toBe(0);
    expect(first.output).toBe(second.output);
    expect((await evaluate(table)).output).toMatch(/Naive2 +seasonal naive/);
  });

  it('judges a challenger beside the combination, whose figures stay the same', async () => {
    const [alone, both] = [
      JSON.parse((await evaluate(table, '--json')).output) as Record<string, unknown>,
      JSON.parse((await evaluate(table, '--json', '--challenger', 'nhits')).output) as Record<
        string,
        unknown
      >,
    ];
    const { challenger, ...champion } = both;
    expect(champion).toEqual(alone);
    const { smape, pairedDifference } = challenger as {
      smape: number;
      pairedDifference: { smape: { difference: number; low: number; high: number } };
    };
    const { difference, low, high } = pairedDifference.smape;
    expect(difference).toBeCloseTo(smape - (alone['smape'] as number), 9);
    expect(low).toBeLessThanOrEqual(difference);
    expect(high).toBeGreaterThanOrEqual(difference);
    expect(challenger).toMatchObject({
      name: 'nhits',
      mase: expect.any(Number),
      owa: expect.any(Number),
      coverage80: expect.any(Number),
      seconds: 0,
    });
    expect((await evaluate(table, '--challenger', 'nhits')).output).toMatch(/challenger nhits, alone/);
    const refused = await evaluate(table, '--challenger', 'oracle');
    expect(refused.code).not.toBe(0);
    expect(refused.errors).toMatch(/nhits/);
  });

  it('names what is wrong and the remedy', async () => {
    const cases: [lines: string[], options: string[], message: RegExp][] = [
      [[...table, table[1]!], [], /series "S1" has several values at 2019-01-01; sum them first/],
      [table, ['--part', 'revenue'], /the part "revenue" holds .*; it must be train or test/],
      [table, ['--part', 'halves'], /no column "halves".*half/],
      [[head, 'S1,soon,1,train'], [], /the time "month" holds "soon"; give numbers or dates/],
      [table, ['--horizon', '70'], /shorten --horizon/],
      [[head], [], /no rows/],
    ];
    for (const [lines, options, message] of cases) {
      const { code, errors } = await evaluate(lines, ...options);
      expect(errors).toMatch(message);
      expect(code).not.toBe(0);
    }
  });
});
