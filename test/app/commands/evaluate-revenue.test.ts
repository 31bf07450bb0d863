import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerEvaluateRevenue } from '../../../app/commands/evaluate-revenue.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import type { PastRevenue, SpanEvaluation } from '../../../models/forecast/evaluate-revenue.js';
import { testTerminal } from '../../support/terminal.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-evaluate-revenue-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function evaluate(...options: string[]): Promise<{ code: number; output: string; errors: string }> {
  const terminal = testTerminal();
  const code = await runProgram({
    commands: [(program, cli) => registerEvaluateRevenue(program.command('evaluate'), cli)],
    argv: ['evaluate', 'revenue', '--threads', '1', ...options],
    env: { LOG_LEVEL: 'silent', DATA_DIR: folder },
    clock: manualClock(Date.UTC(2026, 6, 10)),
    terminal,
  });
  return { code, output: terminal.output(), errors: terminal.errors() };
}

const MERCHANTS = ['--simulate', '3,4', '--payers', '60', '--schools', '2', '--months', '14'];

describe('hasivu evaluate revenue', () => {
  it('judges fresh simulated merchants, and leaves nothing behind', async () => {
    const rolling = ['--end', '2026-07-01', '--least', '40', '--every', '60'];
    const { code, output } = await evaluate(...MERCHANTS, ...rolling, '--json');
    expect(code).toBe(0);
    const { spans, forecasts } = JSON.parse(output) as {
      spans: SpanEvaluation[];
      forecasts: PastRevenue[];
    };
    expect(new Set(forecasts.map(({ merchant }) => merchant))).toEqual(new Set(['seed 3', 'seed 4']));
    expect(spans.map(({ span, forecasts: count }) => [span, count])).toEqual([
      ['thirteen-weeks', 2],
      ['quarter', 2],
    ]);
    for (const one of forecasts) expect(one.bottomUp).not.toBe(one.topDown);
    expect(await readdir(folder)).toEqual([]);
  }, 60_000);

  it('says in one line what is missing', async () => {
    const empty = await evaluate();
    expect(empty.code).toBe(1);
    expect(empty.errors).toMatch(/the lake holds no captured payment; import payments, or give --simulate/);
    const short = await evaluate('--simulate', '3', '--payers', '30', '--months', '6');
    expect(short.code).toBe(1);
    expect(short.errors).toMatch(/25 weeks of revenue are known; 80 before the first forecast/);
  }, 60_000);

  it.each([
    [['--payers', '50'], /--payers is of a simulated merchant/],
    [['--simulate', '1,1'], /give different whole numbers such as 6,7/],
    [['--simulate', '1', '--as-of', '2026-07-01'], /--as-of is of the lake/],
    [['--least', '10'], /give a whole number of at least 26/],
  ])('refuses %j', async (options, problem) => {
    const { code, errors } = await evaluate(...options);
    expect(code).toBe(2);
    expect(errors).toMatch(problem);
  });
});
