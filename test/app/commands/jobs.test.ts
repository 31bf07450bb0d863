import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerJobs } from '../../../app/commands/jobs.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { latestWatch } from '../../../reporting/watch-store.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { testTerminal } from '../../support/terminal.js';

const NOW = Date.UTC(2026, 3, 1);

let database: TestPostgres;
let dataDir: string;

beforeAll(async () => {
  database = await testPostgres();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-jobs-'));
}, 60_000);

afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function jobs(...argv: string[]): Promise<{ code: number; output: string; errors: string }> {
  const terminal = testTerminal();
  const code = await runProgram({
    commands: [registerJobs],
    argv: ['jobs', ...argv],
    env: { DATA_DIR: dataDir, DATABASE_URL: database.url, LOG_LEVEL: 'silent' },
    clock: manualClock(NOW),
    terminal,
  });
  return { code, output: terminal.output(), errors: terminal.errors() };
}

describe('hasivu jobs', () => {
  it('lists what a server does by itself', async () => {
    const { code, output } = await jobs('list', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toContainEqual({
      name: 'watch',
      everyMs: 900_000,
      does: expect.any(String),
      isScheduled: false,
    });
    expect((await jobs('list')).output).toContain('every 900 s');
  });

  it('runs the watch on an empty installation, and keeps what it found', async () => {
    expect(await jobs('run', 'watch')).toMatchObject({ code: 0, output: 'watch: done\n' });
    expect(await latestWatch(database.pool)).toMatchObject({
      at: NOW,
      modelVersion: null,
      notCompared: expect.stringContaining('no fraud model'),
      features: [],
    });
  });

  it('knows no other job', async () => {
    const { code, errors } = await jobs('run', 'nothing');
    expect(code).toBe(2);
    expect(errors).toContain('watch');
  });
});
