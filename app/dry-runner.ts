/**
 * Carries out dry runs in a program of their own, one after the other and at a lower priority, so that minutes of replay never
 * hold up the gate's event loop or take its processor. The record in the database tells how a run ended.
 */
import type { Pool } from 'pg';
import type { Clock } from '../core/clock.js';
import type { Environment } from '../core/config.js';
import { AppError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import type { DryRunner } from '../scoring/rules/admin.js';
import { finishDryRun } from '../scoring/rules/dry-runs.js';
import { startOwnProgram } from './own-program.js';
import type { OwnProgram } from './own-program.js';

interface DryRunnerDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly env: Environment;
}

const MAX_WAITING = 8;
const RETRY_AFTER_SECONDS = 60;

export function createDryRunner(deps: DryRunnerDeps): DryRunner & { close(): Promise<void> } {
  let waiting = 0;
  let running: OwnProgram | null = null;
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
    running = startOwnProgram(['rules', 'run-dry-run', dryRunId], { env: deps.env });
    const { failure, said } = await running.ended;
    running = null;
    if (failure !== null) deps.log.warn({ event: 'dry-run-program-failed', dryRunId, said });
    return failure;
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
      running?.stop();
      await last;
    },
  };
}
