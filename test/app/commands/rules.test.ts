import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerRules } from '../../../app/commands/rules.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { appendFacts } from '../../../ingest/append-facts.js';
import { openLake } from '../../../ingest/lake.js';
import { payment } from '../../support/facts.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { testTerminal } from '../../support/terminal.js';

const NOW = Date.UTC(2026, 3, 1);

let database: TestPostgres;
let dataDir: string;

beforeAll(async () => {
  database = await testPostgres();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-rules-'));
  const lake = await openLake(path.join(dataDir, 'lake'));
  const facts = [10_000n, 60_000_000n, 70_000_000n].map((amountPaise, i) =>
    payment({ paymentId: `pay_${i}`, occurredAt: NOW - (i + 1) * 86_400_000, amountPaise }),
  );
  await appendFacts(lake, { name: 'history', source: 'test' }, facts.reverse());
}, 60_000);

afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function rules(...argv: string[]): Promise<{ code: number; output: string; errors: string }> {
  const terminal = testTerminal();
  const code = await runProgram({
    commands: [registerRules],
    argv: ['rules', ...argv],
    env: { DATA_DIR: dataDir, DATABASE_URL: database.url, USER: 'asha', LOG_LEVEL: 'silent' },
    clock: manualClock(NOW),
    terminal,
  });
  return { code, output: terminal.output(), errors: terminal.errors() };
}

describe('hasivu rules', () => {
  it('lists the rules that a new database begins with', async () => {
    const { code, output } = await rules('list', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toHaveLength(10);
    expect((await rules('list')).output).toContain('amount >= 50000000');
  });

  it('shows a rule and its history', async () => {
    expect(JSON.parse((await rules('show', 'amount-cap', '--json')).output)).toMatchObject({
      versions: [{ version: 1, mode: 'live' }],
      history: [{ version: 1, mode: 'live', actor: 'hasivu' }],
    });
  });

  it('tries a rule on the past and keeps the result', async () => {
    const { code, output } = await rules('dry-run', 'amount-cap', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      state: 'finished',
      actor: 'asha',
      result: { payments: 3, matched: { payments: 2, amountPaise: 130_000_000 }, alsoByModel: null },
    });
    const text = await rules('dry-run', 'amount-cap', '--from', '2026-03-30T00:00:00Z');
    expect(text.output).toContain('amount-cap would have sent to review 1 of 2 payments');
  });

  it.each`
    argv                                                | message
    ${['show', 'nobody']}                               | ${'there is no rule nobody'}
    ${['dry-run', 'amount-cap', '--rule-version', '7']} | ${'rule amount-cap has no version 7'}
    ${['dry-run', 'amount-cap', '--from', 'monday']}    | ${'--from must be an instant'}
    ${['run-dry-run', 'dry_1']}                         | ${'there is no dry run dry_1'}
  `('$argv fails with one clear line', async ({ argv, message }) => {
    const { code, errors } = await rules(...(argv as string[]));
    expect(code).toBe(1);
    expect(errors).toContain(message);
  });
});
