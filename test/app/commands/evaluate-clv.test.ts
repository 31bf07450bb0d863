import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerEvaluateClv } from '../../../app/commands/evaluate-clv.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { seededRandom } from '../../../core/random.js';
import type { ClvEvaluation, FittedClv } from '../../../models/tasks/evaluate-clv.js';
import { describeIfShared } from '../../support/skip.js';
import { testTerminal } from '../../support/terminal.js';

async function evaluate(...options: string[]): Promise<{ code: number; output: string; errors: string }> {
  const terminal = testTerminal();
  const code = await runProgram({
    commands: [(program, cli) => registerEvaluateClv(program.command('evaluate'), cli)],
    argv: ['evaluate', 'clv', ...options],
    env: { LOG_LEVEL: 'silent' },
    clock: manualClock(0),
    terminal,
  });
  return { code, output: terminal.output(), errors: terminal.errors() };
}

/** Customers who buy every one to eight weeks and may stop after each purchase. */
function purchases(customers: number): string[] {
  const random = seededRandom(5);
  const start = Date.UTC(2025, 0, 1);
  return Array.from({ length: customers }, (_, i) => i).flatMap((customer) => {
    const rows: string[] = [];
    const pace = 7 + random.below(50);
    const spend = 50 + random.below(500);
    for (let day = random.below(60); day < 360; day += 1 + Math.ceil(-pace * Math.log(1 - random.unit()))) {
      const at = new Date(start + day * 86_400_000).toISOString().slice(0, 10);
      rows.push(`c${customer},${at},${(spend * (0.8 + 0.4 * random.unit())).toFixed(2)}`);
      if (random.unit() < 0.15) break;
    }
    return rows;
  });
}

describe('evaluate clv', () => {
  let folder: string;
  let file: string;
  const columns = ['--customer', 'who', '--time', 'day', '--value', 'paid'];
  const write = async (name: string, rows: readonly string[]): Promise<string> => {
    const target = path.join(folder, name);
    await writeFile(target, ['who,day,paid', ...rows, ''].join('\n'));
    return target;
  };
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-clv-'));
    file = await write('orders.csv', purchases(400));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('foresees what customers buy better than going on as before does', async () => {
    const { code, output } = await evaluate('--data', file, ...columns, '--models', 'bg-nbd', '--json');
    expect(code).toBe(0);
    const { foresight, models, spend, fitTo, lastDay } = JSON.parse(output) as ClvEvaluation;
    expect(models.map(({ name }) => name)).toEqual(['bg-nbd']);
    expect(spend?.parameters).toMatchObject({
      p: expect.any(Number),
      q: expect.any(Number),
      v: expect.any(Number),
    });
    expect(fitTo < lastDay).toBe(true);
    const [model, asBefore] = foresight;
    expect(asBefore?.name).toBe('goes on as before');
    expect(model!.scores.purchasesMae).toBeLessThan(asBefore!.scores.purchasesMae);
    expect(model!.interval.purchasesMae.low).toBeLessThan(model!.scores.purchasesMae);
    expect(model!.interval.topTenthShare.high).toBeGreaterThan(model!.scores.topTenthShare);
  });

  it('prints parameters and each answer beside the naive ones', async () => {
    const { output } = await evaluate(
      '--data',
      file,
      ...columns,
      '--fit-to',
      '2025-08-31',
      '--models',
      'bg-nbd',
    );
    expect(output).toMatch(/^bg-nbd +r \d+\.\d{3} +alpha/m);
    expect(output).toContain('fitted to 2025-08-31');
    expect(output).toMatch(/^goes on as before .*%/m);
  });

  it('takes a table that is already summed up, and gives its parameters', async () => {
    const rows = Array.from(
      { length: 300 },
      (_, i) => `${i % 4},${i % 4 === 0 ? 0 : 5 + (i % 20)},${26 + (i % 13)}`,
    );
    const summary = path.join(folder, 'summary.csv');
    await writeFile(summary, ['x,t_x,T', ...rows, ''].join('\n'));
    const { code, output } = await evaluate(
      '--data',
      summary,
      '--repeats',
      'x',
      '--last',
      't_x',
      '--observed',
      'T',
      '--json',
    );
    expect(code).toBe(0);
    const fitted = JSON.parse(output) as FittedClv;
    expect(fitted.models).toHaveLength(3);
    expect(fitted.customers).toBe(300);
  });

  it.each([
    ['a day that is none', ['c1,soon,10'], /row 1 of bad.csv: "day" holds "soon", needs a date/],
    [
      'a value that is none',
      ['c1,2025-01-01,10', 'c1,2025-02-01,lots'],
      /row 2 of bad.csv: "paid" holds "lots", needs a number/,
    ],
    ['a single day', ['c1,2025-01-01,10', 'c2,2025-01-01,5'], /the fit must end inside/],
    ['nobody who came back', ['c1,2025-01-01,10', 'c2,2025-03-01,5'], /nobody bought a second time/],
    ['no rows', [], /no purchases|no rows/],
  ] as const)('refuses %s with the place and the remedy', async (_, rows, message) => {
    const { code, errors } = await evaluate('--data', await write('bad.csv', rows), ...columns);
    expect(code).toBe(1);
    expect(errors).toMatch(message);
  });

  it('refuses an unknown column and options that belong to no table', async () => {
    const unknown = await evaluate('--data', file, '--customer', 'whom', '--time', 'day', '--value', 'paid');
    expect(unknown.errors).toContain('did you mean "who"?');
    const nothing = await evaluate('--data', file);
    expect(nothing.code).toBe(2);
    expect(nothing.errors).toContain('give --customer, --time and --value');
  });

  it('refuses a summary that no customer can have', async () => {
    const summary = path.join(folder, 'impossible.csv');
    await writeFile(summary, 'x,t_x,T\n1,5,20\n2,30,20\n');
    const { errors } = await evaluate(
      '--data',
      summary,
      '--repeats',
      'x',
      '--last',
      't_x',
      '--observed',
      'T',
    );
    expect(errors).toContain('row 2 of impossible.csv is no summary of a customer');
  });
});

describeIfShared('data/cdnow_purchases.parquet', 'evaluate clv on the CDNOW customers', (file) => {
  it('foresees the second nine months better than the naive answers', async () => {
    const columns = ['--customer', 'customer_id', '--time', 'date', '--value', 'dollar_value'];
    const { output } = await evaluate(
      '--data',
      file,
      ...columns,
      '--fit-to',
      '1997-09-30',
      '--models',
      'bg-nbd',
      '--json',
    );
    const { customers, foresight } = JSON.parse(output) as ClvEvaluation;
    expect(customers).toBe(23_570);
    const [model, ...naive] = foresight;
    for (const { scores } of naive)
      expect(model!.interval.purchasesMae.high).toBeLessThan(scores.purchasesMae);
  });
});
