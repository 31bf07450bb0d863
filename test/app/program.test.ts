import { describe, expect, it } from '@jest/globals';
import { manualClock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import type { RegisterCommand } from '../../app/program.js';
import { runProgram } from '../../app/program.js';
import { testTerminal } from '../support/terminal.js';

const commands: RegisterCommand[] = [
  (program, cli) => {
    program
      .command('add <amount>')
      .description('adds one')
      .option('--by <number>', 'instead of one', '1')
      .action((amount: string, options: { by: string }) => {
        const sum = BigInt(amount) + BigInt(options.by);
        cli.result({ sum }, () => `the sum is ${sum}`);
      });
  },
  (program) => {
    program.command('refuse').action(() => {
      throw new AppError('bad-input', 'amount-missing', 'payments.csv line 3:\n  amount is empty');
    });
  },
  (program) => {
    program.command('break').action(() => {
      throw new Error('a bug');
    });
  },
  (program, cli) => {
    const group = program.command('models').description('model artefacts');
    group.command('list').action(() => {
      cli.result([], () => 'none');
    });
  },
];

async function run(...argv: string[]): Promise<{ code: number; output: string; errors: string }> {
  const terminal = testTerminal();
  const code = await runProgram({ commands, argv, env: {}, clock: manualClock(0), terminal });
  return { code, output: terminal.output(), errors: terminal.errors() };
}

describe('the command line', () => {
  it('prints text for people', async () => {
    expect(await run('add', '41')).toEqual({ code: 0, output: 'the sum is 42\n', errors: '' });
  });

  it('prints exactly one JSON document with --json, which every command has', async () => {
    const { code, output } = await run('add', '41', '--by', '2', '--json');
    expect({ code, json: JSON.parse(output) as unknown }).toEqual({ code: 0, json: { sum: '43' } });
    expect(JSON.parse((await run('models', 'list', '--json')).output)).toEqual([]);
  });

  it.each([
    [['nope'], "unknown command 'nope'"],
    [['add', '1', '--nope'], "unknown option '--nope'"],
    [['add'], "missing required argument 'amount'"],
    [['add', '1', '2'], 'too many arguments'],
    [['models', 'nope'], "unknown command 'nope'"],
    [[], 'Usage: hasivu'],
    [['models'], 'Usage: hasivu models'],
  ])('exits with 2 on bad usage: %j', async (argv, message) => {
    const { code, output, errors } = await run(...argv);
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(errors).toContain(message);
  });

  it.each([[['--help']], [['add', '--help']], [['models', '--help']], [['help', 'add']]])(
    'helps and succeeds: %j',
    async (argv) => {
      const { code, output } = await run(...argv);
      expect(code).toBe(0);
      expect(output).toContain('Usage: hasivu');
    },
  );

  it('lists every command in its help', async () => {
    expect((await run('--help')).output).toMatch(/add[^]*refuse[^]*break[^]*models/);
  });

  it('exits with 1 and one line when a command refuses', async () => {
    const refusal = 'error: payments.csv line 3: amount is empty [amount-missing]\n';
    expect(await run('refuse', '--json')).toEqual({ code: 1, output: '', errors: refusal });
  });

  it('exits with 1 and a stack on a bug', async () => {
    const { code, errors } = await run('break');
    expect(code).toBe(1);
    expect(errors).toMatch(/^Error: a bug\n\s+at /);
  });
});
