import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerImport } from '../../../app/commands/import.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { testTerminal } from '../../support/terminal.js';

describe('import', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-import-'));
    await writeFile(
      path.join(folder, 'map.json'),
      '{"paymentId":"id","occurredAt":"at","payerId":"who","amount":"amount","fraud":"bad"}',
    );
    await writeFile(
      path.join(folder, 'good.csv'),
      'id,at,who,amount,bad\na,2026-01-05,u,1234567.5,1\nb,2026-01-06,u,1,0\n',
    );
    await writeFile(path.join(folder, 'bad.csv'), 'id,at,who,amount,bad\nc,2026-01-05,u,1,1\nd,soon,u,1,0\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function run(...options: string[]): Promise<{ code: number; output: string; errors: string }> {
    const terminal = testTerminal();
    const code = await runProgram({
      commands: [registerImport],
      argv: ['import', ...options, '--map', path.join(folder, 'map.json')],
      env: { DATA_DIR: path.join(folder, 'data'), LOG_LEVEL: 'silent' },
      clock: manualClock(0),
      terminal,
    });
    return { code, output: terminal.output(), errors: terminal.errors() };
  }

  it('says what landed, and the second time that nothing changed', async () => {
    const file = path.join(folder, 'good.csv');
    const first = await run('--file', file, '--name', 'good');
    expect(first).toMatchObject({
      code: 0,
      output: [
        'imported as batch good',
        '2 payments of ₹12,34,568.50 from 2026-01-05 to 2026-01-06',
        '2 labels, 1 of them fraud',
        '',
      ].join('\n'),
    });
    expect(first.errors).toContain('writing rows: done');
    const second = await run('--file', file, '--json');
    expect(JSON.parse(second.output)).toEqual({
      outcome: 'already-imported',
      batch: 'good',
      payments: 2,
      refunds: 0,
      labels: 2,
      frauds: 1,
      rejected: 0,
      rejectsFile: null,
      from: '2026-01-04T18:30:00.000Z',
      to: '2026-01-05T18:30:00.000Z',
      currency: 'INR',
      amountPaise: '123456850',
      refundedPaise: '0',
    });
  });

  it('fails with one line that names the place, unless bad rows are to be skipped', async () => {
    const file = path.join(folder, 'bad.csv');
    const refused = await run('--file', file);
    expect(refused).toMatchObject({ code: 1, output: '' });
    expect(refused.errors).toContain('error: bad.csv line 3, column "at": "soon": unparseable date');
    const { code, output } = await run('--file', file, '--skip-bad', '--name', 'rest');
    expect(code).toBe(0);
    expect(output).toContain(`1 bad rows set aside in ${path.join(folder, 'data', 'rejects', 'rest.csv')}`);
  });

  it('is used wrongly without a file', async () => {
    expect(await run()).toMatchObject({ code: 2, output: '' });
  });
});
