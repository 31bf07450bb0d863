import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { registerReport } from '../../../app/commands/report.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { appendFacts } from '../../../ingest/append-facts.js';
import { openLake } from '../../../ingest/lake.js';
import { at, payment, refund } from '../../support/facts.js';
import { testPostgres } from '../../support/postgres.js';

const NOON = at('2026-03-02T06:30:00Z');
let dataDir: string;
let postgres: Awaited<ReturnType<typeof testPostgres>>;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-report-'));
  postgres = await testPostgres();
});

afterAll(async () => {
  await postgres.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function run(...argv: string[]) {
  let stdout = '';
  let stderr = '';
  const code = await runProgram({
    commands: [registerReport],
    argv: ['report', ...argv],
    env: { DATA_DIR: dataDir, DATABASE_URL: postgres.url, LOG_LEVEL: 'silent' },
    clock: manualClock(NOON + 86_400_000),
    terminal: {
      stdout: { write: (text: string) => (stdout += text) },
      stderr: { write: (text: string) => (stderr += text) } as unknown as NodeJS.WriteStream,
    },
  });
  return { code, stdout, stderr };
}

it('builds the warehouse when the lake knows more, prints totals and days, and refuses a bad period', async () => {
  expect((await run()).stdout).toContain('No payments yet');
  const lake = await openLake(path.join(dataDir, 'lake'));
  await appendFacts(lake, { name: 'facts', source: 'test' }, [
    payment({ paymentId: 'a', occurredAt: NOON, amountPaise: 12_34_567_89n }),
    payment({ paymentId: 'b', occurredAt: NOON, status: 'failed' }),
    refund({ refundId: 'r', occurredAt: NOON, amountPaise: 67_89n }),
  ]);
  const first = await run();
  expect(first.code).toBe(0);
  expect(first.stderr).toContain('build warehouse');
  expect(first.stdout).toContain('Net revenue   ₹12,34,500.00');
  const second = await run('--json', '--from', '2026-03-02');
  expect(second.stderr).toBe('');
  expect(JSON.parse(second.stdout)).toMatchObject({
    summary: { capturedAmountPaise: 12_34_567_89, payers: 1 },
    days: [{ day: '2026-03-02', attempts: 2, successRate: 0.5 }],
  });
  const refused = await run('--from', '2026-03-03', '--to', '2026-03-01');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('[empty-period]')]);
});

it('says what treatments are worth, and takes no period there', async () => {
  const text = await run('uplift');
  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(text.stdout).toMatch(/^No treatment is on record/);
  expect(text.stdout).toContain('10.0% (assumed) of leaving');
  expect(JSON.parse((await run('uplift', '--json', '--currency', 'USD')).stdout)).toMatchObject({
    currency: 'USD',
    since: null,
    either: null,
  });
  expect((await run('uplift', '--from', '2026-03-02')).stderr).toContain('bad-option');
  expect((await run('churn')).code).toBe(2);
});
