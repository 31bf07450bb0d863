/**
 * Replays that the API asks for, one after the other in a program of its own: a replay folds all of history, which takes
 * seconds to minutes. A few may wait, the next callers are told to come back.
 */
import Value from 'typebox/value';
import type { Environment } from '../core/config.js';
import { AppError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { ReplayReport } from '../scoring/replay/report.js';
import type { ReplayDecision } from '../scoring/replay/routes.js';
import { startOwnProgram } from './own-program.js';
import type { OwnProgram } from './own-program.js';

interface ReplayRunnerDeps {
  readonly log: Log;
  readonly env: Environment;
}

const MAX_WAITING = 4;
const RETRY_AFTER_SECONDS = 30;
/** Callers and proxies do not wait longer. */
const TIMEOUT_MS = 120_000;

export function createReplayRunner({ log, env }: ReplayRunnerDeps): {
  readonly replay: ReplayDecision;
  close(): Promise<void>;
} {
  let waiting = 0;
  let running: OwnProgram | null = null;
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();

  async function run(decisionId: string): Promise<ReplayReport> {
    if (closed) throw unavailable('replay-failed', 'the server stops');
    running = startOwnProgram(['replay', '--json', '--', decisionId], { env, timeoutMs: TIMEOUT_MS });
    const { failure, printed, said } = await running.ended;
    running = null;
    // A decision that differs ends the program with a failure too, after its report.
    const report = parsed(printed);
    if (report !== null) return report;
    log.warn({ event: 'replay-failed', decisionId, failure, said });
    throw unavailable(
      'replay-failed',
      `the replay gave no report (${failure ?? 'it was empty'}): try hasivu replay ${decisionId}`,
    );
  }

  return {
    replay: async (decisionId) => {
      if (waiting >= MAX_WAITING)
        throw unavailable('replays-busy', `${MAX_WAITING} replays wait already; try again later`);
      waiting++;
      const report = last.then(() => run(decisionId)).finally(() => waiting--);
      last = report.catch(() => undefined);
      return report;
    },
    close: async () => {
      closed = true;
      running?.stop();
      await last;
    },
  };
}

function parsed(printed: string): ReplayReport | null {
  try {
    const report: unknown = JSON.parse(printed);
    return Value.Check(ReplayReport, report) ? report : null;
  } catch {
    // A program that failed prints no document.
    return null;
  }
}

function unavailable(code: string, message: string): AppError {
  return new AppError('unavailable', code, message, { details: { retryAfterSeconds: RETRY_AFTER_SECONDS } });
}
