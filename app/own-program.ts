/**
 * This program once more, as a child at a lower priority: for minutes of work that must never hold up the gate's event loop or
 * take its processor. Its last words are kept, since nobody reads its standard error.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../core/config.js';

export interface OwnProgram {
  readonly ended: Promise<ProgramEnd>;
  stop(): void;
}

export interface ProgramEnd {
  /** Why it failed; null after success. */
  readonly failure: string | null;
  /** Its standard output. */
  readonly printed: string;
  /** The end of its standard error. */
  readonly said: string;
}

/** Nice 10: about a tenth of the processor while the gate wants it. */
const PRIORITY = 10;
/** Characters. */
const LAST_WORDS = 2000;

/** @param args of the command line; `timeoutMs` ends it by force. */
export function startOwnProgram(
  args: readonly string[],
  { env, timeoutMs }: { readonly env: Environment; readonly timeoutMs?: number },
): OwnProgram {
  const cli = fileURLToPath(new URL('cli.js', import.meta.url));
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env },
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
  });
  const printed: Buffer[] = [];
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-LAST_WORDS);
  });

  async function run(): Promise<string | null> {
    // Its streams are read to their end before it counts as over.
    const closed = once(child, 'close');
    try {
      if (child.pid !== undefined && child.exitCode === null) lowerPriority(child.pid);
      await closed;
      return child.exitCode === 0 ? null : `its program ended with ${child.exitCode ?? child.signalCode}`;
    } catch (error) {
      return `its program did not start: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  const ended = run().then((failure) => ({ failure, printed: Buffer.concat(printed).toString(), said }));
  return { ended, stop: () => void child.kill() };
}

/** Where the system does not allow it, the program has the priority of the server. */
function lowerPriority(pid: number): void {
  try {
    os.setPriority(pid, PRIORITY);
  } catch (error) {
    const gone = (error as NodeJS.ErrnoException).code;
    if (gone !== 'ERR_SYSTEM_ERROR') throw error;
  }
}
