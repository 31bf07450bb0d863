/**
 * Carries out dry runs in a program of their own, one after the other and at a lower priority, so that minutes of replay never
 * hold up the gate's event loop or take its processor. The record in the database tells how a run ended.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Pool } from 'pg';
import type { Clock } from '../core/clock.js';
import type { Environment } from '../core/config.js';
import { AppError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import type { DryRunner } from '../scoring/rules/admin.js';
import { finishDryRun } from '../scoring/rules/dry-runs.js';

interface DryRunnerDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly env: Environment;
}

const MAX_WAITING = 8;
const RETRY_AFTER_SECONDS = 60;
/** Nice 10: about a tenth of the processor while the gate wants it. */
const PRIORITY = 10;
/** Characters of its standard error that the log keeps. */
const LAST_WORDS = 2000;

export function createDryRunner(deps: DryRunnerDeps): DryRunner & { close(): Promise<void> } {
  let waiting = 0;
  let running: ChildProcess | null = null;
  let closed = false;
  let last: Promise<void> = Promise.resolve();

  async function run(dryRunId: string): Promise<void> {
    const failure = closed ? 'the server stopped' : await runChild(dryRunId);
    waiting--;
    if (failure === null) return;
    deps.log.warn({ event: 'dry-run-failed', dryRunId, failure });
    await finishDryRun(deps.pool, dryRunId, { at: deps.clock.now(), failure });
  }

  /** Answers why it failed; what it says of itself is already in its record and stays there. */
  async function runChild(dryRunId: string): Promise<string | null> {
    const cli = fileURLToPath(new URL('cli.js', import.meta.url));
    const child = spawn(process.execPath, [cli, 'rules', 'run-dry-run', dryRunId], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...deps.env },
    });
    running = child;
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-LAST_WORDS);
    });
    try {
      await once(child, 'spawn');
      if (child.pid !== undefined && child.exitCode === null) lowerPriority(child.pid);
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      if (child.exitCode === 0) return null;
      deps.log.warn({ event: 'dry-run-program-failed', dryRunId, said });
      return `its program ended with ${child.exitCode ?? child.signalCode}`;
    } catch (error) {
      return `its program did not start: ${error instanceof Error ? error.message : String(error)}`;
    } finally {
      running = null;
    }
  }

  return {
    requireRoom: () => {
      if (waiting < MAX_WAITING) return;
      throw new AppError(
        'unavailable',
        'dry-runs-busy',
        `${MAX_WAITING} dry runs wait already; try again later`,
        {
          details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
        },
      );
    },
    start: (dryRunId) => {
      waiting++;
      last = last
        .then(() => run(dryRunId))
        .catch((error: unknown) => {
          deps.log.error({ event: 'dry-run-not-recorded', dryRunId, reason: String(error) });
        });
    },
    close: async () => {
      closed = true;
      running?.kill();
      await last;
    },
  };
}

/** Where the system does not allow it, the run has the priority of the server. */
function lowerPriority(pid: number): void {
  try {
    os.setPriority(pid, PRIORITY);
  } catch (error) {
    const gone = (error as NodeJS.ErrnoException).code;
    if (gone !== 'ERR_SYSTEM_ERROR') throw error;
  }
}
