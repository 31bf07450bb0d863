import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerReplay } from '../../../app/commands/replay.js';
import { runProgram } from '../../../app/program.js';
import { busyGate } from '../../scoring/replay/busy-gate.js';
import type { BusyGate } from '../../scoring/replay/busy-gate.js';
import { testTerminal } from '../../support/terminal.js';

let gate: BusyGate;

beforeAll(async () => {
  gate = await busyGate(6);
}, 120_000);

afterAll(() => gate.close());

async function replay(...argv: string[]): Promise<{ code: number; output: string; errors: string }> {
  const terminal = testTerminal();
  const code = await runProgram({
    commands: [registerReplay],
    argv: ['replay', ...argv],
    env: { DATA_DIR: gate.dataDir, DATABASE_URL: gate.database.url, LOG_LEVEL: 'silent' },
    clock: gate.clock,
    terminal,
  });
  return { code, output: terminal.output(), errors: terminal.errors() };
}

describe('hasivu replay', () => {
  it('replays the newest decisions in one pass and counts them', async () => {
    const { code, output } = await replay('--last', '100', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toEqual({ replayed: 18, equal: 18, different: 0, unknown: 0, notEqual: [] });
    expect((await replay('--last', '5')).output).toBe('5 decisions: 5 equal, 0 different, 0 unknown\n');
    expect((await replay('--random', '7', '--seed', '2')).output).toBe(
      '7 decisions: 7 equal, 0 different, 0 unknown\n',
    );
  });

  it('replays one decision, names what differs and then fails', async () => {
    const { rows } = await gate.database.pool.query<{ decision_id: string }>(
      `SELECT decision_id FROM decisions ORDER BY sequence DESC LIMIT 1`,
    );
    const decisionId = rows[0]!.decision_id;
    const equal = await replay(decisionId);
    expect(equal.code).toBe(0);
    expect(equal.output).toMatch(
      new RegExp(`^${decisionId} of 2026-.+: equal\n  inputs   equal\n  vector   equal`),
    );
    await gate.database.pool.query(
      `UPDATE decisions SET request = jsonb_set(request::jsonb, '{ip}', '"198.51.100.9"')::json WHERE decision_id = $1`,
      [decisionId],
    );
    const different = await replay(decisionId, '--json');
    expect(different.code).toBe(1);
    expect(different.errors).toContain('1 of 1 decisions came out differently');
    expect(JSON.parse(different.output)).toMatchObject({
      outcome: 'different',
      parts: [
        { part: 'inputs', outcome: 'different', differences: [{ name: 'ip', logged: '198.51.100.9' }] },
        {},
        {},
        {},
        {},
        {},
        {},
        {},
      ],
    });
  });

  it.each`
    argv                                | code | message
    ${[]}                               | ${2} | ${'give a decision, or --last'}
    ${['dec_1', '--last', '3']}         | ${2} | ${'give a decision, or --last'}
    ${['--last', '3', '--random', '3']} | ${2} | ${'--last or --random'}
    ${['--last', 'all']}                | ${2} | ${'whole number'}
    ${['dec_1']}                        | ${1} | ${'no decision has this id'}
  `('$argv fails with one clear line', async ({ argv, code, message }) => {
    const failed = await replay(...(argv as string[]));
    expect(failed.code).toBe(code);
    expect(failed.errors).toContain(message);
  });
});
