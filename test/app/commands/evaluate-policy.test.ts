import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerEvaluate } from '../../../app/commands/evaluate.js';
import { runProgram } from '../../../app/program.js';
import { DEFAULT_POLICY } from '../../../scoring/policy-settings.js';
import { busyGate } from '../../scoring/replay/busy-gate.js';
import type { BusyGate } from '../../scoring/replay/busy-gate.js';
import { testTerminal } from '../../support/terminal.js';

let gate: BusyGate;
let version: string;

beforeAll(async () => {
  gate = await busyGate(12);
  // What was decided at this very instant is not of the past yet.
  gate.clock.advance(1);
  version = (await gate.registry.history('fraud')).at(-1)!.version;
}, 120_000);

afterAll(() => gate.close());

async function evaluate(...argv: string[]): Promise<{ code: number; output: string; errors: string }> {
  const terminal = testTerminal();
  const code = await runProgram({
    commands: [registerEvaluate],
    argv: ['evaluate', 'policy', ...argv],
    env: { DATA_DIR: gate.dataDir, DATABASE_URL: gate.database.url, LOG_LEVEL: 'silent' },
    clock: gate.clock,
    terminal,
  });
  return { code, output: terminal.output(), errors: terminal.errors() };
}

async function file(name: string, content: unknown): Promise<string> {
  const written = path.join(gate.dataDir, name);
  await writeFile(written, typeof content === 'string' ? content : JSON.stringify(content));
  return written;
}

const rule = { ruleId: 'all', action: 'challenge', text: 'everybody', condition: 'amount >= 0' };

describe('hasivu evaluate policy', () => {
  it('prints one document: what would change and what it would be worth', async () => {
    const { code, output } = await evaluate(
      '--model',
      version.slice(0, 12),
      '--mature-after',
      '0m',
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      from: null,
      currency: 'INR',
      modelVersion: version,
      ruleSetHash: null,
      decisions: { logged: gate.decisions, decidedAgain: gate.decisions, mature: gate.decisions },
      judgement: { difference: { dr: { interval: {} }, never: {} }, overlap: {}, challenged: {} },
    });
  });

  it('tries rules and a policy from files, and says in words what they are worth', async () => {
    const rules = await file('rules.json', { rules: [rule] });
    const costs = { INR: { ...DEFAULT_POLICY.costs['INR'], falseDeclinePaise: 1 } };
    const policy = await file('policy.json', { costs });
    const { code, output } = await evaluate('--rules', rules, '--policy', policy, '--mature-after', '0m');
    expect(code).toBe(0);
    expect(output).toMatch(/^\d+ of \d+ decisions from the beginning until 2026-.+ decided again\n/);
    expect(output).toMatch(/review +challenge +\d+ +₹/);
    expect(output).toMatch(/doubly robust +-₹.+\(-₹.+ to .+\)/);
    expect(output).toContain('take the intervals for too short');
    expect(output).toMatch(/\d+ change in value: the outcome of \d+ was sure to be seen/);
  });

  it('takes rules by the hash of what was in effect, and says when nothing is old enough', async () => {
    const { rows } = await gate.database.pool.query<{ rule_set_hash: string }>(
      'SELECT rule_set_hash FROM decisions ORDER BY sequence LIMIT 1',
    );
    const { code, output } = await evaluate('--rules', rows[0]!.rule_set_hash, '--to', '2026-02-01');
    expect(code).toBe(0);
    expect(output).toContain('naive replay');
    expect(output).toContain('none is 30 days old');
  });

  it.each`
    argv                                              | code | message
    ${[]}                                             | ${2} | ${'give --model, --policy or --rules'}
    ${['--model', 'x', '--mature-after', 'soon']}     | ${2} | ${'give a duration such as 30d'}
    ${['--model', 'x', '--challenged-reported', '2']} | ${2} | ${'between 0 and 1'}
    ${['--model', 'x', '--currency', 'rupees']}       | ${2} | ${'ISO 4217'}
    ${['--model', 'x', '--currency', 'USD']}          | ${1} | ${'no costs in USD'}
    ${['--model', 'ffffffffffff']}                    | ${1} | ${'[no-such-model]'}
    ${['--rules', 'ffffffffffffffff']}                | ${1} | ${'were ever in effect'}
    ${['--rules', 'nowhere.json']}                    | ${1} | ${'rules file nowhere.json: cannot be read'}
    ${['--policy', 'nowhere.json']}                   | ${1} | ${'nowhere.json: cannot be read'}
  `('$argv fails with one clear line', async ({ argv, code, message }) => {
    const failed = await evaluate(...(argv as string[]));
    expect([failed.code, failed.errors]).toEqual([code, expect.stringContaining(String(message))]);
  });

  it.each`
    content                                              | message
    ${'{'}                                               | ${'is not valid JSON'}
    ${{ rules: [{ ...rule, action: 'refuse' }] }}        | ${'rules.0.action'}
    ${{ rules: [{ ...rule, condition: 'amonut > 3' }] }} | ${'all: '}
  `('refuses the rules $content', async ({ content, message }) => {
    const { code, errors } = await evaluate('--rules', await file('wrong.json', content));
    expect([code, errors]).toEqual([1, expect.stringContaining(String(message))]);
  });
});
