import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerEvaluateChurn } from '../../../app/commands/evaluate-churn.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import type { ChurnEvaluation } from '../../../models/tasks/evaluate-churn.js';
import { drawLives, livesDb } from '../../features/churn/subscription-lives.js';
import { testTerminal } from '../../support/terminal.js';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-evaluate-churn-'));
  file = path.join(folder, 'events.parquet');
  const db = await livesDb(drawLives({ subscriptions: 900, months: 18, seed: 21 }).happenings);
  await db.run(`COPY (SELECT * EXCLUDE (sequence) FROM subscription_events) TO '${file}' (FORMAT parquet)`);
  db.close();
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function evaluate(...options: string[]): Promise<{ code: number; output: string; errors: string }> {
  const terminal = testTerminal();
  const code = await runProgram({
    commands: [(program, cli) => registerEvaluateChurn(program.command('evaluate'), cli)],
    argv: ['evaluate', 'churn', ...options],
    env: { LOG_LEVEL: 'silent', DATA_DIR: folder },
    clock: manualClock(Date.UTC(2026, 6, 10)),
    terminal,
  });
  return { code, output: terminal.output(), errors: terminal.errors() };
}

describe('hasivu evaluate churn', () => {
  it('judges a file of subscription events and says so in JSON', async () => {
    const { code, output } = await evaluate('--data', file, '--learner', 'logistic', '--json');
    expect(code).toBe(0);
    const evaluation = JSON.parse(output) as ChurnEvaluation;
    expect(evaluation).toMatchObject({ learner: 'logistic', leadDays: 7, guards: [], uplift: null });
    expect(evaluation.figures.calibrationError).toBeLessThan(0.05);
    expect(evaluation.nobodyChurns.aucRoc).toBe(0.5);
  }, 60_000);

  it('says in one line what is missing from an empty lake', async () => {
    const { code, errors } = await evaluate();
    expect(code).toBe(1);
    expect(errors).toMatch(/holds 0 voluntary ends of subscriptions, at least 50 are needed/);
  });

  it('refuses a query without a file', async () => {
    const { code, errors } = await evaluate('--query', 'SELECT 1');
    expect(code).toBe(2);
    expect(errors).toMatch(/--query shapes the file of --data/);
  });
});
