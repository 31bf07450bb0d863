import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerDoctor } from '../../../app/commands/doctor.js';
import { runProgram } from '../../../app/program.js';
import type { Environment } from '../../../core/config.js';
import { manualClock } from '../../../core/clock.js';
import type { TestPostgres } from '../../support/postgres.js';
import { testPostgres } from '../../support/postgres.js';
import { testTerminal } from '../../support/terminal.js';

interface Report {
  readonly ok: boolean;
  readonly checks: { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

describe('doctor', () => {
  let database: TestPostgres;
  let dataDir: string;
  beforeAll(async () => {
    database = await testPostgres();
    dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-doctor-'));
  });
  afterAll(async () => {
    await database.close();
    await rm(dataDir, { recursive: true });
  });

  async function doctor(
    env: Environment,
  ): Promise<{ code: number; failed: string[]; errors: string; report: Report }> {
    const terminal = testTerminal();
    const settings = { PORT: '0', DATA_DIR: dataDir, DATABASE_URL: database.url, ...env };
    const argv = ['doctor', '--json'];
    const code = await runProgram({
      commands: [registerDoctor],
      argv,
      env: settings,
      clock: manualClock(0),
      terminal,
    });
    const report = JSON.parse(terminal.output()) as Report;
    const failed = report.checks.filter(({ ok }) => !ok).map(({ name }) => name);
    return { code, failed, errors: terminal.errors(), report };
  }

  it('finds nothing wrong with a machine that runs these tests', async () => {
    const { code, failed, report } = await doctor({});
    expect({ code, failed, ok: report.ok }).toEqual({ code: 0, failed: [], ok: true });
    expect(report.checks.map(({ name }) => name)).toEqual([
      'node',
      'settings',
      'data folder',
      'postgresql',
      'duckdb',
      'redis',
      'port',
    ]);
  });

  it('reports every failure at once, with its remedy, and fails', async () => {
    const taken = net.createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as net.AddressInfo;
    const file = path.join(dataDir, 'file');
    await writeFile(file, '');
    const { code, failed, errors, report } = await doctor({
      PORT: String(port),
      DATA_DIR: path.join(file, 'data'),
      DATABASE_URL: 'postgres://user:hidden-word@127.0.0.1:1/none',
    });
    expect({ code, failed }).toEqual({ code: 1, failed: ['data folder', 'postgresql', 'port'] });
    expect(errors).toBe('error: 3 of 7 checks failed [doctor-failed]\n');
    expect(JSON.stringify(report)).toContain(
      `127.0.0.1:${port} is taken: stop the other program or set PORT`,
    );
    expect(JSON.stringify(report)).not.toContain('hidden-word');
    await new Promise((resolve) => taken.close(resolve));
  });

  it('refuses to be open to the network without a key', async () => {
    expect((await doctor({ HOST: '0.0.0.0' })).failed).toEqual(['settings']);
  });
});
