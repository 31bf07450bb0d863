import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerEvaluateRetry } from '../../../app/commands/evaluate-retry.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { seededRandom } from '../../../core/random.js';
import { testTerminal } from '../../support/terminal.js';

async function evaluate(...options: string[]): Promise<{ code: number; output: string; errors: string }> {
  const terminal = testTerminal();
  const code = await runProgram({
    commands: [(program, cli) => registerEvaluateRetry(program.command('evaluate'), cli)],
    argv: ['evaluate', 'retry', ...options],
    env: { LOG_LEVEL: 'silent' },
    clock: manualClock(0),
    terminal,
  });
  return { code, output: terminal.output(), errors: terminal.errors() };
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'evaluate-retry-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Attempts of which one provider accepts three quarters and another a quarter. */
async function attempts(): Promise<{ data: string; map: string }> {
  const random = seededRandom(2);
  const start = Date.UTC(2026, 0, 1);
  const lines = Array.from({ length: 1500 }, (_, i) => {
    const provider = random.below(2);
    const at = new Date(start + i * 1_700_000).toISOString().slice(0, 19).replace('T', ' ');
    const ok = Number(random.unit() < (provider === 0 ? 0.75 : 0.25));
    return `${at},${10 + random.below(500)},IN,Visa,P${provider},${random.below(2)},${ok}`;
  });
  const [data, map] = [path.join(folder, 'attempts.csv'), path.join(folder, 'map.json')];
  await writeFile(data, ['when,sum,land,card,psp,secure,ok', ...lines].join('\n'));
  const columns = {
    tried_at: 'when',
    amount: 'sum',
    country: 'land',
    card: 'card',
    provider: 'psp',
    secured: 'secure',
  };
  await writeFile(map, JSON.stringify({ ...columns, succeeded: 'ok' }));
  return { data, map };
}

describe('evaluate retry', () => {
  it('sets the policy beside the ladder and the oracle', async () => {
    const { code, output } = await evaluate(
      '--payers',
      '300',
      '--failures',
      '20',
      '--seed',
      '2',
      '--explored',
      '0.3',
    );
    expect(code).toBe(0);
    for (const line of [/ladder .* %/, /model .* %/, /oracle .* %/, /share of the oracle's uplift/, /AUC/])
      expect(output).toMatch(line);
  }, 60_000);

  it('judges a log of attempts in time beside the base rate', async () => {
    const { data, map } = await attempts();
    const { code, output, errors } = await evaluate('--data', data, '--map', map, '--json');
    expect(errors).toBe('');
    expect(code).toBe(0);
    const { aucRoc, baseline, testFrom } = JSON.parse(output) as {
      aucRoc: number;
      baseline: { aucRoc: number };
      testFrom: string;
    };
    expect(aucRoc).toBeGreaterThan(0.68);
    expect(baseline.aucRoc).toBe(0.5);
    expect(testFrom).toBe('2026-01-24');
  }, 60_000);

  it('says what a map lacks, and that data needs one', async () => {
    const { data } = await attempts();
    const map = path.join(folder, 'short.json');
    await writeFile(map, '{"tried_at": "when"}');
    expect((await evaluate('--data', data, '--map', map)).errors).toMatch(/lacks amount, country/);
    expect((await evaluate('--data', data)).errors).toMatch(/belong together/);
  });
});
