/**
 * What a command speaks through: its result on standard output (text for people, exactly one JSON document with
 * `--json`), progress and logs on standard error.
 */
import type { Clock } from '../core/clock.js';
import type { Config, Environment } from '../core/config.js';
import { loadConfig } from '../core/config.js';
import type { Log } from '../core/log.js';
import { createLog } from '../core/log.js';
import type { Progress } from './progress.js';
import { openProgress } from './progress.js';

export interface Cli {
  readonly env: Environment;
  readonly clock: Clock;
  readonly log: Log;
  /** Read on first use, so that `--help` works with any environment. */
  config(): Config;
  /** Call once, at the end: prints the JSON with `--json`, otherwise the text. A bigint is printed as text in JSON. */
  result(json: unknown, text: () => string): void;
  progress(label: string, total?: number): Progress;
}

export interface Terminal {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: NodeJS.WriteStream;
}

interface CliSettings {
  readonly env: Environment;
  readonly clock: Clock;
  readonly terminal: Terminal;
  /** Asked when the result is printed: the arguments are parsed by then. */
  readonly json: () => boolean;
}

export function createCli({ env, clock, terminal, json }: CliSettings): Cli {
  let config: Config | null = null;
  let log: Log | null = null;
  const readConfig = (): Config => (config ??= loadConfig(env));
  return {
    env,
    clock,
    get log() {
      return (log ??= createLog({ level: readConfig().logLevel, pretty: terminal.stderr.isTTY }));
    },
    config: readConfig,
    result: (value, text) => {
      const printed = json() ? JSON.stringify(value, bigintsAsText, 2) : text();
      terminal.stdout.write(`${printed.trimEnd()}\n`);
    },
    progress: (label, total) => openProgress(terminal.stderr, label, total),
  };
}

function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
