import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { registerJobs } from '../../../app/commands/jobs.js';
import { registerWebhooks } from '../../../app/commands/webhooks.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { testTerminal } from '../../support/terminal.js';
import { webhookBody } from '../../support/webhooks.js';

const clock = manualClock(Date.UTC(2026, 5, 1));
let database: TestPostgres;
let folder: string;
beforeAll(async () => {
  database = await testPostgres();
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-webhooks-'));
}, 60_000);
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

async function hasivu(...argv: string[]): Promise<{ code: number; output: string; errors: string }> {
  const terminal = testTerminal();
  const code = await runProgram({
    commands: [registerWebhooks, registerJobs],
    argv,
    env: { DATABASE_URL: database.url, DATA_DIR: folder, LOG_LEVEL: 'silent' },
    clock,
    terminal,
  });
  return { code, output: terminal.output(), errors: terminal.errors() };
}

async function file(name: string, body: string): Promise<string> {
  const written = path.join(folder, name);
  await writeFile(written, body);
  return written;
}

it('takes in old bodies from files, shows what is parked, and applies it again', async () => {
  const createdAt = Date.UTC(2019, 0, 1);
  const good = await file('good.json', webhookBody({ event: 'payment.captured', createdAt }));
  const poison = await file(
    'poison.json',
    webhookBody({ event: 'payment.failed', createdAt, payment: { currency: 7 } }),
  );
  const imported = await hasivu('webhooks', 'import', good, poison, '--json');
  expect(JSON.parse(imported.output)).toMatchObject([
    { file: good, status: 'applied', reason: null },
    { file: poison, status: 'parked', reason: expect.stringContaining('currency holds a number') },
  ]);
  const { output } = await hasivu('webhooks', 'list');
  expect(output).toMatch(/parked +payment\.failed +body_[0-9a-f]{64} +tries 1 +payload/);
  expect(await hasivu('webhooks', 'replay')).toMatchObject({
    code: 0,
    output: expect.stringContaining('1 applied again'),
  });
  expect(await hasivu('jobs', 'run', 'ledger-check')).toMatchObject({
    code: 0,
    output: 'ledger-check: done\n',
  });
  expect(await hasivu('jobs', 'run', 'forget-webhooks')).toMatchObject({ code: 0 });
  expect(await hasivu('jobs', 'run', 'apply-webhooks')).toMatchObject({ code: 0 });
});

it('says which file cannot be read and what is no event', async () => {
  const missing = await hasivu('webhooks', 'import', path.join(folder, 'missing.json'));
  expect(missing).toMatchObject({ code: 1, errors: expect.stringContaining('missing.json cannot be read') });
  const other = await hasivu('webhooks', 'import', await file('other.json', '{}'));
  expect(other).toMatchObject({ code: 1, errors: expect.stringContaining('webhook-malformed') });
});

it('sweeps a gateway only when there is one', async () => {
  expect(await hasivu('webhooks', 'sweep', '--from', '2026-05-01')).toMatchObject({
    code: 1,
    errors: expect.stringContaining('set RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET'),
  });
  expect(await hasivu('webhooks', 'sweep', '--from', 'yesterday')).toMatchObject({ code: 2 });
});
