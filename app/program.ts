/**
 * Runs one command line: parses it, gives every command `--json`, and turns its outcome into an exit code. 0 is success,
 * 1 a failure (an `AppError` is one line, a bug is a stack), 2 bad usage.
 */
import { Command, CommanderError } from 'commander';
import type { Clock } from '../core/clock.js';
import type { Environment } from '../core/config.js';
import { AppError } from '../core/errors.js';
import type { Cli, Terminal } from './cli-io.js';
import { createCli } from './cli-io.js';

/** Adds one command, with its options and action, to the program. */
export type RegisterCommand = (program: Command, cli: Cli) => void;

interface ProgramSettings {
  readonly commands: readonly RegisterCommand[];
  /** Without the interpreter and the script. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly clock: Clock;
  readonly terminal: Terminal;
}

/** Returns the exit code; never throws. */
export async function runProgram({ commands, argv, env, clock, terminal }: ProgramSettings): Promise<number> {
  let json = false;
  const cli = createCli({ env, clock, terminal, json: () => json });
  const program = createProgram(terminal);
  for (const register of commands) register(program, cli);
  addJsonOption(program);
  program.hook('preAction', (_program, command) => {
    json = command.opts<{ json?: boolean }>().json === true;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    return exitCode(error, terminal);
  }
}

function createProgram(terminal: Terminal): Command {
  return new Command('hasivu')
    .description('Payment intelligence for Indian merchants on Razorpay.')
    .exitOverride()
    .showHelpAfterError('(hasivu --help lists the commands)')
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    });
}

/** Every command that does something; groups such as `models` only hold commands. */
function addJsonOption(command: Command): void {
  for (const child of command.commands) {
    if (child.commands.length > 0) addJsonOption(child);
    else if (child.options.every((option) => option.long !== '--json')) {
      child.option('--json', 'print exactly one JSON document on standard output');
    }
  }
}

function exitCode(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof AppError) {
    terminal.stderr.write(`error: ${error.message.replace(/\s*\n\s*/g, ' ')} [${error.code}]\n`);
    return 1;
  }
  terminal.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
