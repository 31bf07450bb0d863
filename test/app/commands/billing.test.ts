import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerBilling } from '../../../app/commands/billing.js';
import { registerJobs } from '../../../app/commands/jobs.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { morning, writePlan, writeSubscription } from '../../support/billing-scene.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { testTerminal } from '../../support/terminal.js';

let database: TestPostgres;
let dataDir: string;

beforeAll(async () => {
  database = await testPostgres();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-billing-'));
  await writePlan(database.pool);
  await writeSubscription(database.pool, { anchorOn: '2026-03-01' });
}, 60_000);

afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function hasivu(...argv: string[]): Promise<{ code: number; output: string }> {
  const terminal = testTerminal();
  const code = await runProgram({
    commands: [registerBilling, registerJobs],
    argv,
    env: { DATA_DIR: dataDir, DATABASE_URL: database.url, LOG_LEVEL: 'silent' },
    clock: manualClock(morning('2026-03-01')),
    terminal,
  });
  return { code, output: terminal.output() };
}

describe('billing at a terminal', () => {
  it('says dry what a later run would do, then does what is due', async () => {
    const dry = await hasivu('jobs', 'run', 'billing', '--dry-run', '--at', '2026-04-01T00:30:00Z');
    expect(dry.code).toBe(0);
    expect(dry.output).toContain('1 subscription due: 2 invoices of ₹4,000.00, 0 debits planned');
    expect(dry.output).toMatch(/2026-04-01 +bill +sub_1 +payer_sub_1 +₹2,000\.00/);
    const ahead = await hasivu('jobs', 'run', 'billing', '--at', '2026-04-01T00:30:00Z');
    expect(ahead).toEqual({ code: 1, output: '' });
    const run = await hasivu('jobs', 'run', 'billing');
    expect(run.output).toContain('1 invoice of ₹2,000.00');
    const again = await hasivu('jobs', 'run', 'billing');
    expect(again.output).toContain('no subscription was due; the next one is at 2026-04-01T00:30:00.000Z');
  });

  it('shows what is parked and lets it go', async () => {
    expect((await hasivu('billing', 'parked')).output).toBe('nothing is parked\n');
    await database.pool.query(`UPDATE subscriptions SET parked_reason = 'odd'`);
    expect((await hasivu('billing', 'parked')).output).toMatch(/sub_1 +payer_sub_1 +odd/);
    expect((await hasivu('billing', 'resume', 'sub_1')).output).toContain('the next run bills it');
    expect((await hasivu('billing', 'parked')).output).toBe('nothing is parked\n');
    expect((await hasivu('billing', 'resume', 'nobody')).code).not.toBe(0);
  });
});
